"""One table of the policy file, read key by key.

Nothing is guessed: what is missing, extra or odd is an error that names the line, the key and, where there is one,
the key that was probably meant.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from ringfence.errors import Misconfigured

Path = tuple[str, ...]
Locate = Callable[[Path], int]
T = TypeVar("T")
Parse = Callable[[str], T | None]

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_FORBIDDEN = re.compile(r"withdraw|transfer|payout|address", re.IGNORECASE)
_LONGEST = 10**18  # Python refuses to write out an integer of more than 4300 digits; TOML can hold one, in hex


@dataclass(frozen=True, slots=True)
class Table:
    """A table and where it stands. `content` is what `tomllib` made of it; `locate` says the line of a key."""

    path: Path
    content: dict[str, object]
    locate: Locate | None = None

    def child(self, key: str) -> "Table":
        """Step into the table under `key`; a missing one is an error."""
        value = self._get(key, "a table")
        if not isinstance(value, dict):
            self.refuse(key, f"must be a table, not {_say(value)}")
        return Table((*self.path, key), value, self.locate)

    def children(self) -> "tuple[Table, ...]":
        """Step into each key of a table of tables, in the order of the file."""
        return tuple(self.child(key) for key in self.content)

    def words(self, key: str, parse: Parse[T], what: str) -> T:
        """Read text that `parse` understands; `what` describes it: 'a percentage such as "0.5%"'."""
        value = self._get(key, what)
        parsed = _parsed(value, parse)
        if parsed is None:
            bare = isinstance(value, int | float) and not isinstance(value, bool)
            self.refuse(key, f"must be {what}, not {_say(value)}", "amounts are text, in quotes" if bare else None)
        return parsed

    def whole(self, key: str, allowed: range) -> int:
        """Read a whole number within a range."""
        what = f"a whole number from {allowed[0]} to {allowed[-1]}"
        value = self._get(key, what)
        if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
            self.refuse(key, f"must be {what}, not {_say(value)}")
        return value

    def many(self, key: str, parse: Parse[T], what: str) -> tuple[T, ...]:
        """Read a list without repeats of texts that `parse` understands; an empty one is an error."""
        value = self._get(key, f"a list of {what}s")
        if not isinstance(value, list) or not value:
            self.refuse(key, f"must be a list of at least one {what}, not {_say(value)}")
        items: list[T] = []
        for item in value:
            if (parsed := _parsed(item, parse)) is None:
                self.refuse(key, f"has {_say(item)}, which is no {what}")
            items.append(parsed)
        if len(set(items)) < len(items):
            self.refuse(key, f"names the same {what} twice")
        return tuple(items)

    def only(self, *known: str) -> None:
        """Refuse a key that is not among the known ones, with the closest that is."""
        for key in self.content:
            if key in known:
                continue
            if _FORBIDDEN.search(key):
                self.refuse(key, "is not a setting", "no policy can allow withdrawals or transfers; there is no key")
            if close := difflib.get_close_matches(key, known, n=1):
                self.refuse(key, f'is not a setting; did you mean "{close[0]}"?')
            self.refuse(key, "is not a setting", f"the settings here are {', '.join(known)}")

    def refuse(self, key: str | None, why: str, hint: str | None = None) -> NoReturn:
        """Raise `Misconfigured` for a key of this table, or for the table itself."""
        path = self.path if key is None else (*self.path, key)
        where = ".".join(name if _BARE.fullmatch(name) else f'"{name}"' for name in path)
        line = "" if self.locate is None else f"line {self.locate(path)}: "
        raise Misconfigured(f"{line}{where} {why}", hint=hint)

    def _get(self, key: str, what: str) -> object:
        if key not in self.content:
            self.refuse(key, f"is missing; it must be {what}")
        return self.content[key]


def matching(pattern: re.Pattern[str]) -> Parse[str]:
    """Make a `parse` that takes what a pattern matches whole."""
    return lambda text: text if pattern.fullmatch(text) else None


def _parsed(value: object, parse: Parse[T]) -> T | None:
    return parse(value) if isinstance(value, str) else None


def _say(value: object) -> str:
    match value:
        case str():
            return f'"{value[:40]}"'
        case bool():
            return str(value).lower()
        case int() | float() if abs(value) > _LONGEST:
            return "a number past any that is meant"
        case int() | float():
            return f"the bare number {value}"
        case list():
            return "a list" if value else "an empty list"
        case dict():
            return "a table"
        case _:
            return "a date or time"
