"""What only a proxy can be attacked with: the CONNECT, the handshake inside it, and what does not belong there."""

from collections.abc import Iterator
from dataclasses import replace

from ringfence.drill import calls
from ringfence.drill.calls import Call
from ringfence.drill.client import Answer, Client
from ringfence.drill.scenarios.controls import trap
from ringfence.drill.scene import Scene
from ringfence.drill.tunnel import LOOPBACK, TRADING, Tunnel
from ringfence.drill.venue import QUOTE

_FUTURES, _MARKET_DATA, _STREAMS = "fapi.binance.com", "data-api.binance.vision", "stream.binance.com"
_HUNDREDFOLD = 1_000
_CONNECT = "CONNECT"
# Of no exchange; of one, at another port; an address; a name that looks like an exchange's.
_ELSEWHERE = (
    "evil.example:443", f"{TRADING}:80", f"{TRADING}:22", f"{TRADING}:8443", f"{_FUTURES}:9443", f"{TRADING}.:443",
    f"{TRADING}.evil.example:443", f"evil-{TRADING}:443", "binance.com:443", "localhost:443", "127.0.0.1:443",
    "2130706433:443", "0x7f000001:443", "169.254.169.254:443", "[::1]:443", "[::ffff:127.0.0.1]:443",
)  # fmt: skip
# With a user, a path, a scheme, no port, two, or what another program may end a name at.
_OTHERWISE = (
    f"{TRADING}@evil.example:443", f"evil.example:443@{TRADING}:443", f"https://{TRADING}:443", TRADING,
    f"{TRADING}:443/api/v3/order", f"{TRADING}:443?x", f"{TRADING}:443#@evil.example", f"{TRADING}:443:80",
    f"{TRADING}:0443443", f"{TRADING}\x00.evil.example:443", f"{TRADING}%00.evil.example:443", f"{TRADING}:+443",
)  # fmt: skip
_NAMES = (_FUTURES, "evil.example", f"{TRADING}.", f"{TRADING}.evil.example", "localhost", None)
_HOSTS = (_FUTURES, "evil.example", f"{TRADING}:80", f"{TRADING}.", "127.0.0.1", "localhost")
_HEADERS = (
    "Content-Length: 5", "Content-Length: 0", "Transfer-Encoding: chunked", "Transfer-Encoding: identity",
    "Upgrade: h2c", "Expect: 100-continue", "Host: evil.example", "X: a\n\tb", " folded: x", "Host : evil.example",
)  # fmt: skip


def lead_elsewhere(scene: Scene) -> None:
    """Ask to be led where nobody should be, with a pass that is none, in forms that could be taken for others."""
    door, tunnel = _door(scene)
    for target in (*_ELSEWHERE, *_OTHERWISE):
        _connect(door, target, tunnel.credentials)
    for shown in _wrong_passes(scene, tunnel):
        _connect(door, f"{TRADING}:443", shown)
    with trap() as caught:
        for port in (caught.port, scene.guard.exchange, scene.guard.gateway, door.port):
            for host in (LOOPBACK, "localhost"):
                _connect(door, f"{host}:{port}", tunnel.credentials)
        target = scene.bot.sign(scene.resting(scene.means.modest)).target
        for url in (f"http://{TRADING}", f"https://{TRADING}", f"http://{LOOPBACK}:{caught.port}", ""):
            _ask_in_the_clear(door, f"{url}{target}", tunnel)
        scene.claim(not caught.anybody(), "the proxy led to a port of this machine")


def say_another_host(scene: Scene) -> None:
    """Name one host in the CONNECT, another in the handshake or in the request; ask one host for another's things."""
    _, tunnel = _door(scene)
    target = scene.bot.sign(scene.resting(scene.means.modest)).target
    order = Call("POST", target)
    for name in _NAMES:
        scene.bot.by(replace(tunnel, said=name)).raw(order, _post(scene, target, TRADING))
    for host in _HOSTS:
        scene.bot.by(tunnel).raw(order, _post(scene, target, host))
    for host in (_MARKET_DATA, _FUTURES, _STREAMS):
        scene.bot.by(tunnel.to(host)).raw(order, _post(scene, target, host))
    _be_the_same_host(scene, tunnel)
    _come_as_another(scene)


