"""Read parameters one at a time and insist that none is left over.

A parameter that nobody read is a meaning that nobody checked, so `done` refuses leftovers; and a name that is sent
twice is refused at once, since two parties seldom pick the same one (docs/explanation/attacks.md, S41).
"""

import re
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from ringfence.errors import Misread
from ringfence.model.request import Request

MOST_FIELDS = 64  # four times what the longest spot order of Binance has; stops a flood of pairs early

# `Decimal` alone would also take `1_000`, ` 1 `, `1e9`, `Infinity` and the digits of other scripts, and an exchange
# might not read those as we do (docs/explanation/attacks.md, S44).
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", re.ASCII)
_WHOLE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
# A form with nothing to decode: what nearly every one is, read in one step. `%`, `+` and space take the longer way.
_AS_IT_IS = re.compile(rb"[A-Za-z][A-Za-z0-9_]{0,63}=[!-$'-*,-~]+(&[A-Za-z][A-Za-z0-9_]{0,63}=[!-$'-*,-~]+)*")
_HALF_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")

E = TypeVar("E", bound=StrEnum)


def number(field: str, text: str) -> Decimal:
    """Take plain digits, zero included; raises `Misread`."""
    if not _AMOUNT.fullmatch(text):
        raise Misread(field, "not a plain number")
    return Decimal(text)


def whole(field: str, text: str, most: int, least: int = 0) -> int:
    """Take a plain whole number within its bounds; raises `Misread`."""
    if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
        raise Misread(field, f"not a whole number from {least} to {most}")
    return int(text)


def plain(field: str, amount: Decimal) -> str:
    """Write an amount above zero with plain digits and no zeros after them; raises `Misread`.

    `Decimal.normalize` would round to the context's 28 digits, so zeros are cut from the text instead.
    """
    text = format(amount, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if not number(field, text):
        raise Misread(field, "zero")
    return text


class Fields:
    """The unread parameters of one request."""

    def __init__(self, request: Request) -> None:
        """Gather query and form body of any method; a name that is in both counts as sent twice."""
        pairs = [*_pairs("query", request.query), *_pairs("body", request.body)]
        if len(pairs) > MOST_FIELDS:
            raise Misread("request", f"more than {MOST_FIELDS} parameters")
        self._left = dict(pairs)
        if len(self._left) != len(pairs):
            raise Misread("request", "a parameter is sent twice")

    def has(self, name: str) -> bool:
        """Say whether a parameter is there and unread."""
        return name in self._left

    def text(self, name: str, of: "re.Pattern[str] | None" = None) -> str:
        """Take a parameter that must be there and, where a pattern is given, match it as a whole."""
        value = self._left.pop(name, None)
        if value is None:
            raise Misread(name, "missing")
        if of is not None and not of.fullmatch(value):
            raise Misread(name, "not of the form that it must have")
        return value

    def amount(self, name: str) -> Decimal:
        """Take a plain number above zero."""
        value = number(name, self.text(name))
        if not value:
            raise Misread(name, "zero")
        return value

    def whole(self, name: str, most: int, least: int = 0) -> int:
        """Take a whole number within its bounds."""
        return whole(name, self.text(name), most, least)

    def choice(self, name: str, of: type[E]) -> E:
        """Take one of the values that this version knows."""
        text = self.text(name)
        try:
            return of(text)
        except ValueError:
            raise Misread(name, f"{text[:40]!r} is not understood") from None

    def skip(self, *names: str) -> None:
        """Drop parameters that cannot change what the request does."""
        for name in names:
            self._left.pop(name, None)

    def done(self) -> None:
        """Refuse whatever is left."""
        if self._left:
            raise Misread(min(self._left), "not described")


@lru_cache(maxsize=4)  # who signed a request and what it means are asked one after the other
def _pairs(part: str, text: bytes) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    if text.count(b"&") >= MOST_FIELDS:
        raise Misread(part, f"more than {MOST_FIELDS} parameters")
    if _AS_IT_IS.fullmatch(text):
        pairs = [pair.partition("=") for pair in text.decode("ascii").split("&")]
        return tuple([(name, value) for name, _, value in pairs])
    return tuple([_pair(part, pair) for pair in text.split(b"&")])


def _pair(part: str, pair: bytes) -> tuple[str, str]:
    raw_name, equals, raw_value = pair.partition(b"=")
    name, value = _decode(part, raw_name), _decode(part, raw_value)
    if not equals or not _NAME.fullmatch(name):
        raise Misread(part, "not a form")
    if not value:
        raise Misread(name, "empty")
    return name, value


def _decode(part: str, raw: bytes) -> str:
    """Undo form encoding once; what is then not printable ASCII has no one reading (attacks.md, S45)."""
    if _HALF_ESCAPE.search(raw):
        raise Misread(part, "a broken percent escape")
    decoded = unquote_to_bytes(raw.replace(b"+", b" "))
    if not decoded.isascii() or not (text := decoded.decode("ascii")).isprintable():
        raise Misread(part, "not printable ASCII")
    return text
