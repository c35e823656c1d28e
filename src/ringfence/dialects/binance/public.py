"""Unsigned market data by table: what a bot may ask through the gateway, and on which host the courier asks it.

ccxt's `load_markets` also asks the futures hosts how their symbols are traded; those answers permit nothing.
"""

import re
from typing import Final

from ringfence.dialects.binance.names import MOST_ID, MOST_TIME, NATIVE
from ringfence.dialects.binance.reads import SYMBOL, YES_NO
from ringfence.dialects.dialect import Wire
from ringfence.dialects.fields import Fields
from ringfence.dialects.table import Choice, Cost, Route, Several, Text, Type, Whole, form, put, take
from ringfence.errors import Misread
from ringfence.model.action import Read
from ringfence.model.request import Request

_SPOT = "api.binance.com"
_HOSTS = {"fapi": "fapi.binance.com", "dapi": "dapi.binance.com", "eapi": "eapi.binance.com"}

_ID = Whole(MOST_ID)
_TIME = Whole(MOST_TIME)
_LIMIT = Whole(1_000, 1)
_ONE: dict[str, Type] = {"symbol": SYMBOL}
_MANY: dict[str, Type] = {**_ONE, "symbols": Several(NATIVE, 100), "symbolStatus": Text(re.compile(r"[A-Z_]{1,20}"))}
_SIZED: dict[str, Type] = {"type": Choice(frozenset({"FULL", "MINI"}))}
_WINDOW = Text(re.compile(r"([1-9]|[1-5][0-9])m|([1-9]|1[0-9]|2[0-3])h|[1-7]d", re.ASCII))
_ZONE = Text(re.compile(r"[+-]?[0-9]{1,2}(:[0-9]{2})?", re.ASCII))
_INTERVAL = Text(re.compile(r"1s|(1|3|5|15|30)m|(1|2|4|6|8|12)h|[13]d|1w|1M", re.ASCII))
_CANDLES: dict[str, Type] = {
    **_ONE,
    "interval": _INTERVAL,
    "startTime": _TIME,
    "endTime": _TIME,
    "timeZone": _ZONE,
    "limit": _LIMIT,
}
_RIGHTS = Several(re.compile(r"[A-Z0-9_]{1,20}", re.ASCII), 50, bare=True)
_TRADED: dict[str, Type] = {**_MANY, "permissions": _RIGHTS, "showPermissionSets": YES_NO}
_PASSED: dict[str, Type] = {**_ONE, "fromId": _ID, "startTime": _TIME, "endTime": _TIME, "limit": _LIMIT}
_DEPTH = Cost(250, steps=((100, 5), (500, 25), (1_000, 50), (5_000, 250)))

# Weights: the documentation, held against ccxt's table by tests.
_ROUTES = (
    Route("ping", "GET", "/api/v3/ping", Cost(1)),
    Route("time", "GET", "/api/v3/time", Cost(1)),
    Route("exchange-info", "GET", "/api/v3/exchangeInfo", Cost(20), _TRADED),
    Route("depth", "GET", "/api/v3/depth", _DEPTH, {**_ONE, "limit": Whole(5_000, 1)}),
    Route("trades", "GET", "/api/v3/trades", Cost(25), {**_ONE, "limit": _LIMIT}),
    Route("agg-trades", "GET", "/api/v3/aggTrades", Cost(4), _PASSED),
    Route("historical-trades", "GET", "/api/v3/historicalTrades", Cost(25), {**_ONE, "limit": _LIMIT, "fromId": _ID}),
    Route("klines", "GET", "/api/v3/klines", Cost(2), _CANDLES),
    Route("ui-klines", "GET", "/api/v3/uiKlines", Cost(2), _CANDLES),
    Route("average-price", "GET", "/api/v3/avgPrice", Cost(2), _ONE),
    Route("day-ticker", "GET", "/api/v3/ticker/24hr", Cost(80, one=2), {**_MANY, **_SIZED}),
    Route("trading-day", "GET", "/api/v3/ticker/tradingDay", Cost(200, one=4), {**_MANY, **_SIZED, "timeZone": _ZONE}),
    Route("price-ticker", "GET", "/api/v3/ticker/price", Cost(4, one=2), _MANY),
    Route("book-ticker", "GET", "/api/v3/ticker/bookTicker", Cost(4, one=2), _MANY),
    Route("ticker", "GET", "/api/v3/ticker", Cost(200, one=4), {**_MANY, **_SIZED, "windowSize": _WINDOW}),
    *(
        Route(f"{product}-{what}", "GET", f"/{product}/v1/{name}", Cost(weight))
        for product in _HOSTS
        for what, name, weight in (("ping", "ping", 1), ("time", "time", 1), ("exchange-info", "exchangeInfo", 1))
    ),
)
MARKET: Final = {(route.method, route.path): route for route in _ROUTES}
BY_WHAT: Final = {route.what: route for route in _ROUTES}


def read_public(request: Request) -> Read | None:
    """Read an unsigned market-data request; None where the table does not have it just so."""
    route = MARKET.get((request.method, request.path))
    if route is None:
        return None
    try:
        return take(route, Fields(request), None)
    except Misread:
        return None


def write_public(action: Read) -> Wire:
    """Write a market-data request from the table; raises `Misread` where it or a parameter is not described."""
    route = BY_WHAT.get(action.what)
    if route is None or action.symbol is not None:
        raise Misread("what", "not a market-data read of the table")
    query = form(put(route, action))
    return Wire(route.method, f"{route.path}?{query}" if query else route.path, (), b"")


def public_host(what: str) -> str:
    """Name the real host that answers a market-data read."""
    return _HOSTS.get(what.partition("-")[0], _SPOT)
