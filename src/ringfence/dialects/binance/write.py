"""Write requests anew from their meaning. Paths, parameter names and constants are ours; nothing of the bot's is kept.

Everything goes into the query and the body stays empty: Binance takes that for every method, and a parameter can
then be in one place only.
"""

from collections.abc import Mapping
from typing import assert_never

from ringfence.dialects.binance.catalogue import ORDERS, SIGNED
from ringfence.dialects.binance.envelope import OUR_WINDOW_MS
from ringfence.dialects.binance.names import CLIENT_ID, MOST_ID, MOST_TIME, known_native
from ringfence.dialects.dialect import Sendable, Wire
from ringfence.dialects.fields import plain, whole
from ringfence.dialects.orders import native_of, put, put_legs
from ringfence.dialects.table import form
from ringfence.dialects.table import put as put_read
from ringfence.errors import Misread
from ringfence.model.action import Amend, Cancel, CancelList, Place, PlaceList, Preview, Read
from ringfence.model.facts import Instrument
from ringfence.model.names import ClientId, Symbol
from ringfence.model.order import Order, OrderRef, SelfTrade

Instruments = Mapping[Symbol, Instrument]
Pairs = tuple[tuple[str, str], ...]

_FULL = ("newOrderRespType", "FULL")
_BY_WHAT = {route.what: route for route in SIGNED.values()}


def write(
    action: Sendable, instruments: Instruments, at_ms: int, self_trade: SelfTrade = SelfTrade.EXPIRE_TAKER
) -> Wire:
    """Write a request, unsigned; raises `Misread` where the action is not one that we would send."""
    manner = (_FULL, ("selfTradePreventionMode", self_trade.name))
    match action:
        case Read():
            return _read(action, instruments, at_ms)
        case Place(order):
            path = ORDERS.paths["routed" if order.routed else "order"]
            return _wire("POST", path, (*_alone(order, instruments), *manner), at_ms)
        case Preview(order, rates):
            asked = (("computeCommissionRates", "true"),) if rates else ()
            return _wire("POST", ORDERS.paths["test"], (*_alone(order, instruments), *manner, *asked), at_ms)
        case PlaceList():
            return _wire("POST", ORDERS.list_paths[action.form], (*_list(action, instruments), *manner), at_ms)
        case Amend(ref, quantity, name):
            changed = (("newClientOrderId", _id(name)), ("newQty", plain("newQty", quantity)))
            return _wire("PUT", ORDERS.paths["amend"], (*_which(ref, instruments), *changed), at_ms)
        case Cancel(ref, name):
            named = (("newClientOrderId", _id(name)),) if name is not None else ()
            return _wire("DELETE", ORDERS.paths["order"], (*_which(ref, instruments), *named), at_ms)
        case CancelList(symbol, _, name):
            which = (("symbol", known_native(symbol, instruments)), ("listClientOrderId", _id(name)))
            return _wire("DELETE", ORDERS.paths["list"], which, at_ms)
        case _:
            assert_never(action)


def query(ref: OrderRef, instruments: Instruments, at_ms: int) -> Wire:
    """Write the question how one order stands, unsigned."""
    return _wire("GET", ORDERS.paths["order"], _which(ref, instruments), at_ms)


def _read(action: Read, instruments: Instruments, at_ms: int) -> Wire:
    route = _BY_WHAT.get(action.what)
    if route is None:
        raise Misread("what", "not a read of the table")
    native = None if action.symbol is None else known_native(action.symbol, instruments)
    return _wire(route.method, route.path, put_read(route, action, native), at_ms)


def _alone(order: Order, instruments: Instruments) -> Pairs:
    return (("symbol", native_of(order, instruments)), *put(order, ORDERS.alone, CLIENT_ID))


def _list(action: PlaceList, instruments: Instruments) -> Pairs:
    pairs = put_legs(action.orders, ORDERS.legs[action.form], CLIENT_ID)
    symbol = native_of(action.orders[0], instruments)
    return (("symbol", symbol), ("listClientOrderId", _id(action.client_id)), *pairs.items())


def _which(ref: OrderRef, instruments: Instruments) -> Pairs:
    if ref.order_id is None and ref.client_id is None:
        raise Misread("orderId", "no order is named")
    by_order = (("orderId", str(whole("orderId", ref.order_id, MOST_ID))),) if ref.order_id is not None else ()
    by_client = (("origClientOrderId", _id(ref.client_id)),) if ref.client_id is not None else ()
    return (("symbol", known_native(ref.symbol, instruments)), *by_order, *by_client)


def _id(client_id: ClientId | None) -> str:
    if client_id is None or not CLIENT_ID.fullmatch(client_id):
        raise Misread("clientOrderId", "not of Binance's form")
    return client_id


def _wire(method: str, path: str, pairs: Pairs, at_ms: int) -> Wire:
    stamp = str(whole("timestamp", str(at_ms), MOST_TIME))
    query = form((*pairs, ("recvWindow", str(OUR_WINDOW_MS)), ("timestamp", stamp)))
    return Wire(method, f"{path}?{query}", (), b"")
