"""Reading a file that nobody else may read, write or stand in for."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ringfence.errors import Broken, Misconfigured

MAX_FILE = 4 * 1024 * 1024  # a few thousand records; more is not a vault of ours

_OTHERS = 0o077
_OTHERS_WRITE = 0o022


def read(path: Path) -> bytes:
    """Read a private file whole; raises `Misconfigured` where others could read it or put another in its place."""
    with folder(path) as directory:
        return read_in(directory, path)[0]


@contextmanager
def folder(path: Path) -> Iterator[int]:
    """Open the directory of a file; raises `Misconfigured` where others could put another file in its place."""
    try:
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Misconfigured(f"{path.parent}: {error.strerror}") from None
    try:
        _check_folder(path.parent, os.fstat(directory))
        yield directory
    finally:
        os.close(directory)


@contextmanager
def plain_file(directory: int, path: Path, what: str, hint: str) -> Iterator[tuple[int, os.stat_result]]:
    """Open a file in its directory, with its status; raises `Misconfigured` for a link, a pipe or anything else."""
    try:
        # O_NONBLOCK: a pipe put in the file's place must not hang us before fstat tells.
        fd = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except OSError as error:
        raise Misconfigured(f"there is no {what} to open at {path}: {error.strerror}", hint=hint) from None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise Misconfigured(f"{path} is not a plain file")
        yield fd, status
    finally:
        os.close(fd)


def _check_folder(path: Path, status: os.stat_result) -> None:
    if status.st_mode & _OTHERS_WRITE:
        raise Misconfigured(f"others may write to {path}", hint=f"chmod go-w {path}")
    if os.geteuid() not in {0, status.st_uid} and status.st_uid != 0:
        raise Misconfigured(f"{path} belongs to another user", hint=f"chown {os.geteuid()} {path}")


def read_in(directory: int, path: Path) -> tuple[bytes, os.stat_result]:
    """Read a private file of a directory that is open, with its status; raises `Misconfigured` and `Broken`."""
    hint = "`ringfence init` makes one; it is a plain file, not a link"
    with plain_file(directory, path, "vault", hint) as (fd, status):
        _check(path, status)
        data = b"".join(iter(lambda: os.read(fd, 1 << 16), b""))
    if len(data) != status.st_size:
        raise Broken(f"{path} changed while it was read")
    return data, status


def _check(path: Path, status: os.stat_result) -> None:
    if status.st_mode & _OTHERS:
        raise Misconfigured(f"others may read {path}", hint=f"chmod 600 {path}, and ask who has read it")
    if os.geteuid() not in {0, status.st_uid}:
        raise Misconfigured(f"{path} belongs to another user")
    if status.st_size > MAX_FILE:
        raise Broken(f"{path} is larger than a vault can be")
