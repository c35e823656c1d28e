"""Binance's WebSockets: calls, an account's events on their way to a bot, and streams of market data.

References: web-socket-api.md and web-socket-streams.md of Binance's documentation (docs/explanation/sources.md).
"""

import re
from typing import Final
from urllib.parse import parse_qsl, quote

import msgspec

from ringfence.dialects.binance.names import CALL_HOST, CALL_PATH
from ringfence.dialects.fields import whole
from ringfence.dialects.frames import (
    MOST_STREAMS,
    Call,
    Control,
    Id,
    Session,
    Step,
    Streams,
    load,
    read_object,
    signed_text,
    take_id,
)
from ringfence.errors import Misread
from ringfence.model.request import Request

_KEY: Final = "X-MBX-APIKEY"
_HTTP: Final = load("ringfence.dialects.binance", "frames.toml")
_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}", re.ASCII)
_OK = 200

_SUBSCRIPTIONS: Final = "session.subscriptions"
_UNFOLLOW: Final = "userDataStream.unsubscribe"
_STEPS: Final = {
    "session.logon": Step.LOG_ON,
    "session.status": Step.LOOK,
    "session.logout": Step.LOG_OUT,
    _SUBSCRIPTIONS: Step.LOOK,
    "userDataStream.subscribe": Step.FOLLOW,
    "userDataStream.subscribe.signature": Step.FOLLOW,
    _UNFOLLOW: Step.UNFOLLOW,
}
_MOST_SUBSCRIPTIONS = 65_535  # documented: of one connection, over its whole life

_WINDOW = "(1h|4h|1d)"
_INTERVAL = "(1s|(1|3|5|15|30)m|(1|2|4|6|8|12)h|[13]d|1w|1M)"
_STREAM = re.compile(
    r"[a-z0-9._-]{1,20}@(trade|aggTrade|avgPrice|bookTicker|miniTicker|ticker"
    rf"|ticker_{_WINDOW}|kline_{_INTERVAL}(@\+08:00)?|depth(5|10|20)?(@100ms|@1000ms)?)"
    rf"|!(miniTicker|ticker)@arr|!ticker_{_WINDOW}@arr|!bookTicker",
    re.ASCII,
)
_NUMBERED = re.compile(r"/ws/[0-9]{1,6}", re.ASCII)  # ccxt tells its sockets apart by a number; it names no stream
_LISTS = frozenset({"SUBSCRIBE", "UNSUBSCRIBE"})
_ASKS = frozenset({"LIST_SUBSCRIPTIONS"})
_COMBINED = "combined"
_FRAME: Final = frozenset({"id", "method", "params"})


