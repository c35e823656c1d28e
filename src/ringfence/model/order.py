"""An order as policy sees it. Money is `Decimal`; a float never gets this far."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from ringfence.model.names import ClientId, OrderId, Symbol


class Side(StrEnum):
    """Which way the money goes."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 where the base asset grows, -1 where it shrinks."""
        return 1 if self is Side.BUY else -1


class Kind(StrEnum):
    """How an order finds its price."""

    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"  # rejected by the exchange where it would trade at once
    MARKET = "MARKET"
    STOP_LOSS = "STOP_LOSS"  # a market order once the price has gone against it as far as its trigger
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"  # a market order once the price has come its way as far as its trigger
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"


TRIGGERED = frozenset({Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT})
"""What waits, out of the book, for a price to be reached."""

WITH_LIMIT = {
    Kind.MARKET: Kind.LIMIT,
    Kind.STOP_LOSS: Kind.STOP_LOSS_LIMIT,
    Kind.TAKE_PROFIT: Kind.TAKE_PROFIT_LIMIT,
}
"""The kinds that have no price of their own, and what each becomes once it is given one."""


class Tif(StrEnum):
    """How long an order may rest."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class SelfTrade(StrEnum):
    """What ends where an account's order would meet another of its own: never a trade, and never a transfer."""

    EXPIRE_TAKER = "expire-taker"  # the order that comes; the one that rests may be another bot's, or a guardian's
    EXPIRE_MAKER = "expire-maker"
    EXPIRE_BOTH = "expire-both"


class Order(msgspec.Struct, frozen=True):
    """One order. Exactly one of `quantity` (base units) and `quote` (quote units, MARKET only) is set.

    `price` is set for every kind that has a limit. What is TRIGGERED has a `trigger` price, or `trailing`: how far the
    market must turn, in basis points, or both. `visible` is the part of `quantity` that the book shows, None for all.
    `routed`: the exchange may fill it in other books of the same assets. `client_id` is None where the bot sent none.
    """

    symbol: Symbol
    side: Side
    kind: Kind
    quantity: Decimal | None
    quote: Decimal | None
    price: Decimal | None
    tif: Tif | None
    client_id: ClientId | None
    trigger: Decimal | None = None
    trailing: int | None = None
    visible: Decimal | None = None
    routed: bool = False

    @property
    def rests(self) -> bool:
        """Say whether it may stand in the book; what waits for a trigger is not there yet."""
        return self.kind is Kind.LIMIT_MAKER or (self.kind is Kind.LIMIT and self.tif is Tif.GTC)


class OrderRef(msgspec.Struct, frozen=True):
    """Which order is meant: by the exchange's id, or by the client's; at least one is set."""

    symbol: Symbol
    order_id: OrderId | None
    client_id: ClientId | None
