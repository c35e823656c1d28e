"""Keep programs running: start them in order, start those anew that die, stop them in the opposite order.

It never reads what they write: that goes to a file each. One that cannot stay up ends them all.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_MAX_LOG = 8 * 1024 * 1024  # ours: some weeks of a healthy process; then it becomes NAME.log.old
_TAIL = 4096


@dataclass(frozen=True, slots=True)
class Program:
    """One program. `lend` opens a descriptor for it to inherit, whose number becomes its last argument."""

    name: str
    command: tuple[str, ...]
    lend: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds; all ours.

    A program that ends within `fast` of its start has not stayed up; after `most` such ends in a row we give up.
    The pauses before a new start begin with `pause` and double. One that does not end within `end` is killed.
    """

    fast: float = 5.0
    most: int = 5
    pause: float = 0.25
    end: float = 10.0


class Supervisor:
    """The programs of one deployment, under one user."""

    def __init__(
        self,
        programs: tuple[Program, ...],
        logs: Path,
        told: Callable[[str], None],
        patience: Patience = Patience(),
    ) -> None:
        self._programs = programs
        self._logs = logs
        self._told = told
        self._patience = patience
        self._running: dict[str, Process] = {}
        self._stopping = asyncio.Event()
        self._failure: str | None = None

    def stop(self) -> None:
        """Begin to stop everything."""
        self._stopping.set()

    async def run(self) -> str | None:
        """Run until `stop`; returns why it gave up, or None where it was asked to end."""
        self._logs.mkdir(mode=0o700, exist_ok=True)
        keepers = {program.name: asyncio.create_task(self._keep(program)) for program in self._programs}
        try:
            await self._stopping.wait()
        finally:
            self._stopping.set()
            for program in reversed(self._programs):
                await self._end(program.name, keepers[program.name])
        return self._failure

    def log(self, name: str) -> Path:
        """Say where a program's log is."""
        return self._logs / f"{name}.log"

    async def _keep(self, program: Program) -> None:
        loop, fast = asyncio.get_running_loop(), 0
        while not self._stopping.is_set():
            since = loop.time()
            code = await self._once(program)
            if self._stopping.is_set():
                return
            fast = fast + 1 if loop.time() - since < self._patience.fast else 1
            said = f"{program.name} {self._how(program.name, code)}"
            if fast >= self._patience.most:
                self._failure = said
                self._stopping.set()
                return
            self._told(f"{said}; starting it again")
            await self._pause(self._patience.pause * 2 ** (fast - 1))

    async def _once(self, program: Program) -> int:
        process = await self._start(program)
        self._running[program.name] = process
        if self._stopping.is_set():  # while it was being started
            process.terminate()
        return await process.wait()

    async def _start(self, program: Program) -> Process:
        path = self.log(program.name)
        if path.exists() and path.stat().st_size > _MAX_LOG:
            path.replace(path.with_name(f"{path.name}.old"))
        lent = None if program.lend is None else program.lend()
        command = program.command if lent is None else (*program.command, str(lent))
        leash = (sys.executable, "-P", "-m", "ringfence.cli.leash", str(os.getpid()))
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            return await asyncio.create_subprocess_exec(
                *leash,
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=() if lent is None else (lent,),
                start_new_session=True,  # the terminal's ^C is for us alone: we stop them in order
            )
        finally:
            os.close(log)
            if lent is not None:
                os.close(lent)

    async def _end(self, name: str, keeper: asyncio.Task[None]) -> None:
        self._signal(name, signal.SIGTERM)
        done, _ = await asyncio.wait({keeper}, timeout=self._patience.end)
        if not done:
            self._told(f"{name} does not end; killing it")
            self._signal(name, signal.SIGKILL)
        await keeper

    def _signal(self, name: str, number: signal.Signals) -> None:
        process = self._running.get(name)
        if process is not None and process.returncode is None:
            process.send_signal(number)

    async def _pause(self, seconds: float) -> None:
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({stopping}, timeout=seconds)
        stopping.cancel()

    def _how(self, name: str, code: int) -> str:
        """Say how a program ended; one that was killed had no time for last words."""
        if code < 0:
            return f"was killed ({signal.Signals(-code).name})"
        return f"ended with code {code}: {self._last_words(name)}"

    def _last_words(self, name: str) -> str:
        """Return the last line that a program wrote; it is shown to a person, so whoever shows it makes it plain."""
        with self.log(name).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
        said = [line for line in lines if line.strip() and not line.startswith("hint: ")]
        return said[-1] if said else "it said nothing"
