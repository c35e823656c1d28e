"""Every way to send an order wrongly, and the code that Binance's documents give it."""

import pytest

from tests.paper.venue import ACCOMPLICE, MAIN, NOW, Venue, sign

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.001",
    "price": "50000",
}
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
MAKER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT_MAKER", "quantity": "0.001", "price": "50000"}

WRONG = [
    (LIMIT, {"symbol": None}, -1102),
    (LIMIT, {"symbol": ""}, -1102),
    (LIMIT, {"symbol": "NOSUCH"}, -1121),
    (LIMIT, {"symbol": "btcusdt"}, -1100),
    (LIMIT, {"symbol": "\uff22\uff34\uff23USDT"}, -1100),
    (LIMIT, {"symbol": "BTC/USDT"}, -1100),
    (LIMIT, {"symbol": "BTC-USDT"}, -1121),
    (LIMIT, {"side": None}, -1102),
    (LIMIT, {"side": "buy"}, -1117),
    (LIMIT, {"type": None}, -1102),
    (LIMIT, {"type": "limit"}, -1116),
    (LIMIT, {"type": "STOP_LOSS_LIMIT"}, -1102),
    (LIMIT, {"type": "STOP_LOSS"}, -1013),
    (LIMIT, {"type": "STOP_LOSS_LIMIT", "trailingDelta": "9"}, -1013),
    (LIMIT, {"timeInForce": None}, -1102),
    (LIMIT, {"timeInForce": "GTX"}, -1115),
    (LIMIT, {"quantity": None}, -1102),
    (LIMIT, {"price": None}, -1102),
    (LIMIT, {"price": ""}, -1102),
    (LIMIT, {"quantity": "NaN"}, -1100),
    (LIMIT, {"quantity": "Infinity"}, -1100),
    (LIMIT, {"quantity": "1e3"}, -1100),
    (LIMIT, {"quantity": "+1"}, -1100),
    (LIMIT, {"quantity": "-1"}, -1100),
    (LIMIT, {"quantity": "1_000"}, -1100),
    (LIMIT, {"quantity": "\uff11"}, -1100),
    (LIMIT, {"quantity": "1\n"}, -1100),
    (LIMIT, {"quantity": " 1"}, -1100),
    (LIMIT, {"quantity": ".1"}, -1100),
    (LIMIT, {"quantity": "1."}, -1100),
    (LIMIT, {"quantity": "0"}, -1013),
    (LIMIT, {"quantity": "0.000000001"}, -1111),
    (LIMIT, {"quantity": "0.001001"}, -1013),
    (LIMIT, {"quantity": "9000.00001"}, -1013),
    (LIMIT, {"price": "50000.001"}, -1013),
    (LIMIT, {"price": "0"}, -1013),
    (LIMIT, {"price": "1000000.01"}, -1013),
    (LIMIT, {"quantity": "0.0001", "price": "49999.99"}, -1013),
    (LIMIT, {"quantity": "1", "price": "50000"}, -2010),
    (LIMIT, {"side": "SELL"}, -2010),
    (LIMIT, {"quoteOrderQty": "10"}, -1106),
    (LIMIT, {"stopPrice": "10"}, -1106),
    (LIMIT, {"icebergQty": "0.00005"}, -1013),
    (LIMIT, {"icebergQty": "0.0005", "timeInForce": "IOC"}, -1013),
    (LIMIT, {"icebergQty": "9"}, -1013),
    (LIMIT, {"newClientOrderId": "a" * 37}, -1100),
    (LIMIT, {"newClientOrderId": "é"}, -1100),
    (LIMIT, {"newClientOrderId": ""}, -1105),
    (LIMIT, {"selfTradePreventionMode": "SOMETIMES"}, -1130),
    (LIMIT, {"newOrderRespType": "LONG"}, -1130),
    (LIMIT, {"sideEffectType": "MARGIN_BUY"}, -1104),
    (LIMIT, {"pegPriceType": "MARKET_PEG"}, -1104),
    (LIMIT, {"strategyId": str(2**63)}, -1108),
    (MARKET, {"price": "50000"}, -1106),
    (MARKET, {"timeInForce": "IOC"}, -1106),
    (MARKET, {"quantity": None}, -1102),
    (MARKET, {"quoteOrderQty": "100"}, -1106),
    (MARKET, {"quantity": "1"}, -2010),
    (MARKET, {"quantity": None, "quoteOrderQty": "4.99"}, -1013),
    (MARKET, {"quantity": None, "quoteOrderQty": "10000.01"}, -2010),
    (MAKER, {"price": "61000"}, -2010),
    (MAKER, {"timeInForce": "GTC"}, -1106),
]  # fmt: skip


@pytest.fixture(scope="module")
def venue() -> Venue:
    return Venue.make()


@pytest.mark.parametrize(("base", "change", "code"), WRONG)
def test_an_order_that_is_wrong_gets_the_code_for_it_and_nothing_happens(
    venue: Venue, base: dict[str, str], change: dict[str, str | None], code: int
) -> None:
    sent = {name: value for name, value in {**base, **change}.items() if value is not None}
    venue.now += 10_000  # another ten seconds, so that no rate limit is met
    for path in ("/api/v3/order", "/api/v3/order/test"):
        status, body = venue.signed("POST", path, MAIN, **sent)
        assert (status, body["code"]) == (400, code)
    assert venue.exchange.records.kept("main") == []


