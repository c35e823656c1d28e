"""Walks a tree that somebody else made, and reads its files: no links, no pipes, nothing outside, nothing without end.

What is not read is said; nothing here follows a name that a stranger could have pointed elsewhere meanwhile.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ringfence.audit import limits
from ringfence.audit.finding import Place, Unanswered

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe without a writer must not hold us up
_NOT_FILES = frozenset({b"/proc", b"/sys", b"/dev"})  # made up by the kernel while one looks


@dataclass(frozen=True, slots=True)
class File:
    """A regular file of a tree, by its path from the root; empty where the root is the file."""

    path: bytes
    size: int

    @property
    def name(self) -> str:
        """Write the path as text."""
        return shown(self.path)


@dataclass(frozen=True, slots=True)
class Repository:
    """A directory that git keeps a history in, by its path from the root."""

    path: bytes


Found = File | Repository | Unanswered


def shown(path: bytes) -> str:
    """Write a path as text: bytes that are no UTF-8 as escapes."""
    return path.decode("utf-8", "backslashreplace")


def named(root: Path, path: bytes) -> str:
    """Name a file of a tree; one that is the root itself by its own name."""
    return shown(path) or root.name


def walk(root: Path) -> Iterator[Found]:
    """List what is in a tree, by name; raises `OSError` where the root itself cannot be read."""
    status = root.stat()
    if not stat.S_ISDIR(status.st_mode):
        yield from _one(b"", status)
        return
    count = 0
    waiting = [(b"", 0)]
    while waiting:
        folder, depth = waiting.pop()
        below = list[tuple[bytes, int]]()
        for found in _listed(root, folder):
            if not isinstance(found, _Folder):
                yield found
            elif depth == limits.DEPTH:
                yield Unanswered(Place(shown(found.path)), f"lies more than {limits.DEPTH} directories deep")
            else:
                below.append((found.path, depth + 1))
            count += 1
            if count > limits.FILES:
                yield Unanswered(Place(shown(folder)), f"the tree has more than {limits.FILES:,} files; the rest")
                return
        waiting.extend(reversed(below))


def read(root: Path, path: bytes, most: int = limits.FILE) -> tuple[bytes, str]:
    """Read a file of a tree; returns its bytes, and in words what is missing of it, or nothing.

    Raises `OSError` where it cannot be opened or is no regular file.
    """
    handle = open_below(root, path)
    try:
        begun = os.fstat(handle)
        data = _all(handle, most)
        ended = os.fstat(handle)
    finally:
        os.close(handle)
    if begun.st_size > most:
        return data, f"only its first {most >> 20} MiB were read, of {begun.st_size >> 20}"
    if (ended.st_mtime_ns, ended.st_size) != (begun.st_mtime_ns, begun.st_size) or len(data) != begun.st_size:
        return data, "changed while it was read"
    return data, ""


def open_below(root: Path, path: bytes) -> int:
    """Open a regular file below a root, each directory on the way as itself and no link; the caller closes it."""
    if not path:
        return _regular(os.open(root, _OPEN & ~os.O_NOFOLLOW))
    *folders, name = path.split(b"/")
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            os.close(here)
            here = inner
        return _regular(os.open(name, _OPEN, dir_fd=here))
    finally:
        os.close(here)


@dataclass(frozen=True, slots=True)
class _Folder:
    path: bytes


def _listed(root: Path, folder: bytes) -> Iterator[Found | _Folder]:
    here = _joined(root, folder)
    if here in _NOT_FILES:
        yield Unanswered(Place(shown(folder)), "holds no files but what the kernel makes up")
        return
    try:
        with os.scandir(here) as listing:
            entries = sorted(listing, key=lambda one: one.name)
    except OSError as error:
        yield Unanswered(Place(shown(folder)), f"cannot be listed: {error.strerror}")
        return
    for entry in entries:
        yield from _entry(root, folder, entry)


def _entry(root: Path, folder: bytes, entry: os.DirEntry[bytes]) -> Iterator[Found | _Folder]:
    path = folder + b"/" + entry.name if folder else entry.name
    try:
        if entry.is_symlink():
            yield from _link(root, path)
        elif entry.is_dir(follow_symlinks=False):
            yield from _repository(root, path) if entry.name == b".git" else (_Folder(path),)
        elif entry.name == b".git":  # of a worktree or a submodule: says where the repository is
            yield Unanswered(Place(shown(path)), "its history lies in another directory")
        else:
            yield from _one(path, entry.stat(follow_symlinks=False))
    except OSError as error:
        yield Unanswered(Place(shown(path)), f"cannot be read: {error.strerror}")


def _repository(root: Path, path: bytes) -> Iterator[Found]:
    """Name a repository, and its own settings: an address there may have a password in it."""
    yield Repository(path)
    settings = path + b"/config"
    with suppress(FileNotFoundError):
        yield from _one(settings, os.lstat(_joined(root, settings)))


def _one(path: bytes, status: os.stat_result) -> Iterator[Found]:
    if stat.S_ISREG(status.st_mode):
        yield File(path, status.st_size)
    elif not stat.S_ISSOCK(status.st_mode):  # a socket holds nothing
        yield Unanswered(Place(shown(path)), "is no regular file")


def _link(root: Path, path: bytes) -> Iterator[Unanswered]:
    """Pass over a link that stays in the tree, since what it leads to is read there; say one that leaves it."""
    target = os.path.realpath(_joined(root, path))
    inside = os.path.realpath(os.fsencode(root)) + b"/"
    interpreter = path.rpartition(b"/")[2].startswith(b"python") and os.access(target, os.X_OK)
    gone = True
    with suppress(OSError):
        gone = not os.path.lexists(target)
    if not gone and not target.startswith(inside) and not interpreter:
        yield Unanswered(Place(shown(path)), "is a link that leads out of the tree")


def _joined(root: Path, path: bytes) -> bytes:
    return os.fsencode(root) + (b"/" + path if path else b"")


def _regular(handle: int) -> int:
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(None, "is no regular file")
    return handle


def _all(handle: int, most: int) -> bytes:
    pieces, size = list[bytes](), 0
    while size < most and (piece := os.read(handle, min(1 << 20, most - size))):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)
