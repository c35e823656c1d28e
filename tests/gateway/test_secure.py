"""A listener with TLS: the leaf is the listener's, nothing is spoken in plain, and no trick leads elsewhere."""

import asyncio
import base64
import json
import logging
import ssl
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ringfence import whole
from ringfence.dialects.hosts import hosts_of
from ringfence.errors import Misconfigured
from ringfence.gateway.doors import Door
from ringfence.gateway.limits import Limits
from ringfence.gateway.secure import SecureSite
from ringfence.gateway.site import Site
from ringfence.gateway.tls import Leaves
from ringfence.gateway.ways import ways_in
from ringfence.ipc.messages import Answered
from ringfence.settings import Listener, Settings
from tests.gateway.doorway import BINANCE, HASTY, PAPER, Line, client, trusted
from tests.gateway.test_proxy import GARBAGE, close_all, status_of
from tests.gateway.world import World, world

PLAIN = b"GET /api/v3/order HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ALERT = b"\x15"  # the first byte of a record that says no (RFC 8446, 5.1)
ROOM = replace(HASTY, knock_seconds=2.0)


@dataclass
class Secure:
    """What runs."""

    inner: World
    site: SecureSite
    leaf: Path

    async def line(self, context: ssl.SSLContext | None = None, name: str | None = None) -> Line:
        """Connect to the address, which asks for no name unless one is given."""
        opened = await asyncio.open_connection(
            "127.0.0.1", self.site.port, ssl=context or client(), server_hostname=name
        )
        return Line(*opened)

    async def say(self, raw: bytes, *, ends: bool = False) -> bytes:
        """Send raw bytes, and hear all that comes until the other side ends it."""
        line = Line(*await asyncio.open_connection("127.0.0.1", self.site.port))
        line.writer.write(raw)
        if ends:
            line.writer.write_eof()
        heard = await line.rest()
        line.close()
        return heard


def leaves(home: Path) -> Leaves:
    whole.put(home / "localhost.pem", trusted()[1]["localhost"], 0o600)
    return Leaves(lambda host: home / f"{host}.pem")


@asynccontextmanager
async def secure(limits: Limits = HASTY, host: str | None = None) -> AsyncIterator[Secure]:
    """Run a listener with TLS before the toy gateway."""
    async with world(limits) as inner:
        with tempfile.TemporaryDirectory() as folder:
            front = inner.front if host is None else Door(inner.front, hosts_of(BINANCE)[host], named=False)
            site = SecureSite("paper", front, 0, leaves(Path(folder)), limits, inner.counts)
            await site.open()
            try:
                yield Secure(inner, site, Path(folder, "localhost.pem"))
            finally:
                await site.close()


async def still_answers(way: Secure) -> None:
    line = await way.line()
    assert status_of(await line.ask()) == 200
    line.close()


# Who comes by the address


async def test_a_client_that_asks_for_no_name_is_shown_the_leaf_of_its_address() -> None:
    async with secure() as way:
        line = await way.line()
        assert status_of(await line.ask(host=f"127.0.0.1:{way.site.port}")) == 200
        told = line.writer.get_extra_info("peercert")["subjectAltName"]
        line.close()
        assert told == (("IP Address", "127.0.0.1"), ("DNS", "localhost"))
        assert [ask.host for ask in way.inner.peers.asks] == [f"127.0.0.1:{way.site.port}"]


async def test_a_websocket_takes_calls() -> None:
    async with secure(replace(ROOM, patience_seconds=2.0)) as way:
        way.inner.peers.answer = lambda ask: Answered(ask.id, 200, b'{"orderId":7}')
        async with connect(f"wss://127.0.0.1:{way.site.port}/ws-api/v3", ssl=client()) as socket:
            params = {"apiKey": "K" * 64, "symbol": "BTCUSDT", "timestamp": 1, "signature": "ab"}
            await socket.send(json.dumps({"id": 1, "method": "order.place", "params": params}))
            assert json.loads(await socket.recv())["result"] == {"orderId": 7}


async def test_a_listener_for_one_host_serves_what_that_host_serves() -> None:
    async with secure(host="data-api.binance.vision") as way:
        line = await way.line()
        assert status_of(await line.ask("/api/v3/time")) == 200
        assert status_of(await line.ask("/sapi/v1/account")) == 404
        line.close()
        assert way.inner.peers.asks == []


HOSTS = ["127.0.0.1:1", "localhost", "api.binance.com", "evil.example:443", "[::1]"]


