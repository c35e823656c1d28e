"""The proxy: whose a connection is, which hosts it may lead to, and what a hostile client cannot do with it."""

import asyncio
import datetime as dt
import logging
import socket
import ssl
import time
import warnings
from collections.abc import Iterable
from dataclasses import replace

import pytest

from ringfence import certificates, passes, whole
from ringfence.ipc.messages import Answered
from ringfence.model.names import BotName, ExchangeId
from ringfence.passes import Pass
from ringfence.policy.domains import OWN
from tests.gateway.doorway import EYES, GRID, HASTY, Doorway, Line, asked, client, doorway

WRONG = Pass(BotName("grid"), GRID.exchange, EYES.token)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


async def test_an_order_goes_through_by_the_exchanges_own_name() -> None:
    async with doorway() as way:
        line = await way.secured()
        assert status_of(await line.ask()) == 200
        assert status_of(await line.ask("/sapi/v1/account")) == 200
        line.close()
        assert [(ask.host, ask.path) for ask in way.inner.peers.asks] == [
            ("api.binance.com", "/api/v3/order"),
            ("api.binance.com", "/sapi/v1/account"),
        ]


@pytest.mark.parametrize("target", ["stream.binance.com:9443", "stream.binance.com:443", "ws-api.binance.com:443"])
async def test_every_port_that_clients_say_is_a_way_in(target: str) -> None:
    async with doorway() as way:
        line = await way.secured(target)
        assert line.answer.startswith(b"HTTP/1.1 200 ")
        line.close()


OTHERS = [
    ("api.binance.com:80", 403),
    ("api.binance.com:22", 403),
    ("api.binance.com:9443", 403),
    ("api.binance.com:8443", 403),
    ("evil-api.binance.com:443", 403),
    ("api.binance.com.:443", 403),
    (".api.binance.com:443", 403),
    ("binance.com:443", 403),
    ("testnet.binance.vision:443", 403),
    ("127.0.0.1:443", 403),
    ("127.0.0.1:8118", 403),
    ("169.254.169.254:443", 403),
    ("2130706433:443", 403),
    ("localhost:443", 403),
    ("api.binance.com.evil.com:80", 403),
    ("api.binance.com.evil.com:443", 502),  # a tunnel may lead there, and here is no courier to say so
]


@pytest.mark.parametrize(("target", "status"), OTHERS)
async def test_any_other_host_or_port_is_refused(target: str, status: int) -> None:
    async with doorway() as way:
        answer = await way.say(asked(target))
        assert status_of(answer) == status
        assert b"Connection: close" in answer


@pytest.mark.parametrize("shown", [None, WRONG, Pass(BotName("nobody"), GRID.exchange, GRID.token)])
async def test_without_its_own_pass_nobody_comes_in(shown: Pass | None) -> None:
    async with doorway() as way:
        answer = await way.say(asked("api.binance.com:443", shown=shown))
        assert status_of(answer) == 407
        assert b'Proxy-Authenticate: Basic realm="ringfence"\r\n' in answer
        assert GRID.token.encode() not in answer


async def test_who_has_no_pass_does_not_learn_which_hosts_there_are() -> None:
    async with doorway() as way:
        known, unknown = [await way.say(asked(f"{host}:443", shown=None)) for host in ("api.binance.com", "evil.com")]
        assert known == unknown


async def test_another_bots_pass_leads_to_that_bots_own_connections_and_not_to_this_ones() -> None:
    async with doorway() as way:
        lines = [await way.secured() for _ in range(HASTY.connections)]
        assert status_of(await way.say(asked("api.binance.com:443"))) == 503
        other = await way.secured(shown=EYES)
        assert status_of(await other.ask()) == 200
        for line in (*lines, other):
            line.close()


async def test_wrong_passes_are_answered_thrice_a_minute_and_never_keep_a_right_one_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        async with doorway() as way:
            answers = [await way.say(asked("api.binance.com:443", shown=WRONG)) for _ in range(HASTY.tries + 5)]
            assert [status_of(answer) for answer in answers] == [407] * HASTY.tries + [0] * 5
            line = await way.secured()
            assert status_of(await line.ask()) == 200
            line.close()
    said = [record.getMessage() for record in caplog.records if "wrong pass" in record.getMessage()]
    assert said == ["a wrong pass was shown, in the name of bot grid"] * HASTY.tries


