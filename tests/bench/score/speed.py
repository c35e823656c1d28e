"""How long an audit of everything takes, and how much memory it and its children hold at once."""

import subprocess
import time
from pathlib import Path

import msgspec

from tests.bench.running import family, megabytes
from tests.bench.score.hits import NotRun
from tests.bench.score.scanning import COMMAND, last_line

SECONDS = 60.0  # all three, on freqtrade with its dependencies, on two cores
MEGABYTES = 400.0
_LOOK = 0.1


class Speed(msgspec.Struct, frozen=True):
    """What one run took; memory with pages that are shared counted once."""

    seconds: float
    megabytes: float
    code: int

    @property
    def passed(self) -> bool:
        """Say whether both limits were kept."""
        return self.seconds < SECONDS and self.megabytes < MEGABYTES


def measure(folder: Path, command: tuple[str, ...] = COMMAND) -> Speed | NotRun:
    """Audit a folder, and look at the processes meanwhile."""
    begun, most = time.monotonic(), 0.0
    line = [*command, "audit", "all", str(folder), "--json"]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            most = max(most, _held(process.pid))
            time.sleep(_LOOK)
        printed = process.stderr.read() if process.stderr else b""
    if process.returncode not in (0, 1):
        return NotRun(f"exit {process.returncode}: {last_line(printed)}")
    return Speed(time.monotonic() - begun, most, process.returncode)


def _held(pid: int) -> float:
    try:
        return megabytes(family(pid))[0]
    except (OSError, RuntimeError):  # one of them ended while it was looked at
        return 0.0
