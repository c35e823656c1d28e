"""S50: orders by WebSocket, and everything that only a WebSocket can be asked or told."""

import json
from dataclasses import replace

from websockets.frames import Frame, Opcode

from ringfence.drill.client import Client
from ringfence.drill.line import CALLS, STREAM, Line, opened
from ringfence.drill.scenario import WATCHER, Scenario, refused
from ringfence.drill.scenarios.codes import LIMITS, NEVER, UNREAD
from ringfence.drill.scenarios.controls import nothing_sent, with_all_sockets_open
from ringfence.drill.scene import Scene

_HUNDREDFOLD = 1_000
# What the exchange calls them, and what a guard that knows orders alone would let by.
_UNKNOWN = ("capital.withdraw.apply", "account.transfer", "userDataStream.start", "order.place ", "ORDER.PLACE")
_MESSAGE = 5_000_000
_TOO_LONG = 70_000  # bytes; a message may have 65,536
# Frames that break the protocol or a limit, and the code that each must be ended with (RFC 6455, 7.4.1).
_BROKEN: tuple[tuple[str, tuple[Frame | bytes, ...], frozenset[int]], ...] = (
    ("too long", (Frame(Opcode.TEXT, b"x" * _TOO_LONG),), frozenset({1009})),
    # Whoever goes on sending for longer than anybody listens meets a reset, which may overtake the code.
    ("far too long", (Frame(Opcode.TEXT, b"x" * _MESSAGE),), frozenset({1006, 1009})),
    ("compressed", (b"\xc1\x82\x00\x00\x00\x00{}",), frozenset({1002})),
    ("not masked", (b"\x81\x02{}",), frozenset({1002})),
    ("not text", (Frame(Opcode.BINARY, b"{}"),), frozenset({1003})),
    ("not UTF-8", (Frame(Opcode.TEXT, b"\xff\xfe"),), frozenset({1007})),
    ("a continuation of nothing", (Frame(Opcode.CONT, b"{}"),), frozenset({1002})),
    (
        "in too many pieces",
        (Frame(Opcode.TEXT, b"{", fin=False), *(Frame(Opcode.CONT, b"", fin=False) for _ in range(200))),
        frozenset({1008}),
    ),
)


def _sockets(scene: Scene) -> None:
    """Say by each way in what only a WebSocket can be told."""
    with nothing_sent(scene):
        for way in scene.ways:
            _by(scene, way)


def _by(scene: Scene, way: Client) -> None:
    """Order by calls, under a session, in pieces, behind a close frame, on a stream; and ask for what is no order."""
    with opened(way) as line:
        _calls(scene, line)
    with opened(way) as line:
        _session(scene, line)
    for what, frames, codes in _BROKEN:
        with opened(way) as line:
            code = line.ended_by(*frames)
            scene.claim(code in codes, f"a frame that is {what} ended the socket at {way.host} with {code}")
    with opened(way) as line:
        line.ended_by(Frame(Opcode.CLOSE, b"\x03\xe8"), Frame(Opcode.TEXT, _order(scene, line)))
    _stream(scene, way)


def _calls(scene: Scene, line: Line) -> None:
    huge = scene.entry(scene.means.modest * _HUNDREDFOLD)
    line.place(huge)
    line.place(huge, "sor.order.place")
    line.call("orderList.place", {"symbol": scene.symbol})
    for method in _UNKNOWN:
        line.call(method, {"coin": "USDT", "amount": "1", "address": "x"})
    twice = f'{{"id":1,"method":"order.place","params":{{"symbol":"{scene.symbol}","symbol":"VIAUSDT"}}}}'
    for text in (twice, "[" * 10_000, '{"id":1,"method":"order.place","params":{"a":{"b":1}}}', "\x00"):
        line.socket.send(text)
        scene.claim('"status":4' in str(line.socket.recv(timeout=5)), "what has no one reading was not refused")


def _session(scene: Scene, line: Line) -> None:
    """Log on with a key that is not ours, and then order without a signature."""
    key, secret = scene.guard.real
    stolen = replace(line.client, key=key, secret=secret)
    Line(stolen, line.socket).call("session.logon", {})
    line.call("userDataStream.subscribe", {}, signed=False)
    order = {"symbol": scene.symbol, "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    line.call("order.place", order, signed=False)
    logged = line.client_signed({})
    line.socket.send(json.dumps({"id": 1, "method": "session.logon", "params": logged}))
    line.socket.recv(timeout=5)
    line.call("order.place", order, signed=False)
    line.call("order.place", {**order, "apiKey": line.client.key, "signature": logged["signature"]}, signed=False)


def _order(scene: Scene, line: Line) -> bytes:
    order = {"symbol": scene.symbol, "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    return json.dumps({"id": 1, "method": "order.place", "params": line.client_signed(order)}).encode()


def _stream(scene: Scene, way: Client) -> None:
    """Say an order where market data is streamed, follow what is no market data, and ask without end."""
    with opened(way, STREAM) as line:
        for text in (_order(scene, line).decode(), '{"id":1,"method":"SUBSCRIBE","params":["' + "a" * 60 + '"]}'):
            line.socket.send(text)
            told = str(line.socket.recv(timeout=5))
            scene.claim('"error"' in told, "a stream took what is no market data")
        for number in range(200):
            line.socket.send(f'{{"id":{number},"method":"LIST_SUBSCRIPTIONS"}}')
    said = [each for each in scene.ground.venue.requests() if each.method == "WS" and CALLS not in each.target]
    scene.claim(not said, "a call came to the exchange by a stream")


SOCKETS = (
    Scenario(
        "S50",
        "order by WebSocket",
        "Exchanges take orders by WebSocket too, in another form and by other paths. A guard that looks at HTTP alone"
        " does not see them; one that reads frames may be told two things by one, or nothing by half of one.",
        "each frame is read as the request that it is, and held to the same rules; what cannot be read is refused in"
        " the stream's own shape, and a session signs no order",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*UNREAD, *LIMITS, *NEVER, "virtual-key", "signature", "stale", "upstream"),
        _sockets,
        bare=False,
        stage=with_all_sockets_open,
    ),
)
