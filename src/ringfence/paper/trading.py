"""Orders and the account (Binance, rest-api.md, "Trading endpoints" and "Account Endpoints")."""

from ringfence.paper import shapes, targets, wishes
from ringfence.paper.accounts import FEE_RATE, NO_GROUP
from ringfence.paper.call import Call, Json, money
from ringfence.paper.keys import Right
from ringfence.paper.orders import ZERO, Order, Trade
from ringfence.paper.refused import Refused

_LOOKBACK = 86_400_000  # "The time between startTime and endTime can't be longer than 24 hours."
_FOREVER = 2**63


def place(call: Call) -> Json:
    """POST /api/v3/order."""
    wish, detail = wishes.read(call), wishes.detail(call)
    call.params.finish()
    with call.counted(1):
        placed = call.exchange.place(wish, call.now)
    return shapes.placed_order(placed, detail, call.exchange.instruments[wish.symbol])


def query(call: Call) -> Json:
    """GET /api/v3/order."""
    order = _found(call)
    return shapes.queried_order(order, call.exchange.records.prevented[order.order_id])


def cancel(call: Call) -> Json:
    """DELETE /api/v3/order."""
    target, only = targets.named(call), targets.restriction(call)
    client_id = call.params.client_id("newClientOrderId") or wishes.random_id()
    call.params.finish()
    return targets.cancel(call, target, only, client_id)


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
    return [targets.cancelled(call, order, wishes.random_id()) for order in orders]


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


def account(call: Call) -> Json:
    """GET /api/v3/account."""
    omit_zero = call.params.flag("omitZeroBalances")
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
        "canTrade": Right.TRADE in call.caller.rights_at(call.now),
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


def _found(call: Call) -> Order:
    order = targets.find(call, targets.named(call))
    if order is None:
        raise Refused(-2013, "Order does not exist.")
    return order


def _span(call: Call) -> tuple[int, int]:
    start, end = call.params.whole("startTime"), call.params.whole("endTime")
    if start is not None and end is not None and end - start > _LOOKBACK:
        raise Refused(-1127, "More than 24 hours between startTime and endTime.")
    return start or 0, end if end is not None else _FOREVER
