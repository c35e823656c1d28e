"""The one writer of the journal: jobs queue up, and all that wait share one durable commit."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from ringfence.errors import Broken
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind, Value
from ringfence.signer.disk import Disk
from ringfence.signer.lanes import Lanes

T = TypeVar("T")

# One commit carries at most this many jobs, so that the first of them does not wait long for the last.
_BATCH = 64
_CHECKPOINT_ENTRIES = 256  # docs/format/journal.md, A checkpoint
_CHECKPOINT_SECONDS = 1.0
# What nobody waits for is run at once and shares the next order's commit; where none comes, it is durable within this.
_LATE_SECONDS = 0.05
# While the disk is quick, a commit is waited for on the spot: handing it to a thread takes as long as the sync, for one
# order and for many (make bench). Nothing is admitted or sent meanwhile. A disk that was slow once is waited for by the
# thread until it is quick again, so a halt and the cancels stand behind one slow sync at the most.
_QUICK_SECONDS = 0.005


class Busy(Exception):
    """A bot has as many orders waiting as it may have."""


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Callable[[Store], T]
    done: "asyncio.Future[T] | None"
    result: T | None = None


class _Alarm:
    """Wakes the writer once a time has passed since it was first set."""

    def __init__(self, seconds: float, wake: asyncio.Event) -> None:
        self._seconds = seconds
        self._wake = wake
        self._timer: asyncio.TimerHandle | None = None
        self.rung = False

    def set(self) -> None:
        """Ring after the time, unless it is set already."""
        if self._timer is None and not self.rung:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self.ring)

    def ring(self) -> None:
        """Ring now."""
        self.rung = True
        self._wake.set()

    def clear(self) -> None:
        """Do not ring."""
        self.rung = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Writer:
    """Runs jobs against the store, one after the other, and answers each after its commit is durable.

    A job that raises breaks the writer: what it half did cannot be told from what it meant to do, so nothing more
    is written until a restart has replayed the journal (docs/format/journal.md, crash rule 4).
    """

    def __init__(self, store: Store, broke: Callable[[str], None]) -> None:
        self.store = store
        self._broke = broke
        self._jobs: Lanes[_Job[object]] = Lanes()
        self._ran: list[_Job[object]] = []  # in the open transaction
        self._wake = asyncio.Event()
        self._idle = asyncio.Lock()
        self._disk = Disk()
        self._quick = False
        self._since_checkpoint = 0
        self._late = _Alarm(_LATE_SECONDS, self._wake)
        self._unsigned = _Alarm(_CHECKPOINT_SECONDS, self._wake)
        self.broken: str | None = None

    async def write(self, work: Callable[[Store], T], bot: str | None = None) -> T:
        """Run a job and return its result once it is durable; raises `Broken` where that cannot be.

        A job of a bot waits its turn among the bots; others go first. Raises `Busy` where the bot has too many waiting.
        """
        if self.broken is not None:
            raise Broken(self.broken)
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        job: _Job[object] = _Job(work, done)  # type: ignore[arg-type]
        if bot is None:
            self._jobs.put_urgent(job)
        elif not self._jobs.put(bot, job):
            raise Busy
        self._wake.set()
        return await done

    def queue(self, work: Callable[[Store], object]) -> None:
        """Run a job soon; nobody waits for it. Dropped where the journal is broken, as `broke` told."""
        if self.broken is None:
            self._jobs.put_urgent(_Job(work, None))
            self._wake.set()

    def note(self, kind: EntryKind, actor: str, fields: Mapping[str, Value]) -> None:
        """Write an entry soon; nobody waits for it."""
        self.queue(lambda store: store.append(kind, actor, fields))

    async def read(self, work: Callable[[Store], T]) -> T:
        """Run a query between two transactions; it finds all that was queued before."""
        with contextlib.suppress(Broken):  # which can still be read
            await self.write(lambda _: None)
        async with self._idle:
            return work(self.store)

    async def run(self) -> None:
        """Write what is queued, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._write()

    async def flush(self) -> None:
        """Write what is queued and sign it, at a clean stop."""
        self._unsigned.ring()
        await self._write()

    async def _write(self) -> None:
        """Run every waiting job in the open transaction; commit and sign as it falls due."""
        while self.broken is None and (self._jobs or self._late.rung or self._unsigned.rung):
            await self._gather()
            batch = self._jobs.take(_BATCH - len(self._ran))
            async with self._idle:
                try:
                    self._run(batch)
                    if any(job.done for job in batch) or len(self._ran) >= _BATCH or self._late.rung:
                        await self._commit()
                    if self._unsigned.rung:
                        await self._sign()
                except Exception as error:  # noqa: BLE001  # whatever it was, the half-done batch must not be built on
                    self._break(error, batch)

    async def _gather(self) -> None:
        """Let jobs that are on their way join, as long as each round of the loop brings one: fewer, larger commits."""
        seen = 1
        while len(self._jobs) > seen:
            seen = len(self._jobs)
            await asyncio.sleep(0)

    def _run(self, batch: list[_Job[object]]) -> None:
        if batch and not self._ran:
            self.store.begin()
        for job in batch:
            job.result = job.work(self.store)
        self._ran += batch
        if self._ran:
            self._late.set()

    async def _commit(self) -> None:
        self._late.clear()
        if not self._ran:
            return
        ran, self._ran = self._ran, []
        before, began = self.store.size, time.monotonic()
        if self._quick:
            self.store.commit()
        else:
            await self._disk.run(self.store.commit)
        self._quick = time.monotonic() - began < _QUICK_SECONDS
        for job in ran:
            if job.done is not None and not job.done.done():
                job.done.set_result(job.result)
        self._since_checkpoint += self.store.size - before
        if self._since_checkpoint >= _CHECKPOINT_ENTRIES:
            self._unsigned.ring()
        elif self._since_checkpoint:
            self._unsigned.set()

    async def _sign(self) -> None:
        await self._commit()
        self._unsigned.clear()
        self._since_checkpoint = 0
        await self._disk.run(self.store.checkpoint)

    def _break(self, error: Exception, batch: list[_Job[object]]) -> None:
        self.broken = f"the journal cannot be written: {str(error) or type(error).__name__}"
        self.store.rollback()
        for job in [*batch, *self._jobs.take(len(self._jobs))]:
            if job.done is not None and not job.done.done():
                job.done.set_exception(Broken(self.broken))
        self._broke(self.broken)
