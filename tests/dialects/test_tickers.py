import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.courier.budget import share
from ringfence.dialects.tickers import (
    BY_QUOTE,
    PEGS,
    REHEARSAL,
    VENUES,
    Best,
    fields,
    lacking,
    native,
    read,
    target,
)
from ringfence.errors import Misread
from ringfence.model.names import Symbol

BTC = Symbol("BTC/USDT")
DOLLARS = frozenset({"coinbase", "kraken", "bitstamp", "gemini"})


def btc(name: str) -> Symbol:
    """The pair that a venue is asked for in what follows: not all have one in USDT."""
    return Symbol("BTC/USD") if name in DOLLARS else BTC


# One answer of each venue in the shape that its documentation has, with the fields that are not read.
ANSWERS: dict[str, Callable[[object, object], object]] = {
    "binance": lambda bid, ask: [{"symbol": "BTCUSDT", "bidPrice": bid, "bidQty": "1", "askPrice": ask, "askQty": "2"}],
    "okx": lambda bid, ask: {
        "code": "0",
        "msg": "",
        "data": [{"instType": "SPOT", "instId": "BTC-USDT", "last": "1", "askPx": ask, "bidPx": bid, "ts": "1"}],
    },
    "bybit": lambda bid, ask: {
        "retCode": 0,
        "result": {"category": "spot", "list": [{"symbol": "BTCUSDT", "bid1Price": bid, "ask1Price": ask}]},
    },
    "kucoin": lambda bid, ask: {"code": "200000", "data": {"time": 1, "bestBid": bid, "bestAsk": ask, "price": "1"}},
    "gate": lambda bid, ask: [{"currency_pair": "BTC_USDT", "lowest_ask": ask, "highest_bid": bid, "last": "1"}],
    "coinbase": lambda bid, ask: {"trade_id": 1, "price": "1", "size": "1", "time": "t", "bid": bid, "ask": ask},
    "kraken": lambda bid, ask: {
        "error": [],
        "result": {"XXBTZUSD": {"a": [ask, "1", "1.000"], "b": [bid, "1", "1.000"], "c": ["1", "1"], "t": [1, 2]}},
    },
    "bitstamp": lambda bid, ask: {"timestamp": "1", "last": "1", "bid": bid, "ask": ask, "vwap": "1", "side": "0"},
    "gemini": lambda bid, ask: {"bid": bid, "ask": ask, "volume": {"BTC": "1", "timestamp": 1}, "last": "1"},
}
EACH = pytest.mark.parametrize("name", sorted(ANSWERS))


def answer(name: str, bid: object, ask: object) -> bytes:
    return json.dumps(ANSWERS[name](bid, ask)).encode()


def read_btc(name: str, body: bytes) -> tuple[Best, ...]:
    spelled = native(VENUES[name], btc(name))
    assert spelled is not None
    return read(VENUES[name], (spelled,), body)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("binance", "/api/v3/ticker/bookTicker?symbols=%5B%22BTCUSDT%22%5D"),
        ("okx", "/api/v5/market/ticker?instId=BTC-USDT"),
        ("bybit", "/v5/market/tickers?category=spot&symbol=BTCUSDT"),
        ("kucoin", "/api/v1/market/orderbook/level1?symbol=BTC-USDT"),
        ("gate", "/api/v4/spot/tickers?currency_pair=BTC_USDT"),
        ("coinbase", "/products/BTC-USD/ticker"),
        ("kraken", "/0/public/Ticker?pair=XBTUSD"),
        ("bitstamp", "/api/v2/ticker/btcusd/"),
        ("gemini", "/v1/pubticker/btcusd"),
        ("paper-east", "/api/v3/ticker/bookTicker?symbols=%5B%22BTCUSDT%22%5D"),
    ],
)
def test_each_venue_is_asked_in_its_own_words(name: str, expected: str) -> None:
    spelled = native(VENUES[name], btc(name))
    assert spelled is not None
    assert target(VENUES[name], fields((spelled,))) == expected


def test_a_batch_names_every_symbol() -> None:
    asked = target(VENUES["binance"], fields(("BTCUSDT", "ETHUSDT")))
    assert asked == "/api/v3/ticker/bookTicker?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D"
    assert target(VENUES["kraken"], fields(("XBTUSD", "ETHUSD"))) == "/0/public/Ticker?pair=XBTUSD,ETHUSD"


