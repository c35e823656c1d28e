"""Every endpoint, and the way of one request through the exchange. Pure: bytes in, bytes out.

1. the path is normalised as a web server in front would do it, so that a disguised path reaches what it means;
2. the parameters are read and the address is weighed; 3. key, signature, time and right are checked;
4. the endpoint answers, and refuses what it did not read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

import msgspec

from ringfence.paper import amend, listing, public, rates, replacing, rights, signing, trading, trial, wallet
from ringfence.paper.call import Call, Json
from ringfence.paper.exchange import VENUES, Exchange
from ringfence.paper.keys import ApiKey, Right
from ringfence.paper.params import Params
from ringfence.paper.refused import Refused, no_permission


@dataclass(frozen=True, slots=True)
class Asked:
    """One HTTP request as it came in: the raw target, nothing decoded."""

    listener: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    address: str

    @property
    def path(self) -> str:
        """The raw path."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> bytes:
        """The raw query."""
        return self.target.partition("?")[2].encode("utf-8", "surrogateescape")

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: its weight, and the rights that its key needs (None: no key at all). Some need a key alone."""

    answer: Callable[[Call], Json]
    weight: Callable[[Params], int]
    rights: frozenset[Right] | None = None
    signed: bool = True
    lenient: bool = False  # sapi reads what it knows and passes over the rest


def _flat(weight: int) -> Callable[[Params], int]:
    return lambda _params: weight


def _by_symbol(one: int, every: int) -> Callable[[Params], int]:
    return lambda params: one if params.has("symbol") else every


def _depth_weight(params: Params) -> int:
    """rest-api.md, "Order book": 5, 25, 50 or 250 by the number of levels."""
    limit = params.whole("limit") or 100
    return next((weight for most, weight in ((100, 5), (500, 25), (1000, 50)) if limit <= most), 250)


def _trial_weight(params: Params) -> int:
    """rest-api.md, "Test new order": 20 where it is to tell the commission."""
    return 20 if params.flag("computeCommissionRates") else 1


_NONE: frozenset[Right] = frozenset()
_READ, _TRADE = frozenset({Right.READ}), frozenset({Right.TRADE})


def _signed(answer: Callable[[Call], Json], weight: int, rights: frozenset[Right] = _READ) -> Route:
    return Route(answer, _flat(weight), rights)


def _sapi(answer: Callable[[Call], Json], weight: int, rights: frozenset[Right] = _READ) -> Route:
    return Route(answer, _flat(weight), rights, lenient=True)


# weights: rest-api.md and the wallet documents, an endpoint's "Weight"
MAIN: dict[tuple[str, str], Route] = {
    ("GET", "/api/v3/ping"): Route(public.ping, _flat(1)),
    ("GET", "/api/v3/time"): Route(public.time, _flat(1)),
    ("GET", "/api/v3/exchangeInfo"): Route(public.exchange_info, _flat(20)),
    ("GET", "/api/v3/depth"): Route(public.depth, _depth_weight),
    ("GET", "/api/v3/trades"): Route(public.trades, _flat(25)),
    ("GET", "/api/v3/aggTrades"): Route(public.grouped_trades, _flat(4)),
    ("GET", "/api/v3/klines"): Route(public.klines, _flat(2)),
    ("GET", "/api/v3/avgPrice"): Route(public.average, _flat(2)),
    ("GET", "/api/v3/ticker/24hr"): Route(public.ticker_day, _by_symbol(2, 80)),
    ("GET", "/api/v3/ticker/price"): Route(public.ticker_price, _by_symbol(2, 4)),
    ("GET", "/api/v3/ticker/bookTicker"): Route(public.ticker_book, _by_symbol(2, 4)),
    ("GET", "/fapi/v1/exchangeInfo"): Route(public.no_contracts, _flat(1)),
    ("GET", "/dapi/v1/exchangeInfo"): Route(public.no_contracts, _flat(1)),
    ("POST", "/api/v3/order"): _signed(trading.place, 1, _TRADE),
    ("POST", "/api/v3/order/test"): Route(trial.check, _trial_weight, _TRADE),
    ("POST", "/api/v3/sor/order"): _signed(trial.routed, 1, _TRADE),
    ("POST", "/api/v3/sor/order/test"): Route(trial.routed_check, _trial_weight, _TRADE),
    ("POST", "/api/v3/order/cancelReplace"): _signed(replacing.cancel_replace, 1, _TRADE),
    ("PUT", "/api/v3/order/amend/keepPriority"): _signed(amend.keep_priority, 4, _TRADE),
    ("POST", "/api/v3/orderList/oco"): _signed(listing.place_oco, 1, _TRADE),
    ("POST", "/api/v3/orderList/oto"): _signed(listing.place_oto, 1, _TRADE),
    ("POST", "/api/v3/orderList/otoco"): _signed(listing.place_otoco, 1, _TRADE),
    ("GET", "/api/v3/orderList"): _signed(listing.query, 4),
    ("GET", "/api/v3/allOrderList"): _signed(listing.every, 20),
    ("GET", "/api/v3/openOrderList"): _signed(listing.open_lists, 6),
    ("DELETE", "/api/v3/orderList"): _signed(listing.cancel, 1, _TRADE),
    ("GET", "/api/v3/order"): _signed(trading.query, 4),
    ("DELETE", "/api/v3/order"): _signed(trading.cancel, 1, _TRADE),
    ("GET", "/api/v3/order/amendments"): _signed(amend.history, 4),
    ("GET", "/api/v3/openOrders"): Route(trading.open_orders, _by_symbol(6, 80), _READ),
    ("DELETE", "/api/v3/openOrders"): _signed(trading.cancel_all, 1, _TRADE),
    ("GET", "/api/v3/allOrders"): _signed(trading.all_orders, 20),
    ("GET", "/api/v3/myTrades"): _signed(trading.own_trades, 20),
    ("GET", "/api/v3/myPreventedMatches"): _signed(trading.prevented, 20),
    ("GET", "/api/v3/account"): _signed(trading.account, 20),
    ("GET", "/api/v3/account/commission"): _signed(rates.commission, 20),
    ("GET", "/api/v3/rateLimit/order"): _signed(rates.order_counts, 40),
    ("GET", "/api/v3/myAllocations"): _signed(rates.allocations, 20),
    ("GET", "/api/v3/myFilters"): _signed(rates.filters, 40),
    ("GET", "/sapi/v1/capital/config/getall"): _sapi(wallet.coins, 10),
    ("GET", "/sapi/v1/capital/deposit/hisrec"): _sapi(wallet.deposits, 1),
    ("GET", "/sapi/v1/capital/withdraw/history"): _sapi(wallet.withdrawals, 1),
    ("POST", "/sapi/v1/capital/withdraw/apply"): _sapi(wallet.withdraw, 1, frozenset({Right.WITHDRAW})),
    ("GET", "/sapi/v1/margin/allPairs"): Route(wallet.no_pairs, _flat(1), _NONE, signed=False, lenient=True),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Route(wallet.no_pairs, _flat(10), _NONE, signed=False, lenient=True),
    ("GET", "/sapi/v1/account/apiRestrictions"): _sapi(rights.restrictions, 1, _NONE),
    ("GET", "/sapi/v1/account/status"): _sapi(wallet.status, 1),
    ("GET", "/sapi/v1/asset/tradeFee"): _sapi(wallet.fees, 1),
    ("GET", "/sapi/v1/asset/transfer"): _sapi(wallet.transfers, 1),
    ("POST", "/sapi/v1/asset/transfer"): _sapi(wallet.transfer, 1, frozenset({Right.UNIVERSAL})),
}
_COUNTED_WITH = {"plain": "main"}  # two doors of one exchange
ROUTES = {
    "main": MAIN,
    "plain": MAIN,
    **{
        venue: {
            ("GET", "/api/v3/ping"): Route(public.ping, _flat(1)),
            ("GET", "/api/v3/time"): Route(public.time, _flat(1)),
            ("GET", "/api/v3/ticker/bookTicker"): Route(public.venue_book(venue), _by_symbol(2, 4)),
        }
        for venue in VENUES
    },
}


def normal(path: str) -> str | None:
    """The path as nginx would see it: decoded, slashes merged, dots resolved; None where it leaves the root."""
    parts: list[str] = []
    for part in unquote(path).split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def serve(exchange: Exchange, asked: Asked, now: int) -> Reply:
    """Answer one request."""
    path = normal(asked.path) if asked.path.startswith("/") else None
    if path is None:
        return Reply(400, b"")
    route = ROUTES[asked.listener].get((asked.method, path))
    if route is None:
        return Reply(404, b"")
    headers: dict[str, str] = {}
    try:
        answer = _answer(exchange, asked, route, now, headers)
    except Refused as refused:
        if refused.retry_after is not None:
            headers["Retry-After"] = str(refused.retry_after)
        return _reply(refused.status, refused.told(), headers)
    return _reply(200, answer, headers)


def _answer(exchange: Exchange, asked: Asked, route: Route, now: int, headers: dict[str, str]) -> Json:
    who = (asked.listener, asked.address)
    return run(
        exchange, route, lambda: _values(asked), who, lambda: _checked(exchange, asked, route, now), now, headers
    )


def run(  # noqa: PLR0913, PLR0917
    exchange: Exchange,
    route: Route,
    values: Callable[[], dict[str, str]],
    who: tuple[str, str],
    key: Callable[[], ApiKey],
    now: int,
    headers: dict[str, str],
) -> Json:
    """Answer one call of an endpoint; raises `Refused`. `who`: the listener and the address that it came from."""
    params = _weighed(exchange, route, values, who, now, headers)
    caller = None if route.rights is None else key()
    if caller is not None and not (route.rights or _NONE) <= caller.rights_at(now):
        raise no_permission()
    answer = route.answer(Call(exchange, params, now, caller, headers))
    if not route.lenient:
        params.finish()
    return answer


def _weighed(
    exchange: Exchange,
    route: Route,
    values: Callable[[], dict[str, str]],
    who: tuple[str, str],
    now: int,
    headers: dict[str, str],
) -> Params:
    """Read the parameters and count the request, which has a weight even where they cannot be read."""
    weight = 1
    try:
        params = Params(values())
        weight = route.weight(params)
    finally:
        name = "X-SAPI-USED-IP-WEIGHT-1M" if route.lenient else "X-MBX-USED-WEIGHT-1M"
        weigh(exchange, name, weight, who, now, headers)
    return params


def weigh(exchange: Exchange, name: str, weight: int, who: tuple[str, str], now: int, headers: dict[str, str]) -> None:
    """Count a request's weight, and tell the sum under the header's name; raises `Refused` where it is too much."""
    counter = f"{_COUNTED_WITH.get(who[0], who[0])} {name} {who[1]}"
    headers[name] = str(exchange.limits.weigh(counter, weight, now))


def _values(asked: Asked) -> dict[str, str]:
    """All parameters; those of a GET are in its query alone."""
    return signing.read(asked.query, b"" if asked.method == "GET" else asked.body)


def _checked(exchange: Exchange, asked: Asked, route: Route, now: int) -> ApiKey:
    """The key of a request; raises `Refused` unless, where it is signed, signature and time fit."""
    key = exchange.keys.find(asked.header("X-MBX-APIKEY"), asked.address)
    if route.signed:
        signing.verify(key, asked.query, asked.body)
        signing.check_time(_values(asked), now)
    return key


def _reply(status: int, body: object, headers: dict[str, str]) -> Reply:
    return Reply(status, msgspec.json.encode(body), {"Content-Type": "application/json;charset=UTF-8", **headers})
