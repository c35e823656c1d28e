"""Your own secrets, known by digests alone: whoever has these can recognise a copy, and cannot make one.

Each secret is remembered in every encoding that people and programs write, as a digest under a salt of its own list,
with its length and its first two characters, so that one expression finds the places worth a digest. What is short
could be guessed from that; of it there is no beginning, and its digest is slow.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

import msgspec

_GUESSABLE = 16  # bytes; fewer are a passphrase that a person chose
_HEAD = 2
_SHORTEST_MIDDLE = 12  # characters of base64 that say enough
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 1  # 16 MiB and some 50 ms a try: RFC 7914's interactive setting
_SHORTEST_LINE = 32  # of a key in PEM, each line by itself


_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_=-"
LETTERS = {"hex": b"0123456789abcdefABCDEF", "plain": _PLAIN, "escaped": _PLAIN + b"\\%:.~"}
"""Kinds of texts by the bytes that they are made of, the narrowest first."""


class Entry(msgspec.Struct, frozen=True):
    """One encoding of one secret. `head` is empty where it is short, and its digest slow.

    `letters` is the first of `LETTERS` that all of it is made of, or empty where there is none: what is made of
    others need not be digested.
    """

    name: str
    kind: str
    encoding: str
    length: int
    head: bytes
    digest: bytes
    letters: str = ""


class Known(msgspec.Struct, frozen=True):
    """What the vault tells the scanner: a salt, and the entries made with it."""

    salt: bytes
    entries: tuple[Entry, ...] = ()


def remember(name: str, kind: str, secret: bytes | memoryview, salt: bytes) -> tuple[Entry, ...]:
    """Make the digests of a secret: of each of its encodings where it is long, of itself where it is short."""
    raw = bytes(secret)
    if len(raw) < _GUESSABLE:
        return (Entry(name, kind, "raw", len(raw), b"", slow(raw, salt)),)
    entries: dict[bytes, Entry] = {}
    for encoding, text in encodings(raw):
        if len(text) >= _SHORTEST_MIDDLE:
            entries.setdefault(text, _long(name, kind, encoding, text, salt))
    return tuple(entries.values())


def _long(name: str, kind: str, encoding: str, text: bytes, salt: bytes) -> Entry:
    letters = next((one for one, all_ in LETTERS.items() if not text.translate(None, all_)), "")
    return Entry(name, kind, encoding, len(text), text[:_HEAD], fast(text, salt), letters)


def fast(text: bytes, salt: bytes) -> bytes:
    """Digest what no one can guess."""
    return hashlib.blake2b(text, key=salt[:64], digest_size=16).digest()


@lru_cache(maxsize=4096)
def slow(text: bytes, salt: bytes) -> bytes:
    """Digest what could be guessed by somebody who can try often."""
    return hashlib.scrypt(text, salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, dklen=16)


def encodings(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Give every form in which a secret is written."""
    yield "raw", raw
    yield "reversed", raw[::-1]
    for encoding, text in (*_base64(raw), *_hex(raw), *_escaped(raw)):
        yield encoding, text
        yield f"{encoding}, reversed", text[::-1]
    if b"-----BEGIN" in raw:
        for line in raw.split():
            if len(line) >= _SHORTEST_LINE:
                yield "a line of it", line


def _base64(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Give the middle that depends on no neighbour, for each of the three places where it may begin."""
    for before, lost in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(raw)) * 8 // 6
        text = base64.b64encode(b"\0" * before + raw)[lost:whole]
        yield "base64", text
        yield "base64", text.translate(bytes.maketrans(b"+/", b"-_"))
        yield "base64, escaped", text.replace(b"+", b"%2B").replace(b"/", b"%2F")
        yield "base64, escaped", text.replace(b"/", b"\\/")


def _hex(raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield "hex", raw.hex().encode()
    yield "hex", raw.hex().upper().encode()
    yield "hex", "".join(f"\\x{byte:02x}" for byte in raw).encode()
    yield "hex", "".join(f"%{byte:02X}" for byte in raw).encode()
    yield "hex", raw.hex(":").encode()


def _escaped(raw: bytes) -> Iterator[tuple[str, bytes]]:
    text = raw.decode("utf-8", "surrogateescape")
    escaped = quote(raw, safe="")
    yield "URL", escaped.encode()
    yield "URL", quote(raw, safe="/").encode()
    yield "URL", escaped.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d").encode()
    for ascii_only in (True, False):
        quoted = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield "JSON", quoted.encode("utf-8", "surrogateescape")
        yield "JSON", quoted.replace("/", "\\/").encode("utf-8", "surrogateescape")
    for form in ("\\u{:04x}", "\\u{:04X}"):
        yield "JSON", "".join(form.format(ord(char)) for char in text if ord(char) < 0x10000).encode()  # noqa: PLR2004
