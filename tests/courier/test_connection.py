import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from ringfence.courier import address, idle
from ringfence.courier.answer import Heard
from ringfence.courier.hosts import Place
from ringfence.courier.idle import Connections
from ringfence.courier.once import send, send_at_once
from ringfence.courier.pools import Pools
from ringfence.dialects.dialect import Wire
from tests.courier.exchange import OK, Exchange, Identity, exchange, make_identity

PING = Wire("GET", "/ping", (), b"")
GOOD = Heard(sent=True, status=200, body=b"{}")
LOST = Heard(sent=True, status=None, error="the connection was lost")
LATE = Heard(sent=True, status=None, error="no answer in time")
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def reached(identity: Identity) -> AsyncIterator[tuple[Exchange, Connections]]:
    async with exchange(identity) as there:
        connections = Connections(there.place)
        try:
            yield there, connections
        finally:
            await connections.close()


@asynccontextmanager
async def serving(identity: Identity, serve: Serve, *, secured: bool = True) -> AsyncIterator[tuple[str, Connections]]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=identity.server() if secured else None)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    connections = Connections(Place(frozenset({host}), identity.certificate))
    try:
        yield host, connections
    finally:
        await connections.close()
        server.close()


async def test_who_stops_waiting_ends_the_connection(identity: Identity) -> None:
    async with reached(identity) as (there, connections):
        await send(connections, there.host, PING, 5)
        there.hang = True
        waiting = asyncio.create_task(send(connections, there.host, PING, 5))
        while len(there.got) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        there.hang = False
        assert await send(connections, there.host, PING, 5) == GOOD
        assert (there.connections, len(there.got)) == (2, 3)


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_handshake_that_never_ends_leaves_no_socket_open(identity: Identity, cancelled: bool) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read(1)
        begun.set()
        with suppress(ConnectionError):
            await reader.read()
        ended.set()
        writer.close()

    async with serving(identity, serve, secured=False) as (host, connections):
        waiting = asyncio.create_task(send(connections, host, PING, 5 if cancelled else 0.2))
        await begun.wait()
        if cancelled:
            waiting.cancel()
        told = (await asyncio.gather(waiting, return_exceptions=True))[0]
        assert isinstance(told, asyncio.CancelledError) or not told.sent  # type: ignore[union-attr]
        await asyncio.wait_for(ended.wait(), 10)


