"""What is left to a bot that runs under its owner's own user: which files, which calls, which ports.

It keeps what a trading program needs: threads, children, programs of the system, TCP. `give_up` is called in the
process that becomes the bot, and what it cannot take is raised, so that no bot starts with less than was promised.
"""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ringfence.confine import calls, landlock, seccomp
from ringfence.confine.memory import no_core, no_new_privileges
from ringfence.confine.seccomp import Profile, Sockets, Word
from ringfence.errors import Misconfigured

SYSTEM = (  # programs, libraries, and what they look up; of /etc only what is nobody's secret
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/etc/alternatives",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/timezone", "/etc/locale.conf",
    "/etc/ssl", "/etc/pki/tls", "/etc/pki/ca-trust", "/etc/ca-certificates", "/etc/hosts", "/etc/host.conf",
    "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/passwd",
    "/etc/group", "/etc/mime.types", "/etc/os-release", "/etc/python3", "/etc/python3.11", "/dev/zero", "/dev/random",
    "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/uptime",
    "/proc/version", "/proc/filesystems", "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/random", "/proc/sys/net/core/somaxconn", "/sys/devices/system/cpu", "/sys/devices/system/node",
    "/sys/fs/cgroup",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/full")
_APART = ("/dev/shm",)  # noqa: S108  # its own there; elsewhere it is everybody's

_SOCKETS = Sockets((socket.AF_INET, socket.AF_INET6), pairs=(socket.SOCK_STREAM, socket.SOCK_SEQPACKET))
_FASTOPEN = 0x20000000  # linux/socket.h: it connects without `connect`, where Landlock does not look
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # ioctl_tty(2): typing in the terminal that it was started from
_HOW = 0o3 | os.O_TRUNC  # of the flags of open: reading or writing, and whether what is there goes
_CAPABILITIES = 0x20080522  # linux/capability.h: version 3, two words for each of three sets
_CAPSET: calls.Numbers = (126, 91)
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


class Door(msgspec.Struct, frozen=True):
    """A loopback address and port where Ringfence, or what its owner allows, is found."""

    address: str
    port: int


class Asked(msgspec.Struct, frozen=True):
    """What to run, and with what: `run`, `read` and `write` are paths, `home` is the deployment's and stays closed.

    `apart`: in a network of its own, where `doors` are all there is. `listen` are ports on which it may be reached.
    """

    command: tuple[str, ...]
    run: tuple[str, ...]
    read: tuple[str, ...]
    write: tuple[str, ...]
    home: str
    doors: tuple[Door, ...]
    listen: tuple[int, ...]
    apart: bool
    partly: bool


def profile(*, listens: bool) -> Profile:
    """Say which calls a bot gives up. Unix sockets by name are among them: agents, buses and docker listen there."""
    denied = [row for name, row in calls.DENIED.items() if name not in calls.PROGRAMS]
    denied += [*calls.UNNAMED.values(), *calls.SHARED.values()]
    if landlock.version() < landlock.TRUNCATE_SINCE:
        denied += calls.TRUNCATE.values()
    if not listens:
        denied.append(calls.LISTEN)  # without `bind` it would take a port that Landlock does not see
    sending = (Word(row, flags, (0,), _FASTOPEN) for row, flags in calls.SENDING.values())
    opening = (Word(row, flags, (os.O_TRUNC,), _HOW, none_of=True) for row, flags in calls.OPENING.values())
    typing = Word(calls.IOCTL, 1, (_TIOCSTI, _TIOCLINUX), none_of=True)
    words = (seccomp.NO_NAMESPACE, *_SOCKETS.words(), *sending, *opening, typing)
    return Profile(tuple(denied), tuple(calls.IN_MEMORY.values()), words)


def give_up(asked: Asked, closed: tuple[Path, ...]) -> None:
    """Give up everything that is not asked for; raises `Misconfigured` for what cannot be, unless it is to be partly.

    `closed` are files that must not open afterwards, whatever else holds.
    """
    _no_capabilities()
    run, read = map(Path, (*SYSTEM, *asked.run)), map(Path, asked.read)
    write = map(Path, (*DEVICES, *asked.write, *(_APART if asked.apart else ())))
    connect = {door.port for door in asked.doors}
    files = landlock.restrict(run, write, data=read, connect=connect, bind=asked.listen)
    why = seccomp.apply(profile(listens=bool(asked.listen)))
    missing = [one.detail for one in (no_new_privileges(), no_core(), files) if not one.live]
    if why is not None:
        raise Misconfigured(f"system calls cannot be taken from it: {why}")
    if missing and not asked.partly:
        raise Misconfigured(f"it cannot be confined: {missing[0]}", hint=PARTLY)
    opened = next((path for path in closed if _opens(path)), None)
    if opened is not None and not asked.partly:
        raise Misconfigured(f"{opened} can still be opened", hint=PARTLY)


PARTLY = "--partly runs it all the same, with what there is; `ringfence doctor` says what is missing"


def homes_of(program: Path, private: tuple[Path, ...]) -> Iterator[Path]:
    """Name what a program needs besides the system: itself, and where its libraries are: its environment.

    What holds one of the `private` directories is never named whole, as ~/.local is for ~/.local/bin.
    """
    for path in dict.fromkeys((program.absolute(), program.resolve())):
        yield path
        prefix = path.parent.parent
        if path.parent.name == "bin" and ((prefix / "pyvenv.cfg").is_file() or (prefix / "lib").is_dir()):
            found = (prefix, *_base_of(prefix / "pyvenv.cfg"))
            yield from (one for one in found if not any(holds(one, closed) for closed in private))


def holds(directory: Path, path: Path) -> bool:
    """Say whether a path is a directory or lies in it, whatever links lead there."""
    return path.resolve().is_relative_to(directory.resolve())


def _base_of(settings: Path) -> Iterator[Path]:
    """Name where the Python of an environment is itself (venv: the key `home` of pyvenv.cfg)."""
    lines = settings.read_text("utf-8", "replace").splitlines() if settings.is_file() else []
    for key, _, value in (line.partition("=") for line in lines):
        where = Path(value.strip())
        if key.strip() == "home" and where.is_absolute():
            yield from (where.parent, where.resolve().parent)


def _no_capabilities() -> None:
    """Let go of every capability: root, too, is then a user like any other (capabilities(7))."""
    number = _CAPSET[seccomp.MACHINES[os.uname().machine].column] if os.uname().machine in seccomp.MACHINES else None
    if number is None:
        raise Misconfigured(f"no filter is written for {os.uname().machine}")
    head, sets = struct.pack("=Ii", _CAPABILITIES, 0), bytes(24)
    if _LIBC.syscall(ctypes.c_long(number), head, sets) != 0:
        raise Misconfigured(f"its capabilities cannot be taken: {os.strerror(ctypes.get_errno())}")


def _opens(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