@pytest.mark.parametrize("host", HOSTS)
async def test_what_the_host_header_says_leads_nowhere_else(host: str) -> None:
    """It is data for whoever checks a signature; the listener alone says which exchange is meant."""
    async with secure() as way:
        line = await way.line()
        assert status_of(await line.ask(host=host)) == 200
        line.close()
        [ask] = way.inner.peers.asks
        assert (ask.listener, ask.host) == (way.inner.front.listener, host)


@pytest.mark.parametrize("host", ["api.ringfence@127.0.0.1", "a b", "", "h\r\nHost: evil"])
async def test_a_host_header_that_could_mean_two_things_is_refused(host: str) -> None:
    async with secure() as way:
        line = await way.line()
        assert status_of(await line.ask(host=host)) == 400
        line.close()
        assert way.inner.peers.asks == []


async def test_user_info_of_an_address_is_a_header_that_means_nothing() -> None:
    async with secure() as way:
        line = await way.line()
        shown = base64.b64encode(b"api.ringfence:").decode()
        line.writer.write(
            f"GET /time HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {shown}\r\n\r\n".encode(),
        )
        assert status_of(await line.hear()) == 200
        line.close()
        assert shown not in str(way.inner.peers.fetches)


# Names


def hello(name: str) -> bytes:
    """A client's first record, in which it asks for a name; one that Python would not send, too."""
    stand_in = "a" * (len(name) - 2) + ".b"
    outgoing = ssl.MemoryBIO()
    shaking = client().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=stand_in)
    with pytest.raises(ssl.SSLWantReadError):
        shaking.do_handshake()
    raw = outgoing.read()
    assert raw.count(stand_in.encode()) == 1
    return raw.replace(stand_in.encode(), name.encode())


@pytest.mark.parametrize("name", ["localhost", "LocalHost", "api.localhost", "a.b.localhost"])
async def test_this_machines_own_name_and_those_below_it_are_answered_for(name: str) -> None:
    async with secure(ROOM) as way:
        trusting = client()
        trusting.check_hostname = False  # the leaf is for localhost itself
        line = await way.line(trusting, name)
        assert status_of(await line.ask()) == 200
        line.close()


FOREIGN = [
    "api.binance.com", "localhost.evil.com", "evil-localhost", "xlocalhost", "localhost.", ".localhost.", "127.0.0.1",
    "localhost\0.evil.com", "localhost\0", "evil.com\0.localhost", "local host", "*.localhost.x", "../localhost.pem",
]  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
async def test_any_other_name_ends_the_handshake(name: str) -> None:
    async with secure(ROOM) as way:
        heard = await way.say(hello(name), ends=True)
        assert heard[:1] in {ALERT, b""}, heard  # and never a record of a handshake
        await still_answers(way)


async def test_a_name_that_is_not_ours_is_refused_as_one_that_nobody_knows() -> None:
    async with secure(ROOM) as way:
        with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
            await way.line(name="api.binance.com")
        assert (await way.say(hello("localhost")))[:1] == b"\x16"  # what the test above would see, were it let in


# What is no handshake


