"""The stream parts of scenarios whose requests go by HTTP: the same once more, by WebSocket and inside the tunnel."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from urllib.parse import parse_qsl, unquote

from ringfence.drill import calls
from ringfence.drill.calls import Call, Wire
from ringfence.drill.client import Client, order_ids
from ringfence.drill.line import CALLS, Line, opened
from ringfence.drill.scene import Scene
from ringfence.drill.tunnel import Turned

_READS, _RACERS, _AGAIN = 20, 10, 5
_SOCKETS = 70  # a listener and a bot have 64 each
_DERIVATIVES = (
    ("ws-fapi.binance.com", "/ws-fapi/v1"), ("ws-dapi.binance.com", "/ws-dapi/v1"), ("fstream.binance.com", "/ws"),
    ("dstream.binance.com", "/ws"), ("ws-api.binance.com", "/ws-fapi/v1"),
)  # fmt: skip


def flood_with_reads(scene: Scene) -> None:
    """S25: ask for the dearest things: a socket has no share of its own."""
    with _socket(scene) as line:
        for _ in range(_READS):
            line.call("depth", {"symbol": "ETHUSDT", "limit": "5000"}, signed=False)
            line.call("openOrders.status", {})


def cancel_what_protects(scene: Scene) -> None:
    """S27: cancel whatever rests, by number, all at once, and by replacing it."""
    symbol = "BTCUSDT"
    resting = order_ids(scene.bot.quietly(calls.open_orders(symbol)))
    with _socket(scene) as line:
        for number in map(str, resting):
            line.call("order.cancel", {"symbol": symbol, "orderId": number})
        line.call("openOrders.cancelAll", {"symbol": symbol})


def exhaust(scene: Scene, is_served: Callable[[], bool]) -> None:
    """S30: open more sockets than anybody needs, each with a frame that never ends."""
    for way in scene.ways:
        at = way.towards("ws-api.binance.com")
        with ExitStack() as stack:
            for _ in range(_SOCKETS):
                _open_half(at, stack)
            scene.claim(is_served(), f"an honest order is not answered beside {_SOCKETS} sockets at {at.host}")


def racers(scene: Scene, order: Call, stack: ExitStack) -> Sequence[Callable[[], object]]:
    """S33: sockets that are open, and each ready to place the order."""
    lines = [stack.enter_context(_socket(scene)) for _ in range(_RACERS)]
    return [partial(line.place, order) for line in lines]


def say_it_twice(scene: Scene) -> None:
    """S41: say how much twice in one call, once in disguise; and the method, and all parameters."""
    order = dict(parse_qsl(scene.buy(scene.means.modest, "0.99", timeInForce="GTC").query))
    with _socket(scene) as line:
        for more in ('"quantity":"9000"', '"\\u0071uantity":"9000"', '"symbol":"VIAUSDT"', '"side":"SELL"'):
            text = line.written("order.place", order)
            line.say(text.replace('"params": {', f'"params": {{{more},', 1))
        for more in ('"method":"order.test"', '"params":{}'):
            line.say(line.written("order.place", order).replace("{", f"{{{more},", 1))


def speak_json(scene: Scene) -> None:
    """S43: write a call with numbers past all bounds, values that are none, nested without end, or as a list."""
    order = {"symbol": scene.symbol, "side": "BUY", "type": "MARKET"}
    with _socket(scene) as line:
        for value in ("1e400", "NaN", "Infinity", "true", "null"):
            call = line.written("order.place", {**order, "quantity": value})
            line.say(call.replace(f'"{value}"', value))
        call = line.written("order.place", order)
        nested = call.replace('"params": {', '"params": {"quantity":{"a":1},', 1)
        for text in (nested, "[" * 20_000, f"[{call}]", f"{call}{call}", f"{call},", '"order.place"', "null"):
            line.say(text)


def write_oddly(scene: Scene, name: str, values: Sequence[str]) -> None:
    """S44, S45: place an order with a parameter that is written in each of some ways."""
    with _socket(scene) as line:
        for value in values:
            order = dict(parse_qsl(scene.buy(scene.means.modest, "0.99", timeInForce="GTC").query))
            line.call("order.place", order | {name: unquote(value)})


def replay(scene: Scene) -> None:
    """S51: repeat a call to the letter, on its socket and on another; and as a request, which signs the same text."""
    order = scene.entry(scene.means.modest)
    with _socket(scene) as line, _socket(scene) as other:
        text = line.written("order.place", dict(parse_qsl(order.query)))
        for _ in range(_AGAIN):
            line.say(text)
            other.say(text)
        params = json.loads(text)["params"]
        mac = params.pop("signature")
        query = "&".join(f"{name}={params[name]}" for name in sorted(params))
        scene.bot.again(order, Wire("POST", f"{order.path}?{query}&signature={mac}"))


def confuse_venues(scene: Scene) -> None:
    """S52: open the sockets of other markets, where the key was not made for them."""
    for host, path in _DERIVATIVES:
        way = scene.ways[-1].towards(host)
        way.raw(Call("WS", path), _handshake(host, path))


def listen_for_the_key(scene: Scene) -> None:
    """S53: let the exchange repeat a call in its error; and follow the account, in whose events a key could stand."""
    with _socket(scene) as line:
        scene.ground.venue.fault("echo", "GET", "/api/v3/openOrders")
        echoed = line.call("openOrders.status", {"symbol": scene.symbol})
        scene.claim(b"***" in echoed.body, "the exchange did not repeat the call")
        followed = line.call("userDataStream.subscribe.signature", {})
        placed = line.place(scene.resting(scene.means.modest / 2))
        if followed.ok and placed.ok:
            scene.claim(bool(line.events) or line.follow(), "nothing was heard of an order of its own")
        scene.bot.answers.append(line.told())


@contextmanager
def _socket(scene: Scene) -> Iterator[Line]:
    """Open a socket by the way that is most like the exchange's own: inside the tunnel, where there is one."""
    with opened(scene.ways[-1]) as line:
        yield line


def _open_half(at: Client, stack: ExitStack) -> None:
    """Open a socket, and begin a frame that never ends."""
    try:
        wire = stack.enter_context(at.opened())
        wire.sendall(_handshake(at.host, CALLS) + b"\x81")
        wire.recv(1)
    except (OSError, Turned):  # hung up on, as it should be
        pass


def _handshake(host: str, path: str) -> bytes:
    head = (
        f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
    )  # fmt: skip
    return "\r\n".join(head).encode()
