"""The process between `ringfence confine` and the bot: leaves the network, makes doors, starts the bot, waits for it.

It reads an `Asked` from the descriptor that its first argument names. To the socket of the second it hands a listening
socket for each door, which whoever started it accepts on from outside: there is no other way out of that network. It
must never start a bot that has more than was asked; what cannot be taken is said there too, and ends it.
"""

import ctypes
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

import msgspec

from ringfence.confine import namespace
from ringfence.confine.bot import Asked, give_up
from ringfence.errors import Misconfigured

BY_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
"""What a terminal sends to all that it started (termios(3))."""

PASSED_ON = (*BY_TERMINAL, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
CANNOT, NOT_FOUND = 126, 127
"""Exit codes of what could not be run, and of what is not there (POSIX, sh)."""

READY, REACHED, NOBODY = b"ready", b"+", b"-"
_PARTS = 200  # of the home that are tried; a deployment's has a dozen
_WORD = 8_192
_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Do what is asked, and end as the bot ends."""
    asked_fd, told_fd = map(int, sys.argv[1:])
    for fd in (asked_fd, told_fd):
        os.set_inheritable(fd, False)
    with os.fdopen(asked_fd, "rb") as source:
        asked = msgspec.json.decode(source.read(), type=Asked)
    told = socket.socket(fileno=told_fd)
    try:
        closed = tuple(_parts(Path(asked.home)))
        doors = _apart(asked) if asked.apart else []
        child = _start(asked, closed)
    except (Misconfigured, OSError) as error:
        told.send(msgspec.json.encode([str(error), getattr(error, "hint", None) or ""]))
        sys.exit(CANNOT)
    socket.send_fds(told, [READY], [door.fileno() for door in doors])
    for door in doors:
        door.close()
    threading.Thread(target=_serve, args=(told, asked.listen, child), daemon=True).start()
    sys.exit(_wait(child))


def _apart(asked: Asked) -> list[socket.socket]:
    """Go where nobody is, and listen there at each door."""
    namespace.leave()
    namespace.loopback()
    namespace.settle(Path(asked.home), map(Path, asked.write))
    return [socket.create_server((door.address, door.port)) for door in asked.doors]


def _start(asked: Asked, closed: tuple[Path, ...]) -> int:
    """Fork, confine the child and become the bot in it; returns its number, raises what the child says."""
    ours, theirs = os.pipe()  # closed by a successful exec, and then nothing was said
    child = os.fork()
    if child == 0:
        os.write(theirs, _become(asked, closed))
        os._exit(CANNOT)
    os.close(theirs)
    with os.fdopen(ours, "rb") as saying:
        said = saying.read()
    if said:
        os.waitpid(child, 0)
        why, hint = msgspec.json.decode(said, type=tuple[str, str])
        raise Misconfigured(why, hint=hint or None)
    for number in PASSED_ON:
        signal.signal(number, lambda number, _frame: _pass_on(child, number))
    for number in BY_TERMINAL if os.isatty(0) else ():
        signal.signal(number, signal.SIG_IGN)  # the bot has it from there already, and a second one means haste
    return child


def _become(asked: Asked, closed: tuple[Path, ...]) -> bytes:
    try:
        for number in PASSED_ON:
            signal.signal(number, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        give_up(asked, closed)
        os.execvp(asked.command[0], asked.command)  # noqa: S606  # no shell is wanted
    except Misconfigured as error:
        return msgspec.json.encode((str(error), error.hint or ""))
    except OSError as error:
        return msgspec.json.encode((f"{asked.command[0]} cannot be run: {error.strerror}", _PATHS))


_PATHS = "it may run what is in the system and in its own environment; what it reads or writes otherwise is data"


def _pass_on(child: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, number)


def _wait(child: int) -> int:
    """Wait for the bot; returns its exit code, or what a shell would make of its signal."""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


def _serve(told: socket.socket, listen: tuple[int, ...], child: int) -> None:
    """Bring whoever asks to a port of the bot's, and end the bot where nobody is left who could ask."""
    while word := told.recv(_WORD):
        port = int(word)
        reached = _reach(port) if port in listen else None
        if reached is None:
            told.send(NOBODY)
        else:
            socket.send_fds(told, [REACHED], [reached.fileno()])
            reached.close()
    _pass_on(child, signal.SIGKILL)


def _reach(port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1", port))
    except OSError:
        return None


def _parts(home: Path) -> list[Path]:
    """Name the home and what is in it, which must not open for the bot."""
    inner = [path for path in home.rglob("*") if not path.is_symlink()] if home.is_dir() else []
    return [home, *inner[:_PARTS]]


if __name__ == "__main__":
    main()
