"""The few things the journal does with files beside SQLite: keep them private, lock them, replace them safely."""

import fcntl
import os
from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE = 0o600


def private(path: Path, flags: int = 0) -> int:
    """Open a file that only we can read, made where there is none and narrowed where there is; no link is followed."""
    handle = os.open(path, _FLAGS | flags, _MODE)
    os.fchmod(handle, _MODE)
    return handle


def lock(path: Path) -> int:
    """Open a private file that no other process may open so; `BlockingIOError` where one has. Closing lets go of it."""
    handle = private(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def replace(path: Path, content: bytes) -> None:
    """Write a whole file durably: after a crash there is the old one or the new one."""
    draft = path.with_name(path.name + ".new")
    with os.fdopen(private(draft, os.O_TRUNC), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(path.parent)


def sync(directory: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
