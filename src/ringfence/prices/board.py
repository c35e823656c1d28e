"""All that the venues have said, and what it comes to: references, and doubts. Time is an argument.

What is not known is left out: a book without its rate, a symbol whose currency has lost its peg.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ringfence.model.facts import Reference
from ringfence.model.names import Symbol
from ringfence.prices.cross import DEPEG, Peg, crossed, peg
from ringfence.prices.frozen import Row
from ringfence.prices.history import History
from ringfence.prices.reference import ENOUGH, Book, accepted, agreed, reference

UNKNOWN_SECONDS = 60.0  # a minute without a rate is an outage, and not a start or a lost answer
_DOLLAR = "USD"


@dataclass(frozen=True, slots=True)
class Plan:
    """Who prices what: for each quote currency the venues and the currency of their books, and who knows its peg."""

    by_quote: Mapping[str, Mapping[str, str]]
    pegs: Mapping[str, tuple[str, ...]]

    @property
    def venues(self) -> tuple[str, ...]:
        """Every venue that may be asked."""
        names = {name for venues in (*self.by_quote.values(), *self.pegs.values()) for name in venues}
        return tuple(sorted(names))


class Board:
    """What is watched, and what has been heard of it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rows: dict[Symbol, Row] = {}
        self._rates: dict[str, Row] = {}
        self._wanted: dict[tuple[str, Symbol], tuple[Symbol, ...]] = {}  # whose books a venue's answer about a pair is
        self._pegs: dict[str, Peg] = {}
        self._known: dict[str, float] = {}  # when a coin's peg was last known, or first asked about
        self._history = History()

    def watch(self, symbols: Iterable[Symbol], now: float) -> None:
        """Keep what is heard of these symbols and of the coins that they are quoted in, and nothing else."""
        self._rows = {symbol: self._rows.get(symbol) or Row() for symbol in symbols}
        coins = sorted({_quote(symbol) for symbol in self._rows} & self._plan.pegs.keys())
        self._rates = {coin: self._rates.get(coin) or Row() for coin in coins}
        self._known = {coin: self._known.get(coin, now) for coin in coins}
        self._history.keep_only(frozenset(self._rows))
        self._wanted = {}
        for symbol in self._rows:
            base, _, quote = symbol.partition("/")
            for venue, theirs in self._plan.by_quote.get(quote, {}).items():
                at = venue, Symbol(f"{base}/{theirs}")
                self._wanted[at] = (*self._wanted.get(at, ()), symbol)

    def rates(self, venue: str) -> tuple[Symbol, ...]:
        """Say which coins a venue is asked the worth of."""
        return tuple(_rate(coin) for coin in self._rates if venue in self._plan.pegs[coin])

    def pairs(self, venue: str) -> tuple[Symbol, ...]:
        """Say which pairs a venue is asked for, by its own currencies, each once and besides the rates."""
        rates = self.rates(venue)
        return tuple(pair for name, pair in self._wanted if name == venue and pair not in rates)

    def note(self, venue: str, books: Mapping[Symbol, Book], now: float) -> None:
        """Take what a venue has answered; what is no longer watched is dropped."""
        for coin, row in self._rates.items():
            book = books.get(_rate(coin))
            if book is not None and venue in self._plan.pegs[coin]:
                row.note(book)
        for pair, book in books.items():
            for symbol in self._wanted.get((venue, pair), ()):
                self._rows[symbol].note(book)
                self._remember(symbol, now)

    def references(self, now: float) -> tuple[Reference, ...]:
        """Say every reference there is now; a symbol without one is left out."""
        self._judge(now)
        found = (self._reference(symbol, now) for symbol in self._rows)
        return tuple(one for one in found if one is not None)

    def doubts(self, now: float) -> tuple[str, ...]:
        """Say what a person should know of the coins; the same words as long as it is the same."""
        self._judge(now)
        return tuple(doubt for coin in self._rates if (doubt := self._doubt(coin, now)) is not None)

    def _judge(self, now: float) -> None:
        for coin, row in self._rates.items():
            self._pegs[coin] = peg(row.moving(now), self._pegs.get(coin, Peg.UNKNOWN), now)
            if self._pegs[coin] is not Peg.UNKNOWN:
                self._known[coin] = now

    def _doubt(self, coin: str, now: float) -> str | None:
        if self._pegs[coin] is Peg.BROKEN:
            return (
                f"{coin} is more than {DEPEG:.0%} away from 1 USD: nothing that is quoted in it has a reference price"
            )
        if self._pegs[coin] is Peg.UNKNOWN and now - self._known[coin] >= UNKNOWN_SECONDS:
            return f"no two venues say what {coin} is worth in USD: whether it holds its peg is not known"
        return None

    def _reference(self, symbol: Symbol, now: float) -> Reference | None:
        if self._pegs.get(_quote(symbol)) is Peg.BROKEN:
            return None
        books = tuple(self._books(symbol, now))
        few = len(accepted(books, now)) < ENOUGH  # the hour is not needed, and dear, where there are enough venues
        return reference(symbol, books, self._history.average(symbol, now) if few else None, now)

    def _remember(self, symbol: Symbol, now: float) -> None:
        if self._history.due(symbol, now):
            self._judge(now)
            what = agreed(self._books(symbol, now), now)
            if what is not None:
                self._history.note(symbol, what, now)

    def _books(self, symbol: Symbol, now: float) -> Iterator[Book]:
        """Say the books of a symbol in the currency that it is quoted in."""
        quote = _quote(symbol)
        theirs = self._plan.by_quote.get(quote, {})
        rates = self._own_rates(quote, now)
        for book in self._rows[symbol].moving(now):
            if theirs[book.venue] == quote:
                yield book
            elif book.venue in rates and (over := crossed(book, rates[book.venue], now)) is not None:
                yield over

    def _own_rates(self, coin: str, now: float) -> dict[str, Book]:
        """Say each venue's rate of a coin, where the venues together say that it holds its peg."""
        if self._pegs.get(coin) is not Peg.HOLDS:
            return {}
        return {rate.venue: rate for rate in self._rates[coin].moving(now)}


def _quote(symbol: Symbol) -> str:
    return symbol.partition("/")[2]


def _rate(coin: str) -> Symbol:
    return Symbol(f"{coin}/{_DOLLAR}")
