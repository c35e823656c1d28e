"""How symbols are traded, and what time it is."""

import json
from decimal import Decimal
from typing import Any

import pytest

from ringfence.dialects.dialect import Wire
from ringfence.errors import Misread
from ringfence.model.names import Asset, Symbol
from tests.dialects.binance.asks import BTC, DIALECT


def listed(**changes: object) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "status": "TRADING",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000.00", "tickSize": "0.01000000"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000", "stepSize": "0.00001000"},
            {"filterType": "ICEBERG_PARTS", "limit": 10},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
        ],
        "permissionSets": [["SPOT", "MARGIN"]],
        **changes,
    }


def body(*symbols: object) -> bytes:
    return json.dumps({"timezone": "UTC", "serverTime": 1, "rateLimits": [{}], "symbols": symbols}).encode()


def without(name: str) -> list[dict[str, Any]]:
    return [each for each in listed()["filters"] if each["filterType"] != name]


def test_symbols_are_asked_for_by_name() -> None:
    assert DIALECT.instruments(("BTCUSDT", "ETHUSDT")) == Wire(
        "GET", "/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D", (), b""
    )


@pytest.mark.parametrize("natives", [(), ("BTCUSDT", "BTCUSDT"), ('BTC","X',), ("btcusdt",)])
def test_names_that_cannot_be_are_not_asked_for(natives: tuple[str, ...]) -> None:
    with pytest.raises(Misread):
        DIALECT.instruments(natives)


def test_a_symbol_that_trades_is_read_with_its_steps() -> None:
    assert DIALECT.hear_instruments(body(listed())) == (BTC,)


def test_the_older_name_of_the_least_notional_will_do() -> None:
    older = [*without("NOTIONAL"), {"filterType": "MIN_NOTIONAL", "minNotional": "10"}]
    (instrument,) = DIALECT.hear_instruments(body(listed(filters=older)))
    assert instrument.min_notional == Decimal(10)


@pytest.mark.parametrize("status", ["HALT", "BREAK", "END_OF_DAY", "trading", ""])
def test_a_symbol_that_does_not_trade_now_is_left_out(status: str) -> None:
    assert DIALECT.hear_instruments(body(listed(status=status))) == ()


@pytest.mark.parametrize(
    "symbol",
    [
        listed(filters=without("PRICE_FILTER")),
        listed(filters=without("LOT_SIZE")),
        listed(filters=without("NOTIONAL")),
        listed(filters={}),
        listed(filters=[{"filterType": "PRICE_FILTER", "tickSize": "0.00"}, *without("PRICE_FILTER")]),
        listed(symbol="\uff22\uff34\uff23USDT"),
        listed(baseAsset="BTC/USDT"),
        listed(quoteAsset=""),
        listed(status=None),
        [],
    ],
)
def test_a_symbol_whose_rules_cannot_be_read_is_misread(symbol: object) -> None:
    with pytest.raises(Misread):
        DIALECT.hear_instruments(body(symbol))


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"symbols":{}}', b"[]", b"<html>"])
def test_an_answer_of_another_shape_is_misread(answer: bytes) -> None:
    with pytest.raises(Misread):
        DIALECT.hear_instruments(answer)


def test_the_time_is_asked_and_heard() -> None:
    assert DIALECT.time() == Wire("GET", "/api/v3/time", (), b"")
    assert DIALECT.hear_time(b'{"serverTime":1700000000123}') == 1_700_000_000_123


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"serverTime":-1}', b'{"serverTime":1e12}', b'{"serverTime":null}'])
def test_a_time_that_cannot_be_read_is_misread(answer: bytes) -> None:
    with pytest.raises(Misread):
        DIALECT.hear_time(answer)


@pytest.mark.parametrize(("symbol", "native"), [("BTC/USDT", "BTCUSDT"), ("1INCH/BTC", "1INCHBTC"), ("X-Y", "X-Y")])
def test_a_symbol_has_a_likely_native_name(symbol: str, native: str) -> None:
    assert DIALECT.native(Symbol(symbol)) == native


@pytest.mark.parametrize("symbol", ["", "btc/usdt", "A/B/C", "BTC USDT", "BTC/USDT:USDT"])
def test_a_symbol_that_cannot_be_has_no_native_name(symbol: str) -> None:
    with pytest.raises(Misread):
        DIALECT.native(Symbol(symbol))


def test_volumes_and_first_days_are_asked_for_without_a_signature() -> None:
    assert DIALECT.volumes() == Wire("GET", "/api/v3/ticker/24hr?type=MINI&symbolStatus=TRADING", (), b"")
    first = "/api/v3/klines?symbol=BTCUSDT&interval=1d&startTime=0&limit=1"
    assert DIALECT.first_day(Symbol("BTC/USDT")) == Wire("GET", first, (), b"")


def test_volumes_are_those_against_one_asset() -> None:
    told = [("BTCUSDT", "5.5"), ("ETHBTC", "1"), ("USDT", "1"), ("A-BUSDT", "1"), ("BTCFDUSD", "2"), ("XUSDT", "0.0")]
    rows = [{"symbol": symbol, "quoteVolume": volume, "count": 7} for symbol, volume in told]
    found = DIALECT.hear_volumes(json.dumps(rows).encode(), Asset("USDT"))
    assert found == (("BTC/USDT", Decimal("5.5")), ("X/USDT", Decimal(0)))


@pytest.mark.parametrize(
    "answer", [b"{}", b"[1]", b'[{"symbol":"BTCUSDT"}]', b'[{"symbol":"BTCUSDT","quoteVolume":"1e9"}]']
)
def test_volumes_that_cannot_be_read_are_no_volumes(answer: bytes) -> None:
    with pytest.raises(Misread):
        DIALECT.hear_volumes(answer, Asset("USDT"))


def test_a_first_day_is_when_the_first_candle_began() -> None:
    assert DIALECT.hear_first_day(b'[[1502928000000,"4261.48"]]') == 1_502_928_000_000


@pytest.mark.parametrize("answer", [b"[]", b"[[]]", b'[["x"]]', b"[[-1]]", b"[[1],[2]]", b"{}", b"[[true]]"])
def test_what_is_not_one_candle_tells_no_first_day(answer: bytes) -> None:
    with pytest.raises(Misread):
        DIALECT.hear_first_day(answer)
