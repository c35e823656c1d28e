"""The exchange's doors over a real wire: what only a connection can show."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ringfence.paper import sockets as module
from ringfence.paper.clock import now_ms
from ringfence.paper.faults import Fault, Kind
from ringfence.paper.sockets import Trouble
from tests.paper.venue import MAIN, sign
from tests.paper.wire import Wire, over

DAY = 86_400_000


async def ask(socket: ClientConnection, **frame: object) -> Any:
    await socket.send(json.dumps({"id": 1, **frame}))
    return json.loads(await socket.recv())


async def closed(socket: ClientConnection) -> tuple[int, str]:
    """How a connection ends, whatever is said before."""
    try:
        while True:
            await socket.recv()
    except ConnectionClosed as end:
        return (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "")


def subscription() -> dict[str, object]:
    params: dict[str, object] = {"apiKey": MAIN.key, "timestamp": now_ms()}
    text = "&".join(f"{name}={value}" for name, value in params.items())
    return {**params, "signature": sign(MAIN.secret, text)}


@pytest.mark.parametrize(("target", "combined"), [
    ("/ws/viausdt@trade", False),
    ("/ws/viausdt%40trade", False),
    ("/ws/btcusdt@trade/viausdt@trade", False),
    ("/stream?streams=viausdt@trade", True),
    ("/stream?streams=btcusdt@trade/viausdt@trade", True),
])  # fmt: skip
def test_a_path_names_streams_and_whether_messages_say_whose_they_are(target: str, combined: bool) -> None:
    async def does(wire: Wire) -> None:
        async with wire.open(target) as socket:
            wire.buy()
            told = json.loads(await socket.recv())
            assert (told.get("stream"), told.get("data", told)["q"]) == (
                "viausdt@trade" if combined else None, "20.00000000",
            )  # fmt: skip

    over(does)


def test_a_socket_can_be_asked_for_streams_and_for_how_they_are_told() -> None:
    async def does(wire: Wire) -> None:
        async with wire.open("/ws") as socket:
            assert (await ask(socket, method="SUBSCRIBE", params=["viausdt@trade"]))["result"] is None
            wire.buy()
            assert json.loads(await socket.recv())["e"] == "trade"
            assert (await ask(socket, method="SET_PROPERTY", params=["combined", True]))["result"] is None
            wire.buy()
            assert json.loads(await socket.recv())["stream"] == "viausdt@trade"
            await ask(socket, method="UNSUBSCRIBE", params=["viausdt@trade"])
            wire.buy()
            assert (await ask(socket, method="LIST_SUBSCRIPTIONS"))["result"] == []

    over(does)


def test_each_socket_hears_what_it_asked_for_and_no_other() -> None:
    async def does(wire: Wire) -> None:
        async with wire.open("/ws/viausdt@trade") as one, wire.open("/stream?streams=viausdt@aggTrade") as other:
            wire.buy()
            assert json.loads(await one.recv())["e"] == "trade"
            assert json.loads(await other.recv())["data"]["e"] == "aggTrade"

    over(does)


def test_a_socket_that_comes_again_goes_on_with_what_is_new() -> None:
    async def does(wire: Wire) -> None:
        for number in (1, 2):
            async with wire.open("/ws/viausdt@trade") as socket:
                wire.buy()
                assert json.loads(await socket.recv())["t"] == number
        for _ in range(100):
            if not wire.sockets.as_json():
                break
            await asyncio.sleep(0.01)
        assert wire.sockets.as_json() == []

    over(does)


def test_a_call_is_answered_and_events_follow_on_the_same_socket() -> None:
    async def does(wire: Wire) -> None:
        async with wire.open("/ws-api/v3") as socket:
            answer = await ask(socket, method="userDataStream.subscribe.signature", params=subscription())
            assert answer["result"] == {"subscriptionId": 0}
            assert wire.sockets.as_json() == [{"path": "/ws-api/v3", "streams": [], "accounts": ["main"], "waiting": 0}]
            wire.buy()
            told = [json.loads(await socket.recv()) for _ in range(3)]
            assert [(each["subscriptionId"], each["event"]["e"]) for each in told] == [
                (0, "executionReport"), (0, "executionReport"), (0, "outboundAccountPosition"),
            ]  # fmt: skip
            assert await ask(socket, method="userDataStream.unsubscribe")
            assert json.loads(await socket.recv())["event"]["e"] == "eventStreamTerminated"
            wire.buy()
            assert (await ask(socket, method="ping"))["result"] == {}

    over(does)


@pytest.mark.parametrize(
    ("query", "shown"), [("", True), ("?returnRateLimits=true", True), ("?returnRateLimits=false", False)]
)
def test_a_socket_can_be_opened_without_the_limits(query: str, shown: bool) -> None:
    async def does(wire: Wire) -> None:
        async with wire.open(f"/ws-api/v3{query}") as socket:
            assert ("rateLimits" in await ask(socket, method="ping")) == shown

    over(does)


def test_five_messages_in_a_second_are_answered_and_the_sixth_ends_the_socket() -> None:
    async def does(wire: Wire) -> None:
        async with wire.open("/ws") as socket:
            for number in range(5):
                assert (await ask(socket, method="LIST_SUBSCRIPTIONS", id=number))["id"] == number
            await socket.send("{}")
            assert await closed(socket) == (1008, "Too many requests")

    over(does)


def test_calls_are_not_counted_by_the_second() -> None:
    async def does(wire: Wire) -> None:
        async with wire.open("/ws-api/v3") as socket:
            for number in range(12):
                assert (await ask(socket, method="time", id=number))["id"] == number

    over(does)


@pytest.mark.parametrize("target", ["/ws", "/ws-api/v3"])
def test_a_frame_that_is_too_large_ends_the_socket(target: str) -> None:
    async def does(wire: Wire) -> None:
        async with wire.open(target) as socket:
            assert await ask(socket, method="x" * 60_000)
            await socket.send("x" * 70_000)
            assert (await closed(socket))[0] == 1009

    over(does)


@pytest.mark.parametrize("target", ["/ws", "/ws-api/v3"])
def test_a_frame_of_bytes_ends_the_socket(target: str) -> None:
    async def does(wire: Wire) -> None:
        async with wire.open(target) as socket:
            await socket.send(b"{}")
            assert (await closed(socket))[0] == 1000

    over(does)


def test_a_ping_is_answered_with_what_it_said_and_the_exchange_pings_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PING", 0.05)

    async def does(wire: Wire) -> None:
        async with wire.open("/ws", ping_interval=None) as socket:
            assert await (await socket.ping("mine")) >= 0
            pinged = asyncio.Event()
            socket.protocol.recv_frame = _noting(socket.protocol.recv_frame, pinged)  # type: ignore[method-assign]
            await pinged.wait()
            assert (await ask(socket, method="LIST_SUBSCRIPTIONS"))["result"] == []

    over(does)


def _noting(inner: Any, pinged: asyncio.Event) -> Any:
    def heard(frame: Any) -> None:
        if frame.opcode.name == "PING":
            pinged.set()
        inner(frame)

    return heard


def test_a_socket_that_answers_no_ping_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PING", 0.05)

    async def does(wire: Wire) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        head = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode())
        said = await reader.read()  # to the end, which comes without a pong
        assert said.startswith(b"HTTP/1.1 101")
        assert b"\x89\x00" in said  # a ping
        writer.close()

    over(does)


@pytest.mark.parametrize(("after", "code"), [(DAY - 60_000, None), (DAY + 60_000, 1001)])
def test_a_socket_lasts_a_day(after: int, code: int | None) -> None:
    async def does(wire: Wire) -> None:
        async with wire.open("/ws/viausdt@bookTicker") as socket, wire.open("/ws-api/v3") as other:
            wire.sockets.tell(now_ms() + after)
            if code is None:
                assert json.loads(await socket.recv())["s"] == "VIAUSDT"
            else:
                assert [(await closed(each))[0] for each in (socket, other)] == [code, code]
                assert wire.sockets.as_json() == []

    over(does)


def test_the_end_of_the_exchange_is_told_as_each_kind_of_socket_says_it() -> None:
    async def does(wire: Wire) -> None:
        async with wire.open("/ws") as raw, wire.open("/stream") as combined, wire.open("/ws-api/v3") as calls:
            await wire.sockets.close()
            told = [json.loads(await socket.recv()) for socket in (raw, combined, calls)]
            assert told[0]["e"] == "serverShutdown"
            assert told[1] == {"stream": "!serverShutdown", "data": {**told[0], "E": told[1]["data"]["E"]}}
            assert told[2]["event"]["e"] == "serverShutdown"
            assert [(await closed(socket))[0] for socket in (raw, combined, calls)] == [1001] * 3

    over(does)


def test_a_reader_who_leaves_too_much_unread_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_UNREAD", 3)

    async def does(wire: Wire) -> None:
        async with wire.open("/ws/viausdt@trade") as socket:
            for _ in range(5):
                wire.buy()  # faster than anything is written
            assert (await closed(socket))[0] == 1006

    over(does)


TROUBLES = [
    (Trouble.DROP, 1006),
    (Trouble.CLOSE, 1012),
]


@pytest.mark.parametrize(("what", "code"), TROUBLES)
def test_trouble_ends_the_sockets_that_it_is_meant_for(what: Trouble, code: int) -> None:
    async def does(wire: Wire) -> None:
        async with wire.open("/ws/viausdt@trade") as socket, wire.open("/ws-api/v3") as other:
            assert wire.sockets.trouble(what, 1012, "/ws/") == 1
            assert (await closed(socket))[0] == code
            assert (await ask(other, method="ping"))["status"] == 200

    over(does)


def test_trouble_may_be_silence_garbage_or_the_same_thing_twice() -> None:
    async def does(wire: Wire) -> None:
        async with wire.open("/ws/viausdt@trade") as socket:
            wire.buy()
            first = await socket.recv()
            wire.sockets.trouble(Trouble.REPEAT, 0, "")
            assert await socket.recv() == first
            wire.sockets.trouble(Trouble.GARBAGE, 0, "")
            with pytest.raises(json.JSONDecodeError):
                json.loads(await socket.recv())
            await wire.sockets.burst("viausdt@trade", 50)
            assert len([await socket.recv() for _ in range(50)]) == 50
            wire.sockets.trouble(Trouble.SILENCE, 0, "")
            wire.buy()
            assert wire.sockets.as_json()[0]["waiting"] == 0  # type: ignore[index, call-overload]

    over(does)


def test_what_happens_is_told_without_being_asked_for() -> None:
    async def does(wire: Wire) -> None:
        telling = asyncio.create_task(wire.sockets.run())
        async with wire.open("/ws/viausdt@bookTicker") as socket:
            assert json.loads(await socket.recv())["s"] == "VIAUSDT"
        telling.cancel()

    over(does)


@pytest.mark.parametrize(("listener", "target"), [("plain", "/wss"), ("plain", "/ws-api/v2"), ("east", "/ws")])
def test_no_socket_is_opened_anywhere_else(listener: str, target: str) -> None:
    async def does(wire: Wire) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with wire.open(target):
                pass
        assert refused.value.response.status_code == 404

    over(does, listener)


FAULTS = [
    # what is ordered, how it is told; what the caller sees: the status (None: a cut connection), and a part of the body
    (Fault(Kind.OUTAGE, 1), 503, b"-1008"),
    (Fault(Kind.LIMIT, 1, Decimal(7)), 429, b"-1003"),
    (Fault(Kind.REDIRECT, 1, to="http://127.0.0.1:1"), 307, b"http://127.0.0.1:1/api/v3/time?x=1"),
    (Fault(Kind.ECHO, 1), 400, b"GET /api/v3/time?x=1 the-key the-body"),
    (Fault(Kind.HOLD, 1, Decimal("0.01")), 200, b"serverTime"),
    (Fault(Kind.DELAY, 1, Decimal("0.01")), 200, b"serverTime"),
    (Fault(Kind.ERROR_AFTER, 1), 504, b"-1007"),
    (Fault(Kind.DROP_BEFORE, 1), None, b""),
    (Fault(Kind.DROP_AFTER, 1), None, b""),
    (Fault(Kind.GARBAGE, 1), 200, b'{"serverT'),
    (Fault(Kind.DUPLICATE, 1), 200, b"HTTP/1.1 200 Duplicate"),
]
ASKED = (
    b"GET /api/v3/time%s HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: the-key\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n%s"
)


async def fetched(wire: Wire, query: bytes = b"", body: bytes = b"") -> bytes:
    """Everything that comes back on one connection; nothing where it was cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(ASKED % (query, len(body), body))
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(("fault", "status", "part"), FAULTS, ids=[row[0].kind.value for row in FAULTS])
def test_a_fault_befalls_one_request_and_the_next_is_answered(fault: Fault, status: int | None, part: bytes) -> None:
    async def does(wire: Wire) -> None:
        wire.exchange.faults.add(fault)
        said = await fetched(wire, b"?x=1" if b"x=1" in part else b"", b"the-body" if b"the-body" in part else b"")
        assert said.startswith(b"" if status is None else b"HTTP/1.1 %d" % status)
        assert (part in said, bool(said)) == (True, status is not None)
        assert (await fetched(wire)).startswith(b"HTTP/1.1 200 OK")

    over(does)


def test_a_body_that_is_too_large_is_not_taken() -> None:
    async def does(wire: Wire) -> None:
        assert (await fetched(wire, body=b"x" * 65_536)).startswith(b"HTTP/1.1 200")
        assert (await fetched(wire, body=b"x" * 65_537)).startswith(b"HTTP/1.1 413")

    over(does)
