"""An order as a request asks for it, read and checked as far as it can be without the market. Pure.

Rules: rest-api.md, "New order (TRADE)": what each type needs, and what has no place in it.
"""

import secrets
import string
from dataclasses import replace
from decimal import Decimal

from ringfence.paper.call import Call
from ringfence.paper.orders import WAITING, ZERO, Kind, Side, Stp, Tif, Wish
from ringfence.paper.refused import Refused, failed_filter, missing, not_required
from ringfence.paper.shapes import Detail

_ALPHABET = string.ascii_letters + string.digits
_TIF_OF = {Kind.LIMIT_MAKER: Tif.GTC, Kind.MARKET: Tif.GTC}  # what the answers of such orders say
_UNLISTED = {"STOP_LOSS": "Stop loss orders", "TAKE_PROFIT": "Take profit orders"}
_NEEDED = {
    Kind.LIMIT: ("timeInForce", "quantity", "price"),
    Kind.LIMIT_MAKER: ("quantity", "price"),
    Kind.MARKET: (),
    Kind.STOP_LOSS_LIMIT: ("timeInForce", "quantity", "price"),
    Kind.TAKE_PROFIT_LIMIT: ("timeInForce", "quantity", "price"),
}
_OUT_OF_PLACE = {
    Kind.LIMIT: ("quoteOrderQty", "stopPrice", "trailingDelta"),
    Kind.LIMIT_MAKER: ("quoteOrderQty", "stopPrice", "trailingDelta", "timeInForce"),
    Kind.MARKET: ("price", "timeInForce", "stopPrice", "trailingDelta", "icebergQty"),
    Kind.STOP_LOSS_LIMIT: ("quoteOrderQty",),
    Kind.TAKE_PROFIT_LIMIT: ("quoteOrderQty",),
}
_TRAILING = range(10, 2001)  # the TRAILING_DELTA filter of most symbols


def read(call: Call) -> Wish:
    """Read an order; raises `Refused` with the code for what is wrong with it."""
    params, symbol = call.params, call.symbol()
    for name in ("side", "type"):
        params.need(name)
    side, kind = params.choice("side", Side) or Side.BUY, kind_of(params.need("type"))
    for name in _NEEDED[kind]:
        params.need(name)
    for name in _OUT_OF_PLACE[kind]:
        if params.has(name):
            raise not_required(name)
    quantity, quote = _size(call, kind)
    for name in ("strategyId", "strategyType"):
        params.whole(name)
    wish = Wish(
        account=call.account, symbol=symbol, side=side, kind=kind, quantity=quantity, quote=quote,
        client_id=params.client_id("newClientOrderId") or random_id(),
        price=params.amount("price") or ZERO,
        tif=params.choice("timeInForce", Tif) or _TIF_OF.get(kind, Tif.GTC),
        stp=params.choice("selfTradePreventionMode", Stp) or Stp.EXPIRE_MAKER,
    )  # fmt: skip
    return waiting(call, wish, "stopPrice", "trailingDelta", "icebergQty")


def detail(call: Call) -> Detail:
    """Market and limit orders are answered in full, others with an acknowledgement, unless asked otherwise."""
    kind = call.params.text("type")
    default = Detail.FULL if kind in {Kind.LIMIT, Kind.MARKET} else Detail.ACK
    return call.params.choice("newOrderRespType", Detail) or default


def waiting(call: Call, wish: Wish, trigger: str, trailing: str, visible: str) -> Wish:
    """Read what makes an order wait, and what it hides; raises `Refused`."""
    params = call.params
    wish = replace(
        wish,
        trigger=params.amount(trigger) or ZERO,
        trailing=params.whole(trailing) or 0,
        visible=params.amount(visible) or ZERO,
    )
    if wish.kind in WAITING and not (wish.trigger or wish.trailing):
        raise Refused(-1102, f"Param '{trigger}' or '{trailing}' must be sent, but both were empty/null!")
    if wish.trailing and wish.trailing not in _TRAILING:
        raise failed_filter("TRAILING_DELTA")
    if wish.visible and (wish.tif is not Tif.GTC or wish.visible > wish.quantity):
        raise Refused(-1013, "Invalid iceberg order.")
    if wish.visible and wish.quantity > wish.visible * call.exchange.instruments[wish.symbol].iceberg_parts:
        raise failed_filter("ICEBERG_PARTS")
    return wish


def kind_of(text: str) -> Kind:
    """Read an order type; raises `Refused`."""
    if text in _UNLISTED:
        raise Refused(-1013, f"{_UNLISTED[text]} are not supported for this symbol.")
    if text not in list(Kind):
        raise Refused(-1116, "Invalid orderType.")
    return Kind(text)


def random_id() -> str:
    """A client id as Binance makes one where the client sent none."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(22))


def _size(call: Call, kind: Kind) -> tuple[Decimal, Decimal]:
    """Quantity and quote; of a market order exactly one."""
    quantity, quote = call.params.amount("quantity"), call.params.amount("quoteOrderQty")
    if kind is Kind.MARKET and quantity is None and quote is None:
        raise missing("quantity")
    if quantity is not None and quote is not None:
        raise not_required("quoteOrderQty")
    if ZERO in (quantity, quote):
        raise Refused(-1013, "Invalid quantity.")
    return quantity or ZERO, quote or ZERO
