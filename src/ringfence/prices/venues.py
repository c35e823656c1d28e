"""Which venues to ask, and how to ask one of them through the courier. What a venue does not list is set aside."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from ringfence.asking import Asking, Silence
from ringfence.dialects.tickers import (
    BY_QUOTE,
    PEGS,
    REHEARSAL,
    VENUES,
    WHAT,
    Best,
    Venue,
    fields,
    lacking,
    native,
    read,
)
from ringfence.errors import Misconfigured, Misread
from ringfence.ipc.messages import Fetch, Fetched
from ringfence.model.names import Symbol
from ringfence.prices.board import Plan
from ringfence.prices.reference import Book
from ringfence.settings import Settings

_PAPER = "paper-"
_UNLISTED_SECONDS = 600.0  # how long a symbol that a venue refused is not asked for again; listings are rare
_RATES_SECONDS = 2.0  # how often a coin's rate is asked, in between a long round: well within a book's five seconds
_OK = 200


def boot_clock() -> float:
    """Say the boot-clock second, which neither `date -s` nor a sleeping machine moves."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def plan_for(settings: Settings) -> Plan:
    """Say which venues price each quote currency: real ones, or the rehearsal's, never a mixture.

    In a rehearsal no coin has a peg, since there are no dollars. Raises `Misconfigured` where one deployment has bots
    of both.
    """
    rehearsing = {listener.exchange.startswith(_PAPER) for listener in settings.listeners}
    if len(rehearsing) > 1:
        raise Misconfigured("one deployment has real and rehearsal listeners", hint="use one home for each")
    if rehearsing == {True} or (not rehearsing and settings.paper is not None):
        if settings.paper is None:
            raise Misconfigured("a rehearsal listener without [paper]", hint="run `ringfence init` again")
        return Plan({quote: dict.fromkeys(REHEARSAL, quote) for quote in BY_QUOTE}, {})
    return Plan(BY_QUOTE, PEGS)


class NoBooks(Exception):
    """A venue gave no books; `seconds` where it said how long to leave it alone."""

    def __init__(self, why: str, seconds: int | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds


@dataclass(slots=True)
class Source:
    """One venue as it is asked."""

    name: str
    courier: Asking[Fetched]
    unlisted: dict[Symbol, float] = field(default_factory=dict)
    listed: set[Symbol] = field(default_factory=set)

    @property
    def venue(self) -> Venue:
        """The table's row."""
        return VENUES[self.name]

    def batches(self, rates: Iterable[Symbol], pairs: Iterable[Symbol], now: float) -> tuple[tuple[Symbol, ...], ...]:
        """Group what is to be asked into as few requests as the venue takes, the rates again and again.

        What the venue is not known to list goes last and apart, so that it does not hold up the rest if refused.
        """
        self.unlisted = {symbol: until for symbol, until in self.unlisted.items() if until > now}
        rates, pairs = ([one for one in some if one not in self.unlisted] for some in (rates, pairs))
        sure = self._ordered([one for one in rates if one in self.listed], [one for one in pairs if one in self.listed])
        return self._grouped(sure) + self._grouped([one for one in (*rates, *pairs) if one not in self.listed])

    def _ordered(self, rates: list[Symbol], pairs: list[Symbol]) -> list[Symbol]:
        """Put the rates before every so many pairs that asking for them takes no longer than a rate may wait."""
        size = self.venue.batch
        room = max(1, size * max(1, int(_RATES_SECONDS / self.venue.seconds)) - len(rates))
        starts = range(0, max(1, len(pairs)), room)
        return [one for start in starts for one in (*rates, *pairs[start : start + room])]

    def _grouped(self, symbols: list[Symbol]) -> tuple[tuple[Symbol, ...], ...]:
        size = self.venue.batch
        return tuple(tuple(symbols[start : start + size]) for start in range(0, len(symbols), size))

    async def books(self, symbols: tuple[Symbol, ...]) -> dict[Symbol, Book]:
        """Ask for the books of a batch; raises `NoBooks` where the venue gave none."""
        natives = {name: symbol for symbol in symbols if (name := native(self.venue, symbol)) is not None}
        if not natives:
            return {}
        at = boot_clock()  # before the request leaves, so that a slow answer is not taken for a fresh one
        answer = await self._ask(tuple(natives))
        if lacking(self.venue, answer.status, answer.body):
            return await self._one_by_one(symbols, at)
        found = self._read(answer, natives)
        self.listed.update(symbols)
        return {natives[best.symbol]: Book(self.name, best.bid, best.ask, at) for best in found}

    async def _one_by_one(self, symbols: tuple[Symbol, ...], at: float) -> dict[Symbol, Book]:
        """Find which symbol of a refused batch the venue does not have, and set it aside."""
        if len(symbols) == 1:
            self.unlisted[symbols[0]] = at + _UNLISTED_SECONDS
            self.listed.discard(symbols[0])
            return {}
        half = len(symbols) // 2
        found = {}
        for part in (symbols[:half], symbols[half:]):
            await asyncio.sleep(self.venue.seconds)
            found.update(await self.books(part))
        return found

    async def _ask(self, natives: tuple[str, ...]) -> Fetched:
        answer = await self.courier.ask(lambda number: Fetch(number, self.name, WHAT, fields(natives)))
        if isinstance(answer, Silence):
            raise NoBooks(f"the courier: {answer.value}")
        if answer.status != _OK and not lacking(self.venue, answer.status, answer.body):
            raise NoBooks(answer.error or f"status {answer.status}", answer.retry_after)
        return answer

    def _read(self, answer: Fetched, natives: dict[str, Symbol]) -> tuple[Best, ...]:
        try:
            return read(self.venue, tuple(natives), answer.body)
        except Misread as misread:
            raise NoBooks(str(misread)) from misread
