"""Sockets that the signer follows: opened where they may be, kept alive, and told of to the last message."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.frames import Frame, Opcode

from ringfence.courier import upstream
from ringfence.courier.carry import Carrying
from ringfence.courier.follow import Followed
from ringfence.courier.pools import Pools
from ringfence.courier.tunnels import Tunnelling
from ringfence.ipc.client import connect
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Ended, Event, Follow, FromCourier, ToCourier, Unfollow
from ringfence.ipc.server import listen
from tests.courier.exchange import Identity
from tests.courier.streaming import Streams, streams

ME = frozenset({os.getuid()})


class Signer:
    """The other end of the socket."""

    def __init__(self) -> None:
        self.link: Link[FromCourier] | None = None
        self.told: asyncio.Queue[FromCourier] = asyncio.Queue()

    def send(self, message: ToCourier) -> None:
        assert self.link is not None
        self.link.send(message)

    async def next(self) -> FromCourier:
        return await asyncio.wait_for(self.told.get(), 5)


@asynccontextmanager
async def following(identity: Identity, path: Path) -> AsyncIterator[tuple[Streams, Signer]]:
    async with streams(identity) as there:
        pools = Pools({})
        carrying = Carrying(pools, Followed({"toy": there.place}), Tunnelling())
        server = await listen(path / "c.sock", ToCourier, ME, carrying.received, carrying.changed)
        signer = Signer()
        signer.link = await connect(
            path / "c.sock", FromCourier, ME, lambda _link, message: signer.told.put_nowait(message)
        )
        try:
            yield there, signer
        finally:
            signer.link.close()
            server.close()
            await asyncio.sleep(0.05)


def follow(there: Streams, seq: int = 1, host: str | None = None, text: bytes = b"hello") -> Follow:
    return Follow(seq, "toy", there.host if host is None else host, "/ws-api/v3", text)


async def test_what_is_said_first_is_said_and_what_comes_is_told(identity: Identity, tmp_path: Path) -> None:
    async with following(identity, tmp_path) as (there, signer):
        signer.send(follow(there))
        assert await there.next() == "hello"
        await there.sockets[0].send("one")
        await there.sockets[0].send(["t", "w", "o"])  # in pieces
        assert [await signer.next(), await signer.next()] == [Event(1, b"one"), Event(1, b"two")]
        assert there.opened == ["/ws-api/v3"]


async def test_several_are_followed_side_by_side(identity: Identity, tmp_path: Path) -> None:
    async with following(identity, tmp_path) as (there, signer):
        for seq in (1, 2):
            signer.send(follow(there, seq, text=str(seq).encode()))
            assert await there.next() == str(seq)
            await there.sockets[-1].send(f"of {seq}")
            assert await signer.next() == Event(seq, f"of {seq}".encode())


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", ""])
async def test_no_other_host_is_reached(host: str, identity: Identity, tmp_path: Path) -> None:
    async with following(identity, tmp_path) as (there, signer):
        signer.send(follow(there, host=host))
        assert await signer.next() == Ended(1, "that exchange may not be reached at that host")
        signer.send(Follow(2, "other", there.host, "/", b""))
        assert await signer.next() == Ended(2, "that exchange may not be reached at that host")
        assert not there.opened


async def test_an_end_is_told_once_with_its_reason(identity: Identity, tmp_path: Path) -> None:
    async with following(identity, tmp_path) as (there, signer):
        signer.send(follow(there))
        await there.next()
        await there.sockets[0].close()
        told = await signer.next()
        assert isinstance(told, Ended)
        assert told.seq == 1
        await asyncio.sleep(0.05)
        assert signer.told.empty()


async def test_what_is_no_longer_followed_is_ended_and_told_of_no_more(identity: Identity, tmp_path: Path) -> None:
    async with following(identity, tmp_path) as (there, signer):
        signer.send(follow(there))
        await there.next()
        signer.send(Unfollow(1))
        await asyncio.wait_for(there.sockets[0].wait_closed(), 5)
        assert signer.told.empty()


async def test_when_the_signer_goes_its_sockets_go_with_it(identity: Identity, tmp_path: Path) -> None:
    async with following(identity, tmp_path) as (there, signer):
        signer.send(follow(there))
        await there.next()
        assert signer.link is not None
        signer.link.close()
        await asyncio.wait_for(there.sockets[0].wait_closed(), 5)


async def test_pings_of_the_exchange_are_answered(identity: Identity, tmp_path: Path) -> None:
    async with following(identity, tmp_path) as (there, signer):
        signer.send(follow(there))
        await there.next()
        await asyncio.wait_for(await there.sockets[0].ping(b"17"), 5)


async def test_an_exchange_that_falls_silent_is_taken_for_gone(
    identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "SILENT_SECONDS", 0.2)
    async with following(identity, tmp_path) as (there, signer):
        signer.send(follow(there))
        assert await signer.next() == Ended(1, "the exchange has fallen silent")


@pytest.mark.parametrize(
    "raw",
    [
        Frame(Opcode.TEXT, b"x" * (2 << 20)).serialize(mask=False),
        b"\xc1\x02{}",
        b"\x81\x82\x00\x00\x00\x00{}",
        Frame(Opcode.CONT, b"x").serialize(mask=False),
    ],
    ids=["too long", "compressed", "masked", "a continuation of nothing"],
)
async def test_frames_that_break_the_protocol_end_it(raw: bytes, identity: Identity, tmp_path: Path) -> None:
    async with following(identity, tmp_path) as (there, signer):
        signer.send(follow(there))
        await there.next()
        there.sockets[0].transport.write(raw)
        assert isinstance(await signer.next(), Ended)


async def test_a_host_that_does_not_answer_is_told(
    identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "OPEN_SECONDS", 0.2)

    async def deaf(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0, ssl=identity.server())
    async with following(identity, tmp_path) as (there, signer):
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        object.__setattr__(there.place, "hosts", frozenset({host}))
        signer.send(follow(there, host=host))
        assert await signer.next() == Ended(1, "no answer in time")
    server.close()
