from decimal import Decimal
from typing import Any

import pytest

from tests.paper.venue import ACCOMPLICE, MAIN, NOW, WATCH, Venue

ORDER_FIELDS = {
    "symbol", "orderId", "orderListId", "clientOrderId", "price", "origQty", "executedQty", "origQuoteOrderQty",
    "cummulativeQuoteQty", "status", "timeInForce", "type", "side", "selfTradePreventionMode",
}  # fmt: skip
ACK = {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}


@pytest.mark.parametrize(
    ("kind", "detail", "fields"),
    [
        ("LIMIT", None, ORDER_FIELDS | ACK | {"workingTime", "fills"}),
        ("LIMIT", "RESULT", ORDER_FIELDS | ACK | {"workingTime"}),
        ("LIMIT", "ACK", ACK),
        ("LIMIT_MAKER", None, ACK),
        ("LIMIT_MAKER", "FULL", ORDER_FIELDS | ACK | {"workingTime", "fills"}),
    ],
)
def test_an_order_is_answered_in_the_detail_that_is_asked_for(kind: str, detail: str | None, fields: set[str]) -> None:
    sent = {"symbol": "VIAUSDT", "side": "BUY", "type": kind, "quantity": "100", "price": "0.3"}
    sent |= {"timeInForce": "GTC"} if kind == "LIMIT" else {}
    sent |= {} if detail is None else {"newOrderRespType": detail}
    assert set(Venue.make().order(MAIN, **sent)[1]) == fields


def test_a_market_order_is_answered_with_its_fills() -> None:
    venue = Venue.make()
    _, body = venue.order(symbol="VIAUSDT", side="BUY", type="MARKET", quantity="80")
    assert (body["status"], body["executedQty"], body["cummulativeQuoteQty"]) == (
        "FILLED",
        "80.00000000",
        "32.40000000",
    )
    fee = {"commissionAsset": "VIA"}
    assert body["fills"] == [
        {"price": "0.40400000", "qty": "60.00000000", "commission": "0.06000000", "tradeId": 1, **fee},
        {"price": "0.40800000", "qty": "20.00000000", "commission": "0.02000000", "tradeId": 2, **fee},
    ]
    _, trades = venue.signed("GET", "/api/v3/myTrades", symbol="VIAUSDT")
    assert [(each["id"], each["qty"], each["isBuyer"], each["isMaker"]) for each in trades] == [
        (1, "60.00000000", True, False),
        (2, "20.00000000", True, False),
    ]


def test_a_resting_order_can_be_found_by_both_ids_and_is_cancelled_with_its_old_id_named() -> None:
    venue = Venue.make()
    _, placed = venue.limit("BUY", "100", "0.3", newClientOrderId="mine")
    for question in ({"orderId": placed["orderId"]}, {"origClientOrderId": "mine"}):
        _, found = venue.signed("GET", "/api/v3/order", symbol="VIAUSDT", **question)
        assert (found["clientOrderId"], found["status"], found["isWorking"]) == ("mine", "NEW", True)
        assert set(found) >= ORDER_FIELDS | {"time", "updateTime", "stopPrice", "icebergQty"}
    assert [each["orderId"] for each in venue.signed("GET", "/api/v3/openOrders")[1]] == [placed["orderId"]]
    _, cancelled = venue.signed("DELETE", "/api/v3/order", symbol="VIAUSDT", origClientOrderId="mine")
    assert (cancelled["origClientOrderId"], cancelled["status"]) == ("mine", "CANCELED")
    assert cancelled["clientOrderId"] != "mine"
    _, after = venue.signed("GET", "/api/v3/order", symbol="VIAUSDT", origClientOrderId="mine")
    assert (after["clientOrderId"], after["status"]) == ("mine", "CANCELED")
    again = venue.signed("DELETE", "/api/v3/order", symbol="VIAUSDT", origClientOrderId="mine")
    assert again[1]["code"] == -2011


def test_cancelling_all_takes_only_the_callers_orders_of_that_symbol() -> None:
    venue = Venue.make()
    first, second = venue.limit("BUY", "100", "0.3")[1], venue.limit("BUY", "100", "0.2")[1]
    other = venue.limit("BUY", "0.01", "2000", symbol="ETHUSDT")[1]
    foreign = venue.limit("BUY", "100", "0.3", by=ACCOMPLICE)[1]
    _, cancelled = venue.signed("DELETE", "/api/v3/openOrders", symbol="VIAUSDT")
    assert [each["orderId"] for each in cancelled] == [first["orderId"], second["orderId"]]
    assert [each["orderId"] for each in venue.signed("GET", "/api/v3/openOrders")[1]] == [other["orderId"]]
    left = venue.signed("GET", "/api/v3/openOrders", ACCOMPLICE)[1]
    assert [each["orderId"] for each in left] == [foreign["orderId"]]


def test_the_account_shows_free_and_locked() -> None:
    venue = Venue.make()
    venue.limit("BUY", "100", "0.3")
    _, body = venue.signed("GET", "/api/v3/account", WATCH, omitZeroBalances="true")
    assert body["balances"] == [{"asset": "USDT", "free": "9970.00000000", "locked": "30.00000000"}]
    assert (body["canTrade"], body["accountType"], body["commissionRates"]["taker"]) == (False, "SPOT", "0.00100000")
    assert "tradeGroupId" not in body
    grouped = Venue.make(groups={"main": 7}).signed("GET", "/api/v3/account")[1]
    assert grouped["tradeGroupId"] == 7


