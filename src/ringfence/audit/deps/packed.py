"""What an archive holds, as far as it matters before it is installed: texts, sizes, digests, and what is wrong with it.

It must never write a member to disk, and never keep more of it in memory than a limit allows.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ringfence.audit.deps.archive import Member, members
from ringfence.audit.deps.environment_rules import OBFUSCATED
from ringfence.audit.deps.legible import CODE
from ringfence.audit.deps.opaque import is_binary, is_minified, is_readable, obfuscator
from ringfence.audit.deps.package_rules import HOSTILE_ARCHIVE
from ringfence.audit.deps.tar import Broken
from ringfence.audit.deps.walk import reader
from ringfence.audit.finding import Finding, Place, Unanswered

TEXT = 8 << 20  # bytes of one member that is read as a text
TEXTS = 256 << 20  # of all of them together; a repository of a bot has 30 MB of code
_KEPT = ("METADATA", "PKG-INFO", "RECORD", "entry_points.txt", "setup.py", "package.json")
_WRONG = 10  # hostile members that are each told

Say = Finding | Unanswered


class Packed(msgspec.Struct):
    """What was read of an archive: texts by path, sizes and digests of all members, and what was found on the way."""

    place: str
    texts: dict[str, bytes]
    sizes: dict[str, int]
    digests: dict[str, bytes]
    said: list[Say]
    minified: list[str]
    binaries: list[str]

    def at(self, path: str, line: int = 0) -> Place:
        """Name a member."""
        return Place(f"{self.place}!/{path}" if path else self.place, line)

    def ending(self, *ends: str) -> str:
        """Return the member nearest the top whose path ends so; empty where there is none."""
        found = [path for path in self.texts if path.endswith(ends) or path in ends]
        return min(found, key=lambda path: (path.count("/"), path), default="")

    def text(self, path: str) -> str:
        """Return a member's text."""
        return self.texts.get(path, b"").decode("utf-8-sig", "replace")


def unpack(path: Path, size: int) -> Packed:
    """Read an archive of that many bytes, member by member."""
    packed = Packed(path.name, {}, {}, {}, [], [], [])
    kept = 0
    try:
        for member, pieces in members(path, size):
            if member.wrong:
                wrong = sum(isinstance(each, Finding) for each in packed.said) < _WRONG
                packed.said += [_hostile(packed, member)] if wrong else []
            elif not member.folder:
                kept += _take(packed, member, pieces, TEXTS - kept)
    except Broken as error:
        packed.said.append(HOSTILE_ARCHIVE.found(packed.at(""), f"not read to its end: {error}", "end"))
        packed.said.append(Unanswered(packed.at(""), str(error)))
    return packed


def _hostile(packed: Packed, member: Member) -> Finding:
    shown = member.path.encode("unicode_escape").decode("ascii")[:200]
    return HOSTILE_ARCHIVE.found(packed.at(""), f"{shown}: {member.wrong}", shown)


def _take(packed: Packed, member: Member, pieces: Iterator[bytes], left: int) -> int:
    """Read one member; returns how much of it is kept."""
    hashing, held, size = hashlib.sha256(), bytearray(), 0
    wanted = _wanted(member.path)
    for piece in pieces:
        hashing.update(piece)
        size += len(piece)
        if wanted and size <= min(TEXT, left):
            held += piece
    packed.sizes[member.path], packed.digests[member.path] = size, hashing.digest()
    if is_binary(member.path):
        packed.binaries.append(member.path)
    if wanted and size != len(held):
        packed.said.append(Unanswered(packed.at(member.path), "too long to be looked at"))
        return 0
    return _look(packed, member.path, bytes(held)) if wanted else 0


def _wanted(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in _KEPT or name.endswith(".pth") or is_readable(path) or reader(path) is not None


def _look(packed: Packed, path: str, held: bytes) -> int:
    if is_readable(path) and len(held) <= CODE:
        if maker := obfuscator(held):
            text_of = f"made unreadable by {maker}"
            packed.said.append(OBFUSCATED.found(packed.at(path), text_of, path))
        elif is_minified(held):
            packed.minified.append(path)
    name = path.rpartition("/")[2]
    if name in _KEPT or name.endswith(".pth") or reader(path) is not None:
        packed.texts[path] = held
        return len(held)
    return 0