class BinanceFrames:
    """Binance's WebSockets. The rehearsal exchange speaks the same."""

    call_host = CALL_HOST
    stream_host = "stream.binance.com:9443"

    def takes_calls(self, path: str) -> bool:
        """Say whether a socket that is opened at a path carries calls."""
        return path == CALL_PATH

    def read_call(self, text: bytes, host: str) -> Call:
        """Read one frame as the request that it would be over HTTP; raises `Misread`."""
        frame = read_object(text)
        id_, method, params = take_id(frame.get("id")), frame.get("method"), frame.get("params", {})
        if not isinstance(method, str) or not _METHOD.fullmatch(method):
            raise Misread("method", "missing, or not a name")
        if not isinstance(params, dict) or frame.keys() - _FRAME:
            raise Misread("params", "not an object, or not alone beside id and method")
        verb, _, path = _HTTP.get(method, f"WS {method}").partition(" ")
        key = params.get("apiKey")
        headers = ((_KEY, key),) if isinstance(key, str) else ()
        request = Request(verb, host, path, signed_text(params), headers, b"")
        return Call(id_, method, _STEPS.get(method, Step.ASK), request, _which(method, params))

    def write_answer(self, call: Id, status: int, body: bytes) -> bytes:
        """Wrap what the request would have been told over HTTP."""
        name = b"result" if status == _OK else b"error"
        said = _json(body)
        return b'{"id":%b,"status":%d,"%b":%b,"rateLimits":[]}' % (msgspec.json.encode(call), status, name, said)

    def write_session(self, call: Call, session: Session, now: int) -> bytes:
        """Tell of the socket itself (web-socket-api.md, Session Authentication and User Data Stream subscriptions)."""
        match call.step:
            case Step.FOLLOW:
                told: object = {"subscriptionId": session.subscriptions[-1]}
            case Step.UNFOLLOW:
                told = {}
            case Step.LOOK if call.method == _SUBSCRIPTIONS:
                told = [{"subscriptionId": number} for number in session.subscriptions]
            case _:
                told = {
                    "apiKey": session.key,
                    "authorizedSince": session.since if session.key is not None else None,
                    "connectedSince": session.connected,
                    "returnRateLimits": False,
                    "serverTime": now,
                    "userDataStream": bool(session.subscriptions),
                }
        return self.write_answer(call.id, _OK, msgspec.json.encode(told))

    def write_event(self, subscription: int, event: bytes) -> bytes:
        """Wrap an event as one subscription hears it."""
        return b'{"subscriptionId":%d,"event":%b}' % (subscription, event)

    def read_streams(self, path: str, query: bytes) -> Streams | None:
        """Read a target: `/ws`, `/ws/NAME/NAME` or `/stream?streams=NAME/NAME`."""
        try:
            if path == "/stream":
                pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query))
                return _combined(pairs)
            if query or not (path == "/ws" or path.startswith("/ws/")):
                return None
            if path in {"/ws", "/ws/"} or _NUMBERED.fullmatch(path):
                return Streams((), combined=False)
            return Streams(_streams(path.removeprefix("/ws/").split("/")), combined=False)
        except (Misread, ValueError):
            return None

    def write_streams(self, streams: Streams) -> str:
        """Write a target anew, of names that are described."""
        names = "/".join([quote(name, safe="@!+:") for name in _streams(streams.names)])
        if streams.combined:
            return f"/stream?streams={names}" if names else "/stream"
        return f"/ws/{names}" if names else "/ws"

    def read_control(self, text: bytes) -> Control:
        """Read what a bot asks of a socket of market data."""
        frame = read_object(text)
        if frame.keys() - _FRAME:
            raise Misread("frame", "has more than id, method and params")
        id_, method, params = take_id(frame.get("id")), frame.get("method"), frame.get("params", [])
        if not isinstance(method, str) or not isinstance(params, list):
            raise Misread("method", "missing, or its params are not a list")
        if method in _LISTS and all(type(name) is str for name in params):
            return Control(id_, method, _streams(params))
        if method in _ASKS and not params:
            return Control(id_, method)
        if method == "SET_PROPERTY" and len(params) == 2 and params[0] == _COMBINED and type(params[1]) is bool:  # noqa: PLR2004
            return Control(id_, method, combined=params[1])
        if method == "GET_PROPERTY" and params == [_COMBINED]:
            return Control(id_, method)
        raise Misread("method", "not one of a socket that carries market data")

    def write_control(self, control: Control) -> bytes:
        """Write a frame anew, in our own words."""
        if control.method in _LISTS:
            params: list[object] = list(_streams(control.names))
        elif control.method in _ASKS:
            return msgspec.json.encode({"method": control.method, "id": take_id_again(control.id)})
        elif control.method == "SET_PROPERTY" and control.combined is not None:
            params = [_COMBINED, control.combined]
        elif control.method == "GET_PROPERTY":
            params = [_COMBINED]
        else:
            raise Misread("method", "not one of a socket that carries market data")
        return msgspec.json.encode({"method": control.method, "params": params, "id": take_id_again(control.id)})

    def refuse_control(self, id_: Id, why: str) -> bytes:
        """Say no as the stream does."""
        return msgspec.json.encode({"error": {"code": 2, "msg": f"Invalid request: ringfence: {why}"}, "id": id_})


def _which(method: str, params: dict[str, object]) -> int | None:
    number = params.get("subscriptionId") if method == _UNFOLLOW else None
    return None if number is None else whole("subscriptionId", str(number), _MOST_SUBSCRIPTIONS)


def take_id_again(id_: Id) -> Id:
    """Check an id that has come over a socket; raises `Misread`."""
    return take_id(read_object(b'{"id":%b}' % msgspec.json.encode(id_)).get("id"))


def _combined(pairs: list[tuple[str, str]]) -> Streams:
    if not pairs:
        return Streams((), combined=True)
    if len(pairs) != 1 or pairs[0][0] != "streams":
        raise Misread("target", "not described")
    return Streams(_streams(pairs[0][1].split("/")), combined=True)


def _streams(names: "list[str] | tuple[str, ...]") -> tuple[str, ...]:
    if len(names) > MOST_STREAMS or any(not _STREAM.fullmatch(name) for name in names):
        raise Misread("streams", f"more than {MOST_STREAMS}, or one that carries no market data known here")
    return tuple(names)


def _json(body: bytes) -> bytes:
    """Let an answer stand as it is where it is JSON, in one line of text."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b'{"code":-1000,"msg":"the exchange gave no reason"}'
    return body
