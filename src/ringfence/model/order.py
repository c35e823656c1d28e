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


class Tif(StrEnum):
    """How long an order may rest."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class Order(msgspec.Struct, frozen=True):
    """One order. Exactly one of `quantity` (base units) and `quote` (quote units, MARKET only) is set.

    `price` is set for every kind but MARKET. `client_id` is None where the bot sent none.
    """

    symbol: Symbol
    side: Side
    kind: Kind
    quantity: Decimal | None
    quote: Decimal | None
    price: Decimal | None
    tif: Tif | None
    client_id: ClientId | None


class OrderRef(msgspec.Struct, frozen=True):
    """Which order is meant: by the exchange's id, or by the client's; at least one is set."""

    symbol: Symbol
    order_id: OrderId | None
    client_id: ClientId | None
