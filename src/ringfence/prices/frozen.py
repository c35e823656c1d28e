"""Which venue repeats an old book under a new time, as a stuck cache does. Pure: time is an argument.

A book that stands still is not wrong by itself, since quiet markets do. It is old where it has stood for minutes while
two other venues have moved the same way: two, so that a venue that lies cannot make an honest one look frozen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from ringfence.prices.reference import Book, sound

STILL_SECONDS = 300.0  # docs/explanation/sources.md, Reference prices
MOVED = Decimal("0.001")  # ditto
_WITNESSES = 2


@dataclass(slots=True)
class _Held:
    """A venue's newest book, since when it has said the same, and the others' mids when it began to."""

    book: Book
    since: float
    then: dict[str, Decimal] = field(default_factory=dict)


class Row:
    """One symbol's books, the newest of each venue, in whatever currency the venue has them."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def note(self, book: Book) -> None:
        """Take a venue's book, unless a newer one is here."""
        held = self._held.get(book.venue)
        if held is not None and book.at < held.book.at:
            return
        if held is None or (held.book.bid, held.book.ask) != (book.bid, book.ask):
            held = self._held[book.venue] = _Held(book, book.at)
        held.book = book
        if not sound(book, book.at):
            return
        for name, other in self._held.items():
            if name == book.venue:
                continue
            other.then.setdefault(book.venue, book.mid)  # the first that is heard of it since the other stands still
            if sound(other.book, book.at):
                held.then.setdefault(name, other.book.mid)

    def moving(self, now: float) -> Iterator[Book]:
        """Say the books of the venues that are not frozen."""
        return (held.book for name, held in self._held.items() if not self._frozen(name, held, now))

    def _frozen(self, name: str, held: _Held, now: float) -> bool:
        if now - held.since < STILL_SECONDS:
            return False
        moves = [
            other.book.mid / held.then[venue] - 1
            for venue, other in self._held.items()
            if venue != name and venue in held.then and sound(other.book, now)
        ]
        return any(sum(way * move > MOVED for move in moves) >= _WITNESSES for way in (1, -1))