@pytest.mark.parametrize("base", [LIMIT, MARKET, MAKER])
def test_a_test_order_is_judged_and_not_placed(base: dict[str, str]) -> None:
    venue = Venue.make()
    assert venue.signed("POST", "/api/v3/order/test", MAIN, **base) == (200, {})
    assert venue.exchange.records.kept("main") == []


QUERIES = [
    ("GET", "/api/v3/order", {"symbol": "BTCUSDT"}, -1102),
    ("GET", "/api/v3/order", {"symbol": "BTCUSDT", "orderId": "999"}, -2013),
    ("GET", "/api/v3/order", {"symbol": "BTCUSDT", "orderId": "x"}, -1100),
    ("GET", "/api/v3/order", {"symbol": "BTCUSDT", "origClientOrderId": "no-such"}, -2013),
    ("GET", "/api/v3/order", {"orderId": "1"}, -1102),
    ("DELETE", "/api/v3/order", {"symbol": "BTCUSDT"}, -1102),
    ("DELETE", "/api/v3/order", {"symbol": "BTCUSDT", "orderId": "999"}, -2011),
    ("DELETE", "/api/v3/openOrders", {}, -1102),
    ("DELETE", "/api/v3/openOrders", {"symbol": "BTCUSDT"}, -2011),
    ("GET", "/api/v3/openOrders", {"symbol": "NOSUCH"}, -1121),
    ("GET", "/api/v3/openOrders", {"symbol": "BTCUSDT", "limit": "5"}, -1104),
    ("GET", "/api/v3/myTrades", {}, -1102),
    ("GET", "/api/v3/myTrades", {"symbol": "BTCUSDT", "limit": "1001"}, -1130),
    ("GET", "/api/v3/myTrades", {"symbol": "BTCUSDT", "startTime": "1", "endTime": "86400002"}, -1127),
    ("GET", "/api/v3/allOrders", {"symbol": "BTCUSDT", "limit": "0"}, -1130),
    ("GET", "/api/v3/account", {"symbol": "BTCUSDT"}, -1104),
]


@pytest.mark.parametrize(("method", "path", "parameters", "code"), QUERIES)
def test_a_question_that_is_wrong_gets_the_code_for_it(
    venue: Venue, method: str, path: str, parameters: dict[str, str], code: int
) -> None:
    venue.now += 60_000
    status, body = venue.signed(method, path, MAIN, **parameters)
    assert (status, body["code"]) == (400, code)


def test_nobody_sees_or_cancels_the_order_of_another_account() -> None:
    venue = Venue.make()
    _, placed = venue.limit("BUY", "100", "0.3")
    by_id = {"symbol": "VIAUSDT", "orderId": placed["orderId"]}
    by_client = {"symbol": "VIAUSDT", "origClientOrderId": placed["clientOrderId"]}
    for question in (by_id, by_client):
        assert venue.signed("GET", "/api/v3/order", ACCOMPLICE, **question)[1]["code"] == -2013
        assert venue.signed("DELETE", "/api/v3/order", ACCOMPLICE, **question)[1]["code"] == -2011
    assert venue.signed("GET", "/api/v3/openOrders", ACCOMPLICE)[1] == []


def test_an_id_of_one_symbol_finds_nothing_under_another() -> None:
    venue = Venue.make()
    _, placed = venue.limit("BUY", "100", "0.3")
    question = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    assert venue.signed("GET", "/api/v3/order", MAIN, **question)[1]["code"] == -2013


def test_two_ids_that_contradict_each_other_find_nothing() -> None:
    venue = Venue.make()
    _, placed = venue.limit("BUY", "100", "0.3")
    question = {"symbol": "VIAUSDT", "orderId": placed["orderId"], "origClientOrderId": "other"}
    assert venue.signed("GET", "/api/v3/order", MAIN, **question)[1]["code"] == -2013


@pytest.mark.parametrize("query", ["symbol=BTCUSDT&symbol=BTCUSDT", "symbol=BTCUSDT&%73ymbol=ETHUSDT"])
def test_a_duplicate_is_refused_on_public_endpoints_too(query: str) -> None:
    status, body = Venue.make().raw("GET", f"/api/v3/ticker/price?{query}")
    assert (status, body["code"]) == (400, -1101)


PUBLIC = [
    ("/api/v3/depth", {}, -1102),
    ("/api/v3/depth", {"symbol": "BTCUSDT", "limit": "5001"}, -1130),
    ("/api/v3/klines", {"symbol": "BTCUSDT"}, -1102),
    ("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
    ("/api/v3/ticker/24hr", {"symbols": '["BTCUSDT","NOSUCH"]'}, -1121),
    ("/api/v3/ticker/24hr", {"symbols": "BTCUSDT"}, -1100),
    ("/api/v3/ping", {"x": "1"}, -1104),
]


@pytest.mark.parametrize(("path", "parameters", "code"), PUBLIC)
def test_a_public_question_that_is_wrong_gets_the_code_for_it(path: str, parameters: dict[str, str], code: int) -> None:
    status, body = Venue.make().get(path, **parameters)
    assert (status, body["code"]) == (400, code)


def test_a_query_value_beats_the_body_and_is_the_one_that_is_placed() -> None:
    """S42: a filter that reads the body sees a small order; the exchange does the large one."""
    venue = Venue.make()
    query = f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=50000&timestamp={NOW}"
    body = "quantity=0.001"
    signature = sign(MAIN.secret, query + body)
    status, placed = venue.raw("POST", f"/api/v3/order?{query}&signature={signature}", MAIN.key, body.encode())
    assert (status, placed["origQty"]) == (200, "0.10000000")
