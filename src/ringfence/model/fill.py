"""What an exchange has on record of one trade of an account."""

from decimal import Decimal

import msgspec

from ringfence.model.names import Asset, OrderId
from ringfence.model.order import Side


class Fill(msgspec.Struct, frozen=True):
    """One fill of one order: base units, quote units, the fee in the asset that paid it, milliseconds since 1970.

    `native` is the exchange's own name of the symbol; `trade` grows with time within one symbol. An order that met
    another of the same account has a fill on each side, under one `trade`.
    """

    native: str
    trade: int
    order_id: OrderId
    side: Side
    price: Decimal
    quantity: Decimal
    quote: Decimal
    fee: Decimal
    fee_asset: Asset
    at: int
    maker: bool
