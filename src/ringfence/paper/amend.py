"""Orders that become smaller and keep their place (Binance, rest-api.md, "Order Amend Keep Priority" and its FAQ).

An amendment that is refused leaves the order as it was; errors.md gives its reasons under -2038.
"""

from dataclasses import replace
from decimal import Decimal

from ringfence.paper import listing, shapes, targets, wishes
from ringfence.paper.call import Call, Json, money
from ringfence.paper.orders import ZERO, Order
from ringfence.paper.records import Amendment
from ringfence.paper.refused import Refused, failed_filter


def keep_priority(call: Call) -> Json:
    """PUT /api/v3/order/amend/keepPriority."""
    target = targets.named(call)
    call.params.need("newQty")
    quantity = call.params.amount("newQty") or ZERO
    client_id = call.params.client_id("newClientOrderId") or wishes.random_id()
    call.params.finish()
    order = targets.find(call, target)
    if order is None or not order.open:
        raise _rejected("Unknown order sent.")
    _check(call, order, quantity, client_id)
    after = call.exchange.amend(order, quantity, client_id, call.now)
    return _answer(call, call.exchange.records.add_amendment(order, after), after)


def history(call: Call) -> Json:
    """GET /api/v3/order/amendments, oldest first."""
    symbol = call.symbol()
    call.params.need("orderId")
    order_id, first = call.params.whole("orderId"), call.params.whole("fromExecutionId") or 0
    limit = call.limit(500, 1000)
    order = call.exchange.records.find(call.account, symbol, order_id, None)
    if order is None:
        raise Refused(-2013, "Order does not exist.")
    kept = [each for each in call.exchange.records.amendments[order.order_id] if each.execution_id >= first]
    return [_row(order, each) for each in kept[:limit]]


def _check(call: Call, order: Order, quantity: Decimal, client_id: str) -> None:
    """Raise `Refused` where the order may not become of this size, or take this name."""
    records, instrument = call.exchange.records, call.exchange.instruments[order.wish.symbol]
    if quantity == order.wish.quantity:
        raise _rejected("The requested action would change no state; rejecting")
    if quantity > order.wish.quantity:
        raise _rejected("Order amend (quantity increase) is not supported.")
    if quantity <= order.executed + order.prevented:
        raise failed_filter("LOT_SIZE")  # nothing would be left of it, which newQty may not ask for
    average = call.exchange.market(order.wish.symbol).candles.average()
    instrument.check(replace(order.wish, quantity=quantity), average, 0)
    if len(records.amendments[order.order_id]) >= instrument.max_amends:
        raise _rejected("Filter failure: MAX_NUM_ORDER_AMENDS")
    others = records.open_orders(call.account, order.wish.symbol)
    if any(each.wish.client_id == client_id and each.order_id != order.order_id for each in others):
        raise _rejected("Duplicate order sent.")


def _answer(call: Call, amendment: Amendment, order: Order) -> Json:
    answer: dict[str, Json] = {
        "transactTime": amendment.time,
        "executionId": amendment.execution_id,
        "amendedOrder": shapes.amended_order(order, amendment.client_ids[0]),
    }
    of = call.exchange.lists.with_order(order)
    if of is not None:
        told = listing.head(call, of)
        answer["listStatus"] = {
            name: value for name, value in told.items() if name not in ("listStatusType", "transactionTime")
        }
    return answer


def _row(order: Order, amendment: Amendment) -> Json:
    return {
        "symbol": order.wish.symbol,
        "orderId": order.order_id,
        "executionId": amendment.execution_id,
        "origClientOrderId": amendment.client_ids[0],
        "newClientOrderId": amendment.client_ids[1],
        "origQty": money(amendment.quantities[0]),
        "newQty": money(amendment.quantities[1]),
        "time": amendment.time,
    }


def _rejected(why: str) -> Refused:
    return Refused(-2038, why)
