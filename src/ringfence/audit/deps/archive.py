"""An archive that a stranger packed, read without unpacking: zip and tar, with a bound on all that it can claim.

It must never write a member to disk, and never follow a link in one.
"""

import bz2
import gzip
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from ringfence.audit.deps import tar

MEMBERS = 200_000  # the largest bot repository that was seen has 5,000 files, the largest wheel 20,000
UNPACKED = 4 << 30  # bytes; the largest wheels (torch with its libraries) unpack to 3.5 GB
RATIO = 200  # deflate cannot pack better than 1032; sources pack to a fifth, sparse tables to a fiftieth
SMALL = 64 << 20  # unpacked bytes below which a ratio harms nobody
_BLOCK = 256 << 10
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OverflowError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    KeyError,
)


class Member(msgspec.Struct, frozen=True):
    """One member of an archive: its path, what is wrong with that, and the size that it claims."""

    path: str
    size: int
    folder: bool
    wrong: str = ""


Pieces = Iterator[bytes]


def is_archive(name: str) -> bool:
    """Say whether a file of this name is one that can be judged."""
    return name.endswith((".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar"))


def members(path: Path, packed: int) -> Iterator[tuple[Member, Pieces]]:
    """Read each member in turn; its pieces are there until the next one is asked for. Raises tar.Broken."""
    try:
        with path.open("rb") as file:
            budget = _Budget(packed)
            for member, pieces in (
                _zip(file, budget) if path.name.endswith((".whl", ".zip")) else _tar(file, path.name, budget)
            ):
                budget.member()
                yield member, _safe(pieces)
    except _ERRORS as error:
        raise tar.Broken(f"it cannot be read: {str(error)[:80]}") from None


class _Budget:
    """What an archive may still unpack to."""

    def __init__(self, packed: int) -> None:
        self.packed = packed
        self.count = self.unpacked = 0

    def member(self) -> None:
        self.count += 1
        if self.count > MEMBERS:
            raise tar.Broken(f"more than {MEMBERS} members")

    def take(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > UNPACKED:
            raise tar.Broken(f"it unpacks to more than {UNPACKED >> 30} GiB")
        if self.unpacked > SMALL and self.unpacked > RATIO * self.packed:
            raise tar.Broken(f"it unpacks to more than {RATIO} times its size")


def _safe(pieces: Pieces) -> Pieces:
    try:
        yield from pieces
    except _ERRORS as error:
        raise tar.Broken(f"it cannot be read: {str(error)[:80]}") from None


def _zip(file: IO[bytes], budget: _Budget) -> Iterator[tuple[Member, Pieces]]:
    with zipfile.ZipFile(file) as opened:
        seen: set[str] = set()
        for info in opened.infolist():
            mode = info.external_attr >> 16
            link = "a link" if stat.S_ISLNK(mode) else ""
            twice = "a second member of that name" if info.filename in seen else ""
            locked = "encrypted" if info.flag_bits & 1 else ""
            seen.add(info.filename)
            wrong = wrong_path(info.orig_filename) or link or twice or locked
            yield Member(info.filename, info.file_size, info.is_dir(), wrong), _zipped(opened, info, budget)


def _zipped(opened: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget) -> Pieces:
    if info.compress_type not in _PACKINGS:  # the others can ask for gigabytes of memory to unpack a byte
        raise tar.Broken("it is packed in a way that no package is")
    with opened.open(info) as body:
        while piece := body.read(_BLOCK):
            budget.take(len(piece))
            yield piece


def _tar(file: IO[bytes], name: str, budget: _Budget) -> Iterator[tuple[Member, Pieces]]:
    for header, body in tar.members(_Bounded(_unpacking(file, name), budget)):  # type: ignore[arg-type]
        known = stat.S_ISREG(header.kind) or stat.S_ISDIR(header.kind)
        link = "a link" if stat.S_ISLNK(header.kind) else ""
        wrong = wrong_path(header.path) or link or ("" if known else "neither file nor directory")
        yield Member(header.path, header.size, stat.S_ISDIR(header.kind), wrong), _pieces(body)


def _pieces(body: tar.Body) -> Pieces:
    while piece := body.read(_BLOCK):
        yield piece


def _unpacking(file: IO[bytes], name: str) -> IO[bytes]:
    if name.endswith((".gz", ".tgz")):
        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]
    if name.endswith(".bz2"):
        return bz2.BZ2File(file)
    return file


class _Bounded:
    """A file that is read forward, and no further than a budget allows."""

    def __init__(self, file: IO[bytes], budget: _Budget) -> None:
        self.file, self.budget = file, budget

    def read(self, size: int) -> bytes:
        held = bytearray()
        while len(held) < size and (piece := self.file.read(min(size - len(held), _BLOCK))):
            held += piece
        self.budget.take(len(held))
        return bytes(held)


def wrong_path(path: str) -> str:
    """Say what is wrong with a member's path; empty where nothing is."""
    plain = path.replace("\\", "/")
    if plain.startswith("/") or plain[1:2] == ":":
        return "an absolute path"
    if ".." in plain.split("/"):
        return "a path that leads out"
    if any(ord(letter) < ord(" ") for letter in path):
        return "a control character in its path"
    return ""
