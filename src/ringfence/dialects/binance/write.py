"""Write requests anew from their meaning. Paths, parameter names and constants are ours; nothing of the bot's is kept.

Everything goes into the query and the body stays empty: Binance takes that for every method, and a parameter can
then be in one place only.
"""

from collections.abc import Mapping

from ringfence.dialects.binance.catalogue import SIGNED
from ringfence.dialects.binance.envelope import OUR_WINDOW_MS
from ringfence.dialects.binance.names import CLIENT_ID, MOST_ID, MOST_TIME, known_native
from ringfence.dialects.dialect import Wire
from ringfence.dialects.fields import plain, whole
from ringfence.dialects.table import form, put
from ringfence.errors import Misread
from ringfence.model.action import Cancel, Place, Read
from ringfence.model.facts import Instrument
from ringfence.model.names import ClientId, Symbol
from ringfence.model.order import Kind, Order, OrderRef

Instruments = Mapping[Symbol, Instrument]
Pairs = tuple[tuple[str, str], ...]

_ORDER = "/api/v3/order"
_BY_WHAT = {route.what: route for route in SIGNED.values()}


def write(action: Read | Place | Cancel, instruments: Instruments, at_ms: int) -> Wire:
    """Write a request, unsigned; raises `Misread` where the action is not one that we would send."""
    match action:
        case Read():
            return _read(action, instruments, at_ms)
        case Place(order):
            return _wire("POST", _ORDER, _place(order, instruments), at_ms)
        case Cancel(ref, name):
            named = (("newClientOrderId", _id(name)),) if name is not None else ()
            return _wire("DELETE", _ORDER, (*_which(ref, instruments), *named), at_ms)


def query(ref: OrderRef, instruments: Instruments, at_ms: int) -> Wire:
    """Write the question how one order stands, unsigned."""
    return _wire("GET", _ORDER, _which(ref, instruments), at_ms)


def open_orders(at_ms: int) -> Wire:
    """Write the question which orders are open, unsigned."""
    return _wire("GET", "/api/v3/openOrders", (), at_ms)


def _read(action: Read, instruments: Instruments, at_ms: int) -> Wire:
    route = _BY_WHAT.get(action.what)
    if route is None:
        raise Misread("what", "not a read of the table")
    native = None if action.symbol is None else known_native(action.symbol, instruments)
    return _wire(route.method, route.path, put(route, action, native), at_ms)


def _place(order: Order, instruments: Instruments) -> Pairs:
    """List an order's parameters in our order. A market order has no price that a collar could bound: refused."""
    instrument = instruments.get(order.symbol)
    if instrument is None:
        raise Misread("symbol", "not pinned")
    if order.kind is Kind.MARKET or order.price is None or order.quantity is None or order.quote is not None:
        raise Misread("type", "only orders with a quantity and a price of their own are sent")
    if (order.tif is None) is not (order.kind is Kind.LIMIT_MAKER) or order.client_id is None:
        raise Misread("timeInForce", "a limit order needs one, a maker order has none, and both need a client id")
    return (
        ("symbol", instrument.native),
        ("side", order.side.value),
        ("type", order.kind.value),
        *((("timeInForce", order.tif.value),) if order.tif is not None else ()),
        ("quantity", plain("quantity", order.quantity)),
        ("price", plain("price", order.price)),
        ("newClientOrderId", _id(order.client_id)),
        ("newOrderRespType", "FULL"),
        ("selfTradePreventionMode", "EXPIRE_TAKER"),
    )


def _which(ref: OrderRef, instruments: Instruments) -> Pairs:
    if ref.order_id is None and ref.client_id is None:
        raise Misread("orderId", "no order is named")
    by_order = (("orderId", str(whole("orderId", ref.order_id, MOST_ID))),) if ref.order_id is not None else ()
    by_client = (("origClientOrderId", _id(ref.client_id)),) if ref.client_id is not None else ()
    return (("symbol", known_native(ref.symbol, instruments)), *by_order, *by_client)


def _id(client_id: ClientId) -> str:
    if not CLIENT_ID.fullmatch(client_id):
        raise Misread("clientOrderId", "not of Binance's form")
    return client_id


def _wire(method: str, path: str, pairs: Pairs, at_ms: int) -> Wire:
    stamped = (
        *pairs,
        ("recvWindow", str(OUR_WINDOW_MS)),
        ("timestamp", str(whole("timestamp", str(at_ms), MOST_TIME))),
    )
    return Wire(method, f"{path}?{form(stamped)}", (), b"")
