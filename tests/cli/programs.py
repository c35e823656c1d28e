"""Tiny programs for a supervisor to run, and the supervisor beside them."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.cli.supervisor import Patience, Program, Supervisor

# Notes its start, then waits for SIGTERM, notes that too, and ends.
STEADY = """
import os, pathlib, signal, sys
name, notes = sys.argv[1:3]
def note(what):
    with open(notes, "a") as file:
        file.write(f"{what} {name} {os.getpid()}\\n")
def end(*_):
    note("end")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("start")
while True:
    signal.pause()
"""

# As STEADY, but SIGTERM does not end it.
STUBBORN = STEADY.replace("    sys.exit(0)\n", "")

# Notes its start, says why, and ends.
DYING = """
import os, sys
with open(sys.argv[2], "a") as file:
    file.write(f"start {sys.argv[1]} {os.getpid()}\\n")
print("\\x1b[31mno such port\\nhint: another", file=sys.stderr)
sys.exit(7)
"""

# Notes what came through the descriptor that it was lent, and ends.
READING = """
import os, sys
with open(sys.argv[2], "a") as file:
    file.write(f"start {sys.argv[1]} {os.read(int(sys.argv[3]), 100).decode()}\\n")
sys.exit(7)
"""

QUICK = Patience(fast=60.0, most=3, pause=0.01, end=0.5)
_PATIENCE = 45.0


@dataclass(slots=True)
class Stage:
    """A directory where programs leave notes, and what the supervisor told."""

    path: Path
    told: list[str] = field(default_factory=list)

    @property
    def notes(self) -> list[list[str]]:
        """What the programs noted, in the order in which they did."""
        with contextlib.suppress(FileNotFoundError):
            return [line.split() for line in (self.path / "notes").read_text().splitlines()]
        return []

    def noted(self, what: str, name: str | None = None) -> list[str]:
        """The last word of each note of one kind."""
        return [note[-1] for note in self.notes if note[0] == what and name in (None, note[1])]

    def program(self, name: str, code: str, lend: Callable[[], int] | None = None) -> Program:
        return Program(name, (sys.executable, "-c", code, name, str(self.path / "notes")), lend)

    def run(
        self,
        *programs: Program,
        act: Callable[[Supervisor], Awaitable[None]] | None = None,
        patience: Patience = QUICK,
    ) -> str | None:
        """Supervise the programs, do something meanwhile, and return why it gave up."""

        async def go() -> str | None:
            supervisor = Supervisor(programs, self.path / "logs", self.told.append, patience)
            running = asyncio.create_task(supervisor.run())
            if act is not None:
                await act(supervisor)
                supervisor.stop()
            return await running

        return asyncio.run(go())


async def until(so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + _PATIENCE
    while not so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