@pytest.mark.parametrize(("vouched", "heard"), [(True, GOOD), (False, LOST)])
async def test_a_body_that_ends_with_the_connection_is_whole_only_where_tls_says_so(
    identity: Identity, vouched: bool, heard: Heard
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n{}")
        await writer.drain()
        await asyncio.sleep(0.05)
        if vouched:
            writer.close()
        else:
            writer.transport.abort()

    async with serving(identity, serve) as (host, connections):
        assert await send(connections, host, PING, 5) == heard
        assert connections.take(host) is None


async def test_small_requests_do_not_wait_to_be_sent(identity: Identity) -> None:
    async with reached(identity) as (there, connections):
        connection = await connections.open(there.host)
        assert connection._transport is not None
        wire = connection._transport.get_extra_info("socket")
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()


async def test_an_idle_connection_is_closed_after_a_while(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "_IDLE_SECONDS", 0.1)
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(4096):
            assert head
            writer.write(OK)
        ended.set()
        writer.close()

    async with serving(identity, serve) as (host, connections):
        assert await send(connections, host, PING, 5) == GOOD
        assert await send(connections, host, PING, 5) == GOOD
        await asyncio.wait_for(ended.wait(), 10)
        assert connections.take(host) is None


async def test_what_is_put_back_after_the_end_is_closed(identity: Identity) -> None:
    async with reached(identity) as (there, connections):
        waiting = asyncio.create_task(send(connections, there.host, PING, 5))
        while not there.got:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        await connections.close()
        assert await waiting == GOOD
        assert connections.take(there.host) is None


@pytest.mark.parametrize("late", [b"\n", b"\r\n", b"x", OK])
async def test_a_kept_connection_that_says_anything_unasked_is_ended(identity: Identity, late: bytes) -> None:
    async with reached(identity) as (there, connections):
        there.extra = late
        assert await send(connections, there.host, PING, 5) == GOOD
        await asyncio.sleep(0.1)
        assert connections.take(there.host) is None
        assert await send(connections, there.host, PING, 5) == GOOD
        assert there.connections == 2


async def test_each_request_has_its_own_time_on_the_same_connection(identity: Identity) -> None:
    pauses = [0.0, 0.0, 0.3, 5.0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            await asyncio.sleep(pauses.pop(0))
            writer.write(OK)
        writer.close()

    async with serving(identity, serve) as (host, connections):
        patience = [20.0, 0.2, 5.0, 0.2]  # the second's time ends while the third is on its way
        began = time.monotonic()
        assert [await send(connections, host, PING, seconds) for seconds in patience] == [GOOD, GOOD, GOOD, LATE]
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("first", ["127.0.0.2", "silent"])
async def test_a_hosts_next_address_is_tried_where_one_does_not_answer(
    identity: Identity, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setattr(address, "ADDRESS_SECONDS", 0.2)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.set()

    async with reached(identity) as (there, connections):
        port = int(there.host.rpartition(":")[2])
        silent = await asyncio.start_server(serve, "127.0.0.3", port)
        found = [first if first != "silent" else "127.0.0.3", "127.0.0.1"]

        async def resolved(name: str, _port: int, **_rest: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
            assert name == "127.0.0.1"
            return [(2, 1, 6, "", (address, port)) for address in found]

        monkeypatch.setattr(loop, "getaddrinfo", resolved)
        assert await send(connections, there.host, PING, 5) == GOOD
        if first == "silent":
            await ended.wait()
        silent.close()


async def test_a_wrong_certificate_at_one_address_is_not_passed_over(
    identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    stranger = make_identity(tmp_path, "stranger")
    async with exchange(stranger) as there:
        tried: list[str] = []

        async def resolved(_name: str, port: int, **_rest: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
            tried.append(_name)
            return [(2, 1, 6, "", (address, port)) for address in ("127.0.0.1", "127.0.0.9")]

        monkeypatch.setattr(loop, "getaddrinfo", resolved)
        connections = Connections(Place(frozenset(), identity.certificate))
        heard = await send(connections, there.host, PING, 5)
        assert heard == Heard(sent=False, status=None, error="the connection could not be secured")
        assert tried == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["", ":1", "a..b", "127.0.0.1:0x1", "127.0.0.1:99999", "[", "a b", "\x00", "é" * 300])
async def test_a_host_that_is_none_means_not_sent(identity: Identity, host: str) -> None:
    heard = await send(Connections(Place(None, identity.certificate)), host, PING, 5)
    assert (heard.sent, heard.status) == (False, None)
    assert heard.error


async def test_a_request_goes_at_once_where_a_connection_is_idle_and_not_at_all_else(identity: Identity) -> None:
    told: asyncio.Queue[Heard] = asyncio.Queue()
    async with reached(identity) as (there, connections):
        assert not send_at_once(connections, there.host, PING, 5, told.put_nowait)
        await send(connections, there.host, PING, 5)
        assert send_at_once(connections, there.host, PING, 5, told.put_nowait)
        assert not send_at_once(connections, there.host, PING, 5, told.put_nowait)  # the only one is taken
        assert await told.get() == GOOD
        there.answer = None
        assert send_at_once(connections, there.host, PING, 5, told.put_nowait)
        assert await told.get() == LOST
        assert not send_at_once(connections, there.host, PING, 5, told.put_nowait)
        await asyncio.sleep(0.05)
        assert told.empty()
        assert (there.connections, len(there.got)) == (1, 3)


@pytest.mark.parametrize(
    ("host", "wire"), [("evil.example", PING), (None, Wire("GET", "/a\r\nX: y", (), b"")), ("127.0.0.1", PING)]
)
async def test_what_may_not_be_sent_does_not_go_at_once_either(
    identity: Identity, host: str | None, wire: Wire
) -> None:
    async with exchange(identity) as there:
        pools = Pools({"toy": there.place})
        await pools.send("toy", there.host, PING, 5)
        assert not pools.send_at_once("toy", host or there.host, wire, 5, lambda _heard: None)
        assert not pools.send_at_once("other", there.host, PING, 5, lambda _heard: None)
        await pools.close()
        assert len(there.got) == 1


async def test_requests_at_the_same_time_have_a_connection_each_and_their_own_answers(identity: Identity) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
                await asyncio.sleep(int(target[1:]) % 3 / 100)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(target), target))
        except asyncio.IncompleteReadError:
            writer.close()

    async with serving(identity, serve) as (host, connections):
        for _ in range(3):
            sent = [send(connections, host, Wire("GET", f"/{n}", (), b""), 5) for n in range(20)]
            assert [heard.body for heard in await asyncio.gather(*sent)] == [b"/%d" % n for n in range(20)]


@pytest.mark.parametrize(
    "answer", [b"secret-of-the-peer\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: secret\n\r\n\r\n", b"\x00secret"]
)
async def test_no_byte_of_either_side_comes_into_a_log(
    identity: Identity, caplog: pytest.LogCaptureFixture, answer: bytes
) -> None:
    caplog.set_level(0)
    async with reached(identity) as (there, connections):
        there.answer, there.keep = answer, False
        wire = Wire("POST", "/order?signature=secret", (("X-MBX-APIKEY", "secret"),), b"secret")
        heard = await send(connections, there.host, wire, 0.5)
        assert heard.error
        assert "secret" not in heard.error + caplog.text


def test_a_certificate_is_always_asked_for(identity: Identity) -> None:
    context = Place(None, identity.certificate).trust()
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
