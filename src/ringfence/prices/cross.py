"""Price a book over into a stablecoin, and say whether the stablecoin is still worth what it is taken for. Pure.

A venue's book is priced over by that venue's own rate and no other: so a venue that lies about its rate lies about its
own book alone, and one venue that is held stays one voice of several. A rate is never guessed.
"""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from enum import StrEnum

from ringfence.prices.reference import ENOUGH, Book, median, sound

DEPEG = Decimal("0.02")  # docs/explanation/sources.md, Reference prices: further than this from 1 USD is not the peg
_LEAST = 2  # venues without which nothing is known of a peg
# Eighteen digits, rounded away from the middle, so that a price stays as short as those that venues send.
_DOWN, _UP = Context(prec=18, rounding=ROUND_FLOOR), Context(prec=18, rounding=ROUND_CEILING)


class Peg(StrEnum):
    """What is known of a stablecoin's worth."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"


def crossed(book: Book, rate: Book, now: float) -> Book | None:
    """Price a book in USD over into the coin whose book against USD is `rate`; None where that rate cannot be used.

    The worst of both is kept: the older time, and both spreads.
    """
    if book.venue != rate.venue or not sound(rate, now) or _off(rate) > DEPEG or not sound(book, now):
        return None
    return Book(book.venue, _DOWN.divide(book.bid, rate.ask), _UP.divide(book.ask, rate.bid), min(book.at, rate.at))


def peg(rates: Iterable[Book], before: Peg, now: float) -> Peg:
    """Say whether a coin is within the bound of 1 USD: by the median of three venues, by the worse of two.

    With two, one could hide a break and cannot be told from the other, so either is believed that says the worse.
    Once broken it stays so until venues say otherwise: that they have fallen silent mends nothing.
    """
    mids = list({rate.venue: rate.mid for rate in rates if sound(rate, now)}.values())
    if len(mids) < _LEAST:
        return Peg.BROKEN if before is Peg.BROKEN else Peg.UNKNOWN
    off = abs(median(mids) - 1) if len(mids) >= ENOUGH else max(abs(mid - 1) for mid in mids)
    return Peg.BROKEN if off > DEPEG else Peg.HOLDS


def _off(rate: Book) -> Decimal:
    return abs(rate.mid - 1)