@EACH
def test_each_venues_answer_is_read(name: str) -> None:
    (best,) = read_btc(name, answer(name, "99.5", "100.25"))
    assert (best.symbol, best.bid, best.ask) == (native(VENUES[name], btc(name)), Decimal("99.5"), Decimal("100.25"))


@EACH
@pytest.mark.parametrize("price", ["", "NaN", "Infinity", "-1", "+1", "1e3", "1_0", " 1", "0x1", "٣", "1.", ".5", "00"])
def test_a_price_that_is_not_plain_digits_is_no_book(name: str, price: str) -> None:
    assert read_btc(name, answer(name, price, "100")) == ()
    assert read_btc(name, answer(name, "100", price)) == ()


@EACH
@pytest.mark.parametrize("price", [99.5, 99, True, [], {}])
def test_a_price_that_is_not_text_is_misread(name: str, price: object) -> None:
    with pytest.raises(Misread):
        read_btc(name, answer(name, price, "100"))


@EACH
@pytest.mark.parametrize("body", [b"", b"{", b"null", b"1", b'"x"', b"\xff", b"<html>", b"[[[[", b'{"data":[1]}'])
def test_an_answer_of_another_shape_is_misread(name: str, body: bytes) -> None:
    with pytest.raises(Misread):
        read_btc(name, body)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("binance", b"[]"),
        ("okx", b'{"code":"51001","msg":"no such instrument","data":[]}'),
        ("bybit", b'{"retCode":10001,"retMsg":"not supported","result":{}}'),
        ("kucoin", b'{"code":"200000","data":null}'),
        ("kucoin", b'{"code":"200000","data":{"bestBid":null,"bestAsk":null}}'),
        ("gate", b"[]"),
        ("kraken", b'{"error":[],"result":{}}'),
        ("kraken", b'{"error":[],"result":{"XXBTZUSD":{"a":[],"b":[]}}}'),
    ],
)
def test_a_symbol_that_is_not_listed_has_no_book(name: str, body: bytes) -> None:
    assert read_btc(name, body) == ()


@pytest.mark.parametrize(
    ("symbol", "key"),
    [
        ("BTC/USD", "XXBTZUSD"),
        ("ETH/EUR", "XETHZEUR"),
        ("XRP/USD", "XXRPZUSD"),
        ("DOGE/USD", "XDGUSD"),
        ("SOL/USD", "SOLUSD"),
        ("USDT/USD", "USDTZUSD"),
        ("USDC/USD", "USDCUSD"),
    ],
)
def test_kraken_answers_under_a_name_of_its_own(symbol: str, key: str) -> None:
    spelled = native(VENUES["kraken"], Symbol(symbol))
    assert spelled is not None
    book = {"a": ["2.5", "1", "1.0"], "b": ["2.0", "1", "1.0"]}
    body = json.dumps({"error": [], "result": {key: book, "XZZZZUSD": book}}).encode()
    assert read(VENUES["kraken"], (spelled,), body) == (Best(spelled, Decimal("2.0"), Decimal("2.5")),)


@pytest.mark.parametrize("key", ["XSOLZUSD", "SOLZUSD", "XSOLUSD", "XXSOLZUSD", "solusd", "SOLUSDT"])
def test_kraken_names_are_not_guessed(key: str) -> None:
    body = json.dumps({"error": [], "result": {key: {"a": ["2", "1", "1"], "b": ["2", "1", "1"]}}}).encode()
    assert read(VENUES["kraken"], ("SOLUSD",), body) == ()


@pytest.mark.parametrize(
    ("name", "status", "body", "expected"),
    [
        ("binance", 400, b"{}", True),
        ("coinbase", 404, b'{"message":"NotFound"}', True),
        ("bitstamp", 404, b"", True),
        ("kraken", 200, b'{"error":["EQuery:Unknown asset pair"]}', True),
        ("kraken", 200, b'{"error":["EAPI:Rate limit exceeded"]}', False),
        ("kraken", 200, b'{"error":[],"result":{}}', False),
        ("kraken", 200, b"<html>", False),
        ("kraken", 503, b'{"error":["EQuery:Unknown asset pair"]}', False),
        ("kraken", None, b"", False),
        ("coinbase", 200, b'{"error":["EQuery:Unknown asset pair"]}', False),
        ("coinbase", 429, b"", False),
    ],
)
def test_a_symbol_is_lacking_where_the_venue_says_so_in_its_way(
    name: str, status: int | None, body: bytes, expected: bool
) -> None:
    assert lacking(VENUES[name], status, body) is expected


