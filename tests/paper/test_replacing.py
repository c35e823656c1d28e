"""One order for another: every mode, every way that it can half succeed, and what is told of both halves."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.paper.limits import Allowance
from ringfence.paper.orders import Side
from tests.paper.test_lists import OCO, place, states
from tests.paper.venue import ACCOMPLICE, MAIN, WATCH, Venue

VIA = "VIAUSDT"
PATH = "/api/v3/order/cancelReplace"
NEW = {"symbol": VIA, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "50", "price": "0.35"}
STOP, ALLOW = "STOP_ON_FAILURE", "ALLOW_FAILURE"
CROSSING = {"type": "LIMIT_MAKER", "timeInForce": None, "price": "0.405"}
GONE = {"code": -2011, "msg": "Unknown order sent."}
TAKES = {"code": -2010, "msg": "Order would immediately match and take."}
TOO_MANY = {"code": -1015, "msg": "Too many new orders; current limit is 1 orders per 10 SECOND."}


def send(venue: Venue, mode: str | None, old: object, **change: object) -> tuple[int, Any]:
    parameters = {**NEW, "cancelReplaceMode": mode, "cancelOrderId": old, **change}
    return venue.signed("POST", PATH, MAIN, **{name: value for name, value in parameters.items() if value is not None})


def resting(venue: Venue) -> list[str]:
    rows = venue.signed("GET", "/api/v3/openOrders", MAIN, symbol=VIA)[1]
    return [f"{Decimal(row['origQty']).normalize():f}@{Decimal(row['price']).normalize():f}" for row in rows]


def buy(venue: Venue, **more: object) -> int:
    number: int = venue.limit("BUY", "100", "0.3", VIA, MAIN, **more)[1]["orderId"]
    return number


def count(venue: Venue) -> int:
    number: int = venue.signed("GET", "/api/v3/rateLimit/order", MAIN)[1][0]["count"]
    return number


def test_the_old_order_goes_and_the_new_one_comes() -> None:
    venue = Venue.make()
    old = buy(venue, newClientOrderId="old")
    status, body = send(venue, STOP, old, newClientOrderId="new", cancelNewClientOrderId="the-cancel")
    assert (status, body["cancelResult"], body["newOrderResult"]) == (200, "SUCCESS", "SUCCESS")
    assert set(body) == {"cancelResult", "newOrderResult", "cancelResponse", "newOrderResponse"}
    gone, come = body["cancelResponse"], body["newOrderResponse"]
    assert (gone["orderId"], gone["origClientOrderId"], gone["clientOrderId"]) == (old, "old", "the-cancel")
    assert (gone["status"], come["status"], come["clientOrderId"]) == ("CANCELED", "NEW", "new")
    assert come["fills"] == []
    assert venue.exchange.accounts.locked("main", "USDT") == Decimal("17.5")
    assert resting(venue) == ["50@0.35"]


RESULTS = [
    # mode, whether the old order is there, what is wrong with the new one; status, code, the two results
    (STOP,  True,  {},       (200, None,  "SUCCESS", "SUCCESS")),
    (STOP,  False, {},       (400, -2022, "FAILURE", "NOT_ATTEMPTED")),
    (STOP,  False, CROSSING, (400, -2022, "FAILURE", "NOT_ATTEMPTED")),
    (STOP,  True,  CROSSING, (409, -2021, "SUCCESS", "FAILURE")),
    (ALLOW, True,  {},       (200, None,  "SUCCESS", "SUCCESS")),
    (ALLOW, False, {},       (409, -2021, "FAILURE", "SUCCESS")),
    (ALLOW, False, CROSSING, (400, -2022, "FAILURE", "FAILURE")),
    (ALLOW, True,  CROSSING, (409, -2021, "SUCCESS", "FAILURE")),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "there", "wrong", "outcome"), RESULTS)
def test_each_half_is_told_apart(
    mode: str, there: bool, wrong: dict[str, Any], outcome: tuple[int, int | None, str, str]
) -> None:
    venue = Venue.make()
    status, code, cancel, placed = outcome
    old = buy(venue) if there else 999_999
    answer = send(venue, mode, old, **wrong)
    assert answer[0] == status
    told = answer[1] if code is None else answer[1]["data"]
    assert (told["cancelResult"], told["newOrderResult"]) == (cancel, placed)
    if code is not None:
        partly = "Order cancel-replace partially failed."
        assert answer[1]["code"] == code
        assert answer[1]["msg"] == (partly if code == -2021 else "Order cancel-replace failed.")
    assert (told["cancelResponse"] == GONE) is (cancel == "FAILURE")
    assert (told["newOrderResponse"] == TAKES) is (placed == "FAILURE")
    assert (told["newOrderResponse"] is None) is (placed == "NOT_ATTEMPTED")
    assert resting(venue) == (["50@0.35"] if placed == "SUCCESS" else [])


LIMITED = [
    # mode, what to do beyond the limit, whether the old order is there; status, code, the two results
    (STOP,  None,          True,  (429, -1015, None,      None)),
    (STOP,  "DO_NOTHING",  True,  (429, -1015, None,      None)),
    (ALLOW, "DO_NOTHING",  True,  (429, -1015, None,      None)),
    (STOP,  "CANCEL_ONLY", True,  (429, -2021, "SUCCESS", "FAILURE")),
    (STOP,  "CANCEL_ONLY", False, (429, -2022, "FAILURE", "NOT_ATTEMPTED")),
    (ALLOW, "CANCEL_ONLY", True,  (409, -2021, "SUCCESS", "FAILURE")),
    (ALLOW, "CANCEL_ONLY", False, (400, -2022, "FAILURE", "FAILURE")),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "exceeded", "there", "outcome"), LIMITED)
def test_beyond_the_order_count_nothing_is_done_or_the_cancel_alone(
    mode: str, exceeded: str | None, there: bool, outcome: tuple[int, int, str | None, str | None]
) -> None:
    """The table of the documents, "Unfilled Order Count: Exceeds Limits"."""
    status, code, cancel, placed = outcome
    venue = Venue.make(allowance=Allowance(orders_10s=1))
    old = buy(venue)
    answer = send(venue, mode, old if there else 999_999, orderRateLimitExceededMode=exceeded)
    assert (answer[0], answer[1]["code"]) == (status, code)
    told = answer[1].get("data")
    if cancel is None:
        assert (told, answer[1]["msg"]) == (None, TOO_MANY["msg"])
    else:
        assert (told["cancelResult"], told["newOrderResult"]) == (cancel, placed)
        assert told["newOrderResponse"] == (None if placed == "NOT_ATTEMPTED" else TOO_MANY)
    assert resting(venue) == ([] if cancel == "SUCCESS" else ["100@0.3"])
    assert count(venue) == 1


def test_within_the_limit_it_counts_as_one_order_even_where_none_was_tried() -> None:
    venue = Venue.make()
    assert send(venue, STOP, 999_999)[1]["data"]["newOrderResult"] == "NOT_ATTEMPTED"
    assert venue.replies[-1].headers["X-MBX-ORDER-COUNT-10S"] == "1"
    assert count(venue) == 1
    send(venue, STOP, buy(venue))
    assert count(venue) == 3


BEFORE = [
    # what is wrong with the request as a whole, and the code: nothing is done
    ({"quantity": "50.05"}, -1013),
    ({"quantity": "10"}, -1013),
    ({"price": "0.35001"}, -1013),
    ({"quantity": None}, -1102),
    ({"cancelReplaceMode": None}, -1102),
    ({"cancelReplaceMode": "TRY"}, -1130),
    ({"orderRateLimitExceededMode": "TRY"}, -1130),
    ({"cancelRestrictions": "TRY"}, -1145),
    ({"cancelOrderId": None}, -1102),
    ({"cancelOrderId": "x"}, -1100),
    ({"cancelOrderId": ""}, -1105),
    ({"orderId": "1"}, -1104),
    ({"symbol": "NOSUCH"}, -1121),
    ({"type": "STOP_LOSS"}, -1013),
]


@pytest.mark.parametrize(("change", "code"), BEFORE)
def test_what_is_wrong_with_the_request_is_refused_before_anything_is_done(change: dict[str, Any], code: int) -> None:
    venue = Venue.make()
    old = buy(venue)
    status, body = send(venue, ALLOW, old, **change)
    assert (status, body["code"], "data" in body) == (400, code, False)
    assert resting(venue) == ["100@0.3"]
    assert count(venue) == 1


def test_the_sixth_order_that_waits_is_refused_before_one_of_the_five_is_cancelled() -> None:
    """The filters are looked at first, and then the old order still counts."""
    venue = Venue.make()
    waits = {"type": "STOP_LOSS_LIMIT", "stopPrice": "0.5", "price": "0.5"}
    numbers = [venue.order(MAIN, **{**NEW, **waits})[1]["orderId"] for _ in range(5)]
    status, body = send(venue, STOP, numbers[0], **waits)
    assert (status, body["msg"]) == (400, "Filter failure: MAX_NUM_ALGO_ORDERS")
    assert len(resting(venue)) == 5


NAMED = [
    ({"cancelOrderId": None, "cancelOrigClientOrderId": "old"}, True),
    ({"cancelOrigClientOrderId": "old"}, True),
    ({"cancelOrigClientOrderId": "other"}, False),
    ({"cancelOrderId": None, "cancelOrigClientOrderId": "other"}, False),
]


@pytest.mark.parametrize(("change", "found"), NAMED)
def test_the_old_order_is_named_by_either_id_and_both_have_to_fit(change: dict[str, Any], found: bool) -> None:
    venue = Venue.make()
    old = buy(venue, newClientOrderId="old")
    status, _ = send(venue, STOP, old, **change)
    assert (status == 200) is found
    assert resting(venue) == (["50@0.35"] if found else ["100@0.3"])


@pytest.mark.parametrize(("only", "partly", "done"), [
    ("ONLY_NEW", False, True), ("ONLY_NEW", True, False),
    ("ONLY_PARTIALLY_FILLED", True, True), ("ONLY_PARTIALLY_FILLED", False, False),
])  # fmt: skip
def test_the_cancel_may_insist_on_how_far_the_order_has_got(only: str, partly: bool, done: bool) -> None:
    venue = Venue.make()
    old = venue.limit("BUY", "100", "0.398")[1]["orderId"]
    if partly:
        venue.limit("SELL", "40", "0.398", by=ACCOMPLICE)
    status, body = send(venue, STOP, old, cancelRestrictions=only)
    assert (status == 200) is done
    if not done:
        assert body["data"]["cancelResponse"]["msg"] == "Order was not canceled due to cancel restrictions."


def test_the_money_of_the_old_order_pays_for_the_new_one() -> None:
    venue = Venue.make(balances={"main": {"USDT": Decimal(30)}, "accomplice": {}})
    old = buy(venue)
    assert venue.order(MAIN, **NEW)[1]["code"] == -2010
    assert send(venue, ALLOW, old, quantity="80")[0] == 200
    assert send(venue, ALLOW, 999_999)[1]["data"]["newOrderResponse"]["code"] == -2010


def test_the_name_of_the_old_order_may_be_used_again() -> None:
    venue = Venue.make()
    old = buy(venue, newClientOrderId="same")
    assert send(venue, STOP, old, newClientOrderId="same")[1]["newOrderResponse"]["clientOrderId"] == "same"


def test_a_new_order_may_fill_at_once() -> None:
    venue = Venue.make()
    _, body = send(venue, STOP, buy(venue), type="MARKET", timeInForce=None, price=None, quantity="60")
    assert (body["newOrderResponse"]["status"], len(body["newOrderResponse"]["fills"])) == ("FILLED", 1)


@pytest.mark.parametrize(("detail", "fields"), [("ACK", 5), ("RESULT", 16), ("FULL", 17)])
def test_the_new_order_is_told_in_the_detail_that_is_asked_for(detail: str, fields: int) -> None:
    venue = Venue.make()
    assert len(send(venue, STOP, buy(venue), newOrderRespType=detail)[1]["newOrderResponse"]) == fields


def test_replacing_one_of_a_list_ends_the_list() -> None:
    venue = Venue.make(balances={"main": {"USDT": Decimal(1000), "VIA": Decimal(1000)}})
    _, body = place(venue, "oco", OCO)
    assert send(venue, STOP, body["orders"][1]["orderId"])[0] == 200
    assert states(venue, body) == ["CANCELED", "CANCELED"]
    assert venue.exchange.accounts.locked("main", "VIA") == 0


def test_nobody_replaces_the_order_of_another_account_or_without_the_right_to_trade() -> None:
    venue = Venue.make()
    old = buy(venue)
    ask = {**NEW, "cancelReplaceMode": STOP, "cancelOrderId": old}
    assert venue.signed("POST", PATH, ACCOMPLICE, **ask)[1]["data"]["cancelResponse"] == GONE
    assert venue.signed("POST", PATH, WATCH, **ask)[0] == 401
    assert resting(venue) == ["100@0.3"]


ACTIONS = st.fixed_dictionaries(
    {
        "do": st.sampled_from(["limit", "replace", "replace", "amend"]),
        "which": st.integers(0, 3),
        "mode": st.sampled_from([STOP, ALLOW]),
        "side": st.sampled_from(["BUY", "SELL"]),
        "kind": st.sampled_from(["LIMIT", "LIMIT", "LIMIT_MAKER", "MARKET"]),
        "quantity": st.integers(130, 9000).map(lambda tenths: f"{Decimal(tenths) / 10:f}"),
        "price": st.integers(390, 410).map(lambda mills: f"{Decimal(mills) / 1000:f}"),
    }
)


def act(venue: Venue, action: dict[str, Any], sent: list[int]) -> None:
    """Do one thing, and hold its answer to what became of it."""
    old = sent[action["which"] % len(sent)] if sent else 999_999
    if action["do"] == "amend":
        ask = {"symbol": VIA, "orderId": old, "newQty": action["quantity"]}
        venue.signed("PUT", "/api/v3/order/amend/keepPriority", MAIN, **ask)
        return
    new = {"symbol": VIA, "side": action["side"], "type": action["kind"], "quantity": action["quantity"]}
    new |= {} if action["kind"] == "MARKET" else {"price": action["price"]}
    new |= {"timeInForce": "GTC"} if action["kind"] == "LIMIT" else {}
    if action["do"] == "limit":
        _, body = venue.order(MAIN, **new)
        sent += [body["orderId"]] if "orderId" in body else []
        return
    open_before = {order.order_id for order in venue.exchange.records.open_orders("main", VIA)}
    made_before = len(venue.exchange.records.kept("main"))
    status, body = venue.signed("POST", PATH, MAIN, **new, cancelReplaceMode=action["mode"], cancelOrderId=old)
    told = body if status == 200 else body.get("data")
    made = len(venue.exchange.records.kept("main")) - made_before
    if told is None:
        assert (made, {order.order_id for order in venue.exchange.records.open_orders("main", VIA)}) == (0, open_before)
        return
    assert (told["cancelResult"] == "SUCCESS") is (old in open_before)
    assert (told["newOrderResult"] == "SUCCESS") is (made == 1)
    assert made == 0 or action["mode"] == ALLOW or old in open_before
    sent += [told["newOrderResponse"]["orderId"]] if made else []


@settings(max_examples=30)
@given(st.lists(ACTIONS, min_size=5, max_size=25))
def test_whatever_is_replaced_or_amended_money_is_held_for_what_is_open_and_none_is_made(
    actions: list[dict[str, Any]],
) -> None:
    venue = Venue.make(balances={"main": {"USDT": Decimal(500), "VIA": Decimal(500)}})
    accounts, sent = venue.exchange.accounts, list[int]()
    totals = {asset: accounts.total(asset) for asset in ("VIA", "USDT")}
    for action in actions:
        venue.now += 1000
        act(venue, action, sent)
        mine = venue.exchange.records.open_orders("main", VIA)
        buys = sum(order.left * order.wish.price for order in mine if order.wish.side is Side.BUY)
        sells = sum(order.left for order in mine if order.wish.side is Side.SELL)
        assert (accounts.locked("main", "USDT"), accounts.locked("main", "VIA")) == (buys, sells)
        assert {asset: accounts.total(asset) for asset in totals} == totals
        assert min(accounts.free("main", asset) for asset in totals) >= 0
