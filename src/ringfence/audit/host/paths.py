"""Who may change what stands at a path: a file is only as safe as every directory above it, and what it links to.

It goes by mode bits and owners; access control lists are not looked at.
"""

import stat
from collections.abc import Iterator
from typing import Final, NamedTuple

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Status, Unseen

_HOPS: Final = 40  # links that the kernel follows (path_resolution(7))


class Way(NamedTuple):
    """What is passed on the way to a file; `whole` where the way ends at one."""

    places: tuple[tuple[str, Status], ...]
    whole: bool


def way(host: Host, path: str) -> Way:
    """Walk to a file as the kernel does: every directory, every link and what it leads to, as far as it goes."""
    found, waiting, here, hops = list[tuple[str, Status]](), _parts(path), "", 0
    root = host.status("/")
    if root is not None:
        found.append(("/", root))
    while waiting:
        name = waiting.pop(0)
        if name == "..":
            here = here.rpartition("/")[0]
            continue
        status = host.status(f"{here}/{name}")
        if status is None:
            return Way(tuple(found), whole=False)
        found.append((f"{here}/{name}", status))
        if not status.is_link:
            here = f"{here}/{name}"
            continue
        hops += 1
        if hops > _HOPS:
            raise Unseen(f"{path}: its links lead in a circle")
        here = "" if status.target.startswith("/") else here
        waiting = _parts(status.target) + waiting
    return Way(tuple(found), whole=True)


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
