"""Public streams: what the courier opens, what it lets a gateway say there, and how it holds back."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

from ringfence.courier.budget import Budget
from ringfence.courier.relay import Relays
from ringfence.dialects.binance.frames import BinanceFrames
from ringfence.ipc.client import connect
from ringfence.ipc.link import Link
from ringfence.ipc.messages import FromBot, Go, Message, Pong, Relay, Relayed, Say
from ringfence.ipc.pipe import Pipe
from ringfence.ipc.server import listen
from ringfence.model.names import ExchangeId
from tests.courier.exchange import Identity, make_identity
from tests.courier.streaming import Streams, streams

ME = frozenset({os.getuid()})
TOY = ExchangeId("toy")
TRADES = Relay("toy", ("btcusdt@trade",), combined=False)


class Gateway:
    """The other end of the socket, for one bot."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str | None] = asyncio.Queue()
        self.raw = b""
        self.came = asyncio.Event()
        self.gone = asyncio.Event()
        self.pipe: Pipe[Relayed] | None = None

    async def connect(self, path: Path) -> None:
        link = await connect(path, Relayed, ME, self._received, self._changed, Pipe)
        self.pipe = cast("Pipe[Relayed]", link)
        self.pipe.raw = None

    def send(self, message: Message) -> None:
        assert self.pipe is not None
        self.pipe.send(message)

    async def open(self, relay: Relay = TRADES) -> str | None:
        self.send(relay)
        return await asyncio.wait_for(self.told.get(), 5)

    def go(self) -> None:
        assert self.pipe is not None
        self.pipe.raw = self._raw
        self.send(Go())

    async def until(self, enough: Callable[[bytes], bool]) -> bytes:
        while not enough(self.raw):
            self.came.clear()
            await asyncio.wait_for(self.came.wait(), 5)
        return self.raw

    def _raw(self, data: bytes) -> None:
        self.raw += data
        self.came.set()

    def _received(self, _link: Link[Relayed], relayed: Relayed) -> None:
        self.told.put_nowait(relayed.error)

    def _changed(self, _link: Link[Relayed], up: bool) -> None:
        if not up:
            self.gone.set()


@asynccontextmanager
async def relays(identity: Identity, path: Path, opened: int = 10) -> AsyncIterator[tuple[Streams, Gateway]]:
    async with streams(identity) as there:
        relaying = Relays({"toy": there.place}, {TOY: BinanceFrames()}, Budget(1, opened), patience=0.2)
        server = await listen(path / "s.sock", FromBot, ME, relaying.received, relaying.changed, Pipe)
        gateway = Gateway()
        await gateway.connect(path / "s.sock")
        try:
            yield there, gateway
        finally:
            assert gateway.pipe is not None
            gateway.pipe.close()
            server.close()


async def test_the_exchanges_frames_come_as_they_are(identity: Identity, tmp_path: Path) -> None:
    async with relays(identity, tmp_path) as (there, gateway):
        assert await gateway.open() is None
        await there.sockets[0].send("before the bot is there")
        gateway.go()
        await there.sockets[0].send('{"p":"1"}')
        wanted = b"".join(
            Frame(Opcode.TEXT, text).serialize(mask=False) for text in (b"before the bot is there", b'{"p":"1"}')
        )
        assert await gateway.until(lambda raw: len(raw) >= len(wanted)) == wanted
        assert there.opened == ["/ws/btcusdt@trade"]


@pytest.mark.parametrize(
    ("relay", "why"),
    [
        (Relay("other", (), combined=False), "that exchange has no public streams"),
        (Relay("toy", ("../order",), combined=False), "not described: streams"),
        (Relay("toy", ("a" * 60,), combined=False), "not described: streams"),  # a listen key is a bearer of all events
        (Relay("toy", ("btcusdt@trade HTTP/1.1\r\nX: y",), combined=True), "not described: streams"),
        (Relay("toy", ("btcusdt@trade",) * 1_025, combined=True), "not described: streams"),
    ],
)
async def test_only_public_streams_are_opened(relay: Relay, why: str, identity: Identity, tmp_path: Path) -> None:
    async with relays(identity, tmp_path) as (there, gateway):
        assert await gateway.open(relay) == why
        assert not there.opened


async def test_what_a_bot_says_is_written_anew(identity: Identity, tmp_path: Path) -> None:
    async with relays(identity, tmp_path) as (there, gateway):
        assert await gateway.open(Relay("toy", (), combined=True)) is None
        gateway.go()
        gateway.send(Say(7, "SUBSCRIBE", ("ethusdt@depth@100ms", "!miniTicker@arr")))
        gateway.send(Say("x", "LIST_SUBSCRIPTIONS"))
        gateway.send(Say(None, "SET_PROPERTY", combined=False))
        heard = [json.loads(await there.next()) for _ in range(3)]
        assert heard == [
            {"method": "SUBSCRIBE", "params": ["ethusdt@depth@100ms", "!miniTicker@arr"], "id": 7},
            {"method": "LIST_SUBSCRIPTIONS", "id": "x"},
            {"method": "SET_PROPERTY", "params": ["combined", False], "id": None},
        ]


@pytest.mark.parametrize(
    "message",
    [
        Say(1, "SUBSCRIBE", ("nothing",)),
        Say(1, "order.place"),
        Say("é", "LIST_SUBSCRIPTIONS"),
        Say("x" * 37, "LIST_SUBSCRIPTIONS"),
        Say(1, "SET_PROPERTY"),
        Pong(b"x" * 126),
        Relay("toy", (), combined=False),  # a second one
    ],
)
async def test_a_gateway_that_says_anything_else_is_hung_up_on(
    message: Message, identity: Identity, tmp_path: Path
) -> None:
    async with relays(identity, tmp_path) as (there, gateway):
        assert await gateway.open() is None
        gateway.go()
        gateway.send(message)
        await asyncio.wait_for(gateway.gone.wait(), 5)
        assert there.heard.empty()


