"""Unsigned market data by table: what a bot may ask through the gateway, and on which host the courier asks it."""

from collections.abc import Mapping

from ringfence.dialects.catalogue import Routes
from ringfence.dialects.dialect import Wire
from ringfence.dialects.fields import Fields
from ringfence.dialects.table import Cost, Route, form, put, take
from ringfence.errors import Misread
from ringfence.model.action import Read
from ringfence.model.request import Request


class Market:
    """The market-data routes of one exchange, asked on `host` where a route names no other; and what reads weigh."""

    def __init__(self, signed: Routes, market: Routes, host: str) -> None:
        self._routes = market
        self._host = host
        self._by_what: Mapping[str, Route] = {route.what: route for route in market.values()}
        self._costs: Mapping[str, Cost] = {route.what: route.cost for route in (*signed.values(), *market.values())}
        self._dearest = max(cost.most for cost in self._costs.values())

    def read(self, request: Request) -> Read | None:
        """Read an unsigned market-data request; None where the table does not have it just so."""
        route = self._routes.get((request.method, request.path))
        if route is None:
            return None
        try:
            return take(route, Fields(request), None)
        except Misread:
            return None

    def write(self, action: Read) -> Wire:
        """Write a market-data request from the table; raises `Misread` where it or a parameter is not described."""
        route = self._by_what.get(action.what)
        if route is None or action.symbol is not None:
            raise Misread("what", "not a market-data read of the table")
        query = form(put(route, action))
        return Wire(route.method, f"{route.path}?{query}" if query else route.path, (), b"")

    def host_of(self, what: str) -> str:
        """Name the real host that answers a market-data read; raises `Misread` where the table does not have it."""
        route = self._by_what.get(what)
        if route is None:
            raise Misread("what", "not a market-data read of the table")
        return route.host or self._host

    def weight(self, action: Read) -> int:
        """Say what a read costs of the weight that the exchange gives one address."""
        cost = self._costs.get(action.what)
        return self._dearest if cost is None else cost.of(action)
