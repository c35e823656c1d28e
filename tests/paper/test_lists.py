"""Orders that hang together: one ends the other, or waits for it, and money is held once."""

from decimal import Decimal
from typing import Any

import pytest

from ringfence.paper.orders import ZERO
from tests.paper.test_triggers import VIA, found, trade
from tests.paper.venue import ACCOMPLICE, MAIN, Venue

OCO = {
    "symbol": VIA, "side": "SELL", "quantity": "80", "aboveType": "LIMIT_MAKER", "abovePrice": "0.42",
    "belowType": "STOP_LOSS_LIMIT", "belowStopPrice": "0.39", "belowPrice": "0.385", "belowTimeInForce": "GTC",
}  # fmt: skip
OTO = {
    "symbol": VIA, "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "0.398", "workingQuantity": "50",
    "workingTimeInForce": "GTC", "pendingType": "LIMIT_MAKER", "pendingSide": "SELL", "pendingPrice": "0.42",
    "pendingQuantity": "50",
}  # fmt: skip
OTOCO = {name: value for name, value in OTO.items() if name.startswith("working")} | {
    "symbol": VIA, "pendingSide": "SELL", "pendingQuantity": "50", "pendingAboveType": "LIMIT_MAKER",
    "pendingAbovePrice": "0.42", "pendingBelowType": "STOP_LOSS_LIMIT", "pendingBelowStopPrice": "0.39",
    "pendingBelowPrice": "0.385", "pendingBelowTimeInForce": "GTC",
}  # fmt: skip


@pytest.fixture
def venue() -> Venue:
    """A thin market around 0.4; main holds 100 coins, less the fee, and no more."""
    made = Venue.make()
    trade(made, "0.4", "100")
    return made


def place(venue: Venue, form: str, order: dict[str, str]) -> tuple[int, Any]:
    return venue.signed("POST", f"/api/v3/orderList/{form}", MAIN, **order)


def states(venue: Venue, listed: Any) -> list[str]:
    return [found(venue, order["orderId"])["status"] for order in listed["orders"]]


def held(venue: Venue) -> Decimal:
    return venue.exchange.accounts.locked("main", "VIA")


def test_a_pair_holds_the_money_of_one(venue: Venue) -> None:
    has = venue.exchange.accounts.free("main", "VIA")
    status, body = place(venue, "oco", OCO | {"quantity": f"{has:.1f}", "listClientOrderId": "l"})
    assert status == 200
    assert (body["contingencyType"], body["listOrderStatus"], body["listClientOrderId"]) == ("OCO", "EXECUTING", "l")
    assert [report["type"] for report in body["orderReports"]] == ["LIMIT_MAKER", "STOP_LOSS_LIMIT"]
    assert states(venue, body) == ["NEW", "NEW"]
    assert held(venue) == Decimal(f"{has:.1f}")


def test_the_order_that_fills_ends_the_other(venue: Venue) -> None:
    _, body = place(venue, "oco", OCO)
    venue.limit("BUY", "30", "0.42", by=ACCOMPLICE)
    # What the makers ask below it goes first; the rest meets main's order.
    venue.limit("BUY", "400", "0.42", by=ACCOMPLICE)
    assert states(venue, body) == ["FILLED", "EXPIRED"]
    assert held(venue) == ZERO


def test_the_order_that_is_triggered_ends_the_other(venue: Venue) -> None:
    _, body = place(venue, "oco", OCO)
    venue.exchange.set_price(VIA, Decimal("0.38"), venue.now)
    trade(venue, "0.39", "20")
    after = states(venue, body)
    assert after[0] == "EXPIRED"
    assert found(venue, body["orders"][1]["orderId"])["isWorking"] is True
    assert held(venue) in {Decimal(80), ZERO}


@pytest.mark.parametrize("first", [0, 1])
def test_an_order_of_a_pair_that_becomes_smaller_takes_the_other_along(venue: Venue, first: int) -> None:
    _, body = place(venue, "oco", OCO)
    for which, quantity in ((first, "30"), (1 - first, "20")):
        ask = {"symbol": VIA, "orderId": body["orders"][which]["orderId"], "newQty": quantity}
        assert venue.signed("PUT", "/api/v3/order/amend/keepPriority", MAIN, **ask)[0] == 200
        assert held(venue) == Decimal(quantity)
        assert [Decimal(found(venue, order["orderId"])["origQty"]) for order in body["orders"]] == [held(venue)] * 2
    assert venue.signed("DELETE", "/api/v3/order", MAIN, symbol=VIA, orderId=body["orders"][0]["orderId"])[0] == 200
    assert held(venue) == ZERO


def test_what_is_pending_and_becomes_smaller_holds_nothing(venue: Venue) -> None:
    _, body = place(venue, "oto", OTO)
    ask = {"symbol": VIA, "orderId": body["orders"][1]["orderId"], "newQty": "20"}
    assert venue.signed("PUT", "/api/v3/order/amend/keepPriority", MAIN, **ask)[0] == 200
    assert held(venue) == ZERO


