"""Unsigned market data by table: what a bot may ask through the gateway, and on which host the courier asks it."""

from ringfence.dialects.binance.catalogue import MARKET, SIGNED
from ringfence.dialects.dialect import Wire
from ringfence.dialects.fields import Fields
from ringfence.dialects.table import form, put, take
from ringfence.errors import Misread
from ringfence.model.action import Read
from ringfence.model.request import Request

_SPOT = "api.binance.com"
_BY_WHAT = {route.what: route for route in MARKET.values()}
_COSTS = {route.what: route.cost for route in (*SIGNED.values(), *MARKET.values())}
_DEAREST = max(cost.most for cost in _COSTS.values())


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
    route = _BY_WHAT.get(action.what)
    if route is None or action.symbol is not None:
        raise Misread("what", "not a market-data read of the table")
    query = form(put(route, action))
    return Wire(route.method, f"{route.path}?{query}" if query else route.path, (), b"")


def public_host(what: str) -> str:
    """Name the real host that answers a market-data read; raises `Misread` where the table does not have it."""
    route = _BY_WHAT.get(what)
    if route is None:
        raise Misread("what", "not a market-data read of the table")
    return route.host or _SPOT


def weight(action: Read) -> int:
    """Say what a read costs of the weight that Binance gives one address."""
    cost = _COSTS.get(action.what)
    return _DEAREST if cost is None else cost.of(action)
