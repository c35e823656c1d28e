"""One order for another: POST /api/v3/order/cancelReplace. Pure.

rest-api.md, "Cancel an Existing Order and Send a New Order":
1. what was sent is read, the filters of the new order and the order count are looked at: a refusal here does nothing;
2. the old order is cancelled; 3. the new one is placed, where the mode still asks for it.
Whether each went well is told apart: 200 where both did, 409 where one did, 400 where none did.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ringfence.paper import shapes, targets, wishes
from ringfence.paper.call import Call, Json
from ringfence.paper.orders import Wish
from ringfence.paper.refused import Refused
from ringfence.paper.shapes import Detail

_TOO_MANY = 429


class Mode(StrEnum):
    """Whether a new order is placed where the old one was not cancelled: cancelReplaceMode."""

    STOP_ON_FAILURE = "STOP_ON_FAILURE"
    ALLOW_FAILURE = "ALLOW_FAILURE"


class Exceeded(StrEnum):
    """Whether the old order is cancelled where a new one would be one too many: orderRateLimitExceededMode."""

    DO_NOTHING = "DO_NOTHING"
    CANCEL_ONLY = "CANCEL_ONLY"


@dataclass(frozen=True, slots=True)
class _Half:
    """What became of the cancel, or of the new order."""

    result: str
    response: Json

    @property
    def done(self) -> bool:
        return self.result == "SUCCESS"


_NOT_ATTEMPTED = _Half("NOT_ATTEMPTED", None)


def cancel_replace(call: Call) -> Json:
    """POST /api/v3/order/cancelReplace."""
    call.params.need("cancelReplaceMode")
    mode = call.params.choice("cancelReplaceMode", Mode)
    exceeded = call.params.choice("orderRateLimitExceededMode", Exceeded)
    wish, detail = wishes.read(call), wishes.detail(call)
    target = targets.named(call, "cancelOrderId", "cancelOrigClientOrderId")
    only = targets.restriction(call)
    client_id = call.params.client_id("cancelNewClientOrderId") or wishes.random_id()
    call.params.finish()
    call.exchange.engine.check_filters(wish, call.exchange.market(wish.symbol).candles.average())
    too_many = _counted(call, exceeded)
    cancelled = _tried(lambda: targets.cancel(call, target, only, client_id))
    if mode is Mode.STOP_ON_FAILURE and not cancelled.done:
        placed = _NOT_ATTEMPTED
    else:
        placed = _failed(too_many) if too_many is not None else _tried(lambda: _placed(call, wish, detail))
    limited = too_many is not None and mode is Mode.STOP_ON_FAILURE
    return _told(cancelled, placed, limited=limited)


def _counted(call: Call, exceeded: Exceeded | None) -> Refused | None:
    """Count the new order, whatever becomes of it; gives the refusal where that is to stop the new order alone."""
    try:
        call.count(1)
    except Refused as refused:
        if exceeded is not Exceeded.CANCEL_ONLY:
            raise
        return refused
    return None


def _placed(call: Call, wish: Wish, detail: Detail) -> Json:
    placed = call.exchange.place(wish, call.now)
    return shapes.placed_order(placed, detail, call.exchange.instruments[wish.symbol])


def _tried(act: Callable[[], Json]) -> _Half:
    try:
        return _Half("SUCCESS", act())
    except Refused as refused:
        return _failed(refused)


def _failed(refused: Refused) -> _Half:
    return _Half("FAILURE", {"code": refused.code, "msg": refused.text})


def _told(cancelled: _Half, placed: _Half, *, limited: bool) -> Json:
    """The answer; raises `Refused` with both halves where not both are done."""
    data = {
        "cancelResult": cancelled.result,
        "newOrderResult": placed.result,
        "cancelResponse": cancelled.response,
        "newOrderResponse": placed.response,
    }
    if cancelled.done and placed.done:
        return data
    if cancelled.done or placed.done:
        status, code, text = 409, -2021, "Order cancel-replace partially failed."
    else:
        status, code, text = 400, -2022, "Order cancel-replace failed."
    raise Refused(code, text, _TOO_MANY if limited else status, data=data)
