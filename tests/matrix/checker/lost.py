"""Nothing is lost: each order at the exchange has its one intent, each intent its end, and they agree."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from tests.matrix.evidence import Evidence, Row
from tests.matrix.said import PLACING, names_in

_RESTING = ("PENDING_NEW", "NEW", "PARTIALLY_FILLED")
_CLOCK_MS = 2  # the exchange and the journal each cut their times to whole milliseconds


def problems(evidence: Evidence) -> Iterator[str]:
    """Say what is lost, doubled, or not as it was decided."""
    intents = {intent["client_id"]: intent for intent in evidence.of("intent")}
    if len(intents) != len(evidence.of("intent")):
        yield "two intents have the same client id"
    yield from _arrivals(evidence, intents)
    for order in evidence.orders:
        intent = intents.get(order["clientOrderId"])
        if intent is None:
            yield f"order {order['clientOrderId']} is at the exchange and has no intent"
        else:
            yield from _as_decided(order, intent)
    yield from _ends(evidence, intents)


def _arrivals(evidence: Evidence, intents: dict[str, Row]) -> Iterator[str]:
    """Each new order that came to the exchange was written down before, and came once."""
    if len(evidence.requests) < evidence.total_requests:
        yield f"the exchange remembers {len(evidence.requests)} of {evidence.total_requests} requests: cannot judge"
    came = [(row, name) for row in evidence.requests if row["method"] == "POST" for name in _names(row)]
    for name, count in Counter(name for _, name in came).items():
        if count > 1:
            yield f"order {name} came to the exchange {count} times"
    for row, name in came:
        intent = intents.get(name)
        if intent is None:
            yield f"a request for order {name} came to the exchange and has no intent"
        elif row["time"] + _CLOCK_MS < intent["t_boot"]:
            yield f"order {name} came to the exchange before its intent was written"


def _names(row: Row) -> list[str]:
    """The new orders that a request to the exchange is for; one without a name would be nobody's."""
    path, _, query = row["target"].partition("?")
    return (names_in(query) or ["without a name"]) if path in PLACING else []


def _as_decided(order: Row, intent: Row) -> Iterator[str]:
    name = order["clientOrderId"]
    for field, really, decided in (
        ("symbol", order["symbol"], intent["symbol"].replace("/", "")),
        ("side", order["side"], intent["side"]),
        ("price", Decimal(order["price"]), Decimal(intent["price"])),
    ):
        if really != decided:
            yield f"order {name} has the {field} {really}, and {decided} was decided"
    if Decimal(order["quantity"]) > Decimal(intent["quantity"]):
        yield f"order {name} has the quantity {order['quantity']}, and {intent['quantity']} was decided"


def _ends(evidence: Evidence, intents: dict[str, Row]) -> Iterator[str]:
    """Each intent came to the end that the exchange knows."""
    really = {order["clientOrderId"]: order for order in evidence.orders}
    outcomes: dict[int, list[Row]] = {intent["seq"]: [] for intent in intents.values()}
    for outcome in evidence.of("outcome"):
        outcomes.setdefault(outcome["intent"], []).append(outcome)
    for name, intent in intents.items():
        heard = outcomes.pop(intent["seq"])
        if not heard:
            yield f"intent {name} has no outcome"
            continue
        yield from _steps(name, intent, heard)
        yield from _last(name, heard[-1], really.get(name))
    for seq in outcomes:
        yield f"an outcome is of intent {seq}, and there is none"


def _steps(name: str, intent: Row, heard: list[Row]) -> Iterator[str]:
    if any(before["state"] == "final" for before in heard[:-1]):
        yield f"intent {name} has an outcome after its end"
    filled = [Decimal(each["executed"]) for each in heard]
    if filled != sorted(filled) or filled[-1] > Decimal(intent["quantity"]):
        yield f"intent {name} was filled by {', '.join(map(str, filled))} of {intent['quantity']}"


def _last(name: str, outcome: Row, order: Row | None) -> Iterator[str]:
    if order is None:
        if outcome["state"] != "final" or Decimal(outcome["executed"]) or outcome["order_id"] is not None:
            yield f"intent {name} ends as {outcome['state']}, and the exchange has no such order"
        return
    if (outcome["state"] != "final") != (order["status"] in _RESTING):
        yield f"intent {name} ends as {outcome['state']}, and the exchange says {order['status']}"
    if Decimal(outcome["executed"]) != Decimal(order["executed"]):
        yield f"intent {name} ends with {outcome['executed']} filled, and the exchange says {order['executed']}"
    if outcome["order_id"] != str(order["orderId"]):
        yield f"intent {name} ends as order {outcome['order_id']}, and the exchange says {order['orderId']}"
