"""Lists of orders over HTTP (Binance, rest-api.md, "Order lists")."""

from collections.abc import Sequence

from ringfence.paper import shapes
from ringfence.paper.call import Call, Json
from ringfence.paper.lists import Form, OrderList
from ringfence.paper.orders import WAITING, ZERO, Kind, Order, Placed, Side, Stp, Tif, Wish
from ringfence.paper.refused import Refused, missing, not_required
from ringfence.paper.shapes import Detail
from ringfence.paper.wishes import kind_of, random_id, waiting

_UNKNOWN = Refused(-2011, "Unknown order list sent.")
_BAD_PRICES = Refused(-2010, "The relationship of the prices for the orders is not correct.")


def place_oco(call: Call) -> Json:
    """POST /api/v3/orderList/oco: a pair, one above the market and one below."""
    above, below = (_leg(call, place, "") for place in ("above", "below"))
    maker, waits = (above, below) if above.side is Side.SELL else (below, above)
    if maker.kind not in {Kind.LIMIT_MAKER, Kind.TAKE_PROFIT_LIMIT} or waits.kind is not Kind.STOP_LOSS_LIMIT:
        raise Refused(-1158, "The order types of the pair are not supported.")
    if (above.trigger or above.price) <= (below.trigger or below.price):
        raise _BAD_PRICES
    return _placed(call, Form.OCO, (above, below))


def place_oto(call: Call) -> Json:
    """POST /api/v3/orderList/oto: one, and then another."""
    return _placed(call, Form.OTO, (_working(call), _leg(call, "pending", "pending")))


def place_otoco(call: Call) -> Json:
    """POST /api/v3/orderList/otoco: one, and then a pair."""
    pair = (_leg(call, "pendingAbove", "pending"), _leg(call, "pendingBelow", "pending"))
    return _placed(call, Form.OTOCO, (_working(call), *pair))


def query(call: Call) -> Json:
    """GET /api/v3/orderList."""
    number, name = call.params.whole("orderListId"), call.params.client_id("origClientOrderId")
    for each in call.exchange.lists.of(call.account):
        if number in (None, each.list_id) and name in (None, each.client_id) and (number or name):
            return head(call, each)
    raise Refused(-2018, "Order list does not exist.")


def every(call: Call) -> Json:
    """GET /api/v3/allOrderList."""
    return [head(call, each) for each in call.exchange.lists.of(call.account)[-call.limit(500, 1000) :]]


def open_lists(call: Call) -> Json:
    """GET /api/v3/openOrderList."""
    lists = call.exchange.lists
    return [head(call, each) for each in lists.of(call.account) if lists.open(each)]


def cancel(call: Call) -> Json:
    """DELETE /api/v3/orderList."""
    symbol, number = call.symbol(), call.params.whole("orderListId")
    name, new = call.params.client_id("listClientOrderId"), call.params.client_id("newClientOrderId") or random_id()
    call.params.finish()
    lists = call.exchange.lists
    for each in reversed(lists.of(call.account)):
        fits = number in (None, each.list_id) and name in (None, each.client_id) and each.symbol == symbol
        if fits and (number or name) and lists.open(each):
            lists.cancel(each, call.now)
            reports = [shapes.cancelled_order(order, new, ()) for order in lists.legs(each)]
            return {**head(call, each), "orderReports": reports}
    raise _UNKNOWN


def _working(call: Call) -> Wish:
    wish = _leg(call, "working", "working")
    if wish.kind not in {Kind.LIMIT, Kind.LIMIT_MAKER}:
        raise Refused(-1158, "The type of the working order is not supported.")
    return wish


def _leg(call: Call, place: str, sized: str) -> Wish:
    """Read one leg; side and quantity have the name of `sized` where there is one."""
    params, symbol = call.params, call.symbol()
    side_name, quantity_name = (f"{sized}Side", f"{sized}Quantity") if sized else ("side", "quantity")
    for name in (side_name, quantity_name, f"{place}Type"):
        params.need(name)
    kind = kind_of(params.need(f"{place}Type"))
    timed = kind not in {Kind.LIMIT_MAKER, Kind.MARKET}
    if timed and not params.has(f"{place}TimeInForce"):
        raise missing(f"{place}TimeInForce")
    if kind is not Kind.MARKET and not params.has(f"{place}Price"):
        raise missing(f"{place}Price")
    if kind not in WAITING and params.has(f"{place}StopPrice"):
        raise not_required(f"{place}StopPrice")
    for name in ("StrategyId", "StrategyType"):
        params.whole(f"{place}{name}")
    wish = Wish(
        account=call.account, symbol=symbol, side=params.choice(side_name, Side) or Side.BUY, kind=kind,
        quantity=params.amount(quantity_name) or ZERO, price=params.amount(f"{place}Price") or ZERO,
        client_id=params.client_id(f"{place}ClientOrderId") or random_id(),
        tif=params.choice(f"{place}TimeInForce", Tif) or Tif.GTC,
        stp=params.choice("selfTradePreventionMode", Stp) or Stp.EXPIRE_MAKER,
    )  # fmt: skip
    return waiting(call, wish, f"{place}StopPrice", f"{place}TrailingDelta", f"{place}IcebergQty")


def _placed(call: Call, form: Form, wishes: tuple[Wish, ...]) -> Json:
    detail = call.params.choice("newOrderRespType", Detail) or Detail.RESULT
    client_id = call.params.client_id("listClientOrderId") or random_id()
    call.params.finish()
    if len({wish.client_id for wish in wishes}) < len(wishes):
        raise Refused(-1163, "Duplicate values found in client ids.")
    if any(wish.kind in WAITING and wish.trailing for wish in wishes[1:]) and form is not Form.OCO:
        raise Refused(-1160, "A pending order cannot trail.")
    with call.counted(len(wishes)):
        made = call.exchange.place_list(form, client_id, wishes, call.now)
    records, instrument = call.exchange.records, call.exchange.instruments[made.symbol]
    reports = [_report(records.placed(order), detail, instrument) for order in call.exchange.lists.legs(made)]
    return {**head(call, made), "orderReports": reports}


def _report(placed: Placed, detail: Detail, instrument: object) -> Json:
    return shapes.placed_order(placed, detail, instrument)  # type: ignore[arg-type]


def head(call: Call, of: OrderList) -> dict[str, Json]:
    """A list and the names of its orders."""
    legs: Sequence[Order] = call.exchange.lists.legs(of)
    open_ = call.exchange.lists.open(of)
    return {
        "orderListId": of.list_id,
        "contingencyType": of.form.contingency,
        "listStatusType": "EXEC_STARTED" if open_ else "ALL_DONE",
        "listOrderStatus": "EXECUTING" if open_ else "ALL_DONE",
        "listClientOrderId": of.client_id,
        "transactionTime": of.time,
        "symbol": of.symbol,
        "orders": [
            {"symbol": of.symbol, "orderId": order.order_id, "clientOrderId": order.wish.client_id} for order in legs
        ],
    }
