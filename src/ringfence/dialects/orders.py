"""One order as parameters: read and written by a dialect's own names, so that an order's forms are told once.

An order stands alone or as one leg of a list, where its parameters have other names; `Names` has them for one place.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from ringfence.dialects.fields import Fields, plain, whole
from ringfence.errors import Misread
from ringfence.model.facts import Instrument
from ringfence.model.names import ClientId, Symbol
from ringfence.model.order import TRIGGERED, WITH_LIMIT, Kind, Order, Side, Tif

MOST_TRAILING = 10_000  # basis points: all of the price

# What rests, or may: these say how long, and may show a part of themselves.
_TIMED = frozenset({Kind.LIMIT, Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT_LIMIT})


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one place of a request calls the parts of an order; `labels` are parts that change nothing it does.

    A part without a name cannot be there.
    """

    side: str
    quantity: str
    price: str
    client_id: str
    kind: str = ""
    trigger: str = ""
    trailing: str = ""
    visible: str = ""
    tif: str = ""
    quote: str = ""
    labels: tuple[str, ...] = ()


class Size(msgspec.Struct, frozen=True):
    """What legs of a list may share: the symbol, the way, and how much of which unit."""

    symbol: Symbol
    side: Side
    quantity: Decimal | None
    quote: Decimal | None = None


def take_size(fields: Fields, names: Names, symbol: Symbol) -> Size:
    """Read side and size; raises `Misread`."""
    side = fields.choice(names.side, Side)
    if fields.has(names.quote):
        return Size(symbol, side, None, fields.amount(names.quote))
    return Size(symbol, side, fields.amount(names.quantity))


def take(fields: Fields, names: Names, size: Size, client_id: ClientId | None, kind: Kind) -> Order:
    """Read the rest of an order of a kind: every part that the kind must have, and those that it may."""
    fields.skip(*names.labels)
    if size.quote is not None and kind is not Kind.MARKET:
        raise Misread(names.quote, "only a market order may be sized by it")
    trailing = fields.whole(names.trailing, MOST_TRAILING, 1) if fields.has(names.trailing) else None
    order = Order(
        symbol=size.symbol,
        side=size.side,
        kind=kind,
        quantity=size.quantity,
        quote=size.quote,
        price=None if kind in WITH_LIMIT else fields.amount(names.price),
        tif=fields.choice(names.tif, Tif) if kind in _TIMED else None,
        client_id=client_id,
        trigger=fields.amount(names.trigger) if fields.has(names.trigger) else None,
        trailing=trailing,
        visible=fields.amount(names.visible) if fields.has(names.visible) else None,
    )
    _check(order)
    return order


def take_legs(
    fields: Fields, legs: Iterable[Names], symbol: Symbol, client_id: Callable[[str], ClientId | None]
) -> tuple[Order, ...]:
    """Read the orders of a list; what several of them share is there once."""
    sizes: dict[str, Size] = {}
    orders: list[Order] = []
    for names in legs:
        if names.side not in sizes:
            sizes[names.side] = take_size(fields, names, symbol)
        kind = fields.choice(names.kind, Kind)
        orders.append(take(fields, names, sizes[names.side], client_id(names.client_id), kind))
    return tuple(orders)


def put_legs(orders: tuple[Order, ...], legs: Iterable[Names], ids: "re.Pattern[str]") -> dict[str, str]:
    """Write the orders of a list; raises `Misread` where they do not agree on what they share."""
    pairs: dict[str, str] = {}
    for order, names in zip(orders, legs, strict=True):
        for name, value in put(order, names, ids):
            if pairs.setdefault(name, value) != value or order.symbol != orders[0].symbol:
                raise Misread(name, "two orders of the list do not agree on it")
    return pairs


def native_of(order: Order, instruments: Mapping[Symbol, Instrument]) -> str:
    """Say the exchange's name of an order's symbol; raises `Misread` where it is not pinned."""
    instrument = instruments.get(order.symbol)
    if instrument is None:
        raise Misread("symbol", "not pinned")
    return instrument.native


def put(order: Order, names: Names, ids: "re.Pattern[str]") -> Iterator[tuple[str, str]]:
    """Write an order; raises `Misread` for one that has no limit of its own, since no collar could bound it."""
    if order.kind in WITH_LIMIT or order.price is None or order.quantity is None or order.quote is not None:
        raise Misread(names.kind, "only orders with a quantity and a price of their own are sent")
    if order.client_id is None or not ids.fullmatch(order.client_id):
        raise Misread(names.client_id, "missing, or not of the form that it must have")
    if (order.tif is not None) is not (order.kind in _TIMED):
        raise Misread(names.tif, "a maker order has none, every other needs one")
    _check(order)
    yield names.side, order.side.value
    yield names.kind, order.kind.value
    if order.tif is not None:
        yield names.tif, order.tif.value
    yield names.quantity, plain(names.quantity, order.quantity)
    yield names.price, plain(names.price, order.price)
    if order.trigger is not None:
        yield names.trigger, plain(names.trigger, order.trigger)
    if order.trailing is not None:
        yield names.trailing, str(whole(names.trailing, str(order.trailing), MOST_TRAILING, 1))
    if order.visible is not None:
        yield names.visible, plain(names.visible, order.visible)
    yield names.client_id, order.client_id


def _check(order: Order) -> None:
    """Refuse parts that contradict each other, whoever put them together."""
    if (order.trigger is not None or order.trailing is not None) is not (order.kind in TRIGGERED):
        raise Misread("trigger", "an order that waits for a price needs one, and no other has one")
    if order.visible is None:
        return
    if order.price is None or order.tif not in {None, Tif.GTC}:
        raise Misread("visible", "only an order that rests can show a part of itself")
    if order.quantity is None or order.visible > order.quantity:
        raise Misread("visible", "more than the whole order")
