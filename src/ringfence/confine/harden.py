"""What each process gives up at start: a table, and its four ways: dumps, privileges, files, system calls.

Called once its modules are loaded and before its event loop starts: libuv would open an io_uring, which makes sockets
past the filter. The threads that already run are covered by the filter; there must be none yet for the files.
What each one needs was measured with strace, over the demo and the scenarios.
"""

import os
import socket
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ringfence.confine import landlock
from ringfence.confine.memory import Protection, no_core, no_new_privileges, not_dumpable
from ringfence.confine.seccomp import UNIX, Sockets, no_internet, no_programs
from ringfence.settings import NAMED_PORTS, Settings

Process = Literal["signer", "courier", "gateway", "prices"]

_HOME, _PAPER = ".", "paper"
_DNS = 53  # resolvers are asked by TCP where an answer is too long for UDP (RFC 7766)


@dataclass(frozen=True, slots=True)
class Needs:
    """What one process needs, and nothing else is left to it.

    `read` and `write` are directories of the home, named whole: files in them are replaced, and a rule for a file means
    the one that was there. `sockets`: `UNIX` also says that an internet socket must not be made by any means.
    """

    read: tuple[str, ...]
    write: tuple[str, ...]
    sockets: Sockets
    names: bool = False  # whether it looks up names


NEEDS: dict[Process, Needs] = {
    "signer": Needs((_HOME,), ("journal", "run"), UNIX),
    "courier": Needs(
        (_PAPER,),
        ("run",),
        Sockets(
            (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6),
            (socket.SOCK_STREAM, socket.SOCK_DGRAM),
            (0, socket.IPPROTO_TCP, socket.IPPROTO_UDP),
        ),
        names=True,
    ),
    "gateway": Needs(("gateway", "run"), (), Sockets((socket.AF_UNIX, socket.AF_INET))),
    "prices": Needs(("run",), (), UNIX),
}

_SYSTEM = (  # the interpreter's own libraries, what they look up, and what modules load when they are first used
    "/usr/lib", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/ssl", "/etc/pki/tls", "/etc/localtime",
    "/usr/share/zoneinfo", "/dev/urandom", "/dev/random", "/proc/self", "/proc/sys/kernel/random",
    "/sys/devices/system/cpu",
)  # fmt: skip
_NAMES = (  # /etc whole: resolv.conf and hosts are replaced there, and a rule for a file means the one that was there
    "/etc", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
)  # fmt: skip


def harden(process: Process, settings: Settings, also: Iterable[Path] = ()) -> tuple[Protection, ...]:
    """Give up what the process never needs and say what took; never raises. `also` is what it reads outside the home.

    The caller decides what a missing protection means. The signer must not start without "no-internet".
    """
    needs = NEEDS[process]
    given_up = (no_new_privileges(), no_core(), not_dumpable(), *_reach(process, settings, also))
    return (*given_up, no_internet() if needs.sockets is UNIX else no_programs(needs.sockets))


def _reach(process: Process, settings: Settings, also: Iterable[Path]) -> tuple[Protection, ...]:
    """Leave it its files and, where it has internet sockets, its ports."""
    needs = NEEDS[process]
    readable = tuple(name for name in needs.read if name != _PAPER or settings.paper is not None)
    missing = [name for name in (*readable, *needs.write) if not _is_there(settings.home / name)]
    if missing:
        why = f"{settings.home / missing[0]} is not there, and what comes later could not be read"
        files = Protection("files", live=False, detail=why)
    else:
        read = (*_of_python(), *map(Path, _SYSTEM), *(settings.home / name for name in readable), *also)
        read += (*map(Path, _NAMES), Path("/etc/resolv.conf").resolve().parent) if needs.names else ()
        write = (Path(os.devnull), *(settings.home / name for name in needs.write))
        connect, bind = ports(process, settings)
        files = landlock.restrict(read, write, connect=connect, bind=bind)
    if needs.sockets is UNIX:
        return (files,)
    live = files.live and landlock.version() >= landlock.TCP_SINCE
    return (files, Protection("ports", live, "TCP by its own ports alone" if live else _PORTS))


_PORTS = "the kernel does not keep it to its ports: that takes Landlock 4, which came with Linux 6.7"


def ports(process: Process, settings: Settings) -> tuple[frozenset[int], frozenset[int]]:
    """Say to which TCP ports a process connects, and on which it listens."""
    match process:
        case "courier":
            paper = settings.paper
            own = () if paper is None else (paper.port, paper.plain_port, paper.east_port, paper.west_port)
            return frozenset((*NAMED_PORTS, _DNS, *own)), frozenset()
        case "gateway":
            named = settings.names.ports if settings.names else ()
            proxy = (settings.proxy.port,) if settings.proxy else ()
            return frozenset(), frozenset((*(one.port for one in settings.listeners), *proxy, *named))
        case "signer" | "prices":
            return frozenset(), frozenset()


def _is_there(directory: Path) -> bool:
    """Make a directory of the home where it is missing: a rule can only be made for one that is there."""
    try:
        directory.mkdir(
            mode=0o750 if directory.name == "run" else 0o700, exist_ok=True
        )  # the sockets are for others too
    except OSError:
        return False
    return True


def _of_python() -> Iterator[Path]:
    yield from map(Path, filter(None, sys.path))
    yield from map(Path, {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix})
