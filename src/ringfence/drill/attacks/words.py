"""Requests that a guard and an exchange may read differently, or that are said more than once."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from ringfence.drill import calls
from ringfence.drill.attack import Attack, Ground
from ringfence.drill.thief import Thief, all_of, coins
from ringfence.drill.venue import QUOTE

_TIMES = 20
_LOST = 5
_MODEST = Decimal(200)
_ABOVE = "1.0045"  # within the collar


def _two_quantities(thief: Thief) -> None:
    price = thief.at("ETHUSDT", "0.99")
    thief.bot.send(calls.twice(calls.limit("ETHUSDT", "BUY", Decimal("0.01"), price), "quantity", "3"))


def _two_symbols(thief: Thief) -> None:
    """Name the listed coin in the body and the thin one in the query, which is the one that the exchange takes."""

    def buy() -> None:
        pump = calls.market("VIAUSDT", "BUY", quoteOrderQty=all_of(thief.free(QUOTE)))
        thief.bot.send(calls.covered(pump, symbol="ETHUSDT"))

    thief.bait("VIAUSDT", "SELL", thief.at("VIAUSDT", "10"), buy)


def _send_again(thief: Thief) -> None:
    """Repeat an order to the letter, as whoever recorded it could."""
    order = _modest(thief)
    wire = thief.bot.sign(order)

    def repeat() -> None:
        for _ in range(_TIMES):
            thief.bot.again(order, wire)

    thief.bait("ETHUSDT", "SELL", thief.at("ETHUSDT", _ABOVE), repeat)


def _insist(thief: Thief) -> None:
    """Order again and again until somebody says that it was done."""
    for _ in range(_LOST + 1):
        if thief.bot.send(_modest(thief)).ok:
            return


def _modest(thief: Thief) -> calls.Call:
    """Write an order that the policy allows."""
    price = thief.at("ETHUSDT", _ABOVE)
    return calls.limit("ETHUSDT", "BUY", coins(_MODEST, price), price)


@contextmanager
def _lost_answers(ground: Ground) -> Iterator[None]:
    ground.venue.lose_answers(ground.listener, _LOST)
    try:
        yield
    finally:
        ground.venue.mend()


WORDS = (
    Attack("S41", "two quantities in one order", _two_quantities),
    Attack("S42", "two coins in one order", _two_symbols),
    Attack("S51", "repeat a recorded order", _send_again, orders=1),
    Attack("S34", "order again, answers are lost", _insist, orders=1, stage=_lost_answers),
)