def hide_in_a_connect(scene: Scene) -> None:
    """Send an order behind the CONNECT, as its body, for a handshake; and ask for a tunnel inside the tunnel."""
    door, tunnel = _door(scene)
    hidden = _post(scene, scene.bot.sign(scene.resting(scene.means.modest)).target, TRADING)
    for behind in (hidden, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        _connect(door, f"{TRADING}:443", tunnel.credentials, behind=behind)
    for header in _HEADERS:
        _connect(door, f"{TRADING}:443", tunnel.credentials, header, behind=hidden if "Content" in header else b"")
    _connect(door, f"{TRADING}:443", tunnel.credentials, tunnel.credentials)
    inside = scene.bot.by(tunnel)
    inside.unsecured(Call("POST", "/api/v3/order"), hidden)
    for asked in (f"{_FUTURES}:443", f"{TRADING}:443", "evil.example:443"):
        again = f"{_CONNECT} {asked} HTTP/1.1\r\nHost: {TRADING}\r\n{tunnel.credentials}\r\n\r\n"
        inside.raw(Call(_CONNECT, asked), again.encode() + hidden)


def _door(scene: Scene) -> tuple[Client, Tunnel]:
    """The proxy's port itself, and the bot's way through it."""
    tunnel = scene.guard.tunnel(scene.bot.key)
    return replace(scene.bot, port=tunnel.port), tunnel


def _connect(door: Client, target: str, *headers: str, behind: bytes = b"") -> Answer:
    head = "\r\n".join((f"{_CONNECT} {target} HTTP/1.1", *headers, "", ""))
    return door.raw(Call(_CONNECT, target), head.encode() + behind)


def _wrong_passes(scene: Scene, tunnel: Tunnel) -> Iterator[str]:
    """No pass, a token that is wrong, another bot's token, another bot's name, and what is no pass at all."""
    beside = scene.guard.neighbour(scene.bot.key)
    yield "X-Nothing: 1"
    for name, token in (
        (tunnel.name, tunnel.token[::-1]),
        (tunnel.name, beside.token),
        (beside.name, tunnel.token),
        (tunnel.name, ""),
    ):
        yield replace(tunnel, name=name, token=token).credentials
    yield f"Proxy-Authorization: Bearer {tunnel.token}"


def _ask_in_the_clear(door: Client, target: str, tunnel: Tunnel) -> None:
    """Send the order to the proxy as to any proxy for plain HTTP."""
    head = (f"POST {target} HTTP/1.1", f"Host: {TRADING}", f"X-MBX-APIKEY: {door.key}", tunnel.credentials, "", "")
    door.raw(Call("POST", target), "\r\n".join(head).encode())


def _post(scene: Scene, target: str, host: str) -> bytes:
    head = (f"POST {target} HTTP/1.1", f"Host: {host}", f"X-MBX-APIKEY: {scene.bot.key}", "Connection: close", "", "")
    return "\r\n".join(head).encode()


def _be_the_same_host(scene: Scene, tunnel: Tunnel) -> None:
    """Say the host in capitals, which is the same host: what is asked there is judged as anywhere."""
    capitals = scene.bot.by(replace(tunnel, host=TRADING.upper(), said=TRADING.upper()))
    answer = capitals.send(calls.withdrawal(QUOTE, scene.money()))
    scene.claim(answer.status != 0 and answer.refusal is not None, "a host in capitals is another host")


def _come_as_another(scene: Scene) -> None:
    """Come by the pass of another bot, which opens no more than the door: an order is the key's, by its limits."""
    before = scene.used().refused
    other = scene.bot.by(scene.guard.neighbour(scene.bot.key))
    other.send(scene.entry(scene.means.modest * _HUNDREDFOLD))
    scene.claim(scene.used().refused > before, "an order by another bot's pass was not counted as this bot's")
