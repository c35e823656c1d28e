"""Words that stand in a file and are not seen in it: in escapes, in pieces, backwards. By its bytes only, in one go.

What is worked out by arithmetic is not seen here either: `builds` says where characters are made from numbers.
"""

import re
import string
import unicodedata
from collections.abc import Set as AbstractSet
from typing import Final

_LETTERS: Final = frozenset(f"{string.ascii_letters}{string.digits}_")
_ONLY_WORDS: Final = "".join(char.lower() if (char := chr(byte)) in _LETTERS else " " for byte in range(256)).encode()

_ESCAPE: Final = re.compile(
    rb"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|N\{([^}\n]{1,88})\}|(\r?\n))"
)
_BLANK: Final = rb"[ \t\r\n\\+()]{0,80}+"
_BETWEEN: Final = _BLANK + rb"(?:#[^\n]{0,120}+\n" + _BLANK + rb"){0,2}"
_JOINTS: Final = (
    re.compile(rb'"(?:' + _BETWEEN + rb"[bBrRuUfF]{0,2}[\"']|\})"),
    re.compile(rb"'(?:" + _BETWEEN + rb"[bBrRuUfF]{0,2}[\"']|\})"),
    re.compile(rb"\{[\"']"),
)
_JOINT_OR_COMMA: Final = re.compile(rb"[\"'],?" + _BETWEEN + rb"[bBrRuUfF]{0,2}[\"']")
_BACKWARDS: Final = re.compile(rb"\[\s{0,9}:\s{0,9}:\s{0,9}-\s{0,9}1|\breversed\b")
_PUTS_TOGETHER: Final = re.compile(rb"[\"']\s{0,9}(?:\.\s{0,9}(?:join|format)\b|%)")
_BUILT: Final = frozenset({b"bytes", b"bytearray", b"to_bytes"})


def words_of(data: bytes) -> set[bytes]:
    """List the words of a file, of ASCII letters, digits and `_`, in small letters."""
    return set(data.translate(_ONLY_WORDS).split())


def hidden(data: bytes, words: AbstractSet[bytes]) -> set[bytes]:
    """List the words that a file has beside those that are seen in it, as Python reads it."""
    plain = _ESCAPE.sub(_character, data) if b"\\" in data else data
    joined = plain
    for joint in _JOINTS:
        joined = joint.sub(b"", joined)
    whole = words_of(joined) if joined != data else words
    more = words_of(_JOINT_OR_COMMA.sub(b"", plain)) if _PUTS_TOGETHER.search(plain) else set[bytes]()
    backwards = {word[::-1] for word in whole | more} if _BACKWARDS.search(data) else set[bytes]()
    return set((whole | more | backwards) - words)


def builds(data: bytes, words: AbstractSet[bytes]) -> bool:
    """Say whether a file makes text from numbers, or from other text by a table."""
    return b"chr" in words or b".translate" in data or (not words.isdisjoint(_BUILT) and b".decode" in data)


def disguised(data: bytes) -> bool:
    """Say whether letters of other shapes stand in a file, which Python reads in names as the plain ones (PEP 3131)."""
    if data.isascii():
        return False
    return any(
        not char.isascii() and f"a{char}".isidentifier() and unicodedata.normalize("NFKC", char).isascii()
        for char in set(data.decode("utf-8", "replace"))
    )


def _character(escape: re.Match[bytes]) -> bytes:
    """Give the character for which an escape stands; what is not ASCII is part of no word that is looked for."""
    kind = escape.lastindex
    if kind == 6:  # noqa: PLR2004  # a line that goes on
        return b""
    try:
        if kind == 5:  # noqa: PLR2004
            char = unicodedata.lookup(escape[kind].decode("ascii"))
        else:
            char = chr(int(escape[kind or 1], 8 if kind == 4 else 16))  # noqa: PLR2004
    except (KeyError, ValueError, OverflowError, UnicodeDecodeError):
        return b" "
    return char.encode() if char.isascii() else b" "
