"""Calls by WebSocket: what a client that we did not write sends and hears, and what a hostile one does not get."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from ringfence.gateway.limits import Limits
from ringfence.ipc.messages import Answered, Ask, Cut, Told
from tests.gateway.world import QUICK, World, world

WS = Limits(
    patience_seconds=2.0, sockets=3, message=2_000, fragments=3, ping_seconds=0.2, pong_seconds=0.5, linger_seconds=0.5
)
KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
ORDER = {"apiKey": "K" * 64, "symbol": "BTCUSDT", "timestamp": 1, "price": "1.50", "signature": "ab"}


@asynccontextmanager
async def bot(
    limits: Limits = WS, path: str = "/ws-api/v3", **more: Any
) -> AsyncIterator[tuple[World, ClientConnection]]:
    async with (
        world(limits) as there,
        connect(f"ws://127.0.0.1:{there.port}{path}", compression=None, **more) as socket,
    ):
        yield there, socket


async def call(socket: ClientConnection, method: str, id_: object = 1, **params: object) -> Any:
    await socket.send(json.dumps({"id": id_, "method": method, "params": params}))
    return json.loads(await socket.recv())


async def drained(socket: ClientConnection) -> None:
    async for _ in socket:
        pass
    await socket.recv()


def feeding(ask: Ask) -> Answered:
    """A signer that lets everybody hear the feed `main`."""
    return Answered(ask.id, 200, b"{}", feed="main" if ask.method == "WS" else None)


async def test_a_call_is_the_request_that_it_would_be_over_http() -> None:
    async with bot() as (there, socket):
        there.peers.answer = lambda ask: Answered(ask.id, 200, b'{"orderId":7}')
        told = await call(socket, "order.place", "a-1", **ORDER)
    ask = there.peers.asks[0]
    assert told == {"id": "a-1", "status": 200, "result": {"orderId": 7}, "rateLimits": []}
    assert (ask.method, ask.path, ask.headers, ask.body) == (
        "POST",
        "/api/v3/order",
        (("X-MBX-APIKEY", "K" * 64),),
        b"",
    )
    assert ask.query == b"apiKey=" + b"K" * 64 + b"&price=1.50&symbol=BTCUSDT&timestamp=1&signature=ab"


async def test_a_refusal_is_told_in_the_streams_own_shape() -> None:
    async with bot() as (there, socket):
        there.peers.answer = lambda ask: Answered(ask.id, 400, b'{"code":-2010,"msg":"no"}')
        told = await call(socket, "order.place", None, **ORDER)
    assert told == {"id": None, "status": 400, "error": {"code": -2010, "msg": "no"}, "rateLimits": []}


async def test_market_data_by_call_goes_to_the_courier() -> None:
    async with bot() as (there, socket):
        assert (await call(socket, "time"))["result"] == {"now": 1}
        assert [fetch.what for fetch in there.peers.fetches] == ["time"]
        assert not there.peers.asks


async def test_a_method_that_is_not_known_is_asked_under_its_own_name_so_that_it_is_written_down() -> None:
    async with bot() as (there, socket):
        there.peers.answer = lambda ask: Answered(ask.id, 400, b'{"code":-1020,"msg":"no"}')
        assert (await call(socket, "capital.withdraw", **ORDER))["error"]["code"] == -1020
    assert (there.peers.asks[0].method, there.peers.asks[0].path) == ("WS", "capital.withdraw")


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "[]", "1", "null", '{"id":1,"method":"a","params":[]}', '{"id":1,"method":5}', '{"id":1}',
        '{"id":1,"method":"order.place","params":{"a":{"b":1}}}', '{"id":1,"method":"order.place","params":{"a":null}}',
        '{"id":1,"method":"order.place","params":{"a":"\\ud800"}}',
        '{"id":1,"method":"order.place","params":{"a":1,"a":2}}', '{"id":1,"id":2,"method":"ping"}',
        '{"id":1.5,"method":"ping"}', '{"id":{"a":1},"method":"ping"}', '{"id":"' + "x" * 37 + '","method":"ping"}',
        '{"id":1,"method":"order place"}', '{"id":1,"method":"ping","more":1}',
        '{"id":1,"method":"ping","params":{"a":NaN}}',
        "[" * 1_900, '{"id":1,"method":"order.place","params":{"a":[1]}}',
    ],
)  # fmt: skip
async def test_what_has_not_one_reading_is_no_call(text: str) -> None:
    async with bot() as (there, socket):
        await socket.send(text)
        told = json.loads(await socket.recv())
        assert told["status"] == 418
        assert told["error"]["no"] == "unknown-request"
        assert not there.peers.asks
        assert (await call(socket, "order.place", **ORDER))["status"] == 200  # and the socket goes on


async def test_events_come_under_each_subscription_after_it_was_granted() -> None:
    async with bot() as (there, socket):
        there.peers.answer = feeding
        assert (await call(socket, "userDataStream.subscribe.signature", **ORDER))["result"] == {"subscriptionId": 0}
        assert (await call(socket, "userDataStream.subscribe.signature", **ORDER))["result"] == {"subscriptionId": 1}
        assert there.peers.signer is not None
        there.peers.signer.send(Told("main", b'{"e":"x"}'))
        there.peers.signer.send(Told("other", b'{"e":"not for us"}'))
        heard = [json.loads(await socket.recv()) for _ in range(2)]
        assert heard == [{"subscriptionId": number, "event": {"e": "x"}} for number in (0, 1)]
        assert (await call(socket, "userDataStream.unsubscribe", subscriptionId=0))["result"] == {}
        there.peers.signer.send(Told("main", b'{"e":"y"}'))
        assert json.loads(await socket.recv()) == {"subscriptionId": 1, "event": {"e": "y"}}
        listed = await call(socket, "session.subscriptions")
        assert listed["result"] == [{"subscriptionId": 1}]


async def test_nobody_hears_a_feed_that_was_not_granted() -> None:
    async with bot() as (there, socket):
        there.peers.answer = lambda ask: Answered(ask.id, 400, b'{"code":-2010,"msg":"no"}')
        assert (await call(socket, "userDataStream.subscribe.signature", **ORDER))["status"] == 400
        assert (await call(socket, "userDataStream.subscribe"))["status"] == 418
        assert (await call(socket, "session.logon"))["status"] == 418
        assert there.peers.signer is not None
        there.peers.signer.send(Told("main", b'{"e":"x"}'))
        assert (await call(socket, "session.status"))["result"]["apiKey"] is None  # the next message, and no event


async def test_a_session_hears_events_and_signs_no_order() -> None:
    async with bot() as (there, socket):
        there.peers.answer = feeding
        logged = await call(socket, "session.logon", **ORDER)
        assert logged["result"]["apiKey"] == "K" * 64
        assert (await call(socket, "userDataStream.subscribe"))["result"] == {"subscriptionId": 0}
        there.peers.answer = lambda ask: Answered(ask.id, 401, b"{}")
        unsigned = await call(socket, "order.place", symbol="BTCUSDT", timestamp=1)
        assert unsigned["status"] == 418
        assert "sign each call" in unsigned["error"]["why"]
        assert (await call(socket, "session.logout"))["result"]["apiKey"] is None
        assert (await call(socket, "userDataStream.subscribe"))["status"] == 418


async def test_a_feed_that_is_cut_ends_its_sockets_so_that_bots_look() -> None:
    async with bot() as (there, socket):
        there.peers.answer = feeding
        await call(socket, "userDataStream.subscribe.signature", **ORDER)
        assert there.peers.signer is not None
        there.peers.signer.send(Cut("main"))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012


async def test_a_feed_ends_with_the_signer() -> None:
    async with bot() as (there, socket):
        there.peers.answer = feeding
        await call(socket, "userDataStream.subscribe.signature", **ORDER)
        assert there.peers.signer is not None
        there.peers.signer.close()
        with pytest.raises(ConnectionClosed):
            await socket.recv()


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([Frame(Opcode.TEXT, b"x" * 2_001)], 1009),
        ([Frame(Opcode.TEXT, b"x" * 5_000_000)], 1009),
        ([Frame(Opcode.TEXT, b"x" * 1_500, fin=False), Frame(Opcode.CONT, b"x" * 501)], 1009),
        ([Frame(Opcode.TEXT, b"{", fin=False)] + [Frame(Opcode.CONT, b"", fin=False)] * 3, 1008),
        ([Frame(Opcode.BINARY, b"{}")], 1003),
        ([Frame(Opcode.TEXT, b"\xff\xfe")], 1007),
        ([Frame(Opcode.CONT, b"{}")], 1002),
        ([Frame(Opcode.TEXT, b"{", fin=False), Frame(Opcode.TEXT, b"}")], 1002),
    ],
)  # fmt: skip
async def test_what_breaks_the_protocol_or_a_limit_ends_with_its_code(frames: list[Frame], code: int) -> None:
    async with bot() as (there, socket):
        socket.transport.write(b"".join(frame.serialize(mask=True) for frame in frames))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
        assert not there.peers.asks


@pytest.mark.parametrize(
    "raw",
    [
        Frame(Opcode.TEXT, b"{}").serialize(mask=False),
        b"\xc1\x82\x00\x00\x00\x00{}",  # as if it were compressed, which was not agreed on
        b"\x83\x80\x00\x00\x00\x00",  # an opcode that there is not
        b"\x89\xfe\x00\x7e\x00\x00\x00\x00",  # a ping that is too long
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",  # a length of nearly 2**64
    ],
)
async def test_a_frame_that_no_client_may_send_ends_the_socket(raw: bytes) -> None:
    async with bot() as (_, socket):
        socket.transport.write(raw)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code in {1002, 1009}


async def test_text_after_a_close_is_not_heard() -> None:
    order = json.dumps({"id": 1, "method": "order.place", "params": ORDER}).encode()
    async with bot() as (there, socket):
        frames = [Frame(Opcode.CLOSE, b"\x03\xe8"), Frame(Opcode.TEXT, order)]
        socket.transport.write(b"".join(frame.serialize(mask=True) for frame in frames))
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        await asyncio.sleep(0.1)
        assert not there.peers.asks


async def test_a_message_in_pieces_is_one_call() -> None:
    order = json.dumps({"id": 1, "method": "order.place", "params": ORDER})
    async with bot() as (there, socket):
        await socket.send([order[:20], order[20:]])
        assert json.loads(await socket.recv())["status"] == 200
        assert len(there.peers.asks) == 1


async def test_a_bot_that_answers_no_ping_is_ended_and_one_that_does_is_not() -> None:
    async with world(WS) as there:
        reader, writer = await asyncio.open_connection("127.0.0.1", there.port)
        writer.write(
            b"GET /ws-api/v3 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        async with connect(f"ws://127.0.0.1:{there.port}/ws-api/v3", compression=None, ping_interval=None) as lively:
            with contextlib.suppress(ConnectionError):
                while await asyncio.wait_for(reader.read(1_000), 3):
                    pass
            assert (await call(lively, "order.place", **ORDER))["status"] == 200
        writer.close()


async def test_a_bot_that_reads_nothing_is_ended_and_the_others_are_served() -> None:
    limits = Limits(patience_seconds=2.0, unread=100_000, pong_seconds=0.5)
    async with bot(limits) as (there, slow), connect(f"ws://127.0.0.1:{there.port}/ws-api/v3") as other:
        there.peers.answer = feeding
        await call(slow, "userDataStream.subscribe.signature", **ORDER)
        slow.transport.pause_reading()
        assert there.peers.signer is not None
        for _ in range(200):
            there.peers.signer.send(Told("main", b'{"e":"' + b"x" * 100_000 + b'"}'))
        assert (await call(other, "order.place", **ORDER))["status"] == 200
        slow.transport.resume_reading()
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(drained(slow), 5)


async def test_calls_that_wait_hold_back_their_own_socket_alone() -> None:
    limits = Limits(patience_seconds=2.0, ahead=2)
    async with bot(limits) as (there, busy), connect(f"ws://127.0.0.1:{there.port}/ws-api/v3") as other:
        there.peers.answer = lambda ask: None if b"busy" in ask.query else Answered(ask.id, 200, b"{}")
        for number in range(50):
            await busy.send(json.dumps({"id": number, "method": "order.place", "params": {**ORDER, "busy": "1"}}))
        assert (await call(other, "order.place", **ORDER))["status"] == 200
        assert sum(b"busy" in ask.query for ask in there.peers.asks) <= 2 + 1


@pytest.mark.parametrize("path", ["/", "/ws-api/v3/", "/ws-api/v4", "/ws/btcusdt@nothing", "/wsx", "/ws-api/v3%2f"])
async def test_no_socket_opens_where_nothing_is_served(path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with bot(path=path):
            pass
    assert refused.value.response.status_code == 418


async def test_one_socket_too_many_is_refused_and_the_next_is_not_once_one_has_gone() -> None:
    async with world(WS) as there:
        url = f"ws://127.0.0.1:{there.port}/ws-api/v3"
        opened = [await connect(url) for _ in range(3)]
        with pytest.raises(InvalidStatus) as refused:
            await connect(url)
        assert refused.value.response.status_code == 503
        await opened[0].close()
        await asyncio.sleep(0.05)
        async with connect(url) as again:
            assert (await call(again, "order.place", **ORDER))["status"] == 200
        for socket in opened[1:]:
            await socket.close()


@pytest.mark.parametrize(
    "lines",
    [
        ["Upgrade: websocket"],
        ["Upgrade: h2c", "Connection: Upgrade"],
        ["Upgrade: websocket", "Upgrade: websocket", "Connection: Upgrade"],
        ["Upgrade: websocket", "Connection: Upgrade", "Content-Length: 3"],
        ["Upgrade: websocket", "Connection: Upgrade"],
        ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: short", "Sec-WebSocket-Version: 13"],
        ["Upgrade: websocket", "Connection: Upgrade", KEY, "Sec-WebSocket-Version: 8"],
    ],
)  # fmt: skip
async def test_half_a_handshake_opens_nothing(lines: list[str]) -> None:
    head = "\r\n".join(["GET /ws-api/v3 HTTP/1.1", "Host: h", *lines, "", ""]).encode()
    async with world(QUICK) as there:
        answer = await there.say(head + b"abc")
        assert answer.split()[1] in {b"400", b"426"}


async def test_no_extension_is_agreed_on() -> None:
    async with world(WS) as there, connect(f"ws://127.0.0.1:{there.port}/ws-api/v3") as socket:
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
