"""The only way in which a deployment touches the server. Nothing here follows a link that a stranger could have put."""

import errno
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from ringfence.errors import RingfenceError, Unreachable

_MOST = 4 * 1024 * 1024  # of a file that is kept for undoing; what we replace is settings and units
_PATIENCE = 120  # seconds; a unit that starts waits for its own
_LONGER = {"apt-get": 1800, "dpkg": 600}  # what is cut off in the middle leaves packages that are half there
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


class Kind(StrEnum):
    """What a path is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


class Seen(NamedTuple):
    """What is at a path. `content` of a file, as bytes; `target` of a link."""

    kind: Kind
    mode: int
    uid: int
    gid: int
    content: bytes = b""
    target: str = ""


class Rights(NamedTuple):
    """Whose a path is, and its mode."""

    path: str
    mode: int
    uid: int
    gid: int


class Machine(Protocol):
    """A server that can be changed. Users and groups are numbers here; -1 leaves one as it is."""

    def look(self, path: str) -> Seen | None:
        """Look at a path, not at what it links to; None where there is nothing."""
        ...

    def put(self, path: str, content: bytes, mode: int, uid: int, gid: int) -> None:
        """Write a file, whole or not at all, never readable by others for a moment."""
        ...

    def make(self, path: str, mode: int, uid: int, gid: int) -> None:
        """Make a directory, and those above it, or set whose one is."""
        ...

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link, in place of another."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file, a link or a whole tree; nothing where there is none."""
        ...

    def remove_empty(self, path: str) -> None:
        """Remove a directory that is empty, nothing where there is none; raises `RingfenceError` for another."""
        ...

    def copy(self, source: str, path: str, mode: int = 0o644) -> None:
        """Copy a tree of code for root, links followed, without what Python leaves; `mode` is of a single file."""
        ...

    def rights(self, path: str, but: tuple[str, ...] = ()) -> tuple[Rights, ...]:
        """List whose everything in a tree is, links not followed, without some of its folders."""
        ...

    def change(self, path: str, decide: Callable[[Rights], Rights], but: tuple[str, ...] = ()) -> None:
        """Set whose everything in a tree is, and their modes, links not followed, without some of its folders."""
        ...

    def run(self, *command: str, given: bytes | bytearray = b"") -> str:
        """Run a program of the system; raises `RingfenceError` with what it complained of."""
        ...