@pytest.mark.parametrize("websocket", [False, True])
async def test_plain_http_is_told_that_this_port_speaks_tls(websocket: bool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with secure() as way:
            if websocket:
                with pytest.raises(InvalidStatus) as refused:
                    await connect(f"ws://127.0.0.1:{way.site.port}/ws-api/v3").__aenter__()
                heard = refused.value.response.body or b""
            else:
                heard = await way.say(PLAIN)
                assert status_of(heard) == 400
            assert b"https:// or wss://" in heard
            assert (way.inner.peers.asks, way.inner.peers.fetches) == ([], [])
            await still_answers(way)
    [said] = [record.getMessage() for record in caplog.records if "plain HTTP" in record.getMessage()]
    assert said.startswith("listener paper: plain HTTP was sent: this port speaks TLS")
    assert "`ringfence point`" in said


MARKET = b"GET /time HTTP/1.1\r\nHost: h\r\n\r\n"
IN_PLAIN = [
    MARKET * 3,
    b"POST /api/v3/order HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}",
    b"CONNECT a:1 HTTP/1.1\r\n\r\n",
]


@pytest.mark.parametrize("raw", IN_PLAIN)
async def test_nothing_is_answered_in_plain_not_even_market_data(raw: bytes) -> None:
    async with secure() as way:
        heard = await way.say(raw)
        assert b" 200 " not in heard
        assert status_of(heard) == 400
        assert (way.inner.peers.asks, way.inner.peers.fetches) == ([], [])


@pytest.mark.parametrize("garbage", [*GARBAGE, b"get / http/1.1\r\n\r\n", b"\x80\x2e\x01\x00\x02"])
async def test_what_is_no_handshake_is_ended_and_harms_nobody(garbage: bytes) -> None:
    async with secure() as way:
        heard = await way.say(garbage)
        assert b" 200 " not in heard
        assert way.inner.peers.asks == []
        await still_answers(way)


@pytest.mark.parametrize("begun", [b"", b"\x16", b"\x16\x03\x01\x02\x00", hello("localhost")[:-1], hello("localhost")])
async def test_a_handshake_that_is_left_half_done_ends_in_time(begun: bytes) -> None:
    async with secure() as way:
        began = time.monotonic()
        await way.say(begun)
        assert time.monotonic() - began < 3
        await still_answers(way)


@pytest.mark.parametrize("begun", [b"", b"\x16"])
async def test_three_hundred_half_open_connections_keep_nobody_out(begun: bytes) -> None:
    async with secure(replace(HASTY, knock_seconds=20.0, knocks=16)) as way:
        half = [Line(*await asyncio.open_connection("127.0.0.1", way.site.port)) for _ in range(300)]
        for line in half:
            line.writer.write(begun)
        await still_answers(way)
        close_all(half)


async def test_more_connections_than_may_be_are_ended_those_in_plain_among_them() -> None:
    async with secure() as way:
        lines = [await way.line() for _ in range(HASTY.connections - 1)]
        for line in lines:
            assert status_of(await line.ask()) == 200
        plain = Line(*await asyncio.open_connection("127.0.0.1", way.site.port))
        plain.writer.write(PLAIN)
        assert status_of(await plain.hear()) == 400
        extra = await way.line()
        assert await extra.rest() == b""
        close_all((*lines, plain, extra))


async def test_tls_on_a_plain_port_says_which_address_is_meant() -> None:
    async with world(HASTY) as w:
        heard = await w.say(hello("localhost"))
        assert status_of(heard) == 400
        assert b"http:// or ws://" in heard
        assert w.counts["TLS sent to a plain listener (http://, or `tls = true` in ringfence.toml)"] == 1
        assert w.counts["malformed"] == 0


# What the log says, and what a start needs


async def test_a_client_that_does_not_trust_us_is_told_to_the_owner_with_what_it_needs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        async with secure() as way:
            for _ in range(2):
                with pytest.raises(ssl.SSLCertVerificationError):
                    await way.line(ssl.create_default_context())
                await asyncio.sleep(0.05)
            assert way.inner.counts["listeners: not trusted"] == 2
            await still_answers(way)
    said = [record.getMessage() for record in caplog.records if "trust" in record.getMessage()]
    assert len(said) == 1
    assert "listener paper: " in said[0]
    assert "trust/ca.pem; see `ringfence point`" in said[0]


async def test_no_word_of_a_clients_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with secure(ROOM) as way:
            for raw in (hello("evil.example"), b"GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n"):
                await way.say(raw, ends=True)
    assert "a name was asked for that is not localhost" in caplog.text
    assert "evil" not in caplog.text


async def test_a_leaf_that_goes_missing_ends_handshakes_and_nothing_is_spoken_in_plain(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        async with secure() as way:
            way.leaf.unlink()
            with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
                await way.line()
            assert status_of(await way.say(PLAIN)) == 400
            await asyncio.sleep(0.02)
    assert "there is no certificate for localhost; run `ringfence certificates`" in caplog.text


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_a_leaf_that_is_missing_or_broken_is_refused_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    settings = Settings(tmp_path, (Listener("safe", PAPER, 8300, tls=True),))
    settings.leaf("localhost").parent.mkdir()
    if content is not None:
        settings.leaf("localhost").write_bytes(content)
    with pytest.raises(Misconfigured, match="listener safe is to speak TLS") as refused:
        list(ways_in(settings, lambda _way, _exchange: None, Limits(), Counter()))  # type: ignore[arg-type,return-value]
    assert "ringfence certificates" in str(refused.value.hint)


def test_a_listener_speaks_tls_where_its_settings_say_so_and_only_there(tmp_path: Path) -> None:
    listeners = (Listener("a", PAPER, 8300), Listener("b", PAPER, 8301, tls=True))
    settings = Settings(tmp_path, listeners)
    whole.put(settings.leaf("localhost"), trusted()[1]["localhost"], 0o600)
    ways = list(ways_in(settings, lambda _way, _exchange: None, Limits(), Counter()))  # type: ignore[arg-type,return-value]
    assert [(what, type(way)) for what, way in ways] == [
        ("for paper-binance bots", Site),
        ("for paper-binance bots, over TLS,", SecureSite),
    ]
