"""Writing a file that nobody else may read, write or stand in for: whole, or not at all."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from ringfence.errors import Misconfigured
from ringfence.vault.disk import folder, read_in


def create(path: Path, data: bytes) -> None:
    """Write a file that must not be there yet."""
    with folder(path) as directory:
        fcntl.flock(directory, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            os.stat(path.name, dir_fd=directory, follow_symlinks=False)
            raise Misconfigured(f"there is already a file {path}", hint="a vault is never overwritten; move it away")
        _put(directory, path.name, data, None)


def replace(path: Path, data: bytes, before: bytes) -> None:
    """Replace a file whole or not at all; raises `Misconfigured` where it is no longer what it was before."""
    with folder(path) as directory:
        fcntl.flock(directory, fcntl.LOCK_EX)
        now, status = read_in(directory, path)
        if now != before:
            raise Misconfigured("another process has changed the vault meanwhile", hint="run the command again")
        _put(directory, path.name, data, status)


def _put(directory: int, name: str, data: bytes, owner: os.stat_result | None) -> None:
    draft = f".{name}.new"
    with suppress(FileNotFoundError):  # left by a crash; nobody but us may write here
        os.unlink(draft, dir_fd=directory)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(draft, flags, 0o600, dir_fd=directory), "wb", buffering=0) as file:
        if owner is not None and owner.st_uid != os.geteuid():
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)  # root changed the signer's vault
        written = 0
        while written < len(data):
            written += os.write(file.fileno(), data[written:])
        os.fsync(file.fileno())
    os.replace(draft, name, src_dir_fd=directory, dst_dir_fd=directory)
    os.fsync(directory)