class Live:
    """The server that we are on; `root` for another tree (tests)."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def look(self, path: str) -> Seen | None:
        """Look at a path, not at what it links to; None where there is nothing."""
        where = self._at(path)
        try:
            status = where.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        told = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
        if stat.S_ISLNK(status.st_mode):
            return Seen(Kind.LINK, *told, target=str(where.readlink()))
        if stat.S_ISDIR(status.st_mode):
            return Seen(Kind.FOLDER, *told)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST:
            return Seen(Kind.OTHER, *told)
        return Seen(Kind.FILE, *told, content=where.read_bytes())

    def put(self, path: str, content: bytes, mode: int, uid: int, gid: int) -> None:
        """Write a file, whole or not at all, never readable by others for a moment."""
        where = self._at(path)
        where.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = where.with_name(f".{where.name}.new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            _own(descriptor, uid, gid)
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        draft.replace(where)

    def make(self, path: str, mode: int, uid: int, gid: int) -> None:
        """Make a directory, and those above it, or set whose one is."""
        where = self._at(path)
        where.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        where.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(where, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _own(descriptor, uid, gid)
            os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link, in place of another."""
        where = self._at(path)
        draft = where.with_name(f".{where.name}.new")
        draft.unlink(missing_ok=True)
        draft.symlink_to(target)
        draft.replace(where)

    def remove(self, path: str) -> None:
        """Remove a file, a link or a whole tree; nothing where there is none."""
        where = self._at(path)
        if where.is_dir() and not where.is_symlink():
            shutil.rmtree(where)
        else:
            where.unlink(missing_ok=True)

    def remove_empty(self, path: str) -> None:
        """Remove a directory that is empty, nothing where there is none; raises `RingfenceError` for another."""
        try:
            self._at(path).rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            raise RingfenceError(f"{path}: {error.strerror}") from None

    def copy(self, source: str, path: str, mode: int = 0o644) -> None:
        """Copy a tree of code for root, links followed, without what Python leaves; `mode` is of a single file."""
        where = self._at(path)
        if Path(source).is_file():
            where.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            shutil.copyfile(source, where)
            where.chmod(mode)
            return
        shutil.copytree(source, where, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"), dirs_exist_ok=True)
        for below in (where, *where.rglob("*")):
            below.chmod(0o755 if below.is_dir() else 0o644)

    def rights(self, path: str, but: tuple[str, ...] = ()) -> tuple[Rights, ...]:
        """List whose everything in a tree is, links not followed, without some of its folders."""
        return tuple(now for now, descriptor in self._walk(path, but))

    def change(self, path: str, decide: Callable[[Rights], Rights], but: tuple[str, ...] = ()) -> None:
        """Set whose everything in a tree is, and their modes, links not followed, without some of its folders."""
        for now, descriptor in self._walk(path, but):
            then = decide(now)
            if then != now:
                _own(descriptor, then.uid, then.gid)
                os.fchmod(descriptor, then.mode)

    def _walk(self, path: str, but: tuple[str, ...]) -> Iterator[tuple[Rights, int]]:
        """Open everything in a tree by its folder's descriptor: a name that is swapped meanwhile leads nowhere else."""
        top = self._at(path)
        if not top.is_dir() or top.is_symlink():
            yield from self._opened(path, str(top), None)
            return
        left = {str(self._at(each)) for each in but}
        for folder, folders, files, descriptor in os.fwalk(top):
            folders[:] = [name for name in folders if str(Path(folder, name)) not in left]
            where = "/" + str(Path(folder).relative_to(self._root))
            yield from self._opened(where, ".", descriptor)
            for name in files:
                yield from self._opened(f"{where.rstrip('/')}/{name}", name, descriptor)

    @staticmethod
    def _opened(path: str, name: str, folder: int | None) -> Iterator[tuple[Rights, int]]:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(name, flags, dir_fd=folder)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}:
                return  # it has gone, it is a link, or a socket
            raise RingfenceError(f"{path}: {error.strerror}") from None
        try:
            status = os.fstat(descriptor)
            # A file with two names may be one of the system's, which a bot linked to where it could write.
            if stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink == 1):
                yield Rights(path, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), descriptor
        finally:
            os.close(descriptor)

    def run(self, *command: str, given: bytes | bytearray = b"") -> str:
        """Run a program of the system; raises `RingfenceError` with what it complained of."""
        patience = _LONGER.get(command[0], _PATIENCE)
        try:
            done = subprocess.run(  # noqa: S603  # each is written in this package, with names that were checked
                command, input=given, capture_output=True, timeout=patience, env=_ENVIRONMENT, check=False
            )
        except FileNotFoundError:
            raise RingfenceError(f"there is no {command[0]} here") from None
        except subprocess.TimeoutExpired:
            raise Unreachable(f"{' '.join(command)} did not end within {patience} s") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip() or f"code {done.returncode}"
            raise RingfenceError(f"{' '.join(command)}: {said}")
        return done.stdout.decode("utf-8", "replace")


def _own(descriptor: int, uid: int, gid: int) -> None:
    if os.geteuid() == 0:
        os.fchown(descriptor, uid, gid)


def asks(machine: Machine, what: str, unit: str) -> str:
    """Ask systemctl about a unit; its way to say no is an exit code, and then nothing is said."""
    try:
        return machine.run("systemctl", what, unit).strip()
    except RingfenceError:
        return ""
