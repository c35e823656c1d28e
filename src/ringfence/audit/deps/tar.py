"""A tar archive, read forward once: small on purpose, since it reads what strangers made.

The standard reader takes a header's word for how much to read at once, and looks through it by patterns that can take
the square of its length. Here a header is bounded, and what is not understood ends the reading.
"""

import stat
from collections.abc import Iterator
from typing import IO

import msgspec

BLOCK = 512
HEADER = 64 << 10  # bytes of one extended header: a path has 4,096
_REGULAR = (b"0", b"\0", b"7")
_KINDS = {b"5": stat.S_IFDIR, b"1": stat.S_IFLNK, b"2": stat.S_IFLNK}
_MAGIC = slice(257, 262)


class Broken(Exception):
    """An archive that is not one, or is made to cost too much. The message says why."""


class Header(msgspec.Struct, frozen=True):
    """One member: path, size, and its kind as `stat` has it; 0 for kinds that no package has."""

    path: str
    size: int
    kind: int


def members(file: IO[bytes]) -> Iterator[tuple[Header, "Body"]]:
    """Read each member; what is not read of it is passed over."""
    told: dict[str, str] = {}
    while len(block := file.read(BLOCK)) == BLOCK and block.strip(b"\0"):
        if not _summed(block):
            raise Broken("a header of it is damaged")
        size, flag = _number(block[124:136]), block[156:157]
        body = Body(file, size)
        if flag in {b"x", b"L", b"K", b"g"}:
            told |= _extended(flag, body)
        else:
            size = int(told["size"]) if told.get("size", "").isdigit() and len(told["size"]) < 16 else size  # noqa: PLR2004 - a petabyte
            body.left = body.size = size
            kind = stat.S_IFREG if flag in _REGULAR else _KINDS.get(flag, 0)
            yield Header(told.get("path") or _path(block), size, kind), body
            told = {}
        body.end()


class Body:
    """What a member holds, in pieces."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.file = file
        self.size = self.left = size

    def read(self, most: int) -> bytes:
        """Return the next bytes, no more than that; none at the end."""
        wanted = min(most, self.left)
        piece = self.file.read(wanted) if wanted else b""
        if len(piece) < wanted:
            raise Broken("it ends too early")
        self.left -= len(piece)
        return piece

    def end(self) -> None:
        """Go to the next header."""
        while self.read(1 << 20):
            pass
        self.file.read(-self.size % BLOCK)


def _summed(block: bytes) -> bool:
    total = sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")
    return _number(block[148:156]) == total


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big") if field[0] == 0x80 else 0  # noqa: PLR2004
    digits = field.replace(b"\0", b" ").split()[:1]
    text = digits[0] if digits else b"0"
    if not text.isdigit() or set(text) - set(b"01234567"):
        raise Broken("a number in it is none")
    return int(text, 8)


def _path(block: bytes) -> str:
    name, prefix = _text(block[:100]), _text(block[345:500])
    return f"{prefix}/{name}" if prefix and block[_MAGIC] == b"ustar" else name


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _extended(flag: bytes, body: Body) -> dict[str, str]:
    if body.size > HEADER:
        raise Broken("a header of it is too long")
    held = body.read(HEADER)
    if flag == b"L":
        return {"path": _text(held)}
    return _records(held) if flag == b"x" else {}


def _records(held: bytes) -> dict[str, str]:
    """Read `LENGTH KEY=VALUE` lines (POSIX pax)."""
    found: dict[str, str] = {}
    while held.strip(b"\0"):
        length, space, _ = held[:12].partition(b" ")
        if not space or not length.isdigit() or not len(length) < int(length) <= len(held):
            raise Broken("an extended header of it is damaged")
        key, _, value = held[len(length) + 1 : int(length)].partition(b"=")
        found[key.decode("utf-8", "replace")] = value.removesuffix(b"\n").decode("utf-8", "surrogateescape")
        held = held[int(length) :]
    return found
