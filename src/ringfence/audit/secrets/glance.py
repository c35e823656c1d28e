"""A quick look whether a text can hold a secret at all, and on which lines: most files end here, unread.

Whatever the judge calls a secret for its look or its name must be seen here. It is made of a few expressions that go
through a text once.
"""

import re
from collections.abc import Iterator

from ringfence.audit.secrets.dummy import random_looking

_DRAWN = re.compile(r"(?<![A-Za-z0-9+/_-])(?=[A-Za-z_+/-]{0,300}[0-9])[A-Za-z0-9+/_-]{16,600}+")
_NAMED = re.compile(
    r"(?:[Pp]ass|PASS|[Pp]wd|PWD|[Ss]ecret|SECRET|[Ss]enha|SENHA|[Cc]ontrase|[Tt]oken|TOKEN|[Cc]lave|CLAVE|[Jj]wt|JWT|[Kk]ey|KEY)"
    r"[A-Za-z_-]{0,30}(?:\\*[\"'`\])]){0,3}(?:[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8}|[ \t]{1,8})(?P<quote>\\*[\"'`])?(?P<value>[^\s\"'`]{5,64})"
)
_PIECES = re.compile(
    r"([A-Za-z0-9+/=_-]{3,200})[\"'`](?:\s{0,80}\+\s{0,80}|\\\n\s{0,80}|\s{1,80})[\"'`]([A-Za-z0-9+/=_-]{3,200})[\"'`]"
)
_BEFORE, _AFTER = 3, 3  # lines around a candidate that may name it, or hold the other half


def candidates(text: str, *, code: bool) -> Iterator[int]:
    """Give the places where something could be; in code a short value counts only where it is quoted."""
    for found in _DRAWN.finditer(text):
        if random_looking(found[0][:256]):
            yield found.start()
    for found in _NAMED.finditer(text):
        if (found["quote"] or not code) and any(map(str.isalpha, found["value"])) and _not_only_letters(found["value"]):
            yield found.start()
    for found in _PIECES.finditer(text):
        if random_looking(found[1] + found[2]):
            yield found.start()


def _not_only_letters(value: str) -> bool:
    return not value.isalpha()


def lines_around(text: str, places: list[int]) -> set[int]:
    """Number the lines of some places of a text, and those around them."""
    wanted: set[int] = set()
    line, seen = 1, 0
    for place in sorted(places):
        line, seen = line + text.count("\n", seen, place), place
        wanted.update(range(line - _BEFORE, line + _AFTER + 1))
    return wanted
