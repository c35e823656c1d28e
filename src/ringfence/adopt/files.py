"""Reading and replacing a bot's files, which somebody else may have prepared: no links, no pipes, nothing huge.

What is replaced keeps its mode and owner, is there whole or not at all, and is what was read before.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ringfence.errors import Misconfigured

MOST = 1 << 20  # bytes; a configuration with a thousand pairs is a tenth of it
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe without a writer must not hold us up


@dataclass(frozen=True, slots=True)
class Held:
    """A file as it was read."""

    path: Path
    data: bytes
    mode: int
    uid: int
    gid: int
    atime: int
    mtime: int


def read(path: Path) -> Held:
    """Read a regular file of our own, whole and at rest; raises `Misconfigured` for anything else."""
    with _folder(path) as directory:
        return _read_in(directory, path)


def replace(path: Path, data: bytes, before: bytes, like: Held, *, times: bool = False) -> None:
    """Put `data` in the place of a file that still is `before`; `like` gives mode, owner, and times where asked."""
    with _folder(path) as directory:
        draft = _draft(path)
        _write(directory, draft, data, like)
        try:
            if times:
                os.utime(draft, ns=(like.atime, like.mtime), dir_fd=directory, follow_symlinks=False)
            _insist_same(_read_in(directory, path), before)
            _copy_attributes(path, directory, draft)
            os.replace(draft, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=directory)
            raise
        os.fsync(directory)


def sweep(path: Path) -> None:
    """Take away what a crash may have left beside a file."""
    with _folder(path) as directory, suppress(FileNotFoundError):
        os.unlink(_draft(path), dir_fd=directory)


def _draft(path: Path) -> str:
    return f".{path.name}.ringfence"


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    try:
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Misconfigured(f"{path.parent}: {error.strerror}") from None
    try:
        yield directory
    finally:
        os.close(directory)


def _read_in(directory: int, path: Path) -> Held:
    try:
        handle = os.open(path.name, _READ, dir_fd=directory)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Misconfigured(f"{path} is a symbolic link", hint="give the path that it leads to") from None
        raise Misconfigured(f"{path}: {error.strerror}") from None
    try:
        begun = os.fstat(handle)
        _check(path, begun)
        data = os.read(handle, MOST + 1)
        if _moment(os.fstat(handle)) != _moment(begun) or len(data) != begun.st_size:
            raise Misconfigured(f"{path} changed while it was read", hint="stop the bot, then try again")
    finally:
        os.close(handle)
    return Held(
        path=path,
        data=data,
        mode=stat.S_IMODE(begun.st_mode),
        uid=begun.st_uid,
        gid=begun.st_gid,
        atime=begun.st_atime_ns,
        mtime=begun.st_mtime_ns,
    )


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Misconfigured(f"{path} is no regular file")
    if status.st_size > MOST:
        raise Misconfigured(f"{path} is larger than {MOST >> 20} MiB, which no configuration is")
    if os.geteuid() not in {0, status.st_uid}:
        raise Misconfigured(f"{path} belongs to another user", hint="run this as that user, or as root")
    if status.st_nlink > 1:
        raise Misconfigured(f"{path} has {status.st_nlink} names", hint="the others would keep the key; remove them")


def _insist_same(now: Held, before: bytes) -> None:
    if now.data != before:
        raise Misconfigured(f"{now.path} has changed meanwhile", hint="nothing was written to it; try again")


def _moment(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _write(directory: int, name: str, data: bytes, like: Held) -> None:
    with suppress(FileNotFoundError):  # left by a crash
        os.unlink(name, dir_fd=directory)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=directory), "wb", buffering=0) as file:
        if (like.uid, like.gid) != (os.geteuid(), os.getegid()):
            os.fchown(file.fileno(), like.uid, like.gid)
        os.fchmod(file.fileno(), like.mode)
        written = 0
        while written < len(data):
            written += file.write(data[written:]) or 0
        os.fsync(file.fileno())


def _copy_attributes(path: Path, directory: int, draft: str) -> None:
    """Keep access lists and labels, where the file system has them."""
    target = f"/proc/self/fd/{directory}/{draft}"
    with suppress(OSError):
        for name in os.listxattr(path, follow_symlinks=False):
            os.setxattr(target, name, os.getxattr(path, name, follow_symlinks=False), follow_symlinks=False)
