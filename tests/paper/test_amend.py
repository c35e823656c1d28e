"""Orders that become smaller: what is allowed, what stays, and what is told of it afterwards."""

from decimal import Decimal
from typing import Any

import pytest

from tests.paper.test_lists import OCO, OTO, OTOCO, place
from tests.paper.venue import ACCOMPLICE, MAIN, WATCH, Venue

VIA = "VIAUSDT"
PATH = "/api/v3/order/amend/keepPriority"
PRICE = "0.398"


def amend(venue: Venue, order_id: int, quantity: str, **more: object) -> tuple[int, Any]:
    return venue.signed("PUT", PATH, MAIN, symbol=VIA, orderId=order_id, newQty=quantity, **more)


def found(venue: Venue, order_id: int) -> Any:
    return venue.signed("GET", "/api/v3/order", MAIN, symbol=VIA, orderId=order_id)[1]


def buy(venue: Venue, quantity: str = "100", price: str = PRICE, **more: object) -> int:
    status, body = venue.limit("BUY", quantity, price, VIA, MAIN, **more)
    assert status == 200
    number: int = body["orderId"]
    return number


def test_an_order_becomes_smaller_gives_the_rest_back_and_gets_another_client_id() -> None:
    venue = Venue.make()
    number = buy(venue, newClientOrderId="first")
    status, body = amend(venue, number, "20")
    assert status == 200
    told = body["amendedOrder"]
    assert set(body) == {"transactTime", "executionId", "amendedOrder"}
    assert set(told) == {
        "symbol", "orderId", "orderListId", "origClientOrderId", "clientOrderId", "price", "qty", "executedQty",
        "preventedQty", "quoteOrderQty", "cumulativeQuoteQty", "status", "timeInForce", "type", "side", "workingTime",
        "selfTradePreventionMode",
    }  # fmt: skip
    assert (told["orderId"], told["origClientOrderId"], told["qty"]) == (number, "first", "20.00000000")
    assert told["clientOrderId"] != "first"
    assert venue.exchange.accounts.locked("main", "USDT") == 20 * Decimal(PRICE)
    after = found(venue, number)
    assert (after["origQty"], after["clientOrderId"]) == ("20.00000000", told["clientOrderId"])


def test_an_amended_order_may_keep_its_name_and_is_found_by_the_one_it_has() -> None:
    venue = Venue.make()
    number = buy(venue, newClientOrderId="mine")
    assert amend(venue, number, "50", newClientOrderId="mine")[1]["amendedOrder"]["clientOrderId"] == "mine"
    by_name = {"symbol": VIA, "origClientOrderId": "mine", "newQty": "40", "newClientOrderId": "other"}
    assert venue.signed("PUT", PATH, MAIN, **by_name)[0] == 200
    assert venue.signed("PUT", PATH, MAIN, **by_name)[1]["code"] == -2038
    assert found(venue, number)["clientOrderId"] == "other"


def test_an_amended_order_keeps_its_place_and_one_that_is_replaced_loses_it() -> None:
    venue = Venue.make()
    first, second = buy(venue), buy(venue)
    assert amend(venue, first, "60")[0] == 200
    venue.limit("SELL", "50", PRICE, by=ACCOMPLICE)
    assert [found(venue, number)["executedQty"] for number in (first, second)] == ["50.00000000", "0.00000000"]


REFUSED = [
    # why, how much of 100 has traded, what is asked for, the code, and the text
    ("as large", 0, {"newQty": "100"}, -2038, "The requested action would change no state; rejecting"),
    ("larger", 0, {"newQty": "100.1"}, -2038, "Order amend (quantity increase) is not supported."),
    ("nothing", 0, {"newQty": "0"}, -1013, "Filter failure: LOT_SIZE"),
    ("all that has traded", 40, {"newQty": "40"}, -1013, "Filter failure: LOT_SIZE"),
    ("less than has traded", 40, {"newQty": "39.9"}, -1013, "Filter failure: LOT_SIZE"),
    ("off the grid", 0, {"newQty": "50.05"}, -1013, "Filter failure: LOT_SIZE"),
    ("worth too little", 0, {"newQty": "12.5"}, -1013, "Filter failure: NOTIONAL"),
    ("a name in use", 0, {"newQty": "50", "newClientOrderId": "taken"}, -2038, "Duplicate order sent."),
    ("an unknown order", 0, {"newQty": "50", "orderId": 999_999}, -2038, "Unknown order sent."),
    ("ids that contradict", 0, {"newQty": "50", "origClientOrderId": "taken"}, -2038, "Unknown order sent."),
    ("no quantity", 0, {}, -1102, None),
    ("no order", 0, {"newQty": "50", "orderId": ""}, -1105, None),
    ("a price", 0, {"newQty": "50", "price": "0.39"}, -1104, None),
]


