"""Calls by WebSocket: the request that each one is, and that nothing else is one; streams of market data by name."""

import contextlib
import hashlib
import hmac
import inspect
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import ccxt.pro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.dialects.binance.catalogue import CLASSES, MARKET, SIGNED
from ringfence.dialects.binance.frames import _HTTP, BinanceFrames
from ringfence.dialects.fields import Fields
from ringfence.dialects.frames import Control, Session, Step, Streams, id_of
from ringfence.errors import Misread
from ringfence.model import action
from ringfence.model.request import Request
from tests.dialects.binance.asks import AT, DIALECT, KEY, SECRET, SYMBOLS, VECTORS, by_hmac

FRAMES = BinanceFrames()
DOCUMENTED: dict[str, Any] = tomllib.loads((VECTORS / "documented.toml").read_text("utf-8"))
PUBLIC = [
    "btcusdt@trade",
    "btcusdt@aggTrade",
    "btcusdt@depth",
    "btcusdt@depth@100ms",
    "btcusdt@depth5",
    "ethusdt@depth20@100ms",
    "btcusdt@bookTicker",
    "btcusdt@ticker",
    "btcusdt@miniTicker",
    "btcusdt@ticker_1h",
    "btcusdt@kline_1s",
    "btcusdt@kline_1M",
    "btcusdt@kline_1d@+08:00",
    "btcusdt@avgPrice",
    "!miniTicker@arr",
    "!ticker@arr",
    "!ticker_4h@arr",
    "!bookTicker",
]
NOT_PUBLIC = [
    "",
    "btcusdt",
    "BTCUSDT@trade",
    "btcusdt@",
    "btcusdt@order",
    "btcusdt@kline_2m",
    "btcusdt@depth7",
    "btcusdt@depth@1ms",
    "a" * 60,
    "btcusdt@trade ",
    "btcusdt@trade\n",
    "../../api/v3/order",
    "btcusdt@trade?x=1",
    "btcusdt@trade#",
    "\u0431tcusdt@trade",
    "!userData@arr",
    "btcusdt@kline_1m@+09:00",
]


NO_REASON = {"code": -1000, "msg": "the exchange gave no reason"}


def sign(params: dict[str, object], secret: bytes = SECRET) -> dict[str, object]:
    text = "&".join(f"{name}={params[name]}" for name in sorted(params))
    return {**params, "signature": hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()}


def frame(method: str, params: dict[str, object], **more: object) -> bytes:
    return json.dumps({"id": 1, "method": method, "params": params, **more}).encode()


def read(method: str, **params: object) -> Request:
    return FRAMES.read_call(frame(method, params), "h").request


@pytest.mark.parametrize("row", DOCUMENTED["call"])
def test_the_documentations_own_signature_fits(row: dict[str, Any]) -> None:
    params = {**row["params"], "apiKey": DOCUMENTED["key"], "signature": row["signature"]}
    request = read(row["method"], **params)
    secret = by_hmac(DOCUMENTED["secret"].encode())
    assert DIALECT.verify(request, secret)
    assert DIALECT.envelope(request).key == DOCUMENTED["key"]
    assert not DIALECT.verify(read(row["method"], **{**params, "price": "52000.01"}), secret)
    assert isinstance(DIALECT.read(request, SYMBOLS), action.Place)


def test_a_call_means_what_the_request_means() -> None:
    order: dict[str, object] = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
        "price": "52000",
        "newClientOrderId": "mine",
        "timestamp": AT,
        "recvWindow": 5000,
    }
    called = DIALECT.read(read("order.place", **sign({**order, "apiKey": KEY, "returnRateLimits": False})), SYMBOLS)
    query = "&".join(f"{name}={value}" for name, value in order.items()).encode()
    asked = DIALECT.read(Request("POST", "h", "/api/v3/order", query, (("X-MBX-APIKEY", KEY),), b""), SYMBOLS)
    assert called == asked
    assert isinstance(called, action.Place)


@pytest.mark.parametrize("method", sorted(_HTTP))
def test_every_call_is_a_request_that_the_dialect_knows(method: str) -> None:
    verb, _, path = _HTTP[method].partition(" ")
    request = FRAMES.read_call(frame(method, {}), "h").request
    assert (request.method, request.path) == (verb, path)
    known = (verb, path) in SIGNED or (verb, path) in MARKET or (verb, path) in CLASSES
    assert known or not isinstance(DIALECT.read(request, SYMBOLS), action.Unknown) or path in NOT_DESCRIBED


