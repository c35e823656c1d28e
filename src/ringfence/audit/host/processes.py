"""What runs on the server, from /proc: effective rights, and not what a unit file wishes for (proc(5))."""

from typing import Final, NamedTuple

from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_MAX: Final = 10_000  # threads of one process that are looked at; a bot has tens

_KINDS: Final = (
    ".service",
    ".socket",
    ".timer",
    ".path",
    ".mount",
    ".target",
    ".slice",
    ".scope",
    ".automount",
    ".swap",
)


class Process(NamedTuple):
    """One thread of a process, as /proc/PID/status has it. `uids` are all four: real, effective, saved, file system."""

    pid: int
    name: str
    uids: frozenset[int]
    groups: frozenset[int]
    capable: bool
    no_new_privileges: bool
    filtered: bool

    def __str__(self) -> str:
        """Name it as a person looks for it."""
        return f"{self.name} ({self.pid})"


def pids(host: Host) -> tuple[int, ...]:
    """List the processes that can be seen; raises `Unseen` where there is no /proc."""
    found = tuple(int(name) for name in host.names("/proc") if name.isdecimal())
    if not found:
        raise Unseen("/proc lists no process")
    return found


def processes(host: Host) -> tuple[Process, ...]:
    """Read every process; one that has ended meanwhile is left out."""
    read = (_read(host, f"/proc/{pid}/status", pid) for pid in pids(host))
    return tuple(one for one in read if one is not None)


def threads(host: Host, process: Process) -> tuple[Process, ...]:
    """Read each thread: a filter or a capability is a thread's own (seccomp(2), capabilities(7))."""
    names = host.names(f"/proc/{process.pid}/task")
    if len(names) > _MAX:
        raise Unseen(f"{process} has more than {_MAX:,} threads")
    read = (_read(host, f"/proc/{process.pid}/task/{name}/status", process.pid) for name in names)
    return tuple(one for one in read if one is not None) or (process,)


def uids(host: Host, names: tuple[str, ...]) -> frozenset[int]:
    """Find the numbers of users; raises `Unseen` for one that the server does not have."""
    missing = [name for name in names if name not in host.users]
    if missing:
        raise Unseen(f"there is no user {', '.join(missing)} in /etc/passwd, though host.toml names one")
    return frozenset(host.users[name].uid for name in names)


def of_units(host: Host, units: tuple[str, ...], found: tuple[Process, ...]) -> tuple[Process, ...]:
    """Pick the processes that belong to some units, by their control group, whoever they run as."""
    wanted = {named(unit) for unit in units}
    return tuple(one for one in found if wanted & _groups(host.text(f"/proc/{one.pid}/cgroup") or ""))


def theirs(host: Host, expected: Expected, users: tuple[str, ...]) -> tuple[Process, ...]:
    """Pick the processes that run as some users, and all of the deployment's units."""
    found, numbers = processes(host), uids(host, users)
    of_users = [one for one in found if one.uids & numbers]
    return tuple(dict.fromkeys((*of_users, *of_units(host, expected.units, found))))


def named(unit: str) -> str:
    """Write a unit's name in full: what has no ending is a service (systemctl(1))."""
    return unit if unit.endswith(_KINDS) else f"{unit}.service"


def _groups(text: str) -> set[str]:
    return {part for line in text.splitlines() for part in line.rpartition(":")[2].split("/") if part}


def _read(host: Host, path: str, pid: int) -> Process | None:
    text = host.text(path)
    if text is None:
        return None
    fields = {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}
    try:
        return Process(
            pid,
            fields["Name"],
            _numbers(fields["Uid"]),
            _numbers(fields["Gid"]) | _numbers(fields["Groups"]),
            bool(int(fields["CapEff"], 16) | int(fields["CapPrm"], 16)),
            fields["NoNewPrivs"] == "1",
            fields["Seccomp"] == "2",
        )
    except (KeyError, ValueError):
        raise Unseen(f"{path}: it is not what proc(5) describes") from None


def _numbers(text: str) -> frozenset[int]:
    return frozenset(map(int, text.split()))