def test_all_orders_are_paged_by_id_and_by_time() -> None:
    venue = Venue.make()
    ids = []
    for _ in range(4):
        venue.now += 1000
        ids.append(venue.limit("BUY", "100", "0.3")[1]["orderId"])

    def page(**parameters: object) -> list[Any]:
        rows = venue.signed("GET", "/api/v3/allOrders", MAIN, symbol="VIAUSDT", **parameters)[1]
        return [each["orderId"] for each in rows]

    assert page() == ids
    assert page(limit=2) == ids[2:]
    assert page(orderId=ids[1], limit=2) == ids[1:3]
    assert page(startTime=NOW + 2000, endTime=NOW + 3000) == ids[1:3]


def test_the_book_adds_up_what_stands_at_one_price() -> None:
    venue = Venue.make()
    venue.limit("BUY", "100", "0.3999")
    venue.limit("BUY", "50.5", "0.3999", by=ACCOMPLICE)
    _, book = venue.get("/api/v3/depth", symbol="VIAUSDT", limit=2)
    assert book["bids"] == [["0.39990000", "150.50000000"], ["0.39600000", "60.00000000"]]
    assert len(book["asks"]) == 2
    _, best = venue.get("/api/v3/ticker/bookTicker", symbol="VIAUSDT")
    assert (best["bidPrice"], best["bidQty"], best["askPrice"]) == ("0.39990000", "150.50000000", "0.40400000")


@pytest.mark.parametrize("name", ["24hr", "price", "bookTicker"])
def test_tickers_come_one_some_or_all(name: str) -> None:
    venue = Venue.make()
    path = f"/api/v3/ticker/{name}"
    assert venue.get(path, symbol="BTCUSDT")[1]["symbol"] == "BTCUSDT"
    some = venue.get(path, symbols='["ETHUSDT","BTCUSDT"]')[1]
    assert [row["symbol"] for row in some] == ["ETHUSDT", "BTCUSDT"]
    assert len(venue.get(path)[1]) == 3


def test_candles_are_folded_from_trades_and_have_no_gap() -> None:
    venue = Venue.make(past_minutes=120)
    venue.now += 600_000
    venue.order(symbol="VIAUSDT", side="BUY", type="MARKET", quantity="80")
    _, rows = venue.get("/api/v3/klines", symbol="VIAUSDT", interval="1m", limit=1000)
    starts = [row[0] for row in rows]
    assert starts == list(range(starts[0], starts[-1] + 1, 60_000))
    assert rows[-1][1:6] == ["0.40400000", "0.40800000", "0.40400000", "0.40800000", "80.00000000"]
    assert rows[-2][5] == "0.00000000"
    _, fives = venue.get("/api/v3/klines", symbol="VIAUSDT", interval="5m", limit=3)
    assert [row[0] % 300_000 for row in fives] == [0, 0, 0]
    assert Decimal(fives[-1][5]) >= 80


def test_the_public_sees_trades_and_not_who_made_them() -> None:
    venue = Venue.make()
    venue.order(symbol="VIAUSDT", side="BUY", type="MARKET", quantity="80")
    _, rows = venue.get("/api/v3/trades", symbol="VIAUSDT", limit=1)
    assert [(row["id"], row["price"], row["isBuyerMaker"]) for row in rows] == [(2, "0.40800000", False)]
    assert not any(name in str(rows) for name in ("main", "maker-", "account"))


def test_what_is_listed_is_what_orders_are_held_to() -> None:
    _, body = Venue.make().get("/api/v3/exchangeInfo", symbol="BTCUSDT")
    (symbol,) = body["symbols"]
    filters = {each["filterType"]: each for each in symbol["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"]["stepSize"] == "0.00001000"
    assert filters["NOTIONAL"]["minNotional"] == "5.00000000"
    assert symbol["orderTypes"] == ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"]
    assert filters["MAX_NUM_ALGO_ORDERS"]["maxNumAlgoOrders"] == 5
    assert filters["ICEBERG_PARTS"]["limit"] == 10
    assert "TRANSFER" in symbol["allowedSelfTradePreventionModes"]


@pytest.mark.parametrize("path", ["/fapi/v1/exchangeInfo", "/dapi/v1/exchangeInfo"])
def test_futures_exist_and_list_nothing(path: str) -> None:
    assert Venue.make().get(path)[1]["symbols"] == []


def test_every_call_that_clients_make_at_their_start_is_answered() -> None:
    """The start-up calls of ccxt, freqtrade, hummingbot and nautilus on Binance spot."""
    venue = Venue.make()
    for path in ("/api/v3/ping", "/api/v3/time", "/api/v3/exchangeInfo", "/api/v3/ticker/24hr"):
        assert venue.get(path)[0] == 200
    for path in (
        "/sapi/v1/capital/config/getall", "/sapi/v1/margin/allPairs", "/sapi/v1/margin/isolated/allPairs",
        "/sapi/v1/asset/tradeFee", "/api/v3/rateLimit/order",
        "/sapi/v1/account/apiRestrictions", "/sapi/v1/account/status", "/api/v3/account",
    ):  # fmt: skip
        assert venue.signed("GET", path)[0] == 200


@pytest.mark.parametrize("path", ["/sapi/v1/margin/allPairs", "/sapi/v1/margin/isolated/allPairs"])
def test_some_of_them_need_a_key_and_no_signature(path: str) -> None:
    venue = Venue.make()
    assert venue.raw("GET", path, MAIN.key) == (200, [])
    assert venue.raw("GET", path)[1]["code"] == -2014
    assert venue.raw("GET", path, "x" * 64)[1]["code"] == -2015


def test_a_day_without_a_trade_still_has_its_figures() -> None:
    venue = Venue.make()
    venue.now += 2 * 86_400_000
    _, row = venue.get("/api/v3/ticker/24hr", symbol="VIAUSDT")
    assert (row["volume"], row["weightedAvgPrice"], row["priceChange"]) == ("0.00000000", "0.40000000", "0.00000000")
