"""How orders and trades look in answers (Binance, rest-api.md, "Trading endpoints"). Pure."""

from collections.abc import Sequence
from enum import StrEnum

from ringfence.paper.call import Json, money
from ringfence.paper.instruments import Instrument
from ringfence.paper.orders import Order, Placed, Prevented, Side, Trade


class Detail(StrEnum):
    """How much the answer to a new order tells: newOrderRespType."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


def placed_order(placed: Placed, detail: Detail, instrument: Instrument) -> Json:
    """The answer to a new order."""
    order = placed.order
    answer: dict[str, Json] = {
        "symbol": order.wish.symbol,
        "orderId": order.order_id,
        "orderListId": order.list_id,
        "clientOrderId": order.wish.client_id,
        "transactTime": order.placed,
    }
    if detail is Detail.ACK:
        return answer
    answer |= _amounts(order) | _waits(order) | {"workingTime": order.placed if order.working else -1}
    if detail is Detail.FULL:
        answer["fills"] = [_fill(trade, order, instrument) for trade in placed.trades]
    if placed.prevented:
        answer["preventedMatches"] = [_prevented_here(match) for match in placed.prevented]
    return answer | _stp(order, placed.prevented)


def queried_order(order: Order, prevented: Sequence[Prevented]) -> dict[str, Json]:
    """An order as a query shows it."""
    return {
        "symbol": order.wish.symbol,
        "orderId": order.order_id,
        "orderListId": order.list_id,
        "clientOrderId": order.wish.client_id,
        **_amounts(order),
        "stopPrice": money(order.wish.trigger),
        **({"trailingDelta": order.wish.trailing} if order.wish.trailing else {}),
        "icebergQty": money(order.wish.visible),
        "time": order.placed,
        "updateTime": order.updated,
        "isWorking": order.working,
        "workingTime": order.placed if order.working else -1,
        **_stp(order, prevented),
    }


def cancelled_order(order: Order, client_id: str, prevented: Sequence[Prevented]) -> Json:
    """The answer to a cancel, which has a client id of its own."""
    return {
        "symbol": order.wish.symbol,
        "origClientOrderId": order.wish.client_id,
        "orderId": order.order_id,
        "orderListId": order.list_id,
        "clientOrderId": client_id,
        "transactTime": order.updated,
        **_amounts(order),
        **_waits(order),
        **_stp(order, prevented),
    }


def amended_order(order: Order, before: str) -> Json:
    """An order as the answer to an amendment shows it; `before` is the client id that it had."""
    return {
        "symbol": order.wish.symbol,
        "orderId": order.order_id,
        "orderListId": order.list_id,
        "origClientOrderId": before,
        "clientOrderId": order.wish.client_id,
        "price": money(order.wish.price),
        "qty": money(order.wish.quantity),
        "executedQty": money(order.executed),
        "preventedQty": money(order.prevented),
        "quoteOrderQty": money(order.wish.quote),
        "cumulativeQuoteQty": money(order.executed_quote),
        "status": order.status.value,
        "timeInForce": order.wish.tif.value,
        "type": order.wish.kind.value,
        "side": order.wish.side.value,
        **({"workingTime": order.placed} if order.working else {}),
        "selfTradePreventionMode": order.wish.stp.value,
    }


def own_trade(trade: Trade, order_id: int, instrument: Instrument) -> dict[str, Json]:
    """One row of myTrades."""
    side = trade.side_of(order_id)
    return {
        "symbol": trade.symbol,
        "id": trade.trade_id,
        "orderId": order_id,
        "orderListId": -1,
        "price": money(trade.price),
        "qty": money(trade.quantity),
        "quoteQty": money(trade.cost),
        "commission": money(trade.fee_of(order_id)),
        "commissionAsset": _fee_asset(side, instrument),
        "time": trade.time,
        "isBuyer": side is Side.BUY,
        "isMaker": order_id == trade.maker_id,
        "isBestMatch": True,
    }


def prevented_match(match: Prevented, group: int) -> Json:
    """One row of myPreventedMatches."""
    return {
        "symbol": match.symbol,
        "preventedMatchId": match.prevented_id,
        "takerOrderId": match.taker_id,
        "makerSymbol": match.symbol,
        "makerOrderId": match.maker_id,
        "tradeGroupId": group,
        "selfTradePreventionMode": match.mode.value,
        "price": money(match.price),
        "takerPreventedQuantity": money(match.taker_quantity),
        "makerPreventedQuantity": money(match.maker_quantity),
        "transactTime": match.time,
    }


def _fee_asset(side: Side, instrument: Instrument) -> str:
    """What the fee is paid in: whatever that side receives."""
    return instrument.base if side is Side.BUY else instrument.quote


def _amounts(order: Order) -> dict[str, Json]:
    wish = order.wish
    return {
        "price": money(wish.price),
        "origQty": money(wish.quantity or order.executed),
        "executedQty": money(order.executed),
        "origQuoteOrderQty": money(wish.quote),
        "cummulativeQuoteQty": money(order.executed_quote),
        "status": order.status.value,
        "timeInForce": wish.tif.value,
        "type": wish.kind.value,
        "side": wish.side.value,
    }


def _waits(order: Order) -> dict[str, Json]:
    """What only some orders have."""
    wish = order.wish
    parts: dict[str, Json] = {"stopPrice": money(wish.trigger)} if wish.trigger else {}
    if wish.trailing:
        parts["trailingDelta"] = wish.trailing
    if wish.visible:
        parts["icebergQty"] = money(wish.visible)
    return parts


def _stp(order: Order, prevented: Sequence[Prevented]) -> dict[str, Json]:
    answer: dict[str, Json] = {"selfTradePreventionMode": order.wish.stp.value}
    if prevented:
        answer["preventedMatchId"] = prevented[-1].prevented_id
        answer["preventedQuantity"] = money(order.prevented)
    return answer


def _fill(trade: Trade, order: Order, instrument: Instrument) -> Json:
    return {
        "price": money(trade.price),
        "qty": money(trade.quantity),
        "commission": money(trade.fee_of(order.order_id)),
        "commissionAsset": _fee_asset(order.wish.side, instrument),
        "tradeId": trade.trade_id,
    }


def _prevented_here(match: Prevented) -> Json:
    return {
        "preventedMatchId": match.prevented_id,
        "makerOrderId": match.maker_id,
        "price": money(match.price),
        "takerPreventedQuantity": money(match.taker_quantity),
        "makerPreventedQuantity": money(match.maker_quantity),
    }