async def test_no_exchange_hears_more_than_it_takes_in_a_second(identity: Identity, tmp_path: Path) -> None:
    async with relays(identity, tmp_path) as (there, gateway):
        assert await gateway.open() is None
        gateway.go()
        began = asyncio.get_running_loop().time()
        for number in range(60):
            gateway.send(Say(number, "LIST_SUBSCRIPTIONS"))
        for _ in range(6):
            await there.next()
        assert asyncio.get_running_loop().time() - began > 1.0  # five a second are what Binance takes
        await asyncio.sleep(0.1)
        assert there.heard.qsize() <= 1


async def test_only_so_many_sockets_are_opened_in_a_minute(identity: Identity, tmp_path: Path) -> None:
    async with relays(identity, tmp_path, opened=1) as (there, gateway):
        assert await gateway.open() is None
        other = Gateway()
        await other.connect(tmp_path / "s.sock")
        assert await other.open() == "too many sockets are open, or were opened of late"
        assert len(there.opened) == 1
        assert other.pipe is not None
        other.pipe.close()


async def test_a_place_is_given_back_when_the_socket_ends_and_not_before(
    identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringfence.courier.relay._MOST", 2)  # one for each asker, while there are two
    async with relays(identity, tmp_path) as (there, first):
        wanted = Relay("toy", (), combined=True, asker="bot")
        assert await first.open(wanted) is None
        second = Gateway()
        await second.connect(tmp_path / "s.sock")
        assert await second.open(wanted) == "too many sockets are open, or were opened of late"
        assert second.pipe is not None
        second.pipe.close()
        assert first.pipe is not None
        first.pipe.close()
        await asyncio.wait_for(there.sockets[0].wait_closed(), 5)
        third = Gateway()
        await third.connect(tmp_path / "s.sock")
        assert await third.open(wanted) is None
        assert third.pipe is not None
        third.pipe.close()


async def test_a_bot_that_does_not_read_makes_the_exchange_wait_and_no_memory_grow(
    identity: Identity, tmp_path: Path
) -> None:
    async with relays(identity, tmp_path) as (there, gateway):
        assert await gateway.open() is None
        gateway.go()
        assert gateway.pipe is not None
        gateway.pipe.read(False)
        sent = 0

        async def flood() -> None:
            nonlocal sent
            while True:
                await there.sockets[0].send("x" * 60_000)
                sent += 60_000

        flooding = asyncio.ensure_future(flood())
        await asyncio.sleep(0.5)
        held = sent
        await asyncio.sleep(0.2)
        assert sent == held < 40_000_000  # what the sockets on the way hold, and no more
        gateway.pipe.read(True)
        await gateway.until(lambda raw: len(raw) > held)
        flooding.cancel()


async def test_the_pipe_ends_with_the_exchanges_socket_and_the_other_way_round(
    identity: Identity, tmp_path: Path
) -> None:
    async with relays(identity, tmp_path) as (there, gateway):
        assert await gateway.open() is None
        gateway.go()
        await there.sockets[0].close(1001, "going")
        assert Frame(Opcode.CLOSE, b"\x03\xe9going").serialize(mask=False) in await gateway.until(bool)
        await asyncio.wait_for(gateway.gone.wait(), 5)
    async with relays(identity, tmp_path) as (there, gateway):
        assert await gateway.open() is None
        assert gateway.pipe is not None
        gateway.pipe.close()
        await asyncio.wait_for(there.sockets[0].wait_closed(), 5)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: wss://evil/\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"\x00\x01\x02",
        b"HTTP/1.1 101 " + b"x" * 20_000,
        b"",
    ],
)
async def test_what_is_no_handshake_opens_nothing(answer: bytes, identity: Identity, tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=identity.server())
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with relays(identity, tmp_path) as (there, gateway):
        object.__setattr__(there.place, "hosts", frozenset({host}))
        assert await gateway.open() is not None
    server.close()


async def test_a_certificate_that_is_not_believed_opens_nothing(identity: Identity, tmp_path: Path) -> None:
    other = make_identity(tmp_path, "wrong")
    async with relays(identity, tmp_path) as (there, gateway):
        object.__setattr__(there.place, "ca", other.certificate)
        assert await gateway.open() == "the connection could not be secured"
        assert not there.opened


async def test_a_ping_of_the_exchange_is_answered_by_the_bot(identity: Identity, tmp_path: Path) -> None:
    async with relays(identity, tmp_path) as (there, gateway):
        assert await gateway.open() is None
        gateway.go()
        waiting = await there.sockets[0].ping(b"1700")
        assert await gateway.until(bool) == Frame(Opcode.PING, b"1700").serialize(mask=False)
        gateway.send(Pong(b"1700"))
        await asyncio.wait_for(waiting, 5)


async def greet(socket: ServerConnection) -> None:
    await socket.send("with the handshake")


async def test_what_comes_with_the_handshake_is_not_lost(identity: Identity, tmp_path: Path) -> None:
    async with relays(identity, tmp_path) as (there, gateway):
        there.greet = greet
        assert await gateway.open() is None
        await asyncio.sleep(0.05)
        gateway.go()
        wanted = Frame(Opcode.TEXT, b"with the handshake").serialize(mask=False)
        assert await gateway.until(lambda raw: len(raw) >= len(wanted)) == wanted
