import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ringfence.errors import Broken
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind
from ringfence.signer import records
from ringfence.signer.lanes import WAITING_PER_BOT
from ringfence.signer.writer import Busy, Writer


def open_store(directory: Path, kind: type[Store] = Store) -> Store:
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    return kind.open(directory, "ringfence/journal", key, records.SCHEMA, lambda: (1_000, 1))


@contextlib.asynccontextmanager
async def running(store: Store, told: list[str]) -> AsyncIterator[Writer]:
    writer = Writer(store, told.append)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def note(store: Store) -> int:
    return store.append(EntryKind.ALARM, "test", {"text": "x"})


def test_whoever_is_answered_finds_it_in_the_file(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(open_store(tmp_path), []) as writer:
            seqs = await asyncio.gather(*(writer.write(note) for _ in range(200)))
            assert sorted(seqs) == list(range(200))
            assert writer.store.size == 200
        writer.store.close()

    asyncio.run(go())
    again = open_store(tmp_path)
    assert again.size == 200
    assert again.suspect is None


def test_a_checkpoint_follows_within_a_second(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(open_store(tmp_path), []) as writer:
            await writer.write(note)
            for _ in range(60):
                if (tmp_path / "checkpoint").exists() and b"\n1\n" in (tmp_path / "checkpoint").read_bytes():
                    return
                await asyncio.sleep(0.05)
            pytest.fail("no checkpoint")

    asyncio.run(go())


def test_a_job_that_raises_breaks_the_writer_and_nothing_of_its_batch_stays(tmp_path: Path) -> None:
    def breaks(store: Store) -> None:
        note(store)
        raise ZeroDivisionError

    async def go() -> None:
        told: list[str] = []
        async with running(open_store(tmp_path), told) as writer:
            await writer.write(note)
            done = await asyncio.gather(writer.write(note), writer.write(breaks), return_exceptions=True)
            assert [type(result) for result in done] == [Broken, Broken]
            assert told == [writer.broken]
            with pytest.raises(Broken):
                await writer.write(note)
            assert await writer.read(lambda store: store.size) == 1

    asyncio.run(go())


def test_a_bot_with_too_many_waiting_is_told_so_and_the_owner_is_not_held_up(tmp_path: Path) -> None:
    async def go() -> None:
        writer = Writer(open_store(tmp_path), lambda _: None)
        flood = [asyncio.ensure_future(writer.write(note, "flood")) for _ in range(WAITING_PER_BOT + 1)]
        await asyncio.sleep(0)
        assert isinstance(flood[-1].exception(), Busy)
        first = asyncio.ensure_future(writer.write(note))
        task = asyncio.create_task(writer.run())
        assert await first == 0
        await asyncio.gather(*flood[:-1])
        task.cancel()

    asyncio.run(go())


class Slow(Store):
    """A store on a disk that takes its time."""

    def commit(self) -> None:
        time.sleep(0.05)
        super().commit()


def test_a_stop_in_the_middle_of_a_slow_commit_loses_nothing(tmp_path: Path) -> None:
    async def go() -> None:
        told: list[str] = []
        async with running(open_store(tmp_path, Slow), told) as writer:
            first = asyncio.create_task(writer.write(note))
            await asyncio.sleep(0.02)  # it is with the disk
            writer.note(EntryKind.ALARM, "test", {"text": "second"})
        await writer.flush()
        first.cancel()
        assert not told
        writer.store.close()

    asyncio.run(go())
    assert open_store(tmp_path).size == 2


def test_what_nobody_waits_for_is_durable_soon(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(open_store(tmp_path), []) as writer:
            writer.note(EntryKind.ALARM, "test", {"text": "x"})
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert writer.store.size == 0, "it waits for company"
            for _ in range(100):
                if writer.store.size == 1:
                    return
                await asyncio.sleep(0.01)
            pytest.fail("not durable")

    asyncio.run(go())


def test_a_query_finds_all_that_was_queued_before_it_and_durable(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(open_store(tmp_path), []) as writer:
            writer.note(EntryKind.ALARM, "test", {"text": "x"})
            assert await writer.read(lambda store: (store.size, len(store.entries(-1, 10)))) == (1, 1)

    asyncio.run(go())


def test_a_job_that_raises_takes_with_it_what_was_run_before_and_not_committed(tmp_path: Path) -> None:
    def breaks(_: Store) -> None:
        raise ZeroDivisionError

    async def go() -> None:
        told: list[str] = []
        async with running(open_store(tmp_path), told) as writer:
            writer.note(EntryKind.ALARM, "test", {"text": "x"})
            await asyncio.sleep(0.01)  # run, and waiting for company
            with pytest.raises(Broken):
                await writer.write(breaks)
            assert len(told) == 1
            assert await writer.read(lambda store: len(store.entries(-1, 10))) == 0

    asyncio.run(go())


@pytest.mark.parametrize("slow", [0.0, 0.02])
def test_a_slow_disk_is_waited_for_off_the_loop(tmp_path: Path, slow: float) -> None:
    class Disk(Store):
        """A store on a disk that takes its time, and that knows who waits for it."""

        threads: ClassVar[list[str]] = []

        def commit(self) -> None:
            time.sleep(slow)
            self.threads.append(threading.current_thread().name)
            super().commit()

    async def go() -> None:
        Disk.threads.clear()
        async with running(open_store(tmp_path, Disk), []) as writer:
            for _ in range(5):
                await writer.write(note)
        off = [name == "disk" for name in Disk.threads]
        assert off[0], "until it is known to be quick, the disk is taken to be slow"
        assert all(off) if slow else not all(off)

    asyncio.run(go())