def test_another_error_of_kraken_is_not_an_empty_answer() -> None:
    with pytest.raises(Misread):
        read_btc("kraken", b'{"error":["EAPI:Rate limit exceeded"],"result":{}}')


@pytest.mark.parametrize("name", ["binance", "okx", "bybit", "gate", "kraken"])
def test_a_book_that_was_not_asked_for_is_left_out(name: str) -> None:
    assert read(VENUES[name], ("XYZUSDT",), answer(name, "1", "2")) == ()


@pytest.mark.parametrize(
    "symbol", ["BTC", "BTC/", "/USDT", "btc/usdt", "BTC/USDT/X", "\uff22TC/USDT", "BTC/US&x=y", "B TC/USDT", ""]
)
def test_a_symbol_that_is_not_plain_has_no_name_anywhere(symbol: str) -> None:
    assert all(native(venue, Symbol(symbol)) is None for venue in VENUES.values())


@given(st.sampled_from(sorted(VENUES)), st.text(max_size=12))
def test_no_name_can_reach_beyond_its_place_in_the_target(name: str, symbol: str) -> None:
    venue = VENUES[name]
    try:
        asked = target(venue, (("symbol", symbol),))
    except Misread:
        return
    middle = asked.removeprefix(venue.before).removesuffix(venue.after)
    assert middle == symbol
    assert middle.isascii()
    assert middle.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("okx", ()),
        ("okx", (("symbol", "BTC-USDT"), ("symbol", "ETH-USDT"))),
        ("okx", (("instId", "BTC-USDT"),)),
        ("binance", ()),
        ("binance", (("symbol", "BTCUSDT"), ("x", "ETHUSDT"))),
        ("binance", tuple(("symbol", f"A{n}USDT") for n in range(101))),
    ],
)
def test_a_batch_is_as_long_as_the_venue_takes_and_names_symbols_alone(
    name: str, asked: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(Misread):
        target(VENUES[name], asked)


def test_every_quote_currency_has_venues_enough_for_one_to_lie() -> None:
    assert all(len(venues) >= 3 for venues in BY_QUOTE.values())
    assert all(len(venues) >= 3 for venues in PEGS.values())
    assert len(REHEARSAL) >= 3
    assert not set(REHEARSAL) & {name for venues in (*BY_QUOTE.values(), *PEGS.values()) for name in venues}


def test_each_venue_is_a_company_with_a_host_of_its_own() -> None:
    """Two names of one company would be two voices for whoever holds it."""
    owners = [venue.host.split(".")[-2] for venue in VENUES.values() if venue.host is not None]
    assert len(set(owners)) == len(owners)


def test_a_book_in_another_currency_has_a_rate_of_its_own_venue() -> None:
    crossed = [(quote, name, own) for quote, names in BY_QUOTE.items() for name, own in names.items() if own != quote]
    assert crossed
    assert all(own == "USD" and name in PEGS[quote] for quote, name, own in crossed)


@pytest.mark.parametrize("name", sorted(VENUES))
def test_asking_at_a_venues_pace_never_finds_the_couriers_budget_used_up(name: str) -> None:
    venue = VENUES[name]
    budget = share(venue.per_minute)
    assert not any(budget.take(venue.weight, n * venue.seconds) for n in range(int(600 / venue.seconds)))


@pytest.mark.parametrize(
    ("name", "documented"),
    [
        ("binance", 6_000),
        ("okx", 600),
        ("bybit", 7_200),
        ("kucoin", 4_000),
        ("gate", 1_200),
        ("coinbase", 600),
        ("kraken", 60),
        ("bitstamp", 1_000),
        ("gemini", 120),
    ],
)
def test_no_venue_is_asked_for_more_than_half_of_what_it_documents(name: str, documented: int) -> None:
    assert 0 < VENUES[name].per_minute <= documented / 2
