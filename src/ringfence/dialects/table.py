"""Reads as data: each route lists its parameters and their types, and whatever it does not list is refused.

Names that leave come from these tables alone, and values are written anew from what their type accepted.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from ringfence.dialects.fields import Fields, whole
from ringfence.errors import Misread
from ringfence.model.action import Read
from ringfence.model.names import Symbol

_SAFE = re.compile(r"[A-Za-z0-9._~-]+", re.ASCII)  # RFC 3986 2.3: never escaped


@dataclass(frozen=True, slots=True)
class Native:
    """A symbol, under the exchange's own name."""

    pattern: "re.Pattern[str]"

    def canonical(self, name: str, text: str) -> str:
        """Return the one way to write the value; raises `Misread` where it is not of this type."""
        return _matching(name, text, self.pattern)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number: a limit, an id, a time."""

    most: int
    least: int = 0

    def canonical(self, name: str, text: str) -> str:
        """Return the one way to write the value; raises `Misread` where it is not of this type."""
        return str(whole(name, text, self.most, self.least))


@dataclass(frozen=True, slots=True)
class Form:
    """Text of one form: a word of a few, an id."""

    pattern: "re.Pattern[str]"

    def canonical(self, name: str, text: str) -> str:
        """Return the one way to write the value; raises `Misread` where it is not of this type."""
        return _matching(name, text, self.pattern)


@dataclass(frozen=True, slots=True)
class Several:
    """A JSON list of distinct words; `bare` where a single word may also come without its list."""

    pattern: "re.Pattern[str]"
    most: int
    bare: bool = False

    def canonical(self, name: str, text: str) -> str:
        """Return the one way to write the value; raises `Misread` where it is not of this type."""
        if self.bare and self.pattern.fullmatch(text):
            return text
        try:
            words: object = json.loads(text)
        except (ValueError, RecursionError):
            raise Misread(name, "not a list") from None
        if not isinstance(words, list) or not 1 <= len(words) <= self.most:
            raise Misread(name, f"not a list of 1 to {self.most}")
        plain = [_matching(name, word, self.pattern) for word in words if isinstance(word, str)]
        if len(set(plain)) != len(words):
            raise Misread(name, "not a list of distinct words")
        return json.dumps(plain, separators=(",", ":"))


Type = Native | Whole | Form | Several


@dataclass(frozen=True, slots=True)
class Cost:
    """What a read weighs in the exchange's count: `most`, or less where it names one symbol or a small `limit`.

    `steps` are (limit, weight) in rising order; the first is the weight where no limit is given.
    """

    most: int
    one: int | None = None
    steps: tuple[tuple[int, int], ...] = ()

    def of(self, action: Read) -> int:
        """Weigh one read."""
        given = dict(action.fields)
        if self.steps:
            limit = int(given.get("limit", self.steps[0][0]))
            return next((weight for least, weight in self.steps if limit <= least), self.most)
        names_one = action.symbol is not None or "symbol" in given
        return self.one if self.one is not None and names_one else self.most


@dataclass(frozen=True, slots=True)
class Route:
    """One described read: `what` in our words, where it is asked, what it may carry, what it weighs.

    `host` where it is not the dialect's ordinary one.
    """

    what: str
    method: str
    path: str
    cost: Cost
    fields: Mapping[str, Type] = field(default_factory=dict)
    host: str | None = None


def take(route: Route, fields: Fields, symbols: Mapping[str, Symbol] | None) -> Read:
    """Read a request by its route; raises `Misread` for what the route does not list.

    With `symbols`, the symbol leaves the fields and becomes the action's own, under our name where we have one.
    """
    told: list[tuple[str, str]] = []
    symbol: Symbol | None = None
    for name, of in route.fields.items():
        if not fields.has(name):
            continue
        text = of.canonical(name, fields.text(name))
        if isinstance(of, Native) and symbols is not None:
            symbol = symbols.get(text, Symbol(text))
        else:
            told.append((name, text))
    fields.done()
    return Read(route.what, tuple(told), symbol)


def put(route: Route, action: Read, native: str | None = None) -> tuple[tuple[str, str], ...]:
    """Write a read's parameters in the table's order, checked anew; raises `Misread`.

    Whoever made the action may be captured, so nothing is believed for having been read once.
    """
    given = dict(action.fields)
    if len(given) != len(action.fields):
        raise Misread("fields", "one is given twice")
    if native is not None:
        given[_symbol_field(route)] = native
    for name in given:
        if name not in route.fields:
            raise Misread(name, "not described")
    return tuple((name, of.canonical(name, given[name])) for name, of in route.fields.items() if name in given)


def form(pairs: tuple[tuple[str, str], ...]) -> str:
    """Encode parameters as a query; every byte but letters, digits and `-._~` is escaped."""
    return "&".join([f"{name}={value if _SAFE.fullmatch(value) else quote(value, safe='')}" for name, value in pairs])


def _symbol_field(route: Route) -> str:
    for name, of in route.fields.items():
        if isinstance(of, Native):
            return name
    raise Misread("symbol", "not described")


def _matching(name: str, text: str, pattern: "re.Pattern[str]") -> str:
    if not pattern.fullmatch(text):
        raise Misread(name, "not of the form that it must have")
    return text
