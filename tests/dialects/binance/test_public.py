"""Market data by table: what ccxt and others ask at start-up passes; everything else does not."""

import pytest

from ringfence.dialects.binance.catalogue import MARKET
from ringfence.dialects.dialect import Wire
from ringfence.errors import Misread
from ringfence.model.action import Read
from ringfence.model.names import Symbol
from tests.dialects.binance.asks import DIALECT, ask, back

TARGETS = [
    ("GET /api/v3/ping", "", Read("ping"), "/api/v3/ping"),
    ("GET /api/v3/time", "", Read("time"), "/api/v3/time"),
    ("GET /api/v3/exchangeInfo", "", Read("exchange-info"), "/api/v3/exchangeInfo"),
    (
        "GET /api/v3/exchangeInfo",
        'symbols=%5B"BTCUSDT",+"ETHUSDT"%5D',
        Read("exchange-info", (("symbols", '["BTCUSDT","ETHUSDT"]'),)),
        "/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D",
    ),
    (
        "GET /api/v3/exchangeInfo",
        "permissions=SPOT&showPermissionSets=false",
        Read("exchange-info", (("permissions", "SPOT"), ("showPermissionSets", "false"))),
        "/api/v3/exchangeInfo?permissions=SPOT&showPermissionSets=false",
    ),
    (
        "GET /api/v3/klines",
        "interval=5m&limit=1000&symbol=BTCUSDT",
        Read("klines", (("symbol", "BTCUSDT"), ("interval", "5m"), ("limit", "1000"))),
        "/api/v3/klines?symbol=BTCUSDT&interval=5m&limit=1000",
    ),
    (
        "GET /api/v3/depth",
        "symbol=BTCUSDT&limit=5000",
        Read("depth", (("symbol", "BTCUSDT"), ("limit", "5000"))),
        "/api/v3/depth?symbol=BTCUSDT&limit=5000",
    ),
    ("GET /api/v3/ticker/24hr", "", Read("day-ticker"), "/api/v3/ticker/24hr"),
    (
        "GET /api/v3/ticker",
        "symbol=BTCUSDT&windowSize=59m",
        Read("window-ticker", (("symbol", "BTCUSDT"), ("windowSize", "59m"))),
        "/api/v3/ticker?symbol=BTCUSDT&windowSize=59m",
    ),
    ("GET /fapi/v1/exchangeInfo", "", Read("fapi-exchange-info"), "/fapi/v1/exchangeInfo"),
    ("GET /dapi/v1/exchangeInfo", "", Read("dapi-exchange-info"), "/dapi/v1/exchangeInfo"),
]


@pytest.mark.parametrize(("line", "query", "action", "target"), TARGETS)
def test_a_described_read_is_read_and_written_anew(line: str, query: str, action: Read, target: str) -> None:
    assert DIALECT.read_public(ask(line, query)) == action
    assert DIALECT.read_public(ask(line, query, "", (("X-MBX-APIKEY", "anything"),))) == action
    wire = DIALECT.write_public(action)
    assert wire == Wire("GET", target, (), b"")
    assert DIALECT.read_public(back(wire)) == action


@pytest.mark.parametrize(
    ("line", "query", "body"),
    [
        ("POST /api/v3/ping", "", ""),
        ("GET /api/v3/account", "", ""),
        ("GET /api/v3/ping/", "", ""),
        ("GET /api/v3/%70ing", "", ""),
        ("GET /api/v3/ping", "x=1", ""),
        ("GET /api/v3/ping", "", "{}"),
        ("GET /api/v3/depth", "symbol=BTCUSDT&symbol=BTCUSDT", ""),
        ("GET /api/v3/depth", "symbol=BTCUSDT&limit=5001", ""),
        ("GET /api/v3/depth", "symbol=btcusdt", ""),
        ("GET /api/v3/klines", "symbol=BTCUSDT&interval=7m", ""),
        ("GET /api/v3/klines", "symbol=BTCUSDT&interval=1m&timestamp=1&signature=ab", ""),
        ("GET /api/v3/ticker/price", "symbols=BTCUSDT,ETHUSDT", ""),
        ("GET /api/v3/ticker", "symbol=BTCUSDT&windowSize=60m", ""),
        ("GET /api/v3/userDataStream", "", ""),
        ("GET /fapi/v1/klines", "symbol=BTCUSDT", ""),
        ("GET /sapi/v1/system/status", "", ""),
    ],
)
def test_what_the_table_does_not_have_just_so_is_not_market_data(line: str, query: str, body: str) -> None:
    assert DIALECT.read_public(ask(line, query, body)) is None


@pytest.mark.parametrize(
    "action",
    [
        Read("account"),
        Read("../account"),
        Read(""),
        Read("ping", (("x", "1"),)),
        Read("depth", (("symbol", "BTCUSDT&limit=5000"),)),
        Read("depth", (("symbol", "BTCUSDT"), ("symbol", "ETHUSDT"))),
        Read("depth", (), Symbol("BTC/USDT")),
    ],
)
def test_what_a_captured_gateway_makes_up_is_not_fetched(action: Read) -> None:
    with pytest.raises(Misread):
        DIALECT.write_public(action)


def test_every_read_has_a_real_host_and_the_futures_have_their_own() -> None:
    hosts = {route.what: DIALECT.public_host(route.what) for route in MARKET.values()}
    for what, host in hosts.items():
        product = what.partition("-")[0]
        assert host == (f"{product}.binance.com" if product in {"fapi", "dapi", "eapi"} else "api.binance.com")
    with pytest.raises(Misread):
        DIALECT.public_host("withdraw")


@pytest.mark.parametrize(
    ("action", "weight"),
    [
        (Read("ping"), 1),
        (Read("account"), 20),
        (Read("open-orders"), 80),
        (Read("open-orders", (), Symbol("BTC/USDT")), 6),
        (Read("depth", (("symbol", "BTCUSDT"), ("limit", "5000"))), 250),
        (Read("depth", (("symbol", "BTCUSDT"),)), 5),
        (Read("day-ticker"), 80),
        (Read("day-ticker", (("symbol", "BTCUSDT"),)), 2),
        (Read("nobody knows"), 250),
    ],
)
def test_a_read_weighs_what_the_documentation_says(action: Read, weight: int) -> None:
    assert DIALECT.weight(action) == weight
