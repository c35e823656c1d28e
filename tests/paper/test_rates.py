"""What an account is told of its limits and fees."""

import pytest

from ringfence.paper.limits import Allowance
from tests.paper.test_lists import OCO, OTOCO, place
from tests.paper.venue import ACCOMPLICE, MAIN, WATCH, Venue

VIA = "VIAUSDT"
LIMIT = {"symbol": VIA, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "100", "price": "0.3"}
NOTHING = {"maker": "0.00000000", "taker": "0.00000000", "buyer": "0.00000000", "seller": "0.00000000"}
DISCOUNT = {"enabledForAccount": False, "enabledForSymbol": False, "discountAsset": "BNB", "discount": "0.00000000"}


def counts(venue: Venue) -> list[int]:
    status, rows = venue.signed("GET", "/api/v3/rateLimit/order", WATCH)
    assert status == 200
    return [row["count"] for row in rows]


def test_order_counts_begin_anew_with_each_stretch_and_are_those_of_the_account() -> None:
    venue = Venue.make()
    venue.now -= venue.now % 10_000
    venue.limit("BUY", "100", "0.3")
    venue.limit("BUY", "100", "0.3", by=ACCOMPLICE)
    assert counts(venue) == [1, 1]
    assert venue.signed("GET", "/api/v3/rateLimit/order", MAIN)[1] == [
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100, "count": 1},
        {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200_000, "count": 1},
    ]
    venue.now += 10_000
    assert counts(venue) == [0, 1]


def test_the_answer_to_an_order_tells_both_counts() -> None:
    venue = Venue.make()
    for number in (1, 2):
        venue.limit("BUY", "100", "0.3")
        headers = venue.replies[-1].headers
        assert (headers["X-MBX-ORDER-COUNT-10S"], headers["X-MBX-ORDER-COUNT-1D"]) == (str(number), str(number))


def test_an_order_that_is_refused_or_only_judged_does_not_count() -> None:
    venue = Venue.make()
    assert venue.limit("BUY", "100000", "0.3")[1]["code"] == -2010
    assert venue.signed("POST", "/api/v3/order/test", MAIN, **LIMIT)[0] == 200
    assert counts(venue) == [0, 0]


@pytest.mark.parametrize(("form", "order", "orders"), [("oco", OCO, 2), ("otoco", OTOCO, 3)])
def test_a_list_counts_as_many_orders_as_it_has(form: str, order: dict[str, str], orders: int) -> None:
    venue = Venue.make(balances={"main": {"USDT": 1000, "VIA": 1000}})
    assert place(venue, form, order)[0] == 200
    assert counts(venue) == [orders, orders]


def test_a_list_that_would_be_too_many_orders_is_refused_whole() -> None:
    venue = Venue.make(balances={"main": {"USDT": 1000, "VIA": 1000}}, allowance=Allowance(orders_10s=2))
    status, body = place(venue, "otoco", OTOCO)
    assert (status, body["code"]) == (429, -1015)
    assert venue.exchange.records.kept("main") == []
    assert counts(venue) == [0, 0]


def test_an_order_that_takes_gives_its_count_back_at_its_first_fill_alone() -> None:
    venue = Venue.make()
    venue.limit("BUY", "100", "0.3")
    _, taking = venue.limit("BUY", "100", "0.405")
    assert taking["status"] == "PARTIALLY_FILLED"
    assert venue.replies[-1].headers["X-MBX-ORDER-COUNT-10S"] == "2"
    assert counts(venue) == [1, 1]
    assert venue.limit("SELL", "20", "0.405", by=ACCOMPLICE)[1]["status"] == "FILLED"
    assert counts(venue) == [1, 1]


def test_an_order_that_waits_gives_five_back_and_never_more_than_there_are() -> None:
    venue = Venue.make()
    for price in ("0.399", "0.3", "0.3", "0.3", "0.3", "0.3", "0.3"):
        venue.limit("BUY", "100", price)
    assert venue.limit("SELL", "20", "0.399", by=ACCOMPLICE)[1]["status"] == "FILLED"
    assert counts(venue) == [2, 2]
    venue.limit("BUY", "100", "0.3985")
    venue.limit("SELL", "100", "0.3985", by=ACCOMPLICE)
    assert counts(venue) == [0, 0]


def test_cancelling_gives_nothing_back() -> None:
    venue = Venue.make()
    venue.limit("BUY", "100", "0.3")
    venue.signed("DELETE", "/api/v3/openOrders", MAIN, symbol=VIA)
    assert counts(venue) == [1, 1]


def test_commission_is_the_rate_that_trades_pay() -> None:
    venue = Venue.make()
    assert venue.signed("GET", "/api/v3/account/commission", WATCH, symbol=VIA) == (
        200,
        {
            "symbol": VIA,
            "standardCommission": NOTHING | {"maker": "0.00100000", "taker": "0.00100000"},
            "specialCommission": NOTHING,
            "taxCommission": NOTHING,
            "discount": DISCOUNT,
        },
    )
    _, bought = venue.order(symbol=VIA, side="BUY", type="MARKET", quantity="60")
    assert bought["fills"][0]["commission"] == "0.06000000"


def test_nothing_was_ever_allocated() -> None:
    venue = Venue.make()
    assert venue.signed("GET", "/api/v3/myAllocations", WATCH, symbol=VIA, limit=1000) == (200, [])
    assert venue.signed("GET", "/api/v3/myAllocations", WATCH)[1]["code"] == -1102
    assert venue.signed("GET", "/api/v3/myAllocations", WATCH, symbol=VIA, limit=1001)[1]["code"] == -1130


def test_the_filters_of_an_account_are_among_those_that_are_listed() -> None:
    venue = Venue.make()
    _, body = venue.signed("GET", "/api/v3/myFilters", WATCH, symbol=VIA)
    (symbol,) = venue.get("/api/v3/exchangeInfo", symbol=VIA)[1]["symbols"]
    assert body["symbolFilters"][0]["filterType"] == "MAX_NUM_ORDERS"
    assert all(each in symbol["filters"] for each in body["symbolFilters"])
    assert (body["exchangeFilters"], body["assetFilters"]) == ([], [])
