"""Read an exchange's JSON strictly: what two readers could take in two ways is refused.

The ways are in docs/explanation/attacks.md, S43.
"""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NoReturn

import msgspec

from ringfence.dialects.fields import number, whole
from ringfence.errors import Misread
from ringfence.model.names import Asset

_DEEPEST = 8  # Binance's deepest answer that we read, exchangeInfo, has 6 levels
_LONGEST = 200  # of a text that is shown to a person


class Said(msgspec.Struct, frozen=True):
    """One JSON object; numbers are kept as the text they were sent as."""

    values: Mapping[str, object]

    def has(self, name: str) -> bool:
        """Say whether a member is there and not null."""
        return self.values.get(name) is not None

    def text(self, name: str) -> str:
        """Return a member that is text or a number."""
        value = self.values.get(name)
        if type(value) is int:
            return str(value)
        if not isinstance(value, str):
            raise Misread(name, "missing or not text")
        return value

    def amount(self, name: str) -> Decimal:
        """Return a member that is plain digits, zero included; a minus sign is refused."""
        return number(name, self.text(name))

    def positive(self, name: str) -> Decimal:
        """Return a member that is plain digits, and not zero."""
        amount = self.amount(name)
        if not amount:
            raise Misread(name, "zero")
        return amount

    def whole(self, name: str, most: int) -> int:
        """Return a member that is a whole number, zero included."""
        return whole(name, self.text(name), most)

    def yes(self, name: str) -> bool:
        """Return a member that is true or false."""
        value = self.values.get(name)
        if not isinstance(value, bool):
            raise Misread(name, "missing or neither true nor false")
        return value

    def rows(self, name: str) -> "tuple[Said, ...]":
        """Return a member that is a list of objects."""
        return rows(self.values.get(name))


def said(body: bytes) -> Said:
    """Read one JSON object; raises `Misread`."""
    return _object(parse(body))


def rows(value: object) -> tuple[Said, ...]:
    """Take a list of objects; raises `Misread`."""
    if not isinstance(value, list):
        raise Misread("answer", "not a list")
    return tuple(_object(row) for row in value)


def fees(fills: Iterable[Said], names: tuple[str, str, str], executed: Decimal) -> tuple[tuple[Asset, Decimal], ...]:
    """Add up what fills cost, by asset; `names` are those of asset, cost and quantity. Raises `Misread`.

    A list that does not add up to what was executed is not whole.
    """
    found: dict[Asset, Decimal] = {}
    filled = Decimal(0)
    for fill in fills:
        asset = Asset(fill.text(names[0]))
        found[asset] = found.get(asset, Decimal(0)) + fill.amount(names[1])
        filled += fill.amount(names[2])
    if filled != executed:
        raise Misread("fills", "do not add up to what was executed")
    return tuple(sorted(found.items()))


def parse(body: bytes) -> object:
    """Read one JSON value; raises `Misread` for double names, NaN, deep nesting and anything but UTF-8."""
    value = _plain(body)
    if value is None:
        try:
            value = _decode(body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Misread("answer", "not JSON") from None
    brackets = body.count(b"{") + body.count(b"[")  # most answers have too few of them to be deep
    if brackets > _DEEPEST and _depth(value) > _DEEPEST:
        raise Misread("answer", "nested too deep")
    return value


def shown(text: str) -> str:
    """Make a stranger's text safe for a log line: printable ASCII, and short."""
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text[:_LONGEST])


def _object(value: object) -> Said:
    if not isinstance(value, dict):
        raise Misread("answer", "not an object")
    return Said(value)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise Misread("answer", "a name is there twice")
    return values


def _constant(name: str) -> NoReturn:
    raise Misread("answer", f"{name} is not a number")


# Made once: `json.loads` would make one for each answer.
_decode = json.JSONDecoder(object_pairs_hook=_once, parse_float=str, parse_int=str, parse_constant=_constant).decode
_decode_plain = msgspec.json.Decoder(float_hook=str).decode


def _plain(body: bytes) -> object:
    """Read what can be read in one way only, as nearly every answer can: it is written back as the very same bytes.

    A name that is there twice, a fraction, an escape or white space would not be. None where it is not so.
    """
    try:
        value: object = _decode_plain(body)
        return value if msgspec.json.encode(value) == body else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _depth(value: object) -> int:
    """Count levels, breadth first: an answer that is nested too deep must not exhaust the stack."""
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        level = [inner for outer in level for inner in _inside(outer)]
        depth += 1
    return depth


def _inside(value: object) -> list[object]:
    match value:
        case dict():
            return list(value.values())
        case list():
            return value
        case _:
            return []
