"""What can be seen in a text of any language without reading it as a program: code out of sight, marks of obfuscation.

Works line by line in linear time, on files of any shape. It must never judge a text by its length alone.
"""

import re
from collections.abc import Iterator
from typing import Final

BLANKS: Final = 100
"""How many blanks push code out of sight: published thefts (2024) used some 120 and more."""
BLANK: Final = "[ \t\x0b\x0c\u00a0\u2000-\u200a\u3000]"
"""One of them, as an expression."""
_BLANKS: Final = re.compile(f"{BLANK}{{{BLANKS},}}")
_MAY_BE_BLANK: Final = bytes(byte in b" \t\x0b\x0c" or byte >= 0x80 for byte in range(256))  # noqa: PLR2004
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_QUOTES: Final = "'\"`"
_TABLE: Final = re.compile(rb"\b_0x[0-9a-f]{3,6}\b")
_MARKS: Final = (b"jsjiami.com", b"sojson.v", b"jsjiami")
_NAMES: Final = 12  # distinct names of an obfuscator's kind: nobody writes one of them by hand
_LINE: Final = 100_000  # characters of a line that are looked at for blanks


def many_blanks(text: str, fewest: int) -> bool:
    """Say whether so many blanks stand in a row; an expression that looks for them takes ten times as long."""
    bare = text.encode("utf-8", "surrogatepass").translate(_MAY_BE_BLANK)
    return b"\1" * fewest in bare and re.search(f"{BLANK}{{{fewest}}}", text) is not None


def off_screen(text: str, comment: tuple[str, ...]) -> Iterator[int]:
    """Yield the lines on which code stands behind blanks, to the right of other code or of the screen."""
    if not many_blanks(text, BLANKS):
        return
    indent = 0
    for number, line in enumerate(text.split("\n"), 1):
        head = line[:_LINE]
        for found in _BLANKS.finditer(head):
            before, after = head[: found.start()].strip(), head[found.end() : found.end() + 400].strip()
            if not before and found.end() < indent + BLANKS:
                continue  # deeper by some: nested code, as formatters write it
            if after and _is_code(before, after, comment):
                yield number
                break
        if head.strip():
            indent = len(head) - len(head.lstrip())


def _is_code(before: str, after: str, comment: tuple[str, ...]) -> bool:
    if before.startswith(comment) or after.startswith((*comment, "*")):
        return False
    if any(before.count(quote) % 2 for quote in _QUOTES):
        return False
    return "(" in after or "import" in after or "require" in after


def reordered(text: str) -> Iterator[int]:
    """Yield the lines that hold marks which turn the order of their text around."""
    if _BIDI.search(text):
        yield from (number for number, line in enumerate(text.split("\n"), 1) if _BIDI.search(line))


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
