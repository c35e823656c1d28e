"""Versions as npm orders them: Semantic Versioning 2.0.0, strictly, and nothing that only looks like one.

It must never guess: a text that the standard does not describe is None, and the caller says that it could not compare.
"""

from dataclasses import dataclass
from functools import total_ordering

_LONGEST = 256  # node-semver's MAX_LENGTH
_NUMBERS = 3
_LARGEST = 2**53 - 1  # node-semver refuses numbers above Number.MAX_SAFE_INTEGER
_LETTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-")

Identifier = tuple[int, int, str]
"""One dot-separated identifier, as it sorts: numbers before words, numbers by value, words by ASCII (rule 11)."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Semver:
    """One version; build metadata is left out, since precedence ignores it (rule 10)."""

    numbers: tuple[int, ...]
    before: tuple[Identifier, ...] = ()

    def __lt__(self, other: "Semver") -> bool:
        """Compare by precedence: a pre-release comes before its release."""
        return (self.numbers, not self.before, self.before) < (other.numbers, not other.before, other.before)


def parse(text: str) -> Semver | None:
    """Read a version; None where the text is not one."""
    if len(text) > _LONGEST:
        return None
    rest, plus, build = text.partition("+")
    core, dash, before = rest.partition("-")
    numbers = [_number(part) for part in core.split(".")]
    identifiers = [_identifier(part) for part in before.split(".")] if dash else []
    if len(numbers) != _NUMBERS or None in numbers or None in identifiers or (plus and not _is_build(build)):
        return None
    return Semver(tuple(n for n in numbers if n is not None), tuple(i for i in identifiers if i is not None))


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal()) or (text[0] == "0" and text != "0"):
        return None
    value = int(text)
    return value if value <= _LARGEST else None


def _identifier(text: str) -> Identifier | None:
    if text.isascii() and text.isdecimal():
        return (0, int(text), "") if text == "0" or text[0] != "0" else None
    return (1, 0, text) if text and _LETTERS.issuperset(text) else None


def _is_build(text: str) -> bool:
    return all(part and _LETTERS.issuperset(part) for part in text.split("."))
