"""The processes of a server, as /proc shows them. It raises `Unseen` where the processes of others are hidden."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its short name, the users it may act as, and its command line."""

    pid: int
    name: str
    uids: frozenset[int]
    args: tuple[str, ...]

    @property
    def path(self) -> str:
        """Return its directory in /proc."""
        return f"/proc/{self.pid}"


def processes(host: Host) -> tuple[Process, ...]:
    """List every process that has not ended meanwhile."""
    pids = [int(name) for name in host.names("/proc") if name.isdecimal()]
    if 1 not in pids:
        raise Unseen("the processes of other users are hidden")
    found = (_process(host, pid) for pid in sorted(pids))
    return tuple(each for each in found if each)


def program(host: Host, process: Process) -> str:
    """Say which file it runs; empty for a thread of the kernel. What was deleted ends in ` (deleted)`."""
    status = host.status(f"{process.path}/exe")
    return status.target if status else ""


def basename(path: str) -> str:
    """Return the name of a program, also of one that was deleted."""
    return PurePosixPath(path.removesuffix(" (deleted)")).name


@dataclass(frozen=True, slots=True)
class Sockets:
    """Which process holds each socket, by inode, the first one where several do; `hidden` says what was not seen."""

    held: Mapping[int, Process]
    hidden: str = ""


def sockets(host: Host) -> Sockets:
    """Look at what every process holds; a process that does not show it leaves the rest to be seen."""
    found, hidden = dict[int, Process](), ""
    for process in processes(host):
        try:
            inodes = _inodes(host, process)
        except Unseen as error:
            hidden = str(error)
            continue
        for inode in inodes:
            found.setdefault(inode, process)
    return Sockets(found, hidden)


def uids(host: Host, names: tuple[str, ...]) -> dict[int, str]:
    """Return the ids of users; raises `Unseen` for one that /etc/passwd does not have."""
    missing = [name for name in names if name not in host.users]
    if missing:
        raise Unseen(f"there is no user {missing[0]} in /etc/passwd")
    return {host.users[name].uid: name for name in names}


def _inodes(host: Host, process: Process) -> list[int]:
    statuses = [host.status(path) for path in host.under(f"{process.path}/fd")]
    links = [re.fullmatch(r"socket:\[(\d+)\]", status.target) for status in statuses if status]
    return [int(each[1]) for each in links if each]


def _process(host: Host, pid: int) -> Process | None:
    status = host.text(f"/proc/{pid}/status")
    if status is None:
        return None
    fields = dict(re.findall(r"^(Name|Uid):\s*(.*)$", status, re.MULTILINE))
    held = frozenset(int(word) for word in fields.get("Uid", "").split() if word.isdecimal())
    args = tuple((host.text(f"/proc/{pid}/cmdline") or "").rstrip("\0").split("\0"))
    return Process(pid, fields.get("Name", ""), held, args if args != ("",) else ())
