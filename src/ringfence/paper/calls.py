"""Calls by WebSocket (Binance, web-socket-api.md): the endpoints of HTTP under other names, signed another way. Pure.

What is signed is every parameter but the signature, sorted by name; the key is one of them. Shares no code with what
it is used to test.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from ringfence.paper import frames, signing
from ringfence.paper.call import Json
from ringfence.paper.exchange import Exchange
from ringfence.paper.frames import Frame
from ringfence.paper.keys import ApiKey, Right, Type
from ringfence.paper.public import rate
from ringfence.paper.refused import Refused, illegal, missing, no_permission
from ringfence.paper.routes import ROUTES, run, weigh

METHODS: Mapping[str, str] = {
    "account.commission": "GET /api/v3/account/commission",
    "account.rateLimits.orders": "GET /api/v3/rateLimit/order",
    "account.status": "GET /api/v3/account",
    "allOrderLists": "GET /api/v3/allOrderList",
    "allOrders": "GET /api/v3/allOrders",
    "avgPrice": "GET /api/v3/avgPrice",
    "depth": "GET /api/v3/depth",
    "exchangeInfo": "GET /api/v3/exchangeInfo",
    "klines": "GET /api/v3/klines",
    "myAllocations": "GET /api/v3/myAllocations",
    "myFilters": "GET /api/v3/myFilters",
    "myPreventedMatches": "GET /api/v3/myPreventedMatches",
    "myTrades": "GET /api/v3/myTrades",
    "openOrderLists.status": "GET /api/v3/openOrderList",
    "openOrders.cancelAll": "DELETE /api/v3/openOrders",
    "openOrders.status": "GET /api/v3/openOrders",
    "order.amend.keepPriority": "PUT /api/v3/order/amend/keepPriority",
    "order.amendments": "GET /api/v3/order/amendments",
    "order.cancel": "DELETE /api/v3/order",
    "order.cancelReplace": "POST /api/v3/order/cancelReplace",
    "order.place": "POST /api/v3/order",
    "order.status": "GET /api/v3/order",
    "order.test": "POST /api/v3/order/test",
    "orderList.cancel": "DELETE /api/v3/orderList",
    "orderList.place.oco": "POST /api/v3/orderList/oco",
    "orderList.place.oto": "POST /api/v3/orderList/oto",
    "orderList.place.otoco": "POST /api/v3/orderList/otoco",
    "orderList.status": "GET /api/v3/orderList",
    "ping": "GET /api/v3/ping",
    "sor.order.place": "POST /api/v3/sor/order",
    "sor.order.test": "POST /api/v3/sor/order/test",
    "ticker.24hr": "GET /api/v3/ticker/24hr",
    "ticker.book": "GET /api/v3/ticker/bookTicker",
    "ticker.price": "GET /api/v3/ticker/price",
    "time": "GET /api/v3/time",
    "trades.aggregate": "GET /api/v3/aggTrades",
    "trades.recent": "GET /api/v3/trades",
}
_BESIDE = frozenset({"apiKey", "returnRateLimits"})  # of the call, not of the endpoint
_OWN_WEIGHT = 2  # of a call that is about the session, documented
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_READ: frozenset[Right] = frozenset({Right.READ})
_LIMITS = {
    "X-MBX-ORDER-COUNT-10S": ("ORDERS", "SECOND", 10),
    "X-MBX-ORDER-COUNT-1D": ("ORDERS", "DAY", 1),
    "X-MBX-USED-WEIGHT-1M": ("REQUEST_WEIGHT", "MINUTE", 1),
}  # what HTTP says in headers, these answers say in a list


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose events are heard, and whether the session's key gave the right to: then they end with it."""

    account: str
    by_session: bool


@dataclass(slots=True)
class Session:
    """One connection: who has logged on, and whose events it hears under which number."""

    address: str
    listener: str
    connected: int
    shows_limits: bool = True
    key: ApiKey | None = None
    since: int = 0
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    next_number: int = 0
    ended: list[int] = field(default_factory=list)  # subscriptions of which this is still to be told

    def end(self, numbers: Iterable[int]) -> None:
        """End subscriptions."""
        for number in list(numbers):
            del self.subscriptions[number]
            self.ended.append(number)

    def forget(self) -> None:
        """Forget the key, and what was heard by its right."""
        self.key, self.since = None, 0
        self.end(number for number, each in self.subscriptions.items() if each.by_session)


def serve(exchange: Exchange, session: Session, text: bytes, now: int) -> list[bytes]:
    """Answer one frame, and tell after it which subscriptions it has ended."""
    number: Json = None
    shown, counts = session.shows_limits, dict[str, str]()
    told: dict[str, object]
    try:
        members = frames.members(text)
        number, frame = frames.number(members), frames.read(members)
        shown = {"true": True, "false": False}.get(frame.params.get("returnRateLimits", ""), shown)
        told = {"status": 200, "result": _answer(exchange, session, frame, now, counts)}
    except Refused as refused:
        told = {"status": refused.status, "error": _error(refused, now)}
    limits = {"rateLimits": _limits(exchange, counts)} if shown else {}
    ended, session.ended = session.ended, []
    event = {"e": "eventStreamTerminated", "E": now}
    messages = [{"id": number, **told, **limits}, *({"subscriptionId": each, "event": event} for each in ended)]
    return [msgspec.json.encode(message) for message in messages]


