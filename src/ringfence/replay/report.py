"""What a replay found, as values: each limit with how many orders it would have decided otherwise, and each bot."""

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.model.names import BotName
from ringfence.replay.judge import Way

DIFFERENT = frozenset({Way.REFUSE, Way.HOLD, Way.ALLOW})


@dataclass(frozen=True, slots=True)
class Example:
    """One order: the number of its entry, when it was asked for (ms since 1970), what it was, and why."""

    entry: int
    at: int
    order: str
    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """One limit, or one reason for which nothing can be said: of which bot, how many orders, and the first of them."""

    way: Way
    what: str
    bot: BotName
    orders: int
    first: Example


@dataclass(frozen=True, slots=True)
class Bot:
    """One bot: how many requests for orders, and what the candidate says of them."""

    bot: BotName
    orders: int
    same: int
    refused: int
    held: int
    allowed: int
    cannot: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Unasked:
    """A limit of the candidate that was not judged, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """All of it, from when to when (ms since 1970). `notes` are what a reader must know of the figures."""

    since: int
    until: int
    bots: tuple[Bot, ...]
    limits: tuple[Row, ...]
    cannot: tuple[Row, ...]
    not_judged: tuple[Unasked, ...]
    notes: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the candidate would have decided anything otherwise."""
        return bool(self.limits)


def bots_of(ways: Iterable[tuple[BotName, Way, int]]) -> tuple[Bot, ...]:
    """Add up how often each bot got which answer."""
    counts: dict[BotName, dict[Way, int]] = {}
    for bot, way, many in ways:
        of_bot = counts.setdefault(bot, dict.fromkeys(Way, 0))
        of_bot[way] += many
    return tuple(
        Bot(
            bot=bot,
            orders=sum(found.values()),
            same=found[Way.SAME],
            refused=found[Way.REFUSE],
            held=found[Way.HOLD],
            allowed=found[Way.ALLOW],
            cannot=found[Way.CANNOT],
            elsewhere=found[Way.ELSEWHERE],
        )
        for bot, found in sorted(counts.items())
    )
