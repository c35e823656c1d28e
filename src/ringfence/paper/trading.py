"""Orders and the account (Binance, rest-api.md, "Trading endpoints" and "Account Endpoints")."""

import secrets
import string
from dataclasses import replace
from decimal import Decimal

from ringfence.paper import shapes
from ringfence.paper.accounts import FEE_RATE, NO_GROUP
from ringfence.paper.call import Call, Json, money
from ringfence.paper.keys import Right
from ringfence.paper.orders import WAITING, ZERO, Kind, Order, Side, Stp, Tif, Trade, Wish
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
_LOOKBACK = 86_400_000  # "The time between startTime and endTime can't be longer than 24 hours."
_FOREVER = 2**63


def place(call: Call) -> Json:
    """POST /api/v3/order."""
    wish, detail = _wish(call), _detail(call)
    call.params.finish()
    placed = call.exchange.place(wish, call.now)
    return shapes.placed_order(placed, detail, call.exchange.instruments[wish.symbol])


def check(call: Call) -> Json:
    """POST /api/v3/order/test: everything but the order."""
    wish, _ = _wish(call), _detail(call)
    call.params.text("computeCommissionRates")
    call.params.finish()
    call.exchange.engine.check(wish, call.exchange.market(wish.symbol).candles.average())
    return {}


def query(call: Call) -> Json:
    """GET /api/v3/order."""
    order = _find(call, Refused(-2013, "Order does not exist."))
    return shapes.queried_order(order, call.exchange.records.prevented[order.order_id])


def cancel(call: Call) -> Json:
    """DELETE /api/v3/order."""
    unknown = Refused(-2011, "Unknown order sent.")
    order = _find(call, unknown)
    client_id = call.params.client_id("newClientOrderId") or random_id()
    call.params.finish()
    if not order.open:
        raise unknown
    return _cancelled(call, order, client_id)


def open_orders(call: Call) -> Json:
    """GET /api/v3/openOrders."""
    symbols = [call.symbol()] if call.params.has("symbol") else list(call.exchange.instruments)
    records = call.exchange.records
    orders = [order for symbol in symbols for order in records.open_orders(call.account, symbol)]
    return [shapes.queried_order(order, records.prevented[order.order_id]) for order in orders]


def cancel_all(call: Call) -> Json:
    """DELETE /api/v3/openOrders."""
    orders = call.exchange.records.open_orders(call.account, call.symbol())
    call.params.finish()
    if not orders:
        raise Refused(-2011, "Unknown order sent.")
    return [_cancelled(call, order, random_id()) for order in orders]


def all_orders(call: Call) -> Json:
    """GET /api/v3/allOrders."""
    orders = call.exchange.records.kept(call.account, call.symbol())
    first, limit = call.params.whole("orderId"), call.limit(500, 1000)
    start, end = _span(call)
    chosen = [each for each in orders if each.order_id >= (first or 0) and start <= each.placed <= end]
    page = chosen[:limit] if first is not None else chosen[-limit:]
    return [shapes.queried_order(order, call.exchange.records.prevented[order.order_id]) for order in page]


def own_trades(call: Call) -> Json:
    """GET /api/v3/myTrades."""
    symbol, limit = call.symbol(), call.limit(500, 1000)
    order_id, first = call.params.whole("orderId"), call.params.whole("fromId")
    start, end = _span(call)
    rows: list[tuple[Trade, int]] = sorted(
        (
            (trade, order.order_id)
            for order in call.exchange.records.kept(call.account, symbol)
            for trade in call.exchange.records.fills[order.order_id]
            if order_id in (None, order.order_id) and trade.trade_id >= (first or 0) and start <= trade.time <= end
        ),
        key=lambda row: (row[0].trade_id, row[1]),
    )
    page = rows[:limit] if first is not None else rows[-limit:]
    return [shapes.own_trade(trade, mine, call.exchange.instruments[symbol]) for trade, mine in page]


