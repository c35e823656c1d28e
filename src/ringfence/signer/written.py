"""How orders are written down: what leaves, what was asked, and the prices that the decision went by. Pure.

With these a day can be judged again by another policy (`ringfence policy replay`), so what is asked and what is seen
must be what the decision had. The fields are described in docs/format/journal.md.
"""

from collections.abc import Mapping

from ringfence.model.action import Place, PlaceList, Placing
from ringfence.model.decision import Charge
from ringfence.model.entry import Value
from ringfence.model.names import AccountName
from ringfence.model.order import TRIGGERED, Order

Fields = Mapping[str, Value]


def orders_of(action: Placing) -> tuple[Order, ...]:
    """List the orders of a request."""
    return (action.order,) if isinstance(action, Place) else action.orders


def describe(action: Placing) -> str:
    """Say the orders of a request in one line."""
    words = " + ".join([_words(order) for order in orders_of(action)])
    return f"{action.form} {words}" if isinstance(action, PlaceList) else words


def allowed(charge: Charge, asked: Order, sent: Placing, seen: Fields) -> dict[str, Value]:
    """Write one order that leaves: itself, what it reserves, and where it differs the order that was asked for."""
    order = charge.order
    entry: dict[str, Value] = {
        "symbol": order.symbol,
        "side": order.side.value,
        "type": order.kind.value,
        "tif": "" if order.tif is None else order.tif.value,
        "quantity": str(order.quantity),
        "price": str(order.price),
        "client_id": order.client_id,
        "lane": charge.lane.value,
        "reference": str(charge.reference),
        "notional": str(charge.notional),
        "loss": str(charge.loss),
    }
    if order.kind in TRIGGERED:
        entry |= {"trigger": "" if order.trigger is None else str(order.trigger), "trailing": order.trailing or 0}
    if order.visible is not None:
        entry["visible"] = str(order.visible)
    if order.routed:
        entry["routed"] = True
    if isinstance(sent, PlaceList):
        entry |= {"list": sent.client_id, "form": sent.form.value}
    if charge.noted:
        entry["noted"] = [{"code": str(reason.code), "text": reason.text} for reason in charge.noted]
    if asked.kind is not order.kind:
        entry["asked"] = {key: text for key, text in _asked(asked).items() if key in {"type", "tif", "quote"}}
    return entry | ({"seen": seen} if seen else {})


def refused(account: AccountName, action: Placing, seen: Fields) -> dict[str, Value]:
    """Write a request for orders that was refused, as it was asked."""
    entry: dict[str, Value] = {"account": account, "orders": [_asked(order) for order in orders_of(action)]}
    if isinstance(action, PlaceList):
        entry["form"] = action.form.value
    return entry | ({"seen": seen} if seen else {})


def _asked(order: Order) -> dict[str, Value]:
    """Write an order as its bot asked for it; what is not set is left out."""
    texts: dict[str, Value] = {"symbol": order.symbol, "side": order.side.value, "type": order.kind.value}
    texts |= {} if order.tif is None else {"tif": order.tif.value}
    amounts = {name: getattr(order, name) for name in ("quantity", "quote", "price", "trigger", "visible")}
    texts |= {name: str(amount) for name, amount in amounts.items() if amount is not None}
    return texts | {name: getattr(order, name) for name in ("trailing", "routed") if getattr(order, name)}


def _words(order: Order) -> str:
    size = f"{order.quantity}" if order.quantity is not None else f"{order.quote} (quote)"
    at = "" if order.price is None else f" at {order.price}"
    when = "" if order.trigger is None else f" from {order.trigger}"
    return f"{order.side} {size} {order.symbol} {order.kind}{at}{when}"
