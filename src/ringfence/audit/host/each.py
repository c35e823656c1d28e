"""One question asked of many things: what is wrong with some is said even where others could not be seen.

It must never make a pass of a list in which one thing was hidden.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeVar

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer, failed, passed, unknown
from ringfence.audit.host.source import Unseen

SHOWN: Final = 10
"""How many things of a kind one line names: more are not read."""

_Thing = TypeVar("_Thing")


class Seen(NamedTuple):
    """What was found wrong, and what could not be looked at, in words."""

    wrong: tuple[str, ...]
    hidden: tuple[str, ...] = ()

    def __add__(self, other: object) -> "Seen":
        """Put two of them together."""
        if not isinstance(other, Seen):
            return NotImplemented
        return Seen(self.wrong + other.wrong, self.hidden + other.hidden)

    def answer(self, fine: str = "", path: str = "", severity: Severity | None = None, fix: str = "") -> Answer:
        """Fail where something is wrong; be unknown where something was hidden; else pass."""
        if self.wrong:
            return failed(listed(self.wrong), path, severity=severity, fix=fix)
        if self.hidden:
            return unknown(listed(self.hidden), path)
        return passed(fine, path)


def each(things: Iterable[_Thing], look: Callable[[_Thing], Iterable[str]]) -> Seen:
    """Look at each thing; `look` yields what is wrong with it, and may raise `Unseen`."""
    wrong, hidden = list[str](), list[str]()
    for thing in things:
        try:
            wrong += look(thing)
        except Unseen as unseen:
            hidden.append(str(unseen))
    return Seen(tuple(dict.fromkeys(wrong)), tuple(dict.fromkeys(hidden)))


def listed(words: Iterable[str]) -> str:
    """Write some things in a line, and count the rest."""
    every = tuple(words)
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return f"{', '.join(every[:SHOWN])}{more}"