def _error(refused: Refused, now: int) -> dict[str, object]:
    if refused.retry_after is None:
        return refused.told()
    return {**refused.told(), "data": {"serverTime": now, "retryAfter": now + refused.retry_after * 1000}}


def _limits(exchange: Exchange, counts: Mapping[str, str]) -> Json:
    allowance = exchange.limits.allowance
    most = dict(zip(_LIMITS, (allowance.orders_10s, allowance.orders_day, allowance.weight), strict=True))
    return [
        {**rate(kind, interval, length, most[name]), "count": int(counts[name])}
        for name, (kind, interval, length) in _LIMITS.items()
        if name in counts
    ]


def _answer(exchange: Exchange, session: Session, frame: Frame, now: int, counts: dict[str, str]) -> Json:
    params, own, who = frame.params, _OWN.get(frame.method), (session.listener, session.address)
    if own is not None:
        weigh(exchange, "X-MBX-USED-WEIGHT-1M", _OWN_WEIGHT, who, now, counts)
        return own(exchange, session, params, now)
    verb, _, path = METHODS.get(frame.method, " ").partition(" ")
    route = ROUTES[session.listener].get((verb, path))
    if route is None:
        raise Refused(-1020, "This operation is not supported.")
    values = {name: value for name, value in params.items() if name not in _BESIDE}
    return run(
        exchange, route, lambda: values, who, lambda: _key(exchange, session, params, now), now, counts
    )  # fmt: skip


def _key(exchange: Exchange, session: Session, params: Mapping[str, str], now: int) -> ApiKey:
    """Whose call it is: its own key's, signed, or that of the session it comes in. All that need a key are signed."""
    if "apiKey" in params or session.key is None:
        return _signed(exchange, session, params, now)
    signing.check_time(params, now)
    return _logged_on(exchange, session)


def _logged_on(exchange: Exchange, session: Session) -> ApiKey:
    """The session's key as it is now; one that is gone ends the session with the next call, as is documented."""
    if session.key is None:
        raise Refused(-1099, "Not found, authenticated, or authorized.")
    try:
        return exchange.keys.find(session.key.key, session.address)
    except Refused:
        session.forget()
        raise


def _signed(exchange: Exchange, session: Session, params: Mapping[str, str], now: int) -> ApiKey:
    key = exchange.keys.find(params.get("apiKey"), session.address)
    if "signature" not in params:
        raise missing("signature")
    text = "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "signature")
    signing.verify_text(key, text.encode(), params["signature"].encode())
    signing.check_time(params, now)
    return key


def _log_on(exchange: Exchange, session: Session, params: dict[str, str], now: int) -> Json:
    key = _signed(exchange, session, params, now)
    if key.type is not Type.ED25519:
        raise Refused(-4056, "HMAC_SHA256 API key is not supported.")
    session.key, session.since = key, now
    return _state(exchange, session, params, now)


def _log_out(exchange: Exchange, session: Session, params: dict[str, str], now: int) -> Json:
    session.forget()
    return _state(exchange, session, params, now)


def _state(_exchange: Exchange, session: Session, _params: dict[str, str], now: int) -> Json:
    return {
        "apiKey": None if session.key is None else session.key.key,
        "authorizedSince": session.since or None,
        "connectedSince": session.connected,
        "returnRateLimits": session.shows_limits,
        "serverTime": now,
        "userDataStream": bool(session.subscriptions),
    }


def _subscribe(exchange: Exchange, session: Session, _params: dict[str, str], now: int) -> Json:
    return _subscribed(session, _logged_on(exchange, session), now, by_session=True)


def _subscribe_signed(exchange: Exchange, session: Session, params: dict[str, str], now: int) -> Json:
    return _subscribed(session, _signed(exchange, session, params, now), now, by_session=False)


def _subscribed(session: Session, key: ApiKey, now: int, *, by_session: bool) -> Json:
    if not key.rights_at(now) >= _READ:
        raise no_permission()
    number, session.next_number = session.next_number, session.next_number + 1
    session.subscriptions[number] = Subscription(key.account, by_session)
    return {"subscriptionId": number}


def _unsubscribe(_exchange: Exchange, session: Session, params: dict[str, str], _now: int) -> Json:
    text = params.get("subscriptionId")
    if text is None:
        session.end(session.subscriptions)
        return {}
    if not _NUMBER.fullmatch(text):
        raise illegal("subscriptionId", "^[0-9]{1,9}$")
    if int(text) not in session.subscriptions:
        raise Refused(-1163, "No such subscription.")
    session.end([int(text)])
    return {}


def _subscriptions(_exchange: Exchange, session: Session, _params: dict[str, str], _now: int) -> Json:
    return [{"subscriptionId": number} for number in session.subscriptions]


_OWN = {
    "session.logon": _log_on,
    "session.logout": _log_out,
    "session.status": _state,
    "session.subscriptions": _subscriptions,
    "userDataStream.subscribe": _subscribe,
    "userDataStream.subscribe.signature": _subscribe_signed,
    "userDataStream.unsubscribe": _unsubscribe,
}
