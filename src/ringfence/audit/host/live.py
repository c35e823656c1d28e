"""The running system as a source. It only looks: it must never write, and never ask what a file may run.

Everything is bounded, in bytes and in time: a bot may have put a pipe, an endless file or a million names in the way.
"""

import errno
import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from selectors import EVENT_READ, DefaultSelector
from typing import IO, Final

from ringfence.audit.host import walk
from ringfence.audit.host.source import MOST, Marked, Ran, Status, Unseen

_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESRCH})  # ESRCH: a process that has ended (proc(5))
_OF_PROCESS: Final = re.compile(r"/proc/\d+/")
_SECONDS: Final = 30.0  # the longest that a source gives a command (source.py)
_CHUNK: Final = 1 << 16
_NAMES: Final = 200_000  # in one directory; a mail queue or a session store has fewer
_ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


class Live:
    """This machine, as the user who asks may see it. Commands of `ahead` are begun at once: they take long."""

    def __init__(self, seconds: float = _SECONDS, ahead: tuple[tuple[str, ...], ...] = ()) -> None:
        self.now = time.time()
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(max(1, len(ahead)))
        self._ahead = {command: self._pool.submit(self._run, command) for command in ahead}

    def read(self, path: str, most: int = MOST) -> bytes | None:
        """Read a plain file, links followed, whatever size it claims: those of /proc claim none."""
        with _opened(path) as file:
            try:
                return None if file is None else _whole(file, path, most)
            except OSError as error:
                _absent(path, error)
                return None

    def status(self, path: str) -> Status | None:
        """Look at a file, not at what it links to."""
        try:
            seen = os.lstat(path)
            target = os.readlink(path) if stat.S_ISLNK(seen.st_mode) else ""  # noqa: PTH115  # a path of the server, as it is
        except (OSError, ValueError) as error:
            _absent(path, error)
            return None
        return walk.status_of(seen, target)

    def names(self, path: str) -> tuple[str, ...] | None:
        """List a directory, in order."""
        found = list[str]()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    found.append(entry.name)
                    if len(found) > _NAMES:
                        raise Unseen(f"{path}: there are more than {_NAMES:,} names in it")
        except (OSError, ValueError) as error:
            _absent(path, error)
            return None
        return tuple(sorted(found))

    def run(self, *command: str) -> Ran:
        """Run a program of the system; it is given nothing to read, and is ended with all that it started."""
        begun = self._ahead.pop(command, None)
        return self._run(command) if begun is None else begun.result()

    def _run(self, command: tuple[str, ...]) -> Ran:
        try:
            process = subprocess.Popen(  # noqa: S603  # words of a check, never of the server
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        except (FileNotFoundError, NotADirectoryError):
            raise Unseen(f"{command[0]} is not installed") from None
        except (OSError, ValueError) as error:
            raise Unseen(f"{command[0]}: {_why(error)}") from None
        try:
            out = _said(process, command[0], self._seconds)
        finally:
            _end(process)
        if process.returncode < 0:
            raise Unseen(f"{command[0]} was ended by signal {-process.returncode}")
        return Ran(process.returncode, out.decode("utf-8", "replace"))

    def marked(self) -> tuple[Marked, ...]:
        """Walk the disks for files whose rights stand out."""
        return walk.marked(self)


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes] | None]:
    """Open a plain file and nothing else: a link to a device must not have root open it, which alone may reboot."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        _absent(path, error)
        yield None
        return
    try:
        if not stat.S_ISREG(os.fstat(place).st_mode):
            raise Unseen(f"{path}: it is no plain file")
        opened = os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if not _has_ended(path, error):
            raise Unseen(f"{path}: {_why(error)}") from None
        opened = -1
    finally:
        os.close(place)
    if opened < 0:
        yield None
        return
    with os.fdopen(opened, "rb", buffering=0) as file:
        yield file


def _has_ended(path: str, error: OSError) -> bool:
    """Say whether a process has ended, or has no memory or mounts of its own: a zombie, a thread of the kernel."""
    return error.errno == errno.ESRCH or (error.errno == errno.EINVAL and _OF_PROCESS.match(path) is not None)


def _whole(file: IO[bytes], path: str, most: int) -> bytes:
    held = bytearray()
    while len(held) <= most:
        more = file.read(min(_CHUNK, most + 1 - len(held)))
        if more is None:
            raise Unseen(f"{path}: it has nothing to read now")
        if not more:
            return bytes(held)
        held += more
    raise Unseen(f"{path}: it is larger than {most:,} bytes")


def _said(process: subprocess.Popen[bytes], name: str, seconds: float) -> bytes:
    """Read what a program prints until it closes its output, within its time."""
    assert process.stdout is not None  # noqa: S101  # it was asked for
    deadline, held = time.monotonic() + seconds, bytearray()
    with DefaultSelector() as ready:
        ready.register(process.stdout, EVENT_READ)
        while ready.select(max(0.0, deadline - time.monotonic())):
            more = os.read(process.stdout.fileno(), _CHUNK)
            held += more
            if len(held) > MOST:
                raise Unseen(f"{name} printed more than {MOST:,} bytes")
            if not more:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, deadline - time.monotonic()))
                    return bytes(held)
                break
    raise Unseen(f"{name} did not end within {seconds:g} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and its group; the number of the group is its own until it is waited for."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _absent(path: str, error: OSError | ValueError) -> None:
    """Take it for what is not there, or raise `Unseen` for anything else."""
    if isinstance(error, OSError) and error.errno in _ABSENT:
        return
    raise Unseen(f"{path}: {_why(error)}")


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "it has a name that no file can have"
