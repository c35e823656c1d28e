"""Files of a tree that a stranger wrote: listed and read without following a link, and no more than a limit allows.

It must never open what is not a regular file, and never a file through a link. (A directory that is swapped for a link
while it is read can still be walked into; what is read there is judged like anything else, and nothing of it is run.)
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ringfence.audit.finding import Place, Unanswered
from ringfence.audit.limits import FILE

DEPTH = 60  # directories in each other; node_modules of npm's first form were the deepest, near 30
ENTRIES = 1_000_000  # names in one tree; an environment of 100 distributions has 30,000
HASHED = 16 << 30  # bytes in one environment; one with torch and its compute libraries has 8 GB
_BLOCK = 1 << 20


class Listed(msgspec.Struct, frozen=True):
    """What is in a directory and below: sizes of regular files by path from there, and what was not looked at."""

    files: dict[str, int]
    folders: frozenset[str]
    links: int
    unanswered: tuple[Unanswered, ...]


def listing(top: Path, shown: str, skip: frozenset[str] = frozenset()) -> Listed:
    """List a directory and all below it; `shown` is its path from the audit's root."""
    files: dict[str, int] = {}
    folders: set[str] = set()
    unanswered: list[Unanswered] = []
    links = 0
    waiting = [("", 0)]
    while waiting:
        inner, depth = waiting.pop()
        if depth > DEPTH or len(files) > ENTRIES:
            unanswered.append(Unanswered(Place(joined(shown, inner)), "too deep, or too many files"))
            continue
        for entry in scan(top / inner, joined(shown, inner), unanswered):
            path = joined(inner, entry.name)
            if entry.is_symlink():
                links += 1
            elif entry.is_dir(follow_symlinks=False):
                folders.add(path)
                waiting += [(path, depth + 1)] if entry.name not in skip else []
            elif entry.is_file(follow_symlinks=False):
                files[path] = entry.stat(follow_symlinks=False).st_size
    return Listed(files, frozenset(folders), links, tuple(unanswered))


def scan(folder: Path, shown: str, unanswered: list[Unanswered]) -> Iterator[os.DirEntry[str]]:
    """List one directory, by name; one that cannot be read is said to be unanswered."""
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        unanswered.append(Unanswered(Place(shown), f"the directory cannot be read: {error.strerror}"))


def joined(folder: str, name: str) -> str:
    """Join two paths from a root, either of which can be empty."""
    return f"{folder}/{name}" if folder and name else folder or name


def contents(path: Path | str, limit: int = FILE) -> bytes | str:
    """Return what a regular file holds; in a text, why it was not read."""
    try:
        handle = _opened(path)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    held = bytearray()
    try:
        while len(held) <= limit and (block := os.read(handle, _BLOCK)):
            held += block
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    finally:
        os.close(handle)
    return bytes(held) if len(held) <= limit else f"it is longer than {limit >> 20} MiB"


def text(path: Path, limit: int = FILE) -> tuple[str, str]:
    """Return a file's text, and why there is none; bytes that are no UTF-8 are replaced."""
    read = contents(path, limit)
    if isinstance(read, str):
        return "", read
    encoding = "utf-16" if read[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    return read.decode(encoding, "replace"), ""


def digest(path: Path | str, algorithm: str) -> tuple[int, bytes] | None:
    """Return a regular file's size and digest; None where it cannot be read."""
    hashing, size = hashlib.new(algorithm, usedforsecurity=False), 0
    try:
        handle = _opened(path)
    except OSError:
        return None
    try:
        while block := os.read(handle, _BLOCK):
            hashing.update(block)
            size += len(block)
    except OSError:
        return None
    finally:
        os.close(handle)
    return size, hashing.digest()


def _opened(path: Path | str) -> int:
    """Open a regular file; a pipe or a device is never waited for."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError(0, "not a regular file")
