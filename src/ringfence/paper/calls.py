"""Calls by WebSocket (Binance, web-socket-api.md): the endpoints of HTTP under other names, signed another way. Pure.

What is signed is every parameter but the signature, sorted by name; the key is one of them. Shares no code with what
it is used to test.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from ringfence.paper import signing
from ringfence.paper.call import Json
from ringfence.paper.exchange import Exchange
from ringfence.paper.keys import ApiKey, Right, Type
from ringfence.paper.refused import Refused, missing, no_permission
from ringfence.paper.routes import ROUTES, Route, run

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
_FRAME = frozenset({"id", "method", "params"})
_READ: frozenset[Right] = frozenset({Right.READ})


@dataclass(slots=True)
class Session:
    """One connection: who has logged on, and whose events it hears under which number."""

    address: str
    listener: str
    connected: int
    key: ApiKey | None = None
    since: int = 0
    subscriptions: dict[int, str] = field(default_factory=dict)  # its account, by the subscription's number
    next_number: int = 0


def serve(exchange: Exchange, session: Session, text: bytes, now: int) -> bytes:
    """Answer one frame."""
    number: Json = None
    try:
        frame = _frame(text)
        number = frame.get("id")  # type: ignore[assignment]  # any JSON value is given back
        result = _answer(exchange, session, str(frame.get("method")), _params(frame), now)
    except Refused as refused:
        told: dict[str, object] = {"id": number, "status": refused.status, "error": refused.told()}
    else:
        told = {"id": number, "status": 200, "result": result}
    return msgspec.json.encode({**told, "rateLimits": []})


def _frame(text: bytes) -> dict[str, object]:
    try:
        frame: object = json.loads(text, parse_int=_Number, parse_float=_Number)
    except (ValueError, RecursionError):
        raise Refused(-1135, "Invalid JSON Request") from None
    if not isinstance(frame, dict) or frame.keys() - _FRAME or not isinstance(frame.get("method"), str):
        raise Refused(-1135, "Invalid JSON Request")
    if isinstance(frame.get("id"), _Number):
        frame["id"] = int(str(frame["id"]))
    return frame


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def _params(frame: Mapping[str, object]) -> dict[str, str]:
    """Every parameter as the text that is signed."""
    given = frame.get("params", {})
    if not isinstance(given, dict):
        raise Refused(-1135, "Invalid JSON Request")
    return {name: _text(value) for name, value in given.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return json.dumps(value, separators=(",", ":"))


def _answer(exchange: Exchange, session: Session, method: str, params: dict[str, str], now: int) -> Json:
    own = _OWN.get(method)
    if own is not None:
        return own(exchange, session, params, now)
    verb, _, path = METHODS.get(method, " ").partition(" ")
    route = ROUTES[session.listener].get((verb, path))
    if route is None:
        raise Refused(-1020, "This operation is not supported.")
    values = {name: value for name, value in params.items() if name not in _BESIDE}
    return run(
        exchange,
        route,
        lambda: values,
        (session.listener, session.address),
        lambda: _key(exchange, session, route, params, now),
        now,
        {},
    )


def _key(exchange: Exchange, session: Session, route: Route, params: Mapping[str, str], now: int) -> ApiKey:
    """Whose call it is: its own key's, signed, or that of the session it comes in."""
    if "apiKey" not in params and session.key is not None:
        if route.signed:
            signing.check_time(params, now)
        return session.key
    return (
        _signed(exchange, session, params, now)
        if route.signed
        else exchange.keys.find(params.get("apiKey"), session.address)
    )


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
    session.key, session.since = None, 0
    session.subscriptions.clear()
    return _state(exchange, session, params, now)


def _state(_exchange: Exchange, session: Session, _params: dict[str, str], now: int) -> Json:
    return {
        "apiKey": None if session.key is None else session.key.key,
        "authorizedSince": session.since or None,
        "connectedSince": session.connected,
        "returnRateLimits": False,
        "serverTime": now,
        "userDataStream": bool(session.subscriptions),
    }


def _subscribe(_exchange: Exchange, session: Session, _params: dict[str, str], now: int) -> Json:
    if session.key is None:
        raise Refused(-1099, "Not found, authenticated, or authorized.")
    return _subscribed(session, session.key, now)


def _subscribe_signed(exchange: Exchange, session: Session, params: dict[str, str], now: int) -> Json:
    return _subscribed(session, _signed(exchange, session, params, now), now)


def _subscribed(session: Session, key: ApiKey, now: int) -> Json:
    if not key.rights_at(now) >= _READ:
        raise no_permission()
    number, session.next_number = session.next_number, session.next_number + 1
    session.subscriptions[number] = key.account
    return {"subscriptionId": number}


def _unsubscribe(_exchange: Exchange, session: Session, params: dict[str, str], _now: int) -> Json:
    if "subscriptionId" not in params:
        session.subscriptions.clear()
    elif session.subscriptions.pop(int(params["subscriptionId"]), None) is None:
        raise Refused(-1163, "No such subscription.")
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
