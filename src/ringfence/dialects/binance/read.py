"""Say what a bot's request means. Never raises: what cannot be read is `Unknown`, and `Unknown` is refused.

Method and path must equal a line of the tables to the letter, so no prefix, escape or double slash can lead past
them (docs/explanation/attacks.md, S46).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from ringfence.dialects.answers import shown
from ringfence.dialects.binance.catalogue import CLASSES, MARKET, SIGNED
from ringfence.dialects.binance.envelope import TIMED
from ringfence.dialects.binance.names import CLIENT_ID, MOST_ID, NATIVE
from ringfence.dialects.catalogue import classed
from ringfence.dialects.fields import Fields
from ringfence.dialects.table import take
from ringfence.errors import Misread
from ringfence.model.action import Action, Cancel, CancelAll, Place, Transfer, Unknown
from ringfence.model.names import ClientId, OrderId, Symbol
from ringfence.model.order import Kind, Order, OrderRef, Side, Tif
from ringfence.model.request import Request

Symbols = Mapping[str, Symbol]


class _Told(StrEnum):
    """How much of an answer the bot wants; it always gets the longest."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


class _SelfTrade(StrEnum):
    """What the bot wants done about trades with itself; what is sent is always our own choice."""

    NONE = "NONE"
    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"
    TRANSFER = "TRANSFER"  # moves value to another account without a trade (docs/explanation/attacks.md, S06)


def read(request: Request, symbols: Symbols) -> Action:
    """Say what a request means."""
    where = (request.method, request.path)
    try:
        if where in _WRITES:
            return _whole(request, symbols, _WRITES[where])
        if where in SIGNED:
            return _whole(request, symbols, lambda fields, known: take(SIGNED[where], fields, known))
        if where in MARKET:
            _whole(request, symbols, lambda fields, _: take(MARKET[where], fields, None))
            return Unknown("market data is not asked with a signature")
    except Misread as error:
        return Unknown(f"{request.method} {request.path}: {error}")
    kind = CLASSES.get(where)
    if kind is None:
        return Unknown(f"{shown(request.method)} {shown(request.path)} is not in the catalogue")
    return classed(*where, kind)


def _whole(request: Request, symbols: Symbols, reader: Callable[[Fields, Symbols], Action]) -> Action:
    fields = Fields(request)
    fields.skip(*TIMED)
    action = reader(fields, symbols)
    if not isinstance(action, Transfer):  # refused for what it is, whatever else it carries
        fields.done()
    return action


def _symbol(fields: Fields, symbols: Symbols) -> Symbol:
    name = fields.text("symbol", NATIVE)
    return symbols.get(name, Symbol(name))


def _client_id(fields: Fields, name: str) -> ClientId | None:
    return ClientId(fields.text(name, CLIENT_ID)) if fields.has(name) else None


def _place(fields: Fields, symbols: Symbols) -> Action:
    if fields.has("newOrderRespType"):
        fields.choice("newOrderRespType", _Told)
    if (
        fields.has("selfTradePreventionMode")
        and fields.choice("selfTradePreventionMode", _SelfTrade) is _SelfTrade.TRANSFER
    ):
        return Transfer("POST /api/v3/order selfTradePreventionMode=TRANSFER", "transfer.other")
    kind = fields.choice("type", Kind)
    by_quote = kind is Kind.MARKET and fields.has("quoteOrderQty")
    return Place(
        Order(
            symbol=_symbol(fields, symbols),
            side=fields.choice("side", Side),
            kind=kind,
            quantity=None if by_quote else fields.amount("quantity"),
            quote=fields.amount("quoteOrderQty") if by_quote else None,
            price=None if kind is Kind.MARKET else fields.amount("price"),
            tif=fields.choice("timeInForce", Tif) if kind is Kind.LIMIT else None,
            client_id=_client_id(fields, "newClientOrderId"),
        )
    )


def _cancel(fields: Fields, symbols: Symbols) -> Action:
    ref = OrderRef(
        symbol=_symbol(fields, symbols),
        order_id=OrderId(str(fields.whole("orderId", MOST_ID))) if fields.has("orderId") else None,
        client_id=_client_id(fields, "origClientOrderId"),
    )
    if ref.order_id is None and ref.client_id is None:
        raise Misread("orderId", "missing, and so is origClientOrderId")
    return Cancel(ref, _client_id(fields, "newClientOrderId"))


def _cancel_all(fields: Fields, symbols: Symbols) -> Action:
    return CancelAll(_symbol(fields, symbols))


_WRITES: Mapping[tuple[str, str], Callable[[Fields, Symbols], Action]] = {
    ("POST", "/api/v3/order"): _place,
    ("DELETE", "/api/v3/order"): _cancel,
    ("DELETE", "/api/v3/openOrders"): _cancel_all,
}
