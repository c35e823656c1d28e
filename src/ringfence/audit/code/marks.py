"""What can be seen in a text of any language without reading it as a program: code out of sight, marks of obfuscation.

Works line by line in linear time, on files of any shape. It must never judge a text by its length alone.
"""

import re
from collections.abc import Iterator
from typing import Final

BLANKS: Final = 100
"""How many blanks push code out of sight: published thefts (2024) used some 120 and more."""
_BLANKS: Final = re.compile(rb"[ \t]{%d,}" % BLANKS)
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_QUOTES: Final = b"'\"`"
_TABLE: Final = re.compile(rb"\b_0x[0-9a-f]{3,6}\b")
_MARKS: Final = (b"jsjiami.com", b"sojson.v", b"jsjiami")
_NAMES: Final = 12  # distinct names of an obfuscator's kind: nobody writes one of them by hand
_LINE: Final = 100_000  # bytes of a line that are looked at for blanks


def off_screen(data: bytes, comment: tuple[bytes, ...]) -> Iterator[int]:
    """Yield the lines on which code stands behind blanks, to the right of other code or of the screen."""
    for number, line in enumerate(data.splitlines(), 1):
        for found in _BLANKS.finditer(line[:_LINE]):
            before, after = line[: found.start()].strip(), line[found.end() : found.end() + 400].strip()
            if after and _is_code(before, after, comment):
                yield number
                break


def _is_code(before: bytes, after: bytes, comment: tuple[bytes, ...]) -> bool:
    if before.startswith(comment) or after.startswith((*comment, b"*")):
        return False
    if any(before.count(quote) % 2 for quote in (b"'", b'"', b"`")):
        return False
    return b"(" in after or b"import" in after or b"require" in after


def reordered(text: str) -> Iterator[int]:
    """Yield the lines that hold marks which turn the order of their text around."""
    if _BIDI.search(text):
        yield from (number for number, line in enumerate(text.splitlines(), 1) if _BIDI.search(line))


def obfuscated(data: bytes) -> str:
    """Name the obfuscator whose marks a JavaScript file bears; empty where it bears none."""
    for mark in _MARKS:
        if mark in data:
            return mark.decode()
    names: set[bytes] = set()
    for found in _TABLE.finditer(data):
        names.add(found[0])
        if len(names) >= _NAMES:
            return "a table of strings"
    return ""
