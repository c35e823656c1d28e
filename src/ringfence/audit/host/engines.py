"""The sockets of container engines: whoever may use one is root, whatever else is closed to them."""

import stat
from collections.abc import Iterator
from typing import Final

from ringfence.audit.host import paths
from ringfence.audit.host.host import Host
from ringfence.audit.host.processes import Process

_SOCKETS: Final = ("docker.sock", "podman/podman.sock", "containerd/containerd.sock", "crio/crio.sock")


def sockets(host: Host) -> tuple[str, ...]:
    """List the sockets that are there."""
    return tuple(f"/run/{name}" for name in _SOCKETS if host.status(f"/run/{name}") is not None)


def groups_of(host: Host, names: tuple[str, ...]) -> frozenset[int]:
    """Find the groups of users by name: what they would have at their next start."""
    rows = (line.split(":") for line in host.lines("/etc/group"))
    member = {int(row[2]) for row in rows if _has(row, names)}
    return frozenset(member | {host.users[name].gid for name in names if name in host.users})


def _has(row: list[str], names: tuple[str, ...]) -> bool:
    """Say whether a line of /etc/group names one of some users (group(5))."""
    return len(row) == 4 and row[2].isdecimal() and bool(set(names) & set(row[3].split(",")))  # noqa: PLR2004  # group(5)


def reachable(host: Host, path: str, users: frozenset[int], groups: frozenset[int]) -> Iterator[str]:
    """Say of a socket that anybody may use it, or that somebody of these users and groups may."""
    status = host.status(path)
    if status is None:
        return
    if status.mode & stat.S_IWOTH and not paths.secluded(host, path):
        yield f"{path}: anybody may use it ({status.bits:04o})"
    elif status.uid in users or (status.mode & stat.S_IWGRP and status.gid in groups):
        yield f"{path}: a bot may use it ({status.bits:04o})"


def holds_socket(host: Host, process: Process) -> Iterator[str]:
    """Find a socket that was mounted into a container (proc(5), mountinfo)."""
    rows = (line.split(" ") for line in (host.text(f"/proc/{process.pid}/mountinfo") or "").splitlines())
    names = {row[3].rpartition("/")[2] for row in rows if len(row) > 4}  # noqa: PLR2004  # proc(5)
    if names & {name.rpartition("/")[2] for name in _SOCKETS}:
        yield f"{process} has the socket of the container engine"
