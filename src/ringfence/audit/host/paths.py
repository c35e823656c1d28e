"""Paths on the server that is looked at: what a pattern means, what stands on the way to a file, who may change it.

It only looks. A way that leads in circles is unseen, never a way that ends. Who may change what goes by mode bits and
owners; access control lists are not looked at here.
"""

import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Status, Unseen

_HOPS: Final = 40  # links that the kernel follows (path_resolution(7))


class Station(NamedTuple):
    """One directory, link or file on the way to a path."""

    path: str
    status: Status


class Way(NamedTuple):
    """What is passed on the way to a file; `whole` where the way ends at one."""

    places: tuple[Station, ...]
    whole: bool


def expand(host: Host, pattern: str) -> tuple[str, ...]:
    """List the paths that a pattern means, as glob(3) does: in order, and no hidden ones unless it says so."""
    found: tuple[str, ...] = ("",)
    for part in pattern.strip("/").split("/"):
        found = tuple(f"{path}/{name}" for path in found for name in _named(host, path, part))
    return tuple(path for path in found if host.status(path) is not None)


def _named(host: Host, path: str, part: str) -> tuple[str, ...]:
    if not any(sign in part for sign in "*?["):
        return (part,)
    names = sorted(host.names(path or "/"))
    return tuple(name for name in names if fnmatchcase(name, part) and (part[0] == "." or name[0] != "."))


def way(host: Host, path: str) -> Way:
    """Walk to a file as the kernel does: every directory, every link and what it leads to, as far as it goes."""
    found, waiting, here, hops = list[Station](), _parts(path), "", 0
    root = host.status("/")
    if root is not None:
        found.append(Station("/", root))
    while waiting:
        name = waiting.pop(0)
        if name == "..":
            here = here.rpartition("/")[0]
            continue
        status = host.status(f"{here}/{name}")
        if status is None:
            return Way(tuple(found), whole=False)
        found.append(Station(f"{here}/{name}", status))
        if not status.is_link:
            here = f"{here}/{name}"
            continue
        hops += 1
        if hops > _HOPS:
            raise Unseen(f"{path}: its links lead in a circle")
        here = "" if status.target.startswith("/") else here
        waiting = _parts(status.target) + waiting
    return Way(tuple(found), whole=True)


def walked(host: Host, path: str) -> tuple[Station, ...] | None:
    """List what is passed from the root to a file, itself the last; None where there is none."""
    found = way(host, path)
    return found.places if found.whole else None


def last(host: Host, path: str) -> Station | None:
    """Look at what a path leads to in the end, links followed; None where there is nothing."""
    found = walked(host, path)
    return found[-1] if found else None


def changeable(host: Host, path: str) -> Iterator[str]:
    """Say what on the way to a file somebody besides root may change; what is not there may be put there."""
    found = way(host, path)
    for place, status in found.places:
        planted = not found.whole and place == found.places[-1][0]
        if status.uid != 0:
            yield f"{place} belongs to {_name(host, status.uid)}"
        elif _shared(status, sticky=not planted):
            yield f"{place} may be written by others ({status.bits:04o})"


def secluded(host: Host, path: str) -> bool:
    """Say whether nobody but root can reach a file: a directory above it is root's and lets nobody else through."""
    return any(_closed(host.status(place)) for place in _above(path))


def readable_by_all(status: Status) -> bool:
    """Say whether anybody may read a file or list a directory."""
    return bool(status.mode & stat.S_IROTH)


def _shared(status: Status, *, sticky: bool) -> bool:
    """Say whether others may write; in a sticky directory nobody replaces what is root's (chmod(1))."""
    if status.is_link or (sticky and status.is_dir and status.mode & stat.S_ISVTX):
        return False
    return bool(status.mode & stat.S_IWOTH) or bool(status.mode & stat.S_IWGRP and status.gid != 0)


def _closed(status: Status | None) -> bool:
    return status is not None and status.uid == 0 and not status.mode & stat.S_IXOTH and _of_root(status)


def _of_root(status: Status) -> bool:
    return status.gid == 0 or not status.mode & stat.S_IXGRP


def _above(path: str) -> Iterator[str]:
    parts = _parts(path)
    for count in range(1, len(parts)):
        yield "/" + "/".join(parts[:count])


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _name(host: Host, uid: int) -> str:
    return next((one.name for one in host.users.values() if one.uid == uid), f"uid {uid}")
