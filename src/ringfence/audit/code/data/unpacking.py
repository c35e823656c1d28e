"""Undoes compression and encodings, within limits: nothing comes out that is larger than what one reads at most."""

import base64
import binascii
import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Final

MOST: Final = 8 << 20  # bytes that come out: a hundred times the largest source file
_LAYERS: Final = 3
_MEMORY: Final = 1 << 26  # bytes that lzma takes at most


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj(47).decompress(data, MOST)  # 47: zlib or gzip, as its head says (zlib.h, inflateInit2)


_PACKED: Final[tuple[tuple[bytes, Callable[[bytes], bytes]], ...]] = (
    (b"\x1f\x8b", _inflated),
    (b"x\x01", _inflated),
    (b"x\x5e", _inflated),
    (b"x\x9c", _inflated),
    (b"x\xda", _inflated),
    (b"BZh", lambda data: bz2.BZ2Decompressor().decompress(data, MOST)),
    (b"\xfd7zXZ\0", lambda data: lzma.LZMADecompressor(memlimit=_MEMORY).decompress(data, MOST)),
    (b"]\0\0", lambda data: lzma.LZMADecompressor(memlimit=_MEMORY).decompress(data, MOST)),
)


def unpacked(data: bytes) -> bytes:
    """Undo up to three layers of compression; what is not packed is given as it is."""
    for _ in range(_LAYERS):
        undo = next((undo for head, undo in _PACKED if data.startswith(head)), None)
        if undo is None:
            break
        try:
            data = undo(data)
        except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError, MemoryError):
            break
    return data


def decoded(text: bytes) -> tuple[bytes, ...]:
    """Give all that a text can be the encoding of: hexadecimal, base64, base32, base85."""
    bare = bytes(text.translate(None, b" \t\r\n\\"))
    tries: tuple[Callable[[], bytes], ...] = (
        lambda: binascii.unhexlify(bare[: len(bare) & ~1]),
        lambda: base64.b64decode(_whole(bare.translate(_URLSAFE)), validate=True),
        lambda: base64.b32decode(bare[: len(bare) & ~7]),
        lambda: base64.b85decode(bare),
        lambda: base64.a85decode(text.strip().removeprefix(b"<~").removesuffix(b"~>")),
    )
    return tuple(one for each in tries if (one := _tried(each)))


_URLSAFE: Final = bytes.maketrans(b"-_", b"+/")


def _whole(text: bytes) -> bytes:
    bare = text.rstrip(b"=")
    bare = bare[: len(bare) - (len(bare) % 4 == 1)]
    return bare + b"=" * (-len(bare) % 4)


def _tried(make: Callable[[], bytes]) -> bytes:
    try:
        return make()
    except (ValueError, binascii.Error, MemoryError, OverflowError):
        return b""
