"""The few things the journal does with files beside SQLite: make them private, claim the directory, replace safely."""

import fcntl
import os
from pathlib import Path

from ringfence.errors import Broken

PRIVATE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def claim(directory: Path) -> int:
    """Make the directory ours alone and lock it against a second writer; the lock lasts until the result is closed."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    lock = os.open(directory / "lock", PRIVATE, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise Broken(
            f"another process is writing the journal in {directory}",
            hint="stop the other signer; there can be only one",
        ) from None
    return lock


def create(path: Path) -> None:
    """Make a file that only we can read, durably; one that is there is narrowed to that."""
    handle = os.open(path, PRIVATE, 0o600)
    os.fchmod(handle, 0o600)
    os.close(handle)
    sync(path.parent)


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a whole file durably: after a crash there is the old one or the new one."""
    draft = path.with_name(path.name + ".new")
    handle = os.open(draft, PRIVATE | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)
    draft.replace(path)
    sync(path.parent)


def sync(directory: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
