"""Exchanges' own names on a loopback address: the name in the handshake chooses leaf and door, or ends it."""

import asyncio
import logging
import ssl
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.dialects.hosts import hosts_of
from ringfence.errors import Misconfigured
from ringfence.gateway.doors import Door
from ringfence.gateway.limits import Limits
from ringfence.gateway.site import Site
from ringfence.gateway.ways import ways_in
from ringfence.model.names import ExchangeId
from ringfence.settings import Listener, Names, Proxy, Settings
from tests.gateway.doorway import BINANCE, HASTY, PAPER, Doorway, Line, client, doorway
from tests.gateway.test_proxy import GARBAGE, INSIDE, close_all, status_of
from tests.gateway.world import QUICK, world


async def by_name(way: Doorway, name: str = "api.binance.com") -> Line:
    """Connect as a client does for which the name means our address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", way.named.port, ssl=client(), server_hostname=name)
    return Line(reader, writer)


@pytest.mark.parametrize("host", ["api.binance.com", "API.binance.com", "api4.binance.com"])
async def test_an_order_goes_through_by_the_name_in_the_handshake(host: str) -> None:
    async with doorway() as way:
        line = await by_name(way, host)
        assert status_of(await line.ask(host=host)) == 200
        line.close()
        assert [ask.host for ask in way.inner.peers.asks] == [host]


@pytest.mark.parametrize("name", ["fapi.binance.com", "ws-api.binance.com", "data-stream.binance.vision"])
async def test_each_name_has_its_own_leaf_and_its_own_paths(name: str) -> None:
    async with doorway() as way:
        line = await by_name(way, name)
        assert status_of(await line.ask(host=name)) == 404
        line.close()
        assert way.inner.peers.asks == []


UNKNOWN = ["www.binance.com", "binance.com", "api.binance.com.evil.com", "localhost", "testnet.binance.vision"]


@pytest.mark.parametrize("name", UNKNOWN)
async def test_a_name_that_is_not_known_ends_the_handshake(name: str) -> None:
    async with doorway() as way:
        with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
            await by_name(way, name)


async def test_no_name_ends_the_handshake() -> None:
    async with doorway() as way:
        nameless = client()
        nameless.check_hostname = False
        with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
            await asyncio.open_connection("127.0.0.1", way.named.port, ssl=nameless, server_hostname="")


async def test_a_name_is_known_on_its_own_ports_alone() -> None:
    async with doorway() as way:
        inside = way.named.doors
        assert set(inside) == set(hosts_of(BINANCE))
        other = type(way.named)("127.0.0.1", 9443, inside, way.named.leaves, HASTY, Counter())
        assert set(other.doors) == {
            "ws-api.binance.com",
            "stream.binance.com",
            "data-stream.binance.vision",
        }
        none = type(way.named)("127.0.0.1", 8443, inside, way.named.leaves, HASTY, Counter())
        assert set(none.doors) == set()


@pytest.mark.parametrize(("raw", "status"), INSIDE)
async def test_inside_a_connection_only_what_its_host_serves_is_asked(raw: bytes, status: int) -> None:
    async with doorway() as way:
        line = await by_name(way)
        line.writer.write(raw)
        assert status_of(await line.hear()) == status
        assert way.inner.peers.asks == []
        line.close()


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_what_is_no_handshake_is_ended_and_harms_nobody(garbage: bytes) -> None:
    async with doorway() as way:
        heard = await way.say(garbage, way.named.port)
        assert b"HTTP/" not in heard
        after = await by_name(way)
        assert status_of(await after.ask()) == 200
        after.close()


async def test_a_handshake_that_is_left_half_done_ends_in_time() -> None:
    async with doorway() as way:
        began = time.monotonic()
        assert await way.say(b"\x16\x03\x01", way.named.port) == b""
        assert await way.say(b"", way.named.port) == b""
        assert time.monotonic() - began < 3


async def test_three_hundred_half_open_handshakes_keep_nobody_out() -> None:
    async with doorway(replace(HASTY, knock_seconds=20.0, knocks=16)) as way:
        half = [Line(*await asyncio.open_connection("127.0.0.1", way.named.port)) for _ in range(300)]
        for line in half:
            line.writer.write(b"\x16")
        line = await by_name(way)
        assert status_of(await line.ask()) == 200
        close_all((*half, line))


async def test_more_connections_than_may_be_are_ended_and_a_place_that_is_free_again_is_given() -> None:
    async with doorway() as way:
        lines = [await by_name(way) for _ in range(HASTY.connections)]
        for line in lines:
            assert status_of(await line.ask()) == 200
        extra = await by_name(way)
        assert await extra.rest() == b""
        lines.pop().close()
        await asyncio.sleep(0.1)
        again = await by_name(way)
        assert status_of(await again.ask()) == 200
        close_all((*lines, extra, again))


async def test_a_leaf_that_is_missing_is_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with doorway() as way:
            (way.home / "api.binance.com.pem").unlink()
            with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
                await by_name(way)
            await asyncio.sleep(0.02)
            other = await by_name(way, "fapi.binance.com")
            other.close()
    assert "there is no certificate for api.binance.com; run `ringfence certificates`" in caplog.text


async def test_what_comes_to_nothing_is_said_once_a_minute_and_no_made_up_name_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        async with doorway() as way:
            for name in UNKNOWN:
                with pytest.raises(ssl.SSLError):
                    await by_name(way, name)
            await asyncio.sleep(0.02)
    said = [record.getMessage() for record in caplog.records if "handshake" in record.getMessage()]
    assert len(said) == 1, said
    assert said[0].startswith("a name that is no exchange's, or none: ")
    assert "evil" not in caplog.text


# A listener for one host


async def test_a_listener_for_one_host_serves_what_that_host_serves_under_any_name_of_ours() -> None:
    async with world() as w:
        site = Site(Door(w.front, hosts_of(BINANCE)["data-api.binance.vision"], named=False), 0, QUICK)
        await site.open()
        try:
            served = await raw(site.port, b"GET /api/v3/time HTTP/1.1\r\nHost: 127.0.0.1:8300\r\n\r\n")
            not_served = await raw(site.port, b"GET /sapi/v1/account HTTP/1.1\r\nHost: 127.0.0.1:8300\r\n\r\n")
        finally:
            await site.close()
        assert (status_of(served), status_of(not_served)) == (200, 404)
        assert w.peers.asks == []


async def raw(port: int, data: bytes) -> bytes:
    line = Line(*await asyncio.open_connection("127.0.0.1", port))
    line.writer.write(data)
    heard = await line.hear()
    line.close()
    return heard


# What a deployment's settings make of it


def ways(settings: Settings, front: object = None) -> list[str]:
    return [what for what, _ in ways_in(settings, lambda _way, _exchange: front, Limits(), Counter())]  # type: ignore[arg-type,return-value]


async def test_every_way_in_of_the_settings_is_there(tmp_path: Path) -> None:
    listeners = (Listener("a", PAPER, 8300), Listener("b", BINANCE, 8301, "api.binance.com"))
    whole = Settings(tmp_path, listeners, proxy=Proxy(8118), names=Names("127.0.0.91", (PAPER,)))
    assert ways(whole) == ["for paper-binance bots", "for binance bots", "as a proxy", "by name", "by name", "by name"]
    assert ways(Settings(tmp_path, listeners[:1])) == ["for paper-binance bots"]


WRONG = [
    (Settings(Path("h"), (Listener("a", BINANCE, 8300, "www.binance.com"),)), "binance has no host www.binance.com"),
    (Settings(Path("h"), (Listener("a", ExchangeId("x"), 8300, "api.binance.com"),)), "there is no exchange 'x'"),
    (Settings(Path("h"), names=Names("127.0.0.91", (BINANCE, PAPER))), "would mean two exchanges"),
    (Settings(Path("h"), names=Names("127.0.0.91", (ExchangeId("kraken"),))), "there is no exchange 'kraken'"),
]


@pytest.mark.parametrize(("settings", "said"), WRONG)
def test_a_way_in_that_cannot_be_meant_is_refused(settings: Settings, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        ways(settings)


def test_each_way_in_has_a_name_by_which_the_signer_knows_its_exchange(tmp_path: Path) -> None:
    listeners = (Listener("a", BINANCE, 8300),)
    whole = Settings(tmp_path, listeners, proxy=Proxy(8118), names=Names("127.0.0.91", (PAPER,)))
    assert whole.ways([BINANCE, PAPER]) == {
        "a": BINANCE,
        "proxy/binance": BINANCE,
        "proxy/paper-binance": PAPER,
        "names/paper-binance": PAPER,
    }
    assert Settings(tmp_path, listeners).ways([BINANCE, PAPER]) == {"a": BINANCE}
