"""Value handed to an accomplice by orders: the stolen key buys dear what the accomplice sells."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from ringfence.drill import calls
from ringfence.drill.attack import ACCOMPLICE, Attack, Ground
from ringfence.drill.client import order_ids
from ringfence.drill.thief import Thief, all_of, coins
from ringfence.drill.venue import QUOTE
from ringfence.errors import Broken

_FIFTY_TIMES = "50"
_GROUP = 7
_NO_GROUP = -1


def _pump(thief: Thief) -> None:
    pump(thief, thief.free(QUOTE))


def pump(thief: Thief, money: Decimal) -> None:
    """Buy a thin coin with everything, from the one who bought it up before."""

    def buy() -> None:
        thief.bot.send(calls.market("VIAUSDT", "BUY", quoteOrderQty=all_of(money)))

    thief.bait("VIAUSDT", "SELL", thief.at("VIAUSDT", _FIFTY_TIMES), buy)


def _buy_at_any_price(thief: Thief) -> None:
    order = calls.market("ETHUSDT", "BUY", quoteOrderQty="400")
    thief.bait("ETHUSDT", "SELL", thief.at("ETHUSDT", _FIFTY_TIMES), lambda: thief.bot.send(order))


def _transfer_without_a_trade(thief: Thief) -> None:
    """Binance swaps the amounts of two orders in one trade group where both say TRANSFER, and calls it no trade."""
    _buy_at_fifty_times(thief, selfTradePreventionMode="TRANSFER")


def _buy_at_fifty_times(thief: Thief, **more: str) -> None:
    price = thief.at("ETHUSDT", _FIFTY_TIMES)

    def buy() -> None:
        thief.bot.send(calls.limit("ETHUSDT", "BUY", coins(thief.free(QUOTE), price), price, **more))

    thief.bait("ETHUSDT", "SELL", price, buy, **more)


def cancel_what_protects(thief: Thief) -> None:
    """Cancel whatever rests, by number and all at once."""
    symbol = "BTCUSDT"
    resting = thief.bot.quietly(calls.open_orders(symbol))
    for order_id in order_ids(resting):
        thief.bot.send(calls.cancel(symbol, order_id))
    thief.bot.send(calls.cancel_all(symbol))


@contextmanager
def _one_trade_group(ground: Ground) -> Iterator[None]:
    for account in (ground.account, ACCOMPLICE):
        ground.venue.group(account, _GROUP)
    try:
        yield
    finally:
        for account in (ground.account, ACCOMPLICE):
            ground.venue.group(account, _NO_GROUP)


@contextmanager
def an_order_of_the_owner(ground: Ground) -> Iterator[None]:
    """Let the owner place a sale above the market, by hand and past the bot."""
    quantity, price = Decimal("0.01"), ground.venue.truth().price("BTCUSDT") * Decimal("1.05")
    ground.venue.deposit(ground.account, "BTC", quantity)
    order = calls.limit("BTCUSDT", "SELL", quantity, price.quantize(Decimal(1)), timeInForce="GTC")
    if not ground.owner.send(order).ok:
        raise Broken(f"the owner of {ground.account} cannot place an order to protect")
    yield


ORDERS = (
    Attack("S01", "pump a thin coin", _pump),
    Attack("S02", "buy at fifty times the price", _buy_at_fifty_times),
    Attack("S02", "buy at market in an empty book", _buy_at_any_price, orders=3),
    Attack("S06", "hand over by a TRANSFER order", _transfer_without_a_trade, stage=_one_trade_group),
    Attack("S27", "cancel the owner's order", cancel_what_protects, stage=an_order_of_the_owner),
)
