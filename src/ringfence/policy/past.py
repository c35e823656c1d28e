"""What a bot has really done, rebuilt from the fills that an exchange has on record. Pure.

Fills tell no order that never filled, and of one that filled in part only that part. Whose fills they are they do not
tell either: all of an account's are taken for one bot's.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import accumulate

import msgspec

from ringfence.model.fill import Fill
from ringfence.model.names import Asset, OrderId, Symbol
from ringfence.model.order import Side

_ZERO = Decimal(0)
_FINEST = Decimal("1e-8")  # exchanges write fees with eight places, and may round up


class PastOrder(msgspec.Struct, frozen=True):
    """One order as its fills show it: first and last fill (ms), base units, quote units paid, what the base changed by.

    `worth` is what it would be charged: a purchase that took from the book might leave as a limit at the collar above.
    `maker`: all of it rested. `exits`: it took down what the fills before it had made, which is how Ringfence's books
    begin, with nothing.
    """

    symbol: Symbol
    order_id: OrderId
    side: Side
    at: int
    last: int
    quantity: Decimal
    paid: Decimal
    change: Decimal
    worth: Decimal
    maker: bool
    exits: bool = False

    @property
    def price(self) -> Decimal:
        """The average price that it filled at."""
        return self.paid / self.quantity


class Fees(msgspec.Struct, frozen=True):
    """What was paid: the highest share of any fill's worth, all in quote units, and what of it is amiss.

    `over` fills paid more than the policy says; `untold` paid in a third asset, which has no price here.
    """

    highest: Decimal | None
    paid: Decimal
    over: int
    untold: int


def orders_of(fills: Mapping[Symbol, Iterable[Fill]], collar: Decimal) -> tuple[PastOrder, ...]:
    """Put fills together by their order, oldest first, and say which were exits."""
    found = [_order(symbol, parts, collar) for symbol, some in fills.items() for parts in _by_order(some)]
    held: dict[Symbol, Decimal] = {}
    told: list[PastOrder] = []
    for order in sorted(found, key=lambda order: (order.at, order.last, len(order.order_id), order.order_id)):
        position = held.get(order.symbol, _ZERO)
        room = position if order.side is Side.SELL else -position
        told.append(msgspec.structs.replace(order, exits=0 < order.quantity <= room))
        held[order.symbol] = position + order.change
    return tuple(told)


def start_of(orders: Iterable[PastOrder]) -> dict[Symbol, Decimal]:
    """Say what each symbol's position must have been at first, so that it never went below zero."""
    changes: dict[Symbol, list[Decimal]] = {}
    for order in orders:
        changes.setdefault(order.symbol, []).append(order.change)
    return {symbol: -min(accumulate(some, initial=_ZERO)) for symbol, some in changes.items()}


def fees_of(fills: Mapping[Symbol, Iterable[Fill]], most: Decimal) -> Fees:
    """Say what was paid in fees, and how often more than `most` (a share of what was traded)."""
    traded = [(symbol, fill) for symbol, some in fills.items() for fill in some if fill.quote]
    told = [(fill, _rate(symbol, fill)) for symbol, fill in traded]
    known = [(fill, fill.fee * rate, rate) for fill, rate in told if rate is not None]
    return Fees(
        highest=max((fee / fill.quote for fill, fee, _ in known), default=None),
        paid=sum((fee for _, fee, _ in known), _ZERO),
        over=sum(fee - _FINEST * rate > most * fill.quote for fill, fee, rate in known),
        untold=len(told) - len(known),
    )


def _by_order(fills: Iterable[Fill]) -> list[list[Fill]]:
    parts: dict[OrderId, list[Fill]] = {}
    for fill in fills:
        parts.setdefault(fill.order_id, []).append(fill)
    return list(parts.values())


def _order(symbol: Symbol, parts: list[Fill], collar: Decimal) -> PastOrder:
    side, maker = parts[0].side, all(fill.maker for fill in parts)
    quantity, paid = sum((fill.quantity for fill in parts), _ZERO), sum((fill.quote for fill in parts), _ZERO)
    base = _base(symbol)
    fees = sum((fill.fee for fill in parts if fill.fee_asset == base), _ZERO)
    return PastOrder(
        symbol=symbol,
        order_id=parts[0].order_id,
        side=side,
        at=min(fill.at for fill in parts),
        last=max(fill.at for fill in parts),
        quantity=quantity,
        paid=paid,
        change=side.sign * quantity - fees,
        worth=paid * (1 + collar) if side is Side.BUY and not maker else paid,
        maker=maker,
    )


def _rate(symbol: Symbol, fill: Fill) -> Decimal | None:
    """Say what one unit of the asset that paid a fee is worth in quote units; None where this symbol does not tell."""
    rates = {_base(symbol): fill.price, Asset(symbol.partition("/")[2]): Decimal(1)}
    return rates.get(fill.fee_asset) if fill.fee else Decimal(1)


def _base(symbol: Symbol) -> Asset:
    return Asset(symbol.partition("/")[0])
