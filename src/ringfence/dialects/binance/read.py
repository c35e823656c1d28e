"""Read what a bot would do, order by order and list by list. What only asks is read by the tables."""

import re
from functools import partial
from typing import Final

from msgspec.structs import replace

from ringfence.dialects.binance.catalogue import CLASSES, MARKET, ORDERS, SIGNED
from ringfence.dialects.binance.envelope import TIMED
from ringfence.dialects.binance.names import CLIENT_ID, MOST_ID, NATIVE
from ringfence.dialects.fields import Fields
from ringfence.dialects.orders import take, take_legs, take_size
from ringfence.dialects.reading import Reader, Symbols, Tables
from ringfence.errors import Misread
from ringfence.model import action
from ringfence.model.action import Action, ListForm
from ringfence.model.names import ClientId, OrderId, Symbol
from ringfence.model.order import Kind, Order, OrderRef, Side

_RATES = "computeCommissionRates"
_YES_NO = re.compile("true|false")
_INSIST = re.compile("STOP_ON_FAILURE|ALLOW_FAILURE")
_NEW_ID, _SELF_TRADE = ORDERS.alone.client_id, "selfTradePreventionMode"
_OPEN_ENDED = "how much its later orders come to depends on what the first one brings, which nobody can know before"


def _symbol(fields: Fields, symbols: Symbols) -> Symbol:
    name = fields.text("symbol", NATIVE)
    return symbols.get(name, Symbol(name))


def _client_id(fields: Fields, name: str) -> ClientId | None:
    return ClientId(fields.text(name, CLIENT_ID)) if fields.has(name) else None


def _ref(fields: Fields, symbol: Symbol, order_id: str = "orderId", client_id: str = "origClientOrderId") -> OrderRef:
    number = OrderId(str(fields.whole(order_id, MOST_ID))) if fields.has(order_id) else None
    ref = OrderRef(symbol, number, _client_id(fields, client_id))
    if ref.order_id is None and ref.client_id is None:
        raise Misread(order_id, f"missing, and so is {client_id}")
    return ref


def _order(fields: Fields, symbols: Symbols) -> Order:
    kind = fields.choice(ORDERS.alone.kind, Kind)
    size = take_size(fields, ORDERS.alone, _symbol(fields, symbols))
    return take(fields, ORDERS.alone, size, _client_id(fields, _NEW_ID), kind)


def _sending(reader: Reader) -> Reader:
    """Read what every request that places something may carry besides."""

    def read_all(fields: Fields, symbols: Symbols) -> Action:
        told = {name: fields.text(name, pattern) for name, pattern in ORDERS.manner.items() if fields.has(name)}
        if told.get(_SELF_TRADE) == "TRANSFER":  # to another account without a trade (docs/explanation/attacks.md, S06)
            return action.Transfer(f"an order with {_SELF_TRADE}=TRANSFER", "transfer.other")
        return reader(fields, symbols)

    return read_all


def _place(fields: Fields, symbols: Symbols) -> Action:
    return action.Place(_order(fields, symbols))


def _routed(fields: Fields, symbols: Symbols) -> Action:
    return action.Place(replace(_order(fields, symbols), routed=True))


def _preview(fields: Fields, symbols: Symbols) -> Action:
    rates = fields.has(_RATES) and fields.text(_RATES, _YES_NO) == "true"
    return action.Preview(_order(fields, symbols), rates)


def _list(form: ListForm) -> Reader:
    def read_list(fields: Fields, symbols: Symbols) -> Action:
        legs = take_legs(fields, ORDERS.legs[form], _symbol(fields, symbols), partial(_client_id, fields))
        return action.PlaceList(form, legs, _client_id(fields, "listClientOrderId"))

    return read_list


def _old_pair(fields: Fields, symbols: Symbols) -> Action:
    """Read the older request for a pair: a maker order, and a stop on the other side of the market."""
    limit, stop = ORDERS.old["limit"], ORDERS.old["stop"]
    size = take_size(fields, limit, _symbol(fields, symbols))
    maker = take(fields, limit, size, _client_id(fields, limit.client_id), Kind.LIMIT_MAKER)
    kind = Kind.STOP_LOSS_LIMIT if fields.has(stop.price) else Kind.STOP_LOSS
    waits = take(fields, stop, size, _client_id(fields, stop.client_id), kind)
    orders = (maker, waits) if size.side is Side.SELL else (waits, maker)  # the one above the market first
    return action.PlaceList(ListForm.OCO, orders, _client_id(fields, "listClientOrderId"))


def _replace(fields: Fields, symbols: Symbols) -> Action:
    fields.skip("orderRateLimitExceededMode")  # what is done where the exchange's own count is full
    insist = fields.text("cancelReplaceMode", _INSIST) == "ALLOW_FAILURE"
    order = _order(fields, symbols)
    ref = _ref(fields, order.symbol, "cancelOrderId", "cancelOrigClientOrderId")
    return action.Replace(action.Cancel(ref, _client_id(fields, "cancelNewClientOrderId")), order, insist)


def _amend(fields: Fields, symbols: Symbols) -> Action:
    ref = _ref(fields, _symbol(fields, symbols))
    return action.Amend(ref, fields.amount("newQty"), _client_id(fields, _NEW_ID))


def _cancel(fields: Fields, symbols: Symbols) -> Action:
    ref = _ref(fields, _symbol(fields, symbols))
    return action.Cancel(ref, _client_id(fields, _NEW_ID))


def _cancel_list(fields: Fields, symbols: Symbols) -> Action:
    ref = _ref(fields, _symbol(fields, symbols), "orderListId", "listClientOrderId")
    fields.skip(_NEW_ID)  # a name for the cancel, which no answer needs
    return action.CancelList(ref.symbol, ref.order_id, ref.client_id)


def _cancel_all(fields: Fields, symbols: Symbols) -> Action:
    return action.CancelAll(_symbol(fields, symbols))


def _follow(_fields: Fields, _symbols: Symbols) -> Action:
    return action.Follow()


_PLACING: dict[str, Reader] = {
    "order": _place,
    "test": _preview,
    "routed": _routed,
    "routed-test": _preview,
    "replace": _replace,
    "old-pair": _old_pair,
}
read: Final = Tables(
    writes={
        **{("POST", ORDERS.paths[what]): _sending(reader) for what, reader in _PLACING.items()},
        **{("POST", path): _sending(_list(form)) for form, path in ORDERS.list_paths.items()},
        ("PUT", ORDERS.paths["amend"]): _amend,
        ("DELETE", ORDERS.paths["order"]): _cancel,
        ("DELETE", ORDERS.paths["list"]): _cancel_list,
        ("DELETE", ORDERS.paths["open"]): _cancel_all,
        ("WS", "userDataStream.subscribe.signature"): _follow,
        ("WS", "session.logon"): _follow,
    },
    refused={("POST", f"/api/v3/orderList/{form}"): _OPEN_ENDED for form in ("opo", "opoco")},
    signed=SIGNED,
    market=MARKET,
    classes=CLASSES,
    timed=TIMED,
).read
