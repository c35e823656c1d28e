"""Workers that read files side by side, and the watch over them: one that hangs or dies costs the file that it had.

Nothing that a worker says is trusted beyond its form: it reads what strangers wrote.
"""

import os
import select
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from ringfence.audit import limits, tree
from ringfence.audit.finding import Place, Unanswered
from ringfence.audit.messages import Begin, Job, Look, Seen, decode, encode
from ringfence.confine import launch
from ringfence.errors import Broken

MOST = 4
"""Workers; each takes some 100 MiB, and an audit runs beside a bot."""

_AHEAD = 4  # jobs that a worker has waiting, so that it never waits for us
_PIECE = 1 << 20
# glibc (mallopt(3)) keeps what one large file took, for good, unless it is told from which size on to give it back.
_ENVIRONMENT = {"LANG": "C.UTF-8", "MALLOC_MMAP_THRESHOLD_": "4194304", "MALLOC_TRIM_THRESHOLD_": "8388608"}
_LOOK = 0.5  # seconds between two looks at the clock


Done = tuple[Job, Seen]


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    jobs: deque[Job] = field(default_factory=deque)
    heard: bytearray = field(default_factory=bytearray)
    since: float = field(default_factory=time.monotonic)

    @property
    def out(self) -> int:
        return _pipe(self.process.stdout)

    @property
    def into(self) -> int:
        return _pipe(self.process.stdin)

    def takes(self, job: Job) -> bool:
        """Say whether the job can be sent without waiting for the worker to take it."""
        return not self.jobs or (len(self.jobs) < _AHEAD and not job.data and not self.jobs[-1].data)


class Crew:
    """Some workers, for as long as a block lasts."""

    def __init__(self, root: Path, look: Look, size: int | None = None, seconds: float = limits.SECONDS) -> None:
        """Say what tree it is and what to look for; `seconds` is what one file may take."""
        self._root = root
        self._begin = Begin(os.fsencode(root), look)
        self._size = size or min(MOST, len(os.sched_getaffinity(0)))
        self._seconds = seconds
        self._workers = list[_Worker]()
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in self._workers:
            _end(worker)
        self._selector.close()

    def do(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """Yield each job and what came of it, as it comes."""
        coming = iter(jobs)
        job = next(coming, None)
        while job is not None or any(worker.jobs for worker in self._workers):
            while job is not None and self._give(job):
                job = next(coming, None)
            yield from self._hear()

    def _start(self) -> _Worker:
        process = subprocess.Popen(  # noqa: S603  # our own module, started by our own interpreter
            launch.command("ringfence.audit.worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            bufsize=0,
        )
        worker = _Worker(process)
        os.set_blocking(worker.into, False)
        self._workers.append(worker)
        self._selector.register(worker.out, selectors.EVENT_READ, worker)
        self._send(worker, self._begin)
        return worker

    def _give(self, job: Job) -> bool:
        """Give a job to whoever has least to do; False where all have enough."""
        worker = min((one for one in self._workers if one.takes(job)), key=lambda one: len(one.jobs), default=None)
        if (worker is None or worker.jobs) and len(self._workers) < self._size:
            worker = self._start()  # not before there is something for it to do: most trees are small
        if worker is None:
            return False
        if not worker.jobs:
            worker.since = time.monotonic()
        worker.jobs.append(job)
        self._send(worker, job)
        return True

    def _send(self, worker: _Worker, message: Begin | Job) -> None:
        """Send a message; that nobody takes it shows when its answer is missed."""
        left = memoryview(encode(message))
        until = time.monotonic() + self._seconds
        while left and time.monotonic() < until:
            with suppress(BlockingIOError):
                try:
                    left = left[os.write(worker.into, left) :]
                except BrokenPipeError:
                    return
            if left:
                select.select((), (worker.into,), (), _LOOK)

    def _hear(self) -> Iterator[Done]:
        for key, _ in self._selector.select(_LOOK):
            yield from self._listen(key.data)
        now = time.monotonic()
        for worker in list(self._workers):
            if worker.jobs and now - worker.since > self._seconds:
                yield from self._lose(worker, f"took longer than {self._seconds:.0f} s to read")

    def _listen(self, worker: _Worker) -> Iterator[Done]:
        piece = os.read(worker.out, _PIECE)
        worker.heard += piece
        answers, sound = decode(worker.heard, Seen)
        for seen in answers:
            worker.since = time.monotonic()
            if worker.jobs:  # one that answers what nobody asked is not listened to
                yield worker.jobs.popleft(), seen
        if not piece or not sound:
            yield from self._lose(worker, "ended the process that read it")

    def _lose(self, worker: _Worker, why: str) -> Iterator[Done]:
        """End a worker, blame the file it had, and let another do the rest."""
        self._selector.unregister(worker.out)
        self._workers.remove(worker)
        _end(worker)
        if worker.jobs:
            lost = worker.jobs.popleft()
            yield lost, Seen(unanswered=(Unanswered(Place(tree.named(self._root, lost.path)), why),))
        if worker.jobs:
            fresh = self._start()
            fresh.jobs += worker.jobs
            for job in worker.jobs:
                self._send(fresh, job)


def _pipe(file: IO[bytes] | None) -> int:
    if file is None:  # Popen was asked for both
        raise Broken("a worker has no pipe")
    return file.fileno()


def _end(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.wait()
    for pipe in (worker.process.stdin, worker.process.stdout):
        if pipe is not None:
            pipe.close()
