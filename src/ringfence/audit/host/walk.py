"""The walk over the disks for files whose rights stand out: set-user-id, capabilities, writable by all, nobody's.

A directory that may not be read hides what is in it, so the walk is whole or it is `Unseen`; and it never goes on for
longer than its time. It changes nothing, not even an access time where the system lets it choose.
"""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from ringfence.audit.host import mounts
from ringfence.audit.host.source import Marked, Status, Unseen

SECONDS: Final = 2.0
"""How long a walk may take (source.py): 150,000 files take 0.7 s where their directories are in memory."""

_DISKS: Final = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "jfs", "reiserfs", "nilfs2"}
    | {"vfat", "exfat", "ntfs", "ntfs3", "tmpfs", "ramfs"}
)
"""What can hold a set-user-id file and is this machine's own (fs/ of the Linux kernel): no network, no image."""

_NOT_WALKED: Final = ("/proc", "/sys", "/dev")
_ODD: Final = stat.S_ISUID | stat.S_ISGID
_RUNNABLE: Final = 0o111
_CAPABILITY: Final = "security.capability"
_NO_ATTRIBUTE: Final = frozenset({errno.ENODATA, errno.ENOTSUP, errno.ENOENT})
_DYNAMIC: Final = range(61184, 65520)  # users of systemd that are there while a service runs (systemd, UIDS-GIDS)
_EVERY: Final = 256  # entries between two looks at the clock: some hundred microseconds


class Reads(Protocol):
    """What the walk reads files with."""

    def read(self, path: str, most: int = ...) -> bytes | None:
        """Read a file; None where there is none."""
        ...


class _Known:
    """Which numbers of users and groups are somebody's."""

    def __init__(self, source: Reads) -> None:
        self.users = _ids(_text(source, "/etc/passwd"))
        self.groups = _ids(_text(source, "/etc/group"))
        self.lent = tuple(_ranges(_text(source, "/etc/subuid"))) + tuple(_ranges(_text(source, "/etc/subgid")))

    def lacks(self, seen: os.stat_result) -> bool:
        """Say whether a file is nobody's."""
        return self._stray(seen.st_uid, self.users) or self._stray(seen.st_gid, self.groups)

    def _stray(self, number: int, known: frozenset[int]) -> bool:
        return number not in known and number not in _DYNAMIC and not any(number in one for one in self.lent)


def marked(source: Reads) -> tuple[Marked, ...]:
    """Walk the disks that /proc/mounts names, each directory once; raises `Unseen`."""
    found = mounted(source)
    return over(source, roots(found), frozenset(found))


def over(
    source: Reads, folders: tuple[str, ...], apart: frozenset[str], clock: Callable[[], float] = time.monotonic
) -> tuple[Marked, ...]:
    """Walk some directories, and into none that stands `apart` from outside; raises `Unseen`."""
    deadline, known, found = clock() + SECONDS, _Known(source), list[Marked]()
    for count, (path, status) in enumerate(_all(folders, apart)):
        if count % _EVERY == 0 and clock() > deadline:
            raise Unseen(f"the walk over the disks took more than {SECONDS:.0f} s")
        one = _judged(path, status, known)
        if one is not None:
            found.append(one)
    return tuple(sorted(found, key=lambda one: one.path))


def status_of(seen: os.stat_result, target: str = "") -> Status:
    """Keep what lstat(2) says."""
    return Status(seen.st_mode, seen.st_uid, seen.st_gid, seen.st_size, seen.st_mtime, target)


def mounted(source: Reads) -> dict[str, str]:
    """Read what is mounted where, and of which kind; what is mounted last at a place hides what was there."""
    rows = (line.split(" ") for line in _text(source, "/proc/mounts").splitlines())
    return {mounts.name(row[1]): row[2] for row in rows if len(row) > 2}  # noqa: PLR2004  # fstab(5)


def roots(found: dict[str, str]) -> tuple[str, ...]:
    """Pick what is walked: this machine's own disks, the root first. Raises `Unseen` where there is no root."""
    if "/" not in found:
        raise Unseen("/proc/mounts does not say what is mounted")
    return tuple(one for one, kind in sorted(found.items()) if one == "/" or (kind in _DISKS and not _passed(one)))


def _passed(path: str) -> bool:
    return path in _NOT_WALKED or path.startswith(tuple(f"{one}/" for one in _NOT_WALKED if one != "/dev"))


def _all(folders: tuple[str, ...], apart: frozenset[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every file and directory; a mount is a root of its own or is left out, a link is never followed."""
    waiting, seen = (
        list(reversed(folders)),
        set[tuple[int, int]](),
    )  # the root first: its names are the ones that are known
    while waiting:
        for path, status in _entries(waiting.pop(), apart, seen):
            yield path, status
            if stat.S_ISDIR(status.st_mode):
                waiting.append(path)


def _entries(folder: str, apart: frozenset[str], seen: set[tuple[int, int]]) -> Iterator[tuple[str, os.stat_result]]:
    try:
        here = os.lstat(folder)
        if (here.st_dev, here.st_ino) in seen or not stat.S_ISDIR(here.st_mode):
            return
        seen.add((here.st_dev, here.st_ino))
        with os.scandir(folder) as entries:
            for entry in entries:
                status = None if entry.path in apart or entry.path in _NOT_WALKED else _status(entry)
                if status is not None:
                    yield entry.path, status
    except FileNotFoundError:
        return  # it has gone meanwhile
    except OSError as error:
        raise Unseen(f"{folder}: {(error.strerror or 'unreadable').lower()}, and what is in it is not known") from None


def _status(entry: "os.DirEntry[str]") -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _judged(path: str, seen: os.stat_result, known: _Known) -> Marked | None:
    mode = seen.st_mode
    plain = stat.S_ISREG(mode)
    unowned = known.lacks(seen)
    capable = plain and bool(mode & _RUNNABLE) and _capable(path)
    if capable or unowned or (plain and mode & _ODD) or _open(mode):
        return Marked(path, status_of(seen), capable, unowned)
    return None


def _open(mode: int) -> bool:
    """Say whether anybody may write there: a file, or a directory in which anybody may replace anybody's files."""
    return bool(mode & stat.S_IWOTH) and (stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and not mode & stat.S_ISVTX))


def _capable(path: str) -> bool:
    try:
        return bool(os.getxattr(path, _CAPABILITY, follow_symlinks=False))
    except OSError as error:
        if error.errno in _NO_ATTRIBUTE:
            return False
        raise Unseen(f"{path}: its capabilities cannot be read") from None


def _text(source: Reads, path: str) -> str:
    return (source.read(path) or b"").decode("utf-8", "replace")


def _ids(text: str) -> frozenset[int]:
    rows = (line.split(":") for line in text.splitlines())
    return frozenset(int(row[2]) for row in rows if len(row) > 2 and row[2].isdecimal())  # noqa: PLR2004  # passwd(5)


def _ranges(text: str) -> Iterator[range]:
    for row in (line.split(":") for line in text.splitlines()):
        if len(row) == 3 and row[1].isdecimal() and row[2].isdecimal():  # noqa: PLR2004  # subuid(5)
            yield range(int(row[1]), int(row[1]) + int(row[2]))
