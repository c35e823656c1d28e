"""Fills to try limits on, written short: `buy(at, quantity, price)`, times in milliseconds."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from ringfence.model.fill import Fill
from ringfence.model.names import Asset, OrderId, Symbol
from ringfence.model.order import Side
from ringfence.policy.past import PastOrder, orders_of

BTC, ETH = Symbol("BTC/USDT"), Symbol("ETH/USDT")
COLLAR = Decimal("0.005")
NONE = Decimal(0)
DAY, MINUTE = 86_400_000, 60_000


def fill(side: Side, at: int, quantity: str, price: str, **changes: Any) -> Fill:
    """One fill of an order of its own that rested and paid nothing, unless it is said otherwise."""
    one, two = Decimal(quantity), Decimal(price)
    number = at * 2 + (side is Side.SELL)
    made = Fill("BTCUSDT", number, OrderId(str(number)), side, two, one, one * two, NONE, Asset("USDT"), at, maker=True)
    return replace(made, **changes)


def buy(at: int, quantity: str = "1", price: str = "100", **changes: Any) -> Fill:
    """A purchase."""
    return fill(Side.BUY, at, quantity, price, **changes)


def sell(at: int, quantity: str = "1", price: str = "100", **changes: Any) -> Fill:
    """A sale."""
    return fill(Side.SELL, at, quantity, price, **changes)


def past(*fills: Fill, symbol: Symbol = BTC, collar: Decimal = COLLAR) -> tuple[PastOrder, ...]:
    """The orders that fills of one symbol were of."""
    return orders_of({symbol: fills}, collar)
