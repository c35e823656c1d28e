"""Public streams at the gateway: what it asks of the courier and when, and how the two sides end with each other."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from ringfence.gateway.limits import Limits
from ringfence.gateway.relay import Relaying
from ringfence.ipc.link import Link
from ringfence.ipc.messages import FromBot, Go, Pong, Relay, Relayed, Say
from ringfence.ipc.pipe import Pipe
from ringfence.ipc.server import listen
from ringfence.model.request import Request
from tests.gateway.world import ME, World, world

WS = Limits(patience_seconds=1.0, ping_seconds=5.0, pong_seconds=5.0, linger_seconds=0.5)
KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
FIRST = Frame(Opcode.TEXT, b'{"p":"1"}').serialize(mask=False)


@dataclass
class Courier:
    """The other end of every stream: what was asked of it, and what it says to it."""

    says: str | None = None  # why it opens nothing
    silent: bool = False
    heard: "asyncio.Queue[FromBot]" = field(default_factory=asyncio.Queue)
    pipes: list[Pipe[FromBot]] = field(default_factory=list)
    gone: "asyncio.Queue[None]" = field(default_factory=asyncio.Queue)

    def changed(self, link: Link[FromBot], up: bool) -> None:
        if up:
            self.pipes.append(cast("Pipe[FromBot]", link))
        else:
            self.gone.put_nowait(None)

    def received(self, link: Link[FromBot], message: FromBot) -> None:
        self.heard.put_nowait(message)
        if isinstance(message, Relay) and not self.silent:
            link.send(Relayed(self.says))

    async def next(self) -> FromBot:
        return await asyncio.wait_for(self.heard.get(), 5)


@asynccontextmanager
async def streaming(limits: Limits = WS, says: str | None = None) -> AsyncIterator[tuple[World, Courier]]:
    courier = Courier(says)
    async with world(limits) as there:
        server = await listen(there.run / "streams.sock", FromBot, ME, courier.received, courier.changed, Pipe)
        try:
            yield there, courier
        finally:
            server.close()
            for pipe in courier.pipes:
                pipe.close()


def bot(there: World, path: str = "/ws/btcusdt@trade", **more: Any) -> Any:
    return connect(f"ws://127.0.0.1:{there.port}{path}", compression=None, **more)


async def test_a_stream_is_asked_for_by_name_in_the_turn_of_its_way_in() -> None:
    async with streaming() as (there, courier), bot(there) as socket:
        assert await courier.next() == Relay("toy", ("btcusdt@trade",), combined=False, asker="bots")
        assert await courier.next() == Go()
        courier.pipes[0].write(FIRST)
        assert json.loads(await socket.recv()) == {"p": "1"}
        await socket.send('{"id":1,"method":"SUBSCRIBE","params":["ethusdt@trade"]}')
        assert await courier.next() == Say(1, "SUBSCRIBE", ("ethusdt@trade",))
        await socket.pong(b"42")
        assert await courier.next() == Pong(b"42")


async def test_a_bot_that_is_known_by_its_pass_has_a_turn_of_its_own_whatever_a_listener_is_called() -> None:
    wanted = Request("GET", "h", "/ws/btcusdt@trade", b"", (), b"")
    async with streaming() as (there, courier):
        for name in ("grid", there.front.listener):
            talk = await there.front.of(name).open(wanted)
            assert isinstance(talk, Relaying)
            asked = await courier.next()
            assert isinstance(asked, Relay)
            assert asked.asker == f"bot {name}"
            talk.closed()


@pytest.mark.parametrize(
    "lines",
    [
        ["Upgrade: websocket", "Connection: Upgrade"],
        ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: short", "Sec-WebSocket-Version: 13"],
        ["Upgrade: websocket", "Connection: Upgrade", KEY, "Sec-WebSocket-Version: 8"],
        ["Upgrade: websocket", "Connection: Upgrade", KEY, KEY, "Sec-WebSocket-Version: 13"],
    ],
)
async def test_for_a_handshake_that_is_none_nothing_is_opened_at_the_exchange(lines: list[str]) -> None:
    head = "\r\n".join(["GET /ws/btcusdt@trade HTTP/1.1", "Host: h", *lines, "", ""]).encode()
    async with streaming() as (there, courier):
        assert (await there.say(head)).split()[1] in {b"400", b"426"}
        assert courier.heard.empty()
        assert not courier.pipes


@pytest.mark.parametrize("path", ["/ws/nothing", "/ws/btcusdt@trade?x=1", "/stream?streams=../order", "/api/v3/order"])
async def test_what_is_no_public_stream_is_not_asked_for(path: str) -> None:
    async with streaming() as (there, courier):
        with pytest.raises(InvalidStatus):
            await bot(there, path)
        assert not courier.pipes


async def test_what_the_courier_does_not_open_is_a_refusal_with_its_reason() -> None:
    async with streaming(says="too many sockets are open") as (there, courier):
        with pytest.raises(InvalidStatus) as refused:
            await bot(there)
        assert json.loads(refused.value.response.body)["why"] == "too many sockets are open"
        await asyncio.wait_for(courier.gone.get(), 5)


async def test_a_courier_that_does_not_answer_is_waited_for_so_long_and_no_longer() -> None:
    async with streaming(Limits(patience_seconds=0.2)) as (there, courier):
        courier.silent = True
        with pytest.raises(InvalidStatus) as refused:
            await bot(there)
        assert json.loads(refused.value.response.body)["why"] == "the courier does not answer"
        await asyncio.wait_for(courier.gone.get(), 5)


async def test_a_bot_that_leaves_while_it_waits_gives_its_turn_away() -> None:
    async with streaming() as (there, courier):
        courier.silent = True
        coming = asyncio.ensure_future(bot(there))
        await courier.next()
        coming.cancel()
        await asyncio.wait_for(courier.gone.get(), 5)


async def test_each_side_ends_with_the_other() -> None:
    async with streaming() as (there, courier):
        async with bot(there) as socket:
            await courier.next()
        await asyncio.wait_for(courier.gone.get(), 5)
        async with bot(there) as socket:
            await asyncio.sleep(0)
            courier.pipes[-1].close()
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 5)


async def test_what_a_bot_may_not_say_is_refused_in_the_stream_and_told_to_nobody() -> None:
    async with streaming() as (there, courier), bot(there) as socket:
        for text in ('{"id":7,"method":"order.place","params":[]}', '{"id":7,"method":"SUBSCRIBE","params":["x"]}'):
            await socket.send(text)
            told = json.loads(await socket.recv())
            assert (told["id"], "ringfence" in told["error"]["msg"]) == (7, True)
        await socket.pong(b"now")
        assert [await courier.next() for _ in range(3)][1:] == [Go(), Pong(b"now")]


async def test_ten_thousand_messages_at_once_wait_for_whoever_takes_them_and_keep_nobody_else_waiting() -> None:
    count = 10_000
    async with streaming() as (there, courier), bot(there) as socket:
        await courier.next()
        await courier.next()
        courier.pipes[0].read(False)
        said = [f'{{"id":{number},"method":"LIST_SUBSCRIPTIONS"}}' for number in range(count)]

        async def flood() -> None:
            for text in said:
                await socket.send(text)

        flooding = asyncio.ensure_future(flood())
        async with bot(there, "/ws-api/v3") as other:
            for number in range(20):
                await other.send(json.dumps({"id": number, "method": "time", "params": {}}))
                assert json.loads(await asyncio.wait_for(other.recv(), 2))["id"] == number
        assert courier.heard.empty()
        courier.pipes[0].read(True)
        heard = [await courier.next() for _ in range(count)]
        assert [one.id for one in heard if isinstance(one, Say)] == list(range(count))
        await flooding