@pytest.mark.parametrize(
    ("traded", "ask", "code", "text"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_an_amendment_that_is_refused_leaves_the_order_as_it_was(
    traded: int, ask: dict[str, str], code: int, text: str | None
) -> None:
    venue = Venue.make()
    number = buy(venue)
    buy(venue, price="0.3", newClientOrderId="taken")
    if traded:
        venue.limit("SELL", str(traded), PRICE, by=ACCOMPLICE)
    before, held = found(venue, number), venue.exchange.accounts.locked("main", "USDT")
    status, body = venue.signed("PUT", PATH, MAIN, **{"symbol": VIA, "orderId": number, **ask})
    assert (status, body["code"]) == (400, code)
    assert text is None or body["msg"] == text
    assert (found(venue, number), venue.exchange.accounts.locked("main", "USDT")) == (before, held)


@pytest.mark.parametrize("least", ["40.1", "12.6"])
def test_an_order_may_become_as_small_as_is_still_an_order(least: str) -> None:
    venue = Venue.make()
    number = buy(venue)
    if least == "40.1":
        venue.limit("SELL", "40", PRICE, by=ACCOMPLICE)
    assert amend(venue, number, least)[0] == 200


def test_what_is_closed_or_belongs_to_another_account_is_not_amended() -> None:
    venue = Venue.make()
    number = buy(venue)
    ask = {"symbol": VIA, "orderId": number, "newQty": "50"}
    assert venue.signed("PUT", PATH, ACCOMPLICE, **ask)[1]["code"] == -2038
    assert venue.signed("PUT", PATH, WATCH, **ask)[0] == 401
    venue.signed("DELETE", "/api/v3/order", MAIN, symbol=VIA, orderId=number)
    assert amend(venue, number, "50")[1] == {"code": -2038, "msg": "Unknown order sent."}


def test_an_order_is_amended_ten_times_and_no_eleventh_and_none_of_it_counts_as_an_order() -> None:
    venue = Venue.make()
    number = buy(venue)
    quantities = [f"{100 - step}" for step in range(1, 12)]
    answers = [amend(venue, number, quantity) for quantity in quantities]
    assert [status for status, _ in answers] == [200] * 10 + [400]
    assert answers[-1][1] == {"code": -2038, "msg": "Filter failure: MAX_NUM_ORDER_AMENDS"}
    (symbol,) = venue.get("/api/v3/exchangeInfo", symbol=VIA)[1]["symbols"]
    assert {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10} in symbol["filters"]
    assert venue.signed("GET", "/api/v3/rateLimit/order", MAIN)[1][0]["count"] == 1
    assert amend(venue, buy(venue), "50")[0] == 200


def test_every_amendment_is_told_again_with_what_it_changed() -> None:
    venue = Venue.make()
    number, other = buy(venue, newClientOrderId="a"), buy(venue)
    first = amend(venue, number, "80", newClientOrderId="b")[1]["executionId"]
    amend(venue, other, "70")
    venue.now += 1000
    second = amend(venue, number, "60", newClientOrderId="c")[1]["executionId"]
    rows = [
        {"symbol": VIA, "orderId": number, "executionId": first, "origClientOrderId": "a", "newClientOrderId": "b",
         "origQty": "100.00000000", "newQty": "80.00000000", "time": venue.now - 1000},
        {"symbol": VIA, "orderId": number, "executionId": second, "origClientOrderId": "b", "newClientOrderId": "c",
         "origQty": "80.00000000", "newQty": "60.00000000", "time": venue.now},
    ]  # fmt: skip

    def told(**more: object) -> Any:
        return venue.signed("GET", "/api/v3/order/amendments", WATCH, symbol=VIA, orderId=number, **more)[1]

    assert told() == rows
    assert told(limit=1) == rows[:1]
    assert told(fromExecutionId=second) == rows[1:]
    assert told(fromExecutionId=second + 1) == []
    assert told(limit=1001)["code"] == -1130
    ask = {"symbol": VIA, "orderId": number}
    assert venue.signed("GET", "/api/v3/order/amendments", ACCOMPLICE, **ask)[1]["code"] == -2013
    assert venue.signed("GET", "/api/v3/order/amendments", MAIN, symbol=VIA)[1]["code"] == -1102


@pytest.mark.parametrize(("quantity", "visible"), [("50", "20.00000000"), ("20", "20.00000000"), ("15", "15.00000000")])
def test_an_iceberg_shows_no_more_than_there_is_of_it(quantity: str, visible: str) -> None:
    venue = Venue.make()
    number = buy(venue, icebergQty="20")
    assert amend(venue, number, quantity)[0] == 200
    assert found(venue, number)["icebergQty"] == visible


@pytest.fixture
def rich() -> Venue:
    return Venue.make(
        balances={"main": {"USDT": Decimal(1000), "VIA": Decimal(1000)}, "accomplice": {"VIA": Decimal(500)}}
    )


@pytest.mark.parametrize("which", [1, 2])
def test_a_pair_that_is_not_placed_yet_becomes_smaller_together(rich: Venue, which: int) -> None:
    _, body = place(rich, "otoco", OTOCO)
    numbers = [order["orderId"] for order in body["orders"]]
    status, answer = amend(rich, numbers[which], "30", newClientOrderId="renamed")
    assert status == 200
    assert "workingTime" not in answer["amendedOrder"]
    assert answer["listStatus"]["orders"][which]["clientOrderId"] == "renamed"
    assert [found(rich, number)["origQty"] for number in numbers] == ["50.00000000", "30.00000000", "30.00000000"]
    rich.limit("SELL", "50", "0.398", by=ACCOMPLICE)
    assert rich.exchange.accounts.locked("main", "VIA") == 30


@pytest.mark.parametrize(("form", "order", "which"), [("oco", OCO, 0), ("oto", OTO, 0), ("oto", OTO, 1)])
def test_the_answer_of_an_order_of_a_list_tells_of_the_list(
    rich: Venue, form: str, order: dict[str, str], which: int
) -> None:
    _, body = place(rich, form, order)
    status, answer = amend(rich, body["orders"][which]["orderId"], "40")
    assert status == 200
    assert set(answer["listStatus"]) == {
        "orderListId", "contingencyType", "listOrderStatus", "listClientOrderId", "symbol", "orders"
    }  # fmt: skip
    assert answer["listStatus"]["orderListId"] == body["orderListId"]
    sizes = [found(rich, each["orderId"])["origQty"] for each in body["orders"]]
    assert sizes.count("40.00000000") == (2 if form == "oco" else 1)