# Known to the exchange, and market data that this version does not describe: refused, like the requests that they are.
NOT_DESCRIBED = {
    "/api/v3/ticker",
    "/api/v3/ticker/tradingDay",
    "/api/v3/uiKlines",
    "/api/v3/historicalTrades",
    "/api/v3/ping",
    "/api/v3/order/oco",
}


def test_ccxt_calls_nothing_that_is_not_known() -> None:
    source = Path(inspect.getfile(ccxt.pro.binance)).read_text("utf-8")
    called = set(
        re.findall(
            r"'((?:order|orders|openOrders|allOrders|account|myTrades|depth|klines|trades|ticker)[.a-zA-Z]*)'", source
        )
    )
    for method in called & {name for name in called if "." in name}:
        assert FRAMES.read_call(frame(method, {}), "h").request.method != "WS" or method in OF_FUTURES, method


# What ccxt calls at the futures hosts, which no dialect here describes.
OF_FUTURES = {"order.modify", "account.balance", "v2/account.balance", "account.position", "v2/account.position"}


def test_the_key_among_the_parameters_must_be_the_one_that_is_named() -> None:
    request = Request("GET", "h", "/api/v3/account", b"apiKey=other&timestamp=1", (("X-MBX-APIKEY", KEY),), b"")
    with pytest.raises(Misread):
        DIALECT.envelope(request)


@pytest.mark.parametrize(
    ("method", "step", "signed"),
    [
        ("order.place", Step.ASK, True),
        ("ping", Step.ASK, False),
        ("session.logon", Step.LOG_ON, True),
        ("session.logout", Step.LOG_OUT, False),
        ("session.status", Step.LOOK, False),
        ("userDataStream.subscribe", Step.FOLLOW, False),
        ("userDataStream.subscribe.signature", Step.FOLLOW, True),
        ("userDataStream.unsubscribe", Step.UNFOLLOW, False),
        ("userDataStream.start", Step.ASK, True),
    ],
)
def test_what_is_about_the_socket_itself_is_told_apart(method: str, step: Step, signed: bool) -> None:
    call = FRAMES.read_call(frame(method, {"apiKey": KEY} if signed else {}), "h")
    assert (call.step, call.signed) == (step, signed)


def test_a_method_that_is_not_known_goes_by_its_own_name_and_is_never_read() -> None:
    request = read("capital.withdraw.apply", apiKey=KEY, coin="USDT")
    assert (request.method, request.path) == ("WS", "capital.withdraw.apply")
    assert isinstance(DIALECT.read(request, SYMBOLS), action.Unknown)


@pytest.mark.parametrize("method", ["session.logon", "userDataStream.subscribe.signature"])
def test_following_is_read_and_takes_nothing_more(method: str) -> None:
    assert DIALECT.read(read(method, **sign({"apiKey": KEY, "timestamp": AT})), SYMBOLS) == action.Follow()
    more = sign({"apiKey": KEY, "timestamp": AT, "symbol": "BTCUSDT"})
    assert isinstance(DIALECT.read(read(method, **more), SYMBOLS), action.Unknown)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,9}", fullmatch=True),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
        | st.integers(0, 10**12)
        | st.booleans(),
        max_size=6,
    )
)
def test_what_is_signed_is_what_is_read_whatever_the_values_hold(params: dict[str, object]) -> None:
    """Signed raw, as clients do; carried escaped, so that an `&` in a value makes no second parameter."""
    params = {**params, "apiKey": KEY, "timestamp": AT}
    params.pop("signature", None)
    told = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in params.items()}
    text = "&".join(f"{name}={told[name]}" for name in sorted(told))
    mac = hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest()
    request = read("order.place", **params, signature=mac)
    assert DIALECT.verify(request, by_hmac(SECRET))
    fields = Fields(request)
    assert {name: fields.text(name) for name in told} == told


@pytest.mark.parametrize("where", ['"a":"\\ud800"', '"\\udfff":"a"', '"apiKey":"\\ud800"'])
def test_half_a_character_is_no_text(where: str) -> None:
    """JSON can escape what no encoding can write."""
    with pytest.raises(Misread):
        FRAMES.read_call(b'{"id":1,"method":"order.place","params":{%b}}' % where.encode(), "h")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_bytes_are_a_call_or_are_not_and_nothing_else_happens(text: bytes) -> None:
    for reader in (lambda data: FRAMES.read_call(data, "h"), FRAMES.read_control, id_of):
        with contextlib.suppress(Misread):
            reader(text)


