"""The one writer of the journal: jobs queue up, and all that wait share one durable commit."""

import asyncio
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
# What nobody waits for shares the next order's commit; where none comes, it is durable within this.
_LATE_SECONDS = 0.05
# While the disk is quick, a commit is waited for on the spot: handing it to a thread takes longer than the sync, and
# costs a fifth of the orders a second (make bench). Nothing is admitted or sent meanwhile. A disk that was slow once is
# waited for by the thread until it is quick again, so a halt and the cancels stand behind one slow sync at the most.
_QUICK_SECONDS = 0.005


class Busy(Exception):
    """A bot has as many orders waiting as it may have."""


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Callable[[Store], T]
    done: "asyncio.Future[T] | None"
    result: T | None = None


class Writer:
    """Runs jobs against the store, one after the other, and answers each after its commit is durable.

    A job that raises breaks the writer: what it half did cannot be told from what it meant to do, so nothing more
    is written until a restart has replayed the journal (docs/format/journal.md, crash rule 4).
    """

    def __init__(self, store: Store, broke: Callable[[str], None]) -> None:
        self.store = store
        self._broke = broke
        self._jobs: Lanes[_Job[object]] = Lanes()
        self._wake = asyncio.Event()
        self._idle = asyncio.Lock()
        self._disk = Disk()
        self._quick = False
        self._since_checkpoint = 0
        self._late: asyncio.TimerHandle | None = None
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
        """Run a job with the next commit; nobody waits for it. Dropped where the journal is broken, as `broke` told."""
        if self.broken is not None:
            return
        self._jobs.put_urgent(_Job(work, None))
        if self._late is None:
            self._late = asyncio.get_running_loop().call_later(_LATE_SECONDS, self._wake.set)

    def note(self, kind: EntryKind, actor: str, fields: Mapping[str, Value]) -> None:
        """Write an entry with the next commit; nobody waits for it."""
        self.queue(lambda store: store.append(kind, actor, fields))

    async def read(self, work: Callable[[Store], T]) -> T:
        """Run a query between two transactions."""
        async with self._idle:
            return work(self.store)

    async def run(self) -> None:
        """Commit what is queued, for ever; a checkpoint follows within a second."""
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), _CHECKPOINT_SECONDS if self._since_checkpoint else None)
            except TimeoutError:
                await self._checkpoint()
                continue
            self._wake.clear()
            if self._late is not None:
                self._late.cancel()
                self._late = None
            while self._jobs and self.broken is None:
                await self._commit()
                if self._since_checkpoint >= _CHECKPOINT_ENTRIES:
                    await self._checkpoint()

    async def flush(self) -> None:
        """Write what is queued, at a clean stop."""
        while self._jobs and self.broken is None:
            await self._commit()
        if self.broken is None:
            await self._checkpoint()

    async def _commit(self) -> None:
        batch = self._jobs.take(_BATCH)
        async with self._idle:
            try:
                before = self.store.size
                self.store.begin()
                for job in batch:
                    job.result = job.work(self.store)
                began = time.monotonic()
                if self._quick:
                    self.store.commit()
                else:
                    await self._disk.run(self.store.commit)
                self._quick = time.monotonic() - began < _QUICK_SECONDS
                self._since_checkpoint += self.store.size - before
            except Exception as error:  # noqa: BLE001  # whatever it was, the half-done batch must not be built on
                self._break(error, batch)
                return
        for job in batch:
            if job.done is not None and not job.done.done():
                job.done.set_result(job.result)

    async def _checkpoint(self) -> None:
        self._since_checkpoint = 0
        async with self._idle:
            try:
                await self._disk.run(self.store.checkpoint)
            except (Broken, OSError) as error:
                self._break(error, [])

    def _break(self, error: Exception, batch: list[_Job[object]]) -> None:
        self.broken = f"the journal cannot be written: {str(error) or type(error).__name__}"
        self.store.rollback()
        for job in [*batch, *self._jobs.take(len(self._jobs))]:
            if job.done is not None and not job.done.done():
                job.done.set_exception(Broken(self.broken))
        self._broke(self.broken)
