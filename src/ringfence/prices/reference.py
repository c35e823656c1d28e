"""The price that orders are judged by, from several venues' books. Pure: books, history and time are arguments.

One venue can be held, stale or lying; whoever holds it must not be able to loosen what a bot may do
(docs/explanation/blast-radius.md, A3; attacks.md, S56). A price that is not known is absent, never the last one known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ringfence.model.facts import Reference
from ringfence.model.names import Symbol

FRESH_SECONDS = 5.0  # docs/explanation/sources.md, Reference prices
OUTLIER = Decimal(
    "0.03"
)  # ditto: a mid further than this from the median is dropped, and a book as wide to either side
ENOUGH = 3  # independent venues, of which one may be held
HOUR = 3600.0
GAP_SECONDS = 60.0  # a history with a longer hole is not an hour of it


@dataclass(frozen=True, slots=True)
class Book:
    """The best prices of one venue's book. `at` is the boot-clock second at which it was asked for."""

    venue: str
    bid: Decimal
    ask: Decimal
    at: float

    @property
    def mid(self) -> Decimal:
        """The middle of the best bid and ask."""
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the venues say together: one price where they are enough, else the lowest and the highest mid.

    `at` is that of the oldest book in it.
    """

    low: Decimal
    high: Decimal
    venues: int
    at: float


@dataclass(frozen=True, slots=True)
class Sample:
    """What was agreed at one moment, kept for the average over an hour."""

    at: float
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Hour:
    """The averages over an hour of the lowest and of the highest price: the same one where venues were enough."""

    low: Decimal
    high: Decimal


def accepted(books: Iterable[Book], now: float) -> tuple[Book, ...]:
    """Keep one fresh, sound book a venue (the newest), less those far from the median of all."""
    newest: dict[str, Book] = {}
    for book in books:
        if sound(book, now) and (book.venue not in newest or newest[book.venue].at < book.at):
            newest[book.venue] = book
    if not newest:
        return ()
    middle = median([book.mid for book in newest.values()])
    return tuple(book for book in newest.values() if abs(book.mid - middle) <= OUTLIER * middle)


def agreed(books: Iterable[Book], now: float) -> Agreed | None:
    """Say what the accepted books come to, or None where there is none. Never a reference by itself."""
    kept = accepted(books, now)
    if not kept:
        return None
    mids = [book.mid for book in kept]
    at = min(book.at for book in kept)
    if len(kept) < ENOUGH:
        return Agreed(min(mids), max(mids), len(kept), at)
    middle = median(mids)
    return Agreed(middle, middle, len(kept), at)


def reference(symbol: Symbol, books: Iterable[Book], hour: Hour | None, now: float) -> Reference | None:
    """Say the reference, or None where there is none that one venue could not have made by itself."""
    found = agreed(books, now)
    if found is None or (found.venues == 1 and hour is None):
        return None
    low, high = found.low, found.high
    if found.venues < ENOUGH and hour is not None:
        low, high = min(low, hour.low), max(high, hour.high)
    return Reference(symbol, buy=low, sell=high, venues=found.venues, at=found.at)


def hour_average(samples: Sequence[Sample], now: float) -> Hour | None:
    """Average the last hour by time, or None where it has not been watched without a hole.

    `samples` are in the order of time. Each holds until the next one.
    """
    start = now - HOUR
    first = next((i for i in range(len(samples) - 1, -1, -1) if samples[i].at <= start), None)
    if first is None:
        return None
    window = samples[first:]
    ends = [sample.at for sample in window[1:]] + [now]
    low = high = Decimal(0)
    for sample, end in zip(window, ends, strict=True):
        if end - sample.at > GAP_SECONDS or end < sample.at:
            return None
        seconds = Decimal(end - max(sample.at, start))
        low, high = low + sample.low * seconds, high + sample.high * seconds
    return Hour(low / Decimal(HOUR), high / Decimal(HOUR))


def median(values: Sequence[Decimal]) -> Decimal:
    """Say the middle value; of an even number, the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def sound(book: Book, now: float) -> bool:
    """Say whether a book is fresh and could be one: prices above zero, bid not above ask, not a gulf between them."""
    fresh = 0 <= now - book.at <= FRESH_SECONDS  # one from the future is a broken clock
    numbers = book.bid.is_finite() and book.ask.is_finite()  # first, since NaN cannot even be compared
    return fresh and numbers and 0 < book.bid <= book.ask and book.ask - book.mid <= OUTLIER * book.mid