async def test_the_log_has_no_name_that_a_stranger_made_up(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with doorway() as way:
            await way.say(asked("api.binance.com:443", shown=Pass(BotName("x\x1b[2Jx"), GRID.exchange, GRID.token)))
    assert "a wrong pass was shown, in the name of no bot that there is" in caplog.text
    assert GRID.token not in caplog.text
    assert "[2J" not in caplog.text


async def test_a_pass_that_is_taken_away_or_given_counts_from_the_next_connection_on() -> None:
    async with doorway() as way:
        passes.write(way.home / "passes.toml", (EYES,))
        assert status_of(await way.say(asked("api.binance.com:443"))) == 407
        passes.write(way.home / "passes.toml", (GRID,))
        line = await way.secured()
        line.close()


@pytest.mark.parametrize("text", ["", "[grid", None])
async def test_where_the_passes_cannot_be_read_nobody_comes_in(text: str | None) -> None:
    async with doorway() as way:
        path = way.home / "passes.toml"
        if text is None:
            path.chmod(0o644)
        else:
            path.write_text(text)
        assert status_of(await way.say(asked("api.binance.com:443"))) == 407


async def test_a_pass_for_an_exchange_that_is_not_there_leads_nowhere() -> None:
    async with doorway() as way:
        passes.write(way.home / "passes.toml", (Pass(GRID.bot, ExchangeId("kraken"), GRID.token),))
        assert status_of(await way.say(asked("api.binance.com:443"))) == 403


async def test_plain_http_is_refused_in_words() -> None:
    async with doorway() as way:
        answer = await way.say(b"GET http://api.binance.com/api/v3/time HTTP/1.1\r\nHost: api.binance.com\r\n\r\n")
        assert status_of(answer) == 405
        assert b"use https:// and wss://" in answer
        assert b"Allow: CONNECT\r\n" in answer
        assert way.inner.peers.fetches == []


SNI = ["fapi.binance.com", "www.binance.com", "api.binance.com.evil.com", "api.binance.com.", "localhost"]


@pytest.mark.parametrize("name", SNI)
async def test_a_name_in_the_handshake_that_is_not_the_connects_ends_it(name: str) -> None:
    async with doorway() as way:
        line = await way.tunnel()
        with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
            await line.writer.start_tls(client(), server_hostname=name)
        line.close()
        assert way.inner.peers.asks == []


async def test_a_host_in_capitals_is_the_same_host() -> None:
    async with doorway() as way:
        line = await way.secured("API.Binance.COM:443")
        assert status_of(await line.ask()) == 200
        line.close()
        assert [ask.host for ask in way.inner.peers.asks] == ["api.binance.com"]


async def test_a_handshake_without_a_name_ends_it() -> None:
    async with doorway() as way:
        line = await way.tunnel()
        nameless = client()
        nameless.check_hostname = False
        with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
            await line.writer.start_tls(nameless, server_hostname="")
        line.close()


async def test_only_http_1_1_is_agreed_on() -> None:
    async with doorway() as way:
        line = await way.tunnel()
        offering = client()
        offering.set_alpn_protocols(["h2", "http/1.1"])
        await line.writer.start_tls(offering, server_hostname="api.binance.com")
        assert line.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
        assert status_of(await line.ask()) == 200
        line.close()


async def test_older_tls_is_not_spoken() -> None:
    async with doorway() as way:
        line = await way.tunnel()
        old = client()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await line.writer.start_tls(old, server_hostname="api.binance.com")
        line.close()


async def test_the_log_says_which_client_does_not_trust_us_once_a_minute_for_each_bot_and_host(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def distrusting(port: int, host: str, shown: Pass) -> None:
        """As a client that blocks does: by an alert."""
        with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
            wire.sendall(asked(f"{host}:443", shown=shown))
            assert wire.recv(1000).startswith(b"HTTP/1.1 200 ")
            with pytest.raises(ssl.SSLCertVerificationError):
                ssl.create_default_context().wrap_socket(wire, server_hostname=host)

    with caplog.at_level(logging.INFO):
        async with doorway() as way:
            for host, shown in [("api.binance.com", GRID)] * 3 + [
                ("api.binance.com", EYES),
                ("fapi.binance.com", GRID),
            ]:
                await asyncio.to_thread(distrusting, way.proxy.port, host, shown)
            await asyncio.sleep(0.05)
            line = await way.secured()
            assert status_of(await line.ask()) == 200
            line.close()
    words = "this client does not trust trust/ca.pem; see `ringfence point`"
    said = [record.getMessage() for record in caplog.records if words in record.getMessage()]
    assert said == [
        f"bot grid, api.binance.com: {words}",
        f"bot eyes, api.binance.com: {words}",
        f"bot grid, fapi.binance.com: {words}",
    ]


async def test_a_client_that_leaves_at_the_sight_of_our_certificate_is_told_of_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """asyncio's clients, aiohttp and ccxt among them, send no alert."""
    with caplog.at_level(logging.INFO):
        async with doorway() as way:
            line = await way.tunnel()
            with pytest.raises(ssl.SSLCertVerificationError):
                await line.writer.start_tls(ssl.create_default_context(), server_hostname="api.binance.com")
            line.close()
            await asyncio.sleep(0.05)
    said = "this client saw our certificate and left; it may not trust trust/ca.pem; see `ringfence point`"
    assert f"bot grid, api.binance.com: {said}" in caplog.text


GARBAGE = [
    b"GET /api/v3/order HTTP/1.1\r\nHost: api.binance.com\r\n\r\n",
    b"CONNECT api.binance.com:443 HTTP/1.1\r\n\r\n",
    b"\x00" * 600,
    b"\x16\x03\x01\xff\xff" + b"\xff" * 600,
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    b"\x15\x03\x03\x00\x02\x02\x30",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_what_is_no_handshake_is_ended_and_harms_nobody(garbage: bytes) -> None:
    async with doorway() as way:
        line = await way.tunnel()
        line.writer.write(garbage)
        heard = await line.rest()
        assert b"HTTP/" not in heard
        line.close()
        assert way.inner.peers.asks == []
        after = await way.secured()
        assert status_of(await after.ask()) == 200
        after.close()


INSIDE = [
    (b"CONNECT fapi.binance.com:443 HTTP/1.1\r\nHost: api.binance.com\r\n\r\n", 400),
    (b"GET https://fapi.binance.com/fapi/v1/time HTTP/1.1\r\nHost: api.binance.com\r\n\r\n", 400),
    (b"GET //evil.com/api HTTP/1.1\r\nHost: api.binance.com\r\n\r\n", 404),
    (b"GET /api/v3/order HTTP/1.1\r\nHost: fapi.binance.com\r\n\r\n", 421),
    (b"GET /api/v3/order HTTP/1.1\r\nHost: evil.com\r\n\r\n", 421),
    (b"GET /api/v3/order HTTP/1.1\r\nHost: api.binance.com:80\r\n\r\n", 421),
    (b"GET /api/v3/order HTTP/1.1\r\nHost: api.binance.com:99999\r\n\r\n", 421),
    (b"GET /api/v3/order HTTP/1.1\r\nHost: [::1]\r\n\r\n", 421),
    (b"GET /fapi/v1/order HTTP/1.1\r\nHost: api.binance.com\r\n\r\n", 404),
    (b"GET /ws/btcusdt@trade HTTP/1.1\r\nHost: api.binance.com\r\n\r\n", 404),
    (b"GET /api/v3/order HTTP/1.1\r\nHost: api.binance.com\r\nHost: api.binance.com\r\n\r\n", 400),
    (
        b"POST /api/v3/order HTTP/1.1\r\nHost: api.binance.com\r\nContent-Length: 2\r\nTransfer-Encoding: gzip\r\n\r\n",
        400,
    ),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
]


@pytest.mark.parametrize(("raw", "status"), INSIDE)
async def test_inside_a_connection_only_what_its_host_serves_is_asked(raw: bytes, status: int) -> None:
    async with doorway() as way:
        line = await way.secured()
        line.writer.write(raw)
        assert status_of(await line.hear()) == status
        assert way.inner.peers.asks == []
        line.close()


@pytest.mark.parametrize("host", ["data-api.binance.vision", "ws-api.binance.com", "fapi.binance.com"])
async def test_an_order_at_a_host_that_takes_none_reaches_nobody_s47(host: str) -> None:
    async with doorway() as way:
        line = await way.secured(f"{host}:443")
        answer = await line.ask("/api/v3/order?symbol=ETHUSDT", host=host, method="POST")
        assert status_of(answer) == 404
        assert way.inner.peers.asks == []
        line.close()


@pytest.mark.parametrize("host", ["api.binance.com", "API.BINANCE.COM", "api.binance.com:443"])
async def test_a_host_may_be_said_in_each_of_its_ways(host: str) -> None:
    async with doorway() as way:
        line = await way.secured()
        assert status_of(await line.ask(host=host)) == 200
        line.close()


async def test_a_refusal_inside_is_heard_whole_though_more_is_being_sent() -> None:
    """Over TLS there is no half-closed connection: the answer must not be lost in a reset."""
    async with doorway() as way:
        line = await way.secured()
        line.writer.write(
            b"POST /api/v3/order HTTP/1.1\r\nHost: api.binance.com\r\nContent-Length: 999999\r\n\r\n" + b"a" * 99_999
        )
        heard = await line.rest()
        assert status_of(heard) == 413
        assert heard.endswith(b"}")
        line.close()


@pytest.mark.parametrize("missing", [True, False])
async def test_a_leaf_that_is_missing_or_broken_is_said_and_the_others_are_there(
    missing: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with doorway() as way:
            path = way.home / "api.binance.com.pem"
            content = path.read_bytes()
            if missing:
                path.unlink()
            else:
                path.write_text("nonsense")
            answer = await way.say(asked("api.binance.com:443"))
            assert status_of(answer) == 503
            assert b"run `ringfence certificates`" in answer
            other = await way.secured("fapi.binance.com:443")
            other.close()
            path.write_bytes(content)  # and no restart is needed
            line = await way.secured()
            line.close()
    assert "there is no certificate for api.binance.com; run `ringfence certificates`" in caplog.text


async def test_a_leaf_that_was_made_anew_is_shown_from_the_next_connection_on() -> None:
    async with doorway() as way:
        first = await way.secured()
        first.close()
        key, at = certificates.new_key(), way.home / "api.binance.com.pem"
        moment = dt.datetime.fromtimestamp(time.time(), dt.UTC)
        authority = certificates.authority(key, "another", OWN, moment)
        whole.put(at, b"".join(certificates.leaf(authority, key, ("api.binance.com",), moment)), 0o600)
        line = await way.tunnel()
        with pytest.raises(ssl.SSLCertVerificationError):
            await line.writer.start_tls(client(), server_hostname="api.binance.com")
        line.close()


async def open_some(way: Doorway, count: int) -> list[Line]:
    return [Line(*await asyncio.open_connection("127.0.0.1", way.proxy.port)) for _ in range(count)]


def close_all(lines: Iterable[Line]) -> None:
    for line in lines:
        line.close()


async def test_whoever_says_nothing_is_sent_away_and_so_is_whoever_says_it_too_slowly() -> None:
    async with doorway() as way:
        silent, slow = await open_some(way, 2)
        began = time.monotonic()
        for byte in asked("api.binance.com:443"):
            if slow.writer.is_closing() or slow.reader.at_eof() or time.monotonic() - began > 2:
                break
            slow.writer.write(bytes([byte]))
            await asyncio.sleep(0.01)
        assert await silent.rest() == b""
        assert time.monotonic() - began < 2
        close_all((silent, slow))


async def test_three_hundred_connections_that_say_nothing_keep_nobody_out() -> None:
    async with doorway(replace(HASTY, knock_seconds=20.0, knocks=16)) as way:
        silent = await open_some(way, 300)
        line = await way.secured()
        assert status_of(await line.ask()) == 200
        close_all((*silent, line))


async def test_handshakes_that_are_left_half_done_count_as_their_bots_and_end_in_time() -> None:
    async with doorway() as way:
        half = [await way.tunnel() for _ in range(HASTY.connections)]
        assert status_of(await way.say(asked("api.binance.com:443"))) == 503
        other = await way.secured(shown=EYES)
        other.close()
        close_all(half)
        await asyncio.sleep(0.1)
        line = await way.secured()
        assert status_of(await line.ask()) == 200
        line.close()


async def test_three_hundred_handshakes_that_fail_leave_nothing_behind() -> None:
    async with doorway() as way:
        for _ in range(30):
            lines = await asyncio.gather(*(way.tunnel() for _ in range(HASTY.connections)))
            for line in lines:
                line.writer.write(b"\x16\x03\x01\x00\x05nonsense")
            await asyncio.gather(*(line.rest() for line in lines))
            close_all(lines)
        after = await way.secured()
        assert status_of(await after.ask()) == 200
        after.close()


async def test_a_client_that_goes_in_the_middle_of_anything_harms_nobody() -> None:
    async with doorway() as way:
        raw = asked("api.binance.com:443")
        for size in (1, len(raw) - 1, len(raw)):
            _, writer = await asyncio.open_connection("127.0.0.1", way.proxy.port)
            writer.write(raw[:size])
            await asyncio.sleep(0.01)
            writer.transport.abort()
        await asyncio.sleep(0.05)
        line = await way.secured()
        assert status_of(await line.ask()) == 200
        line.close()


async def test_the_first_request_may_come_with_the_end_of_the_handshake() -> None:
    async with doorway() as way:
        lines = await asyncio.gather(*(way.secured() for _ in range(HASTY.connections)))
        answers = await asyncio.gather(*(line.ask() for line in lines))
        assert [status_of(answer) for answer in answers] == [200] * HASTY.connections
        close_all(lines)


async def test_closing_lets_what_was_asked_be_answered() -> None:
    async with doorway(replace(HASTY, patience_seconds=5.0)) as way:
        line = await way.secured()
        way.inner.peers.answer = lambda ask: None
        line.writer.write(b"GET /api/v3/order HTTP/1.1\r\nHost: api.binance.com\r\n\r\n")
        while not way.inner.peers.asks:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        closing = asyncio.create_task(way.proxy.close())
        await asyncio.sleep(0.05)
        [ask] = way.inner.peers.asks
        assert way.inner.peers.signer is not None
        way.inner.peers.signer.send(Answered(ask.id, 200, b"{}"))
        assert status_of(await line.hear()) == 200
        await closing
        line.close()