@pytest.mark.parametrize(
    ("call", "status", "body", "told"),
    [
        (7, 200, b"[]", {"id": 7, "status": 200, "result": [], "rateLimits": []}),
        (
            "x",
            400,
            b'{"code":-1,"msg":"m"}',
            {"id": "x", "status": 400, "error": {"code": -1, "msg": "m"}, "rateLimits": []},
        ),
        (None, 503, b"<html>", {"id": None, "status": 503, "error": NO_REASON, "rateLimits": []}),
        (1, 200, b'{"a":1}}{"id":2', {"id": 1, "status": 200, "result": NO_REASON, "rateLimits": []}),
    ],
)
def test_an_answer_is_wrapped_and_no_body_breaks_out(
    call: int | str | None, status: int, body: bytes, told: object
) -> None:
    assert json.loads(FRAMES.write_answer(call, status, body)) == told


def test_a_session_says_what_it_is() -> None:
    look = FRAMES.read_call(frame("session.status", {}), "h")
    told = json.loads(FRAMES.write_session(look, Session(5, KEY, 6, (0,)), 9))["result"]
    assert told == {
        "apiKey": KEY,
        "authorizedSince": 6,
        "connectedSince": 5,
        "returnRateLimits": False,
        "serverTime": 9,
        "userDataStream": True,
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_public_streams_are_read_and_written_alike(name: str) -> None:
    assert FRAMES.read_streams(f"/ws/{name}", b"") == Streams((name,), combined=False)
    combined = Streams((name, "btcusdt@trade"), combined=True)
    assert FRAMES.read_streams("/stream", f"streams={name}/btcusdt@trade".replace("+", "%2B").encode()) == combined
    target = FRAMES.write_streams(combined)
    path, _, query = target.partition("?")
    assert FRAMES.read_streams(path, query.replace("+", "%2B").encode()) == combined
    control = FRAMES.read_control(frame("SUBSCRIBE", {}).replace(b"{}", json.dumps([name]).encode()))
    assert control == Control(1, "SUBSCRIBE", (name,))
    assert json.loads(FRAMES.write_control(control)) == {"method": "SUBSCRIBE", "params": [name], "id": 1}


@pytest.mark.parametrize("name", NOT_PUBLIC)
def test_what_is_no_public_stream_is_not_followed(name: str) -> None:
    assert FRAMES.read_streams(f"/ws/{name}", b"") in {None, Streams((), combined=False)}
    with pytest.raises(Misread):
        FRAMES.read_control(json.dumps({"id": 1, "method": "SUBSCRIBE", "params": [name]}).encode())
    with pytest.raises(Misread):
        FRAMES.write_streams(Streams((name,), combined=True))
    with pytest.raises(Misread):
        FRAMES.write_control(Control(1, "SUBSCRIBE", (name,)))


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/ws", b"x=1"),
        ("/stream", b"streams=btcusdt@trade&streams=ethusdt@trade"),
        ("/stream", b"listenKey=abc"),
        ("/wss", b""),
        ("/stream/", b""),
        ("/ws/btcusdt@trade/", b""),
        ("/stream", b"streams=" + b"btcusdt@trade/" * 1_025 + b"a@trade"),
    ],
)
def test_targets_that_are_not_described_are_not_opened(path: str, query: bytes) -> None:
    assert FRAMES.read_streams(path, query) is None


@pytest.mark.parametrize("path", ["/ws", "/ws/", "/ws/0", "/ws/999999"])
def test_a_socket_may_open_with_no_stream_as_ccxt_has_it(path: str) -> None:
    assert FRAMES.read_streams(path, b"") == Streams((), combined=False)


@pytest.mark.parametrize(
    "text",
    [
        b'{"method":"order.place","params":[],"id":1}',
        b'{"method":"SUBSCRIBE","params":{},"id":1}',
        b'{"method":"SUBSCRIBE"}x',
        b'{"method":"SUBSCRIBE","params":[1],"id":1}',
        b'{"method":"SET_PROPERTY","params":["combined",1],"id":1}',
        b'{"method":"SET_PROPERTY","params":["x",true],"id":1}',
        b'{"method":"LIST_SUBSCRIPTIONS","params":["a"],"id":1}',
        b'{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1,"x":1}',
        b'{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":[1]}',
    ],
)
def test_what_is_asked_of_a_stream_and_not_described_is_refused(text: bytes) -> None:
    with pytest.raises(Misread):
        FRAMES.read_control(text)
