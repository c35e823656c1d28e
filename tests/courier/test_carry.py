import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ringfence.courier.carry import Carrying, Seen
from ringfence.courier.follow import Followed
from ringfence.courier.pools import Pools
from ringfence.courier.tunnels import Tunnelling
from ringfence.ipc.client import connect
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Carry, Fetch, Outcome, ToCourier
from ringfence.ipc.server import listen
from tests.courier.exchange import Exchange, Identity, exchange

ME = frozenset({os.getuid()})


class Signer:
    """The other end of the socket."""

    def __init__(self) -> None:
        self.link: Link[Outcome] | None = None
        self.told: asyncio.Queue[Outcome] = asyncio.Queue()

    def received(self, _link: Link[Outcome], outcome: Outcome) -> None:
        self.told.put_nowait(outcome)

    async def connect(self, path: Path, uids: frozenset[int] = ME) -> None:
        self.link = await connect(path, Outcome, uids, self.received)

    def send(self, message: Carry | Fetch) -> None:
        assert self.link is not None
        self.link.send(message)

    async def outcome(self) -> Outcome:
        return await asyncio.wait_for(self.told.get(), 10)


@asynccontextmanager
async def courier(
    identity: Identity, path: Path, most: int = 8, uids: frozenset[int] = ME
) -> AsyncIterator[tuple[Exchange, Signer]]:
    async with exchange(identity) as there:
        pools = Pools({"toy": there.place})
        carrying = Carrying(pools, Followed({}), Tunnelling(), most)
        server = await listen(path, ToCourier, uids, carrying.received, carrying.changed)
        signer = Signer()
        await signer.connect(path)
        try:
            yield there, signer
        finally:
            if signer.link is not None:
                signer.link.close()
            server.close()
            await pools.close()


def order(seq: int, there: Exchange, patience_ms: int = 5_000, host: str | None = None) -> Carry:
    return Carry(seq, "toy", there.host if host is None else host, "POST", f"/order?n={seq}", (), b"", patience_ms)


async def test_a_request_is_carried_and_its_outcome_told(identity: Identity, tmp_path: Path) -> None:
    async with courier(identity, tmp_path / "carry.sock") as (there, signer):
        signer.send(order(7, there))
        assert await signer.outcome() == Outcome(7, sent=True, status=200, body=b"{}")


async def test_the_same_number_again_is_not_sent_and_says_nothing_of_the_first(
    identity: Identity, tmp_path: Path
) -> None:
    async with courier(identity, tmp_path / "carry.sock") as (there, signer):
        signer.send(order(1, there))
        signer.send(order(1, there))
        signer.send(order(2, there))
        told = {(await signer.outcome()).seq, (await signer.outcome()).seq}
        signer.send(order(1, there))
        signer.send(order(3, there))
        assert (await signer.outcome()).seq == 3
        assert told == {1, 2}
        assert signer.told.empty()
        assert len(there.got) == 3


async def test_a_new_connection_numbers_anew(identity: Identity, tmp_path: Path) -> None:
    async with courier(identity, tmp_path / "carry.sock") as (there, signer):
        signer.send(order(1, there))
        await signer.outcome()
        assert signer.link is not None
        signer.link.close()
        await signer.connect(tmp_path / "carry.sock")
        signer.send(order(1, there))
        assert (await signer.outcome()).status == 200
        assert len(there.got) == 2


@pytest.mark.parametrize(("patience_ms", "sent"), [(-1, False), (0, False), (60_000, True), (60_001, False)])
async def test_a_patience_out_of_bounds_is_not_sent(
    identity: Identity, tmp_path: Path, patience_ms: int, sent: bool
) -> None:
    async with courier(identity, tmp_path / "carry.sock") as (there, signer):
        signer.send(order(1, there, patience_ms))
        assert (await signer.outcome()).sent is sent
        assert len(there.got) == sent


async def test_a_host_that_the_exchange_does_not_have_is_not_reached(identity: Identity, tmp_path: Path) -> None:
    async with courier(identity, tmp_path / "carry.sock") as (there, signer):
        signer.send(order(1, there, host="evil.example"))
        outcome = await signer.outcome()
        assert (outcome.sent, outcome.status) == (False, None)
        assert there.connections == 0


async def test_patience_that_ends_is_silence(identity: Identity, tmp_path: Path) -> None:
    async with courier(identity, tmp_path / "carry.sock") as (there, signer):
        there.hang = True
        signer.send(order(1, there, patience_ms=200))
        assert await signer.outcome() == Outcome(1, sent=True, status=None, body=b"", error="no answer in time")


async def test_more_than_can_be_on_its_way_is_not_sent(identity: Identity, tmp_path: Path) -> None:
    async with courier(identity, tmp_path / "carry.sock", most=2) as (there, signer):
        there.hang = True
        for seq in (1, 2, 3):
            signer.send(order(seq, there, patience_ms=300))
        first = await signer.outcome()
        assert (first.seq, first.sent, first.error) == (3, False, "too many requests are on their way")


async def test_what_is_on_its_way_is_finished_once_though_the_signer_has_gone(
    identity: Identity, tmp_path: Path
) -> None:
    async with courier(identity, tmp_path / "carry.sock") as (there, signer):
        signer.send(order(1, there))
        assert signer.link is not None
        signer.link.close()
        while len(there.got) < 1:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await signer.connect(tmp_path / "carry.sock")
        signer.send(order(2, there))
        assert (await signer.outcome()).seq == 2  # the outcome of the first had nobody to hear it
        assert [got.split(b" ")[1] for got in there.got] == [b"/order?n=1", b"/order?n=2"]


async def test_a_peer_of_another_user_is_hung_up_on(identity: Identity, tmp_path: Path) -> None:
    async with courier(identity, tmp_path / "carry.sock", uids=frozenset({os.getuid() + 1})) as (there, signer):
        assert signer.link is not None
        await asyncio.wait_for(signer.link.gone.wait(), 10)
        assert there.connections == 0


async def test_another_message_ends_the_connection(identity: Identity, tmp_path: Path) -> None:
    async with courier(identity, tmp_path / "carry.sock") as (there, signer):
        signer.send(Fetch(1, "toy", "time", ()))
        assert signer.link is not None
        await asyncio.wait_for(signer.link.gone.wait(), 10)
        assert there.connections == 0


def test_a_number_is_new_once_and_those_too_old_to_tell_are_not_new() -> None:
    seen = Seen(remembered=3)
    assert [seen.is_new(n) for n in (5, 5, 4, 6, 9, 5, 4, 3, 6, 9, 10)] == [
        True, False, True, True, True, False, False, False, False, False, True,
    ]  # fmt: skip


def test_zero_and_below_are_never_new() -> None:
    assert [Seen().is_new(n) for n in (0, -1)] == [False, False]