def prevented(call: Call) -> Json:
    """GET /api/v3/myPreventedMatches."""
    symbol, order_id = call.symbol(), call.params.whole("orderId")
    match_id = call.params.whole("preventedMatchId")
    records = call.exchange.records
    group = call.exchange.accounts.groups[call.account]
    found = {
        match.prevented_id: match
        for order in records.kept(call.account, symbol)
        for match in records.prevented[order.order_id]
        if order_id in (None, order.order_id) and match_id in (None, match.prevented_id)
    }
    return [shapes.prevented_match(found[number], group) for number in sorted(found)]


def amend(call: Call) -> Json:
    """PUT /api/v3/order/amend/keepPriority."""
    order = _find(call, Refused(-2013, "Order does not exist."))
    call.params.need("newQty")
    quantity = call.params.amount("newQty") or ZERO
    client_id = call.params.client_id("newClientOrderId") or random_id()
    call.params.finish()
    if not order.open:
        raise Refused(-2038, "Order amend (quantity) is not supported for closed orders.")
    if not order.executed < quantity < order.wish.quantity:
        raise Refused(-2038, "Order amend (quantity increase) is not supported.")
    call.exchange.instruments[order.wish.symbol].check_quantity(quantity)
    amended = call.exchange.engine.amend(order, quantity, client_id, call.now)
    return {
        "transactTime": call.now,
        "executionId": call.now,
        "amendedOrder": shapes.amended_order(amended, order.wish.client_id),
    }


def account(call: Call) -> Json:
    """GET /api/v3/account."""
    omit_zero = call.params.text("omitZeroBalances") == "true"
    accounts, name = call.exchange.accounts, call.account
    listed = {asset for each in call.exchange.instruments.values() for asset in (each.base, each.quote)}
    balances = [
        {"asset": asset, "free": money(accounts.free(name, asset)), "locked": money(accounts.locked(name, asset))}
        for asset in sorted(listed | set(accounts.assets(name)))
        if not omit_zero or accounts.free(name, asset) or accounts.locked(name, asset)
    ]
    rate, points, none = money(FEE_RATE), int(FEE_RATE * 10_000), money(ZERO)
    group = accounts.groups[name]
    return {
        "makerCommission": points,
        "takerCommission": points,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": rate, "taker": rate, "buyer": none, "seller": none},
        "canTrade": Right.TRADE in call.caller.rights,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": call.now,
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": list(call.exchange.people).index(name) + 1,
        **({} if group == NO_GROUP else {"tradeGroupId": group}),
    }


def random_id() -> str:
    """A client id as Binance makes one where the client sent none."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(22))


def _wish(call: Call) -> Wish:
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


def _detail(call: Call) -> Detail:
    """Market and limit orders are answered in full, others with an acknowledgement, unless asked otherwise."""
    kind = call.params.text("type")
    default = Detail.FULL if kind in {Kind.LIMIT, Kind.MARKET} else Detail.ACK
    return call.params.choice("newOrderRespType", Detail) or default


def _find(call: Call, unknown: Refused) -> Order:
    symbol, order_id = call.symbol(), call.params.whole("orderId")
    client_id = call.params.client_id("origClientOrderId")
    if order_id is None and client_id is None:
        raise Refused(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    order = call.exchange.records.find(call.account, symbol, order_id, client_id)
    if order is None:
        raise unknown
    return order


def _cancelled(call: Call, order: Order, client_id: str) -> Json:
    done = call.exchange.cancel(order, call.now)
    return shapes.cancelled_order(done, client_id, call.exchange.records.prevented[order.order_id])


def _span(call: Call) -> tuple[int, int]:
    start, end = call.params.whole("startTime"), call.params.whole("endTime")
    if start is not None and end is not None and end - start > _LOOKBACK:
        raise Refused(-1127, "More than 24 hours between startTime and endTime.")
    return start or 0, end if end is not None else _FOREVER