@pytest.mark.parametrize("which", [0, 1])
def test_cancelling_one_of_a_list_cancels_it_all(venue: Venue, which: int) -> None:
    _, body = place(venue, "oco", OCO)
    number = body["orders"][which]["orderId"]
    assert venue.signed("DELETE", "/api/v3/order", MAIN, symbol=VIA, orderId=number)[0] == 200
    assert states(venue, body) == ["CANCELED", "CANCELED"]
    assert held(venue) == ZERO


@pytest.mark.parametrize("name", ["orderListId", "listClientOrderId"])
def test_a_list_is_cancelled_by_either_name(venue: Venue, name: str) -> None:
    _, body = place(venue, "oco", OCO)
    status, gone = venue.signed("DELETE", "/api/v3/orderList", MAIN, symbol=VIA, **{name: body[name]})
    assert (status, gone["listOrderStatus"]) == (200, "ALL_DONE")
    assert [report["status"] for report in gone["orderReports"]] == ["CANCELED", "CANCELED"]
    assert {report["origClientOrderId"] for report in gone["orderReports"]} == {
        order["clientOrderId"] for order in body["orders"]
    }
    assert venue.signed("DELETE", "/api/v3/orderList", MAIN, symbol=VIA, **{name: body[name]})[1]["code"] == -2011


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"abovePrice": "0.38"}, -2010),
        ({"belowStopPrice": "0.43", "belowPrice": "0.42"}, -2010),
        ({"quantity": "100000"}, -2010),
        ({"aboveType": "LIMIT"}, -1102),
        ({"belowType": "LIMIT_MAKER"}, -1106),
        ({"belowType": "MARKET"}, -1106),
        ({"aboveClientOrderId": "x", "belowClientOrderId": "x"}, -1163),
        ({"note": "x"}, -1104),
    ],
)
def test_a_pair_that_cannot_be_is_refused_whole(venue: Venue, change: dict[str, str], code: int) -> None:
    before = len(venue.exchange.records.kept("main"))
    status, body = place(venue, "oco", OCO | change)
    assert (status, body["code"]) == (400, code)
    assert len(venue.exchange.records.kept("main")) == before
    assert held(venue) == ZERO


def test_what_is_pending_is_placed_when_the_working_order_has_filled_whole(venue: Venue) -> None:
    _, body = place(venue, "oto", OTO)
    assert states(venue, body) == ["NEW", "PENDING_NEW"]
    assert held(venue) == ZERO
    venue.limit("SELL", "20", "0.398", by=ACCOMPLICE)
    assert states(venue, body) == ["PARTIALLY_FILLED", "PENDING_NEW"]
    venue.limit("SELL", "30", "0.398", by=ACCOMPLICE)
    assert states(venue, body) == ["FILLED", "NEW"]
    assert held(venue) == 50


def test_what_is_pending_goes_with_its_working_order(venue: Venue) -> None:
    _, body = place(venue, "oto", OTO)
    number = body["orders"][0]["orderId"]
    venue.signed("DELETE", "/api/v3/order", MAIN, symbol=VIA, orderId=number)
    assert states(venue, body) == ["CANCELED", "CANCELED"]


def test_a_bracket_becomes_a_pair(venue: Venue) -> None:
    _, body = place(venue, "otoco", OTOCO)
    assert states(venue, body) == ["NEW", "PENDING_NEW", "PENDING_NEW"]
    venue.limit("SELL", "50", "0.398", by=ACCOMPLICE)
    assert states(venue, body) == ["FILLED", "NEW", "NEW"]
    assert held(venue) == 50
    venue.limit("BUY", "400", "0.42", by=ACCOMPLICE)
    assert states(venue, body) == ["FILLED", "FILLED", "EXPIRED"]
    assert held(venue) == ZERO


def test_lists_are_found_again(venue: Venue) -> None:
    _, body = place(venue, "oto", OTO)
    number = body["orderListId"]
    assert venue.signed("GET", "/api/v3/orderList", MAIN, orderListId=number)[1]["orders"] == body["orders"]
    assert [each["orderListId"] for each in venue.signed("GET", "/api/v3/openOrderList", MAIN)[1]] == [number]
    assert venue.signed("GET", "/api/v3/orderList", ACCOMPLICE, orderListId=number)[1]["code"] == -2018
    venue.signed("DELETE", "/api/v3/orderList", MAIN, symbol=VIA, orderListId=number)
    assert venue.signed("GET", "/api/v3/openOrderList", MAIN)[1] == []
    assert [each["orderListId"] for each in venue.signed("GET", "/api/v3/allOrderList", MAIN)[1]] == [number]


def test_no_value_is_made_by_any_of_it(venue: Venue) -> None:
    accounts = venue.exchange.accounts
    before = {asset: accounts.total(asset) for asset in ("VIA", "USDT")}
    for form, order in (("oco", OCO | {"quantity": "50"}), ("otoco", OTOCO), ("oto", OTO)):
        assert place(venue, form, order)[0] == 200
    for side, price in (("SELL", "0.398"), ("BUY", "0.42"), ("SELL", "0.38")):
        venue.limit(side, "500", price, by=ACCOMPLICE)
        assert {asset: accounts.total(asset) for asset in before} == before
    for left in venue.exchange.records.open_orders("main", VIA):
        venue.exchange.cancel(left, venue.now)
    assert (accounts.locked("main", "VIA"), accounts.locked("main", "USDT")) == (ZERO, ZERO)
