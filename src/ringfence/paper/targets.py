"""Which of its orders a request means, and whether that one may be cancelled. Pure.

rest-api.md, "Cancel order (TRADE)": `cancelRestrictions` binds a cancel to how far the order has got.
"""

from dataclasses import dataclass
from enum import StrEnum

from ringfence.paper import shapes
from ringfence.paper.call import Call, Json
from ringfence.paper.orders import Order, Status
from ringfence.paper.refused import Refused


class Restriction(StrEnum):
    """How far an order may have got, to be cancelled: cancelRestrictions."""

    ONLY_NEW = "ONLY_NEW"
    ONLY_PARTIALLY_FILLED = "ONLY_PARTIALLY_FILLED"


_FITS = {Restriction.ONLY_NEW: Status.NEW, Restriction.ONLY_PARTIALLY_FILLED: Status.PARTIALLY_FILLED}


@dataclass(frozen=True, slots=True)
class Target:
    """An order by what a request says of it: its symbol, and one of its ids at least."""

    symbol: str
    order_id: int | None
    client_id: str | None


def named(call: Call, number: str = "orderId", name: str = "origClientOrderId") -> Target:
    """Read which order is meant; raises `Refused` where it has neither id."""
    target = Target(call.symbol(), call.params.whole(number), call.params.client_id(name))
    if target.order_id is None and target.client_id is None:
        raise Refused(-1102, f"Param '{name}' or '{number}' must be sent, but both were empty/null!")
    return target


def find(call: Call, target: Target) -> Order | None:
    """The caller's order, where there is one that every id fits."""
    return call.exchange.records.find(call.account, target.symbol, target.order_id, target.client_id)


def restriction(call: Call) -> Restriction | None:
    """Read how far the order may have got."""
    text = call.params.text("cancelRestrictions")
    if text is not None and text not in list(Restriction):
        raise Refused(-1145, "cancelRestrictions has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`.")
    return None if text is None else Restriction(text)


def cancel(call: Call, target: Target, only: Restriction | None, client_id: str) -> Json:
    """Cancel an order and tell of it; raises `Refused`, and then nothing is cancelled."""
    order = find(call, target)
    if order is None or not order.open:
        raise Refused(-2011, "Unknown order sent.")
    if only is not None and order.status is not _FITS[only]:
        raise Refused(-2011, "Order was not canceled due to cancel restrictions.")
    return cancelled(call, order, client_id)


def cancelled(call: Call, order: Order, client_id: str) -> Json:
    """Cancel an order, which may be gone since with the list that it is part of, and tell of it."""
    done = call.exchange.records.get(order.order_id)
    if done.open:
        done = call.exchange.close(done, client_id, call.now)
    return shapes.cancelled_order(done, client_id, call.exchange.records.prevented[order.order_id])
