"""Which venues to ask, and how to ask one of them through the courier. What a venue does not list is set aside."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from ringfence.asking import Asking, Silence
from ringfence.dialects.tickers import BY_QUOTE, REHEARSAL, VENUES, WHAT, Best, Venue, fields, native, read
from ringfence.errors import Misconfigured, Misread
from ringfence.ipc.messages import Fetch, Fetched
from ringfence.model.names import Symbol
from ringfence.prices.reference import Book
from ringfence.settings import Settings

_PAPER = "paper-"
_UNLISTED_SECONDS = 600.0  # how long a symbol that a venue refused is not asked for again; listings are rare
_REFUSED = frozenset({400, 404})  # what venues answer to a symbol they do not have


def boot_clock() -> float:
    """Say the boot-clock second, which neither `date -s` nor a sleeping machine moves."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def venues_for(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Say which venues price each quote currency: real ones, or the rehearsal's, never a mixture.

    Raises `Misconfigured` where one deployment has bots of both.
    """
    rehearsing = {listener.exchange.startswith(_PAPER) for listener in settings.listeners}
    if len(rehearsing) > 1:
        raise Misconfigured("one deployment has real and rehearsal listeners", hint="use one home for each")
    if rehearsing == {True} or (not rehearsing and settings.paper is not None):
        if settings.paper is None:
            raise Misconfigured("a rehearsal listener without [paper]", hint="run `ringfence init` again")
        return dict.fromkeys(BY_QUOTE, REHEARSAL)
    return dict(BY_QUOTE)


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

    @property
    def venue(self) -> Venue:
        """The table's row."""
        return VENUES[self.name]

    def batches(self, symbols: Iterable[Symbol], now: float) -> tuple[tuple[Symbol, ...], ...]:
        """Group what is to be asked into as few requests as the venue takes."""
        self.unlisted = {symbol: until for symbol, until in self.unlisted.items() if until > now}
        asked = [symbol for symbol in symbols if symbol not in self.unlisted]
        size = self.venue.batch
        return tuple(tuple(asked[start : start + size]) for start in range(0, len(asked), size))

    async def books(self, symbols: tuple[Symbol, ...]) -> dict[Symbol, Book]:
        """Ask for the books of a batch; raises `NoBooks` where the venue gave none."""
        natives = {name: symbol for symbol in symbols if (name := native(self.venue, symbol)) is not None}
        at = boot_clock()  # before the request leaves, so that a slow answer is not taken for a fresh one
        answer = await self._ask(tuple(natives))
        if answer.status in _REFUSED:
            return await self._one_by_one(symbols, at)
        return {natives[best.symbol]: Book(self.name, best.bid, best.ask, at) for best in self._read(answer, natives)}

    async def _one_by_one(self, symbols: tuple[Symbol, ...], at: float) -> dict[Symbol, Book]:
        """Find which symbol of a refused batch the venue does not have, and set it aside."""
        if len(symbols) == 1:
            self.unlisted[symbols[0]] = at + _UNLISTED_SECONDS
            return {}
        half = len(symbols) // 2
        return {**await self.books(symbols[:half]), **await self.books(symbols[half:])}

    async def _ask(self, natives: tuple[str, ...]) -> Fetched:
        answer = await self.courier.ask(lambda number: Fetch(number, self.name, WHAT, fields(natives)))
        if isinstance(answer, Silence):
            raise NoBooks(f"the courier: {answer.value}")
        if answer.status is None or (answer.status != 200 and answer.status not in _REFUSED):  # noqa: PLR2004
            raise NoBooks(answer.error or f"status {answer.status}", answer.retry_after)
        return answer

    def _read(self, answer: Fetched, natives: dict[str, Symbol]) -> tuple[Best, ...]:
        try:
            return read(self.venue, tuple(natives), answer.body)
        except Misread as misread:
            raise NoBooks(str(misread)) from misread
