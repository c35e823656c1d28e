"""S47 to S49, S51 to S53: below and beside the request: hosts, framing, headers, keys, replays; by each way in."""

import socket
from concurrent.futures import ThreadPoolExecutor

from ringfence.drill import calls
from ringfence.drill.calls import Call
from ringfence.drill.client import Answer, Client
from ringfence.drill.scenario import WATCHER, Most, Scenario, bounded, refused
from ringfence.drill.scenarios import calling, proxied
from ringfence.drill.scenarios.codes import DOORS, LIMITS, NEVER, UNREAD
from ringfence.drill.scenarios.controls import nothing_sent, trap, with_all_ways_open
from ringfence.drill.scene import Scene

_TIMES = 20
_WINDOW_MS = 5_000  # docs/explanation/attacks.md, S53
_ELSEWHERE = ("192.0.2.1", 9)  # no packet is sent: it only tells which of our addresses would be used (RFC 5737)
_HEADERS = ("X-Forwarded-For: 8.8.8.8", "OK-ACCESS-KEY: x", "Cookie: a=b")
_FOREIGN = {"x-forwarded-for", "ok-access-key", "cookie", "x-evil", "x-http-method-override"}
_OVERRIDES = (
    "X-HTTP-Method-Override: DELETE",
    "X-Method-Override: PUT",
    "X: a\rX-Evil: 1",
    "X: a\x00b",
    "X: \u00e9",
)


def _say(way: Client, line: str, *headers: str, body: str = "", host: str | None = None) -> Answer:
    """Send one request as bytes, signed as an order would be where the line has room for it."""
    named = f"Host: {way.host}" if host is None else host
    head = (line, named, f"X-MBX-APIKEY: {way.key}", *headers, "Connection: close")
    text = "\r\n".join(part for part in head if part) + "\r\n\r\n" + body
    return way.raw(Call(*line.split(" ")[:2]), text.encode("utf-8"))


def _target(scene: Scene) -> str:
    """An order that would be allowed, signed."""
    return scene.bot.sign(scene.resting(scene.means.modest)).target


def _hosts(scene: Scene) -> None:
    """Name another host: to the proxy, and by each way in; then let the exchange itself name one."""
    with nothing_sent(scene):
        for way in scene.ways:
            _other_hosts(scene, way)
        proxied.lead_elsewhere(scene)
        proxied.say_another_host(scene)
    _claim_no_redirect(scene)


def _other_hosts(scene: Scene, way: Client) -> None:
    """Name it in the request line, twice in the head, as a tunnel."""
    target = _target(scene)
    _say(way, f"POST http://evil.example{target} HTTP/1.1")
    _say(way, f"POST https://{way.host}{target} HTTP/1.1")
    _say(way, f"POST {target} HTTP/1.1", "Host: evil.example")
    _say(way, f"POST {target} HTTP/1.1", host=f"Host: {way.host}@evil.example")
    _say(way, f"POST {target} HTTP/1.1", host="")
    _say(way, "CONNECT evil.example:443 HTTP/1.1")
    _say(way, "OPTIONS * HTTP/1.1")


def _claim_no_redirect(scene: Scene) -> None:
    """Let the exchange point elsewhere, and see that nobody follows."""
    with trap() as caught:
        for way in scene.ways:
            scene.ground.venue.redirect(f"http://127.0.0.1:{caught.port}", "/api/v3/openOrders")
            way.quietly(calls.open_orders(scene.symbol))
        scene.claim(not caught.anybody(), "a redirect of the exchange was followed")


def _smuggle(scene: Scene) -> None:
    """Hide an order behind the end of a harmless request by each way in, and in what leads to the proxy's own."""
    with nothing_sent(scene):
        for way in scene.ways:
            _frame_it_twice(scene, way)
        proxied.hide_in_a_connect(scene)


