"""Opens what is packed: zip (wheels, jars), tar, gzip, bzip2, xz; within limits, so that no bomb goes off.

Nothing is ever written to a disk, so names that lead out of an archive lead nowhere. Reads from an open file, since a
wheel may be larger than what one wants in memory.
"""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, cast

from ringfence.audit import limits
from ringfence.audit.finding import Place, Unanswered

_ZIP = (".zip", ".whl", ".jar", ".egg", ".pyz", ".nbz")
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".crate")
_PLAIN: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    ".gz": lambda file: cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb")),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}
_BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)
# zipfile: an encrypted member is a RuntimeError, an unknown method a NotImplementedError; struct errors come as such.
_REFUSED = (RuntimeError, NotImplementedError, KeyError, IndexError, OverflowError, AttributeError, TypeError)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; its name is as it stands there."""

    name: str
    data: bytes


def packed(name: str) -> bool:
    """Say whether a file of this name is opened."""
    return name.lower().endswith((*_ZIP, *_TAR, *_PLAIN))


def members(name: str, file: IO[bytes]) -> Iterator[Member | Unanswered]:
    """Yield what is in an archive, its own archives left closed; what is not read is said."""
    lower = name.lower()
    reader = _zip if lower.endswith(_ZIP) else _tar if lower.endswith(_TAR) else _single
    return _bounded(name, lambda: reader(name, file))


def zipped(name: str, file: IO[bytes], wanted: Callable[[str], bool]) -> Iterator[Member | Unanswered]:
    """Yield some of what is in a zip, whatever that is called."""
    return _bounded(name, lambda: _zip(name, file, wanted))


def _bounded(name: str, reader: Callable[[], Iterator[Member | Unanswered]]) -> Iterator[Member | Unanswered]:
    left = limits.ARCHIVE
    try:
        for count, found in enumerate(reader()):
            if isinstance(found, Member):
                left -= len(found.data)
            if left < 0 or count >= limits.MEMBERS:
                what = f"{limits.ARCHIVE >> 20} MiB" if left < 0 else f"{limits.MEMBERS:,} files"
                yield Unanswered(Place(name), f"more than {what} come out of it; the rest was not read")
                return
            yield found
    except MemoryError:
        yield Unanswered(Place(name), "takes more memory than there is for it")
    except (*_BROKEN, *_REFUSED) as error:
        yield Unanswered(Place(name), f"cannot be unpacked further: {_said(error)}")


def _zip(name: str, file: IO[bytes], wanted: Callable[[str], bool] = lambda _: True) -> Iterator[Member | Unanswered]:
    with zipfile.ZipFile(file) as opened:
        for info in opened.infolist():
            if info.is_dir() or not wanted(info.filename):
                continue
            inner = f"{name}!/{info.filename}"
            if info.flag_bits & 1:
                yield Unanswered(Place(inner), "is encrypted")
                continue
            try:
                with opened.open(info) as member:
                    yield from _taken(inner, info.filename, member)
            except (*_BROKEN, *_REFUSED) as error:
                yield Unanswered(Place(inner), f"cannot be unpacked: {_said(error)}")


def _tar(name: str, file: IO[bytes]) -> Iterator[Member | Unanswered]:
    with tarfile.open(fileobj=file, mode="r|*") as opened:
        for info in opened:
            inner = f"{name}!/{info.name}"
            if info.isfile() and (member := opened.extractfile(info)) is not None:
                yield from _taken(inner, info.name, member)
            elif not info.isdir() and not info.islnk() and not info.issym():
                yield Unanswered(Place(inner), "is no regular file")


def _single(name: str, file: IO[bytes]) -> Iterator[Member | Unanswered]:
    ending = next(one for one in _PLAIN if name.lower().endswith(one))
    inner = name.rpartition("/")[2][: -len(ending)] or "data"
    yield from _taken(f"{name}!/{inner}", inner, _PLAIN[ending](file))


def _taken(place: str, name: str, member: IO[bytes]) -> Iterator[Member | Unanswered]:
    data = member.read(limits.FILE + 1)
    if len(data) > limits.FILE:
        yield Unanswered(Place(place), f"only its first {limits.FILE >> 20} MiB were read")
        data = data[: limits.FILE]
    yield Member(name, data)


def _said(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0][:100] or type(error).__name__
