"""One table of the policy file, read key by key.

Nothing is guessed: what is missing, extra or odd is an error that names the line, the key and, where there is one,
the key that was probably meant.
"""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from ringfence.errors import Misconfigured
from ringfence.policy.lines import Path, line_of

T = TypeVar("T")

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_FORBIDDEN = re.compile(r"withdraw|transfer|payout|address", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """A table and where it stands. `content` is what `tomllib` made of it."""

    text: str
    path: Path
    content: dict[str, object]

    def child(self, key: str) -> "Table":
        """Step into the table under `key`; a missing one is an error."""
        value = self._get(key, "a table")
        if not isinstance(value, dict):
            self.refuse(key, f"must be a table, not {_say(value)}")
        return Table(self.text, (*self.path, key), value)

    def children(self) -> "tuple[Table, ...]":
        """Step into each key of a table of tables, in the order of the file."""
        return tuple(self.child(key) for key in self.content)

    def words(self, key: str, parse: Callable[[str], T | None], what: str) -> T:
        """Read text that `parse` understands; `what` describes it: 'a percentage such as "0.5%"'."""
        value = self._get(key, what)
        parsed = parse(value) if isinstance(value, str) else None
        if parsed is None:
            bare = isinstance(value, int | float) and not isinstance(value, bool)
            self.refuse(key, f"must be {what}, not {_say(value)}", hint="amounts are text, in quotes" if bare else None)
        return parsed

    def whole(self, key: str, allowed: range) -> int:
        """Read a whole number within a range."""
        what = f"a whole number from {allowed[0]} to {allowed[-1]}"
        value = self._get(key, what)
        if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
            self.refuse(key, f"must be {what}, not {_say(value)}")
        return value

    def many(self, key: str, parse: Callable[[str], T | None], what: str) -> tuple[T, ...]:
        """Read a list without repeats of texts that `parse` understands; an empty one is an error."""
        value = self._get(key, f"a list of {what}s")
        if not isinstance(value, list) or not value:
            self.refuse(key, f"must be a list of at least one {what}, not {_say(value)}")
        items = tuple(self._item(key, item, parse, what) for item in value)
        if len(set(items)) < len(items):
            self.refuse(key, f"names the same {what} twice")
        return items

    def only(self, known: Iterable[str]) -> None:
        """Refuse every key that is not among the known ones."""
        names = tuple(known)
        for key in self.content:
            if key not in names:
                self.unknown(key, names)

    def unknown(self, key: str, names: tuple[str, ...]) -> NoReturn:
        """Refuse a key, with the closest that exists."""
        if _FORBIDDEN.search(key):
            self.refuse(key, "is not a setting", hint="no policy can allow withdrawals or transfers; there is no key")
        close = difflib.get_close_matches(key, names, n=1)
        if close:
            self.refuse(key, f'is not a setting; did you mean "{close[0]}"?')
        self.refuse(key, "is not a setting", hint=f"the settings here are {', '.join(names)}")

    def refuse(self, key: str | None, why: str, hint: str | None = None) -> NoReturn:
        """Raise `Misconfigured` for a key of this table, or for the table itself."""
        path = self.path if key is None else (*self.path, key)
        where = ".".join(name if _BARE.fullmatch(name) else f'"{name}"' for name in path)
        raise Misconfigured(f"line {line_of(self.text, path)}: {where} {why}", hint=hint)

    def _get(self, key: str, what: str) -> object:
        if key not in self.content:
            self.refuse(key, f"is missing; it must be {what}")
        return self.content[key]

    def _item(self, key: str, value: object, parse: Callable[[str], T | None], what: str) -> T:
        parsed = parse(value) if isinstance(value, str) else None
        if parsed is None:
            self.refuse(key, f"has {_say(value)}, which is no {what}")
        return parsed


def _say(value: object) -> str:
    match value:
        case str():
            return f'"{value[:40]}"'
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the bare number {value}"
        case list():
            return "a list" if value else "an empty list"
        case dict():
            return "a table"
        case _:
            return "a date or time"