def _frame_it_twice(scene: Scene, way: Client) -> None:
    """Frame a request so that two parsers see two."""
    target = _target(scene)
    hidden = f"POST {target} HTTP/1.1\r\nHost: {way.host}\r\nX-MBX-APIKEY: {way.key}\r\n\r\n"
    line, length = "POST /api/v3/order/test HTTP/1.1", f"Content-Length: {len(hidden)}"
    _say(way, line, length, "Transfer-Encoding: chunked", body=f"0\r\n\r\n{hidden}")
    _say(way, line, length, "Content-Length: 0", body=hidden)
    _say(way, line, "Transfer-Encoding: xchunked", body=f"0\r\n\r\n{hidden}")
    _say(way, line, "Content-Length: +0", body=hidden)
    _say(way, line, "X: a\r\n b", body="")
    _say(way, line, "Transfer-Encoding : chunked", body=f"0\r\n\r\n{hidden}")
    way.raw(Call("POST", "/"), f"GET /api/v3/time HTTP/1.1\nHost: {way.host}\n\n{hidden}".encode())


def _inject_headers(scene: Scene) -> None:
    """Break out of a header, name another method, and bring headers of the exchange's own."""
    before = scene.ground.venue.moment()
    for number, way in enumerate(scene.ways):
        _bring_headers(scene, way, f"with-header-{number}")
    foreign = {name for each in scene.arrived(before) for name, _ in each.headers if name.lower() in _FOREIGN}
    scene.claim(not foreign, f"a header of the bot's reached the exchange: {', '.join(sorted(foreign))}")


def _bring_headers(scene: Scene, way: Client, named: str) -> None:
    target = _target(scene)
    for header in _OVERRIDES:
        answer = _say(way, f"POST {target} HTTP/1.1", header)
        scene.claim(not answer.ok, f"a request was taken that has {header.split(':')[0]!r} in its head")
    real, _ = scene.guard.real
    for number, header in enumerate((f"X-MBX-APIKEY: {real}", *_HEADERS)):
        wire = way.sign(scene.resting(scene.means.modest / 2, newClientOrderId=f"{named}-{number}"))
        _say(way, f"{wire.method} {wire.target} HTTP/1.1", header)


