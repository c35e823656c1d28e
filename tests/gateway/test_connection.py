"""A connection is answered in order, and ended where the bot does not play its part."""

import asyncio
import contextlib
import socket

import pytest

from ringfence.gateway.limits import Limits
from ringfence.ipc.messages import Answered
from tests.gateway.world import World, world

ASKED = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"


def head_of(answer: bytes) -> dict[bytes, bytes]:
    head, _, _ = answer.partition(b"\r\n\r\n")
    return dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])


async def say(w: World, *pieces: bytes) -> bytes:
    """Send pieces one by one, and hear all there is until the gateway ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", w.port)
    for piece in pieces:
        if not writer.is_closing():
            writer.write(piece)
            await asyncio.sleep(0.01)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_head_is_answered_without_a_body_and_with_its_length() -> None:
    async with world() as w:
        answer = await say(w, ASKED.replace(b"GET", b"HEAD"))
        assert head_of(answer)[b"Content-Length"] == b"8"
        assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_has_no_body_is_told_without_one(status: int) -> None:
    async with world() as w:
        w.peers.answer = lambda ask: Answered(ask.id, status, b"{}")
        answer = await say(w, ASKED)
        assert answer.endswith(b"\r\n\r\n")
        assert b"Content-Length" not in head_of(answer)


async def test_a_bot_that_has_no_more_to_say_still_hears_its_answers() -> None:
    async with world() as w:
        reader, writer = await asyncio.open_connection("127.0.0.1", w.port)
        writer.write(ASKED + ASKED)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        assert answer.count(b'{"ok":1}') == 2
        assert head_of(answer.split(b'{"ok":1}')[1])[b"Connection"] == b"close"


async def test_the_time_for_the_next_request_begins_anew() -> None:
    async with world(Limits(idle_seconds=0.3)) as w:
        answer = await say(w, *[ASKED, b""] * 25)  # half a second together
        assert answer.count(b'{"ok":1}') == 25


async def test_a_body_that_trickles_has_one_time_for_all_of_it() -> None:
    async with world(Limits(body_seconds=0.2)) as w:
        answer = await say(w, b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 999\r\n\r\n", *[b"x"] * 60)
        assert answer == b""
        assert not w.peers.asks


async def test_a_bot_that_does_not_read_holds_up_nobody_and_not_for_ever() -> None:
    async with world(Limits(idle_seconds=0.3, ahead=4)) as w:
        w.peers.answer = lambda ask: Answered(ask.id, 200, b"x" * 1_000_000)
        with socket.create_connection(("127.0.0.1", w.port)) as deaf:
            deaf.setblocking(False)
            await asyncio.get_running_loop().sock_sendall(deaf, ASKED * 200)
            await asyncio.sleep(0.2)
            told = len(w.peers.asks)
            assert told < 100, "no more is asked than it reads"
            await asyncio.sleep(1.0)
            assert len(w.peers.asks) == told
            with contextlib.suppress(ConnectionError):  # an end is as good as a reset
                while await asyncio.wait_for(asyncio.get_running_loop().sock_recv(deaf, 2**20), 5):
                    pass
        w.peers.answer = lambda ask: Answered(ask.id, 200, b"{}")
        assert (await w.say(ASKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))).endswith(b"{}")


async def test_a_bot_that_reads_late_and_has_no_more_to_say_sees_the_end() -> None:
    async with world(Limits(idle_seconds=3600)) as w:
        w.peers.answer = lambda ask: Answered(ask.id, 200, b"x" * 7_000_000)  # more than the sockets hold
        reader, writer = await asyncio.open_connection("127.0.0.1", w.port, limit=1024)
        writer.write(ASKED)
        await asyncio.sleep(0.1)  # until it is answered and the answer is stuck
        writer.write_eof()
        await asyncio.sleep(0.1)
        assert (await asyncio.wait_for(reader.read(), 10)).endswith(b"x")
        writer.close()


async def test_a_refusal_comes_after_the_answers_to_what_was_asked_before_it() -> None:
    async with world() as w:
        answer = await say(w, ASKED + b"GET nonsense HTTP/1.1\r\nHost: h\r\n\r\n" + ASKED)
        _, second = answer.split(b'{"ok":1}')
        assert second.startswith(b"HTTP/1.1 400 ")
        assert b'"no":"unknown-request"' in second
        assert len(w.peers.asks) == 1


async def test_a_gateway_that_stops_lets_what_is_being_answered_be_answered() -> None:
    async with world() as w:
        answered = asyncio.Event()

        def late(ask: object) -> None:
            asyncio.get_running_loop().call_later(0.1, answered.set)

        w.peers.answer = late
        asking = asyncio.create_task(say(w, ASKED))
        await asyncio.sleep(0.05)
        assert w.peers.signer is not None
        closing = asyncio.ensure_future(w.close())
        await answered.wait()
        w.peers.signer.send(Answered(w.peers.asks[0].id, 200, b"still"))
        assert (await asking).endswith(b"still")
        await closing
