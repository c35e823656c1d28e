"""What a bot heard is true: a yes names an order that is there, a no leaves none, and only the unknown is unknown."""

import hashlib
from collections.abc import Iterator
from decimal import Decimal

from tests.matrix.evidence import Evidence, Row
from tests.matrix.said import Said, names_in

_UNKNOWN = "upstream"
_SENT_BEFORE = "replay"  # "this order was sent before": it says that there may be one
_JOURNAL = "journal"
_LEGS = 2  # of every list that the bots ask for


def problems(evidence: Evidence) -> Iterator[str]:
    """Say which answers were not true."""
    by_id = {str(order["orderId"]): order for order in evidence.orders}
    arrived, requests = _arrived(evidence), _requests(evidence)
    for said in evidence.said:
        if said.order and (said.placed or said.status == 200):
            yield from _yes(said, by_id)
        elif not _is_no(said) and said.status != 200 and not _in_trouble(evidence, said):
            yield f"{said.bot} heard {said.status} {said.reason!r} while nothing was wrong"
        if said.cancel and said.code == _JOURNAL:
            yield f"{said.bot} could not cancel because of the journal"
    for request, again in requests.items():
        yield from _no(again, arrived.get(request, []))
    for intent in evidence.of("intent"):
        if intent["request"] not in requests:
            yield f"intent {intent['client_id']} is of a request that no bot sent"
    yield from _no_risk_without_journal(evidence)


def digest(said: Said) -> str:
    """What a journal keeps of a request: SHA-256 over its parts, each behind its length."""
    parts = (said.method.encode(), said.path.encode(), said.query.encode(), b"")
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hexdigest()


def _requests(evidence: Evidence) -> dict[str, list[Said]]:
    """What was said in the same bytes, once or again."""
    found: dict[str, list[Said]] = {}
    for said in evidence.said:
        if said.order:
            found.setdefault(digest(said), []).append(said)
    return found


def _arrived(evidence: Evidence) -> dict[str, list[Row]]:
    """The orders at the exchange, by the request that led to them."""
    requests = {intent["client_id"]: intent["request"] for intent in evidence.of("intent")}
    found: dict[str, list[Row]] = {}
    for order in evidence.orders:
        found.setdefault(requests.get(order["clientOrderId"], ""), []).append(order)
    return found


def _yes(said: Said, by_id: dict[str, Row]) -> Iterator[str]:
    if not said.placed:
        yield f"{said.bot} heard a yes that names no order: {said.body[:200]}"
    for told in said.placed:
        order = by_id.get(str(told.get("orderId")))
        if order is None:
            yield f"{said.bot} heard a yes, and the exchange has no such order: {said.body[:200]}"
        else:
            yield from _told_truly(said, told, order)


def _told_truly(said: Said, told: Row, order: Row) -> Iterator[str]:
    name, names = order["clientOrderId"], names_in(said.query)
    if name != told["clientOrderId"]:
        yield f"{said.bot} heard of order {told['clientOrderId']}, which is {name} at the exchange"
    if names and told["clientOrderId"] not in names:
        yield f"{said.bot} heard of order {told['clientOrderId']}, which is not what it asked for"
    if Decimal(told.get("executedQty", "0")) > Decimal(order["executed"]):
        yield f"{said.bot} heard that {told['executedQty']} was filled, and it was {order['executed']}"
    if told.get("status") == "FILLED" and order["status"] != "FILLED":
        yield f"{said.bot} heard that order {name} is filled, and it is {order['status']}"


def _is_no(said: Said) -> bool:
    """Whether an answer says that nothing was done."""
    if said.status is None or said.status == 200 or said.placed:
        return False
    return said.status < 500 and said.code != _UNKNOWN


def _no(again: list[Said], orders: list[Row]) -> Iterator[str]:
    """The same bytes are one order at most, and none where nobody heard anything but a no."""
    if len(orders) > (_LEGS if "orderList" in again[0].path else 1):
        named = ", ".join(order["clientOrderId"] for order in orders)
        yield f"{again[0].bot} sent one request, and {named} are at the exchange"
    for order in orders:
        for said in again:
            if said.denied and order["history"][0]["time"] < said.begun:
                yield f"{said.bot} heard that nothing was placed, and {order['clientOrderId']} was there already"
        if all(
            _is_no(said) and said.code != _SENT_BEFORE for said in again if said.begun <= order["history"][0]["time"]
        ):
            yield f"{again[-1].bot} heard {again[-1].reason!r}, and {order['clientOrderId']} is at the exchange"


def _in_trouble(evidence: Evidence, said: Said) -> bool:
    times = [(each.begun, each.ended) for each in evidence.same_as(said)]
    return any(each.begun <= end and begin <= each.ended for each in evidence.troubles for begin, end in times)


def _no_risk_without_journal(evidence: Evidence) -> Iterator[str]:
    """From the first "the journal cannot be written" to the next start nothing new comes to the exchange."""
    starts = [entry["t_boot"] for entry in evidence.of("start")]
    for said in evidence.said:
        if said.code != _JOURNAL:
            continue
        until = min((start for start in starts if start > said.ended), default=None)
        for order in evidence.orders:
            came = order["history"][0]["time"]
            if said.ended < came and (until is None or came < until):
                yield f"{order['clientOrderId']} came to the exchange while the journal could not be written"