def _replay(scene: Scene) -> None:
    """Repeat an order to the letter, as whoever recorded it could, in turn and at once; and turn it into a cancel."""
    order = scene.entry(scene.means.modest)
    wire = scene.bot.sign(order)
    for _ in range(_TIMES // 2):
        scene.bot.again(order, wire)
    with ThreadPoolExecutor(_TIMES // 2) as pool:
        list(pool.map(lambda _: scene.bot.again(order, wire), range(_TIMES // 2)))
    if scene.rehearsed is None:
        return
    scene.bot.again(order, calls.Wire("DELETE", wire.target, wire.body))
    calling.replay(scene)
    address = _other_address()
    if address is not None:
        scene.claim(
            not _reachable(address, scene.guard.gateway), f"the gateway can be reached from outside, at {address}"
        )


def _other_address() -> str | None:
    """An address of this machine that others could reach, None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


def _reachable(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def _confuse_venues(scene: Scene) -> None:
    """Use the virtual key where it was not made for, and the real one where no real one belongs."""
    for path in (
        "/fapi/v1/order",
        "/dapi/v1/order",
        "/eapi/v1/order",
        "/papi/v1/um/order",
        "/v5/order/create",
        "/api/v5/trade/order",
    ):
        scene.bot.send(calls.ask("POST", path, symbol=scene.symbol, side="BUY", type="MARKET", quantity="1"))
    stolen = Client(scene.guard.gateway, *scene.guard.real, answers=scene.bot.answers)
    stolen.send(scene.entry(scene.means.modest))
    nobody = Client(scene.guard.gateway, "A" * 64, scene.bot.secret, answers=scene.bot.answers)
    nobody.send(scene.entry(scene.means.modest))
    straight = Client(scene.ground.owner.port, scene.bot.key, scene.bot.secret)
    answer = straight.send(scene.entry(scene.means.modest))
    calling.confuse_venues(scene)
    scene.claim(not answer.ok, "the virtual key opens the exchange itself")


def _listen_for_the_key(scene: Scene) -> None:
    """Let the exchange repeat the whole request in its error, key and signature included, and read that."""
    before = scene.ground.venue.moment()
    for method, path in (("GET", "/api/v3/openOrders"), ("POST", "/api/v3/order")):
        scene.ground.venue.fault("echo", method, path)
    scene.bot.send(calls.open_orders(scene.symbol))
    scene.bot.send(scene.resting(scene.means.modest))
    calling.listen_for_the_key(scene)
    sent = [each for each in scene.arrived(before) if each.signature]
    scene.claim(any(b"***" in answer.body for answer in scene.bot.answers), "the exchange did not repeat the request")
    windows = {each.target.partition("recvWindow=")[2].partition("&")[0] for each in sent}
    scene.claim(
        all(window.isdigit() and int(window) <= _WINDOW_MS for window in windows),
        f"a signed request is good for {windows} ms",
    )


TRANSPORT = (
    Scenario(
        "S47",
        "name another host",
        "A whole address in the request line, two hosts, a tunnel, a handshake for another host, a redirect: whoever"
        " believes one of them sends a signed order, or the key, to the attacker.",
        "unknown-request, proxy, tls: refused at the door; the host of an exchange is a constant, no redirect followed",
        f"the gateway's log counts them; {WATCHER} (W9)",
        refused(*UNREAD, *DOORS, *LIMITS, *NEVER),
        _hosts,
        bare=False,
        stage=with_all_ways_open,
    ),
    Scenario(
        "S48",
        "hide a request in another",
        "Two lengths, a length and chunks, bare line feeds, bytes behind a CONNECT: where two programs disagree on"
        " where a request ends, a second one hides behind the first, and passes unseen.",
        "unknown-request, proxy, tls: what could be framed in two ways is refused, and what leaves is framed anew",
        f"the gateway's log counts them; {WATCHER} (W9)",
        refused(*UNREAD, *DOORS),
        _smuggle,
        bare=False,
        stage=with_all_ways_open,
    ),
    Scenario(
        "S49",
        "slip in a header",
        "A line break in a header, a header that names another method, headers that say who one is: some servers"
        " obey them.",
        "no header of the bot's leaves; what names another method is refused",
        f"the gateway's log counts them; {WATCHER} (W9)",
        bounded(*UNREAD, *LIMITS, "virtual-key", most=Most.NOTHING, orders=2 * (len(_HEADERS) + 1)),
        _inject_headers,
        by="no header leaves",
        bare=False,
        stage=with_all_ways_open,
    ),
)

REPEATING = (
    Scenario(
        "S51",
        "repeat a recorded order",
        "Whoever has seen one signed order sends it again, twenty times; or turns it into a cancel; or uses the key"
        " from another machine.",
        "a request that is repeated is one order and gets the first answer; the gateway listens on this machine alone",
        f"a key used twice: {WATCHER} (W9)",
        bounded(*LIMITS, *UNREAD, "replay", orders=2),
        _replay,
    ),
    Scenario(
        "S52",
        "confuse the venues",
        "The key of one exchange at another, spot at futures, the virtual key at the exchange, the real one at the"
        " gateway.",
        "virtual-key, not-described: a virtual key is bound to one exchange and account, and worth nothing elsewhere",
        f"`ringfence why`; {WATCHER} (W9)",
        refused("virtual-key", "signature", *NEVER),
        _confuse_venues,
        bare=False,
        half="the paths of other exchanges with their own keys (their dialects)",
    ),
    Scenario(
        "S53",
        "read the key in an error",
        "Some errors repeat the request that caused them. The bot provokes one, and reads in it the real key, or a"
        " signature that it can use itself.",
        "what repeats a key or a signature is blanked; a signed request is good for five seconds",
        "nothing: there is nothing to see",
        bounded(*LIMITS, "upstream", most=Most.NOTHING, orders=2),
        _listen_for_the_key,
        by="blanking",
        bare=False,
    ),
)
