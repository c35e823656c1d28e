"""The tests' side of shim.c: build it, load it into a process, and say what it does there."""

import mmap
import shutil
import struct
import subprocess
import time
from enum import IntEnum
from pathlib import Path

_SOURCE = Path(__file__).with_name("shim.c")
_WORD = struct.Struct("@q")
_FIELDS = (
    "clock_ns", "room", "sync_errors", "sync_us", "waits_at", "waits_at_1", "waits_at_2", "waits_at_3",
    "at", "waiting", "go_on", "refused", "failed", "asked",
)  # fmt: skip
_DONE = 4  # `at` past every place: nothing is waited for


class Event(IntEnum):
    """What a process can be made to wait at."""

    NOTHING = 0
    CLOCK = 1  # it reads the time of day
    MONOTONIC = 2  # it reads the clock that timers go by
    WRITE = 3  # it is about to write to a file
    SYNC = 4  # it is about to sync one
    SYNCED = 5  # it has


def build(into: Path) -> Path:
    """Compile the library; raises `FileNotFoundError` where there is no compiler."""
    compiler = shutil.which("gcc")
    if compiler is None:
        raise FileNotFoundError("gcc is needed to build tests/matrix/shim.c")
    library = into / "shim.so"
    flags = ("-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-std=gnu17")
    subprocess.run([compiler, *flags, str(_SOURCE), "-o", str(library), "-ldl"], check=True)
    return library


class Shim:
    """What is shared with one process, which may die and come back: faults stay as they are set."""

    def __init__(self, library: Path, path: Path) -> None:
        path.write_bytes(bytes(4096))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 4096)
        self.environment = {"LD_PRELOAD": str(library), "SHIM_FILE": str(path)}
        self.heal()

    def heal(self) -> None:
        """Let everything work again, at once."""
        self._put("go_on", 1)
        for name, value in (
            ("clock_ns", 0),
            ("room", -1),
            ("sync_errors", 0),
            ("sync_us", 0),
            ("at", _DONE),
            ("waiting", 0),
        ):
            self._put(name, value)

    def fill_disk(self, room: int = 0) -> None:
        """Leave so many bytes by which files may grow."""
        self._put("room", room)

    def fail_syncs(self, count: int) -> None:
        """Make the next syncs fail with EIO."""
        self._put("sync_errors", count)

    def slow_syncs(self, seconds: float) -> None:
        """Make every sync take so much longer."""
        self._put("sync_us", int(seconds * 1_000_000))

    def set_clock(self, seconds: float) -> None:
        """Set the time of day to so much more than it is."""
        self._put("clock_ns", int(seconds * 1_000_000_000))

    def wait_at(self, *events: Event) -> None:
        """Have the process wait once these have come one after the other, for five seconds at the most."""
        self._put("at", _DONE)
        self._put("go_on", 0)
        self._put("waiting", 0)  # a process that died there never took it back
        for index in range(4):
            self._put_at(4 + index, events[index] if index < len(events) else Event.NOTHING)
        self._put("at", 0)

    def waits(self, seconds: float) -> bool:
        """Whether the process has come there within a time."""
        until = time.monotonic() + seconds
        while not self.get("waiting"):
            if time.monotonic() > until:
                return False
            time.sleep(0.0002)
        return True

    def go_on(self) -> None:
        """Let it go on, and wait for it nowhere else."""
        self._put("at", _DONE)
        self._put("go_on", 1)

    def get(self, name: str) -> int:
        """Read one of the shared numbers."""
        value: int = _WORD.unpack_from(self._shared, 8 * _FIELDS.index(name))[0]
        return value

    def _put(self, name: str, value: int) -> None:
        self._put_at(_FIELDS.index(name), value)

    def _put_at(self, index: int, value: int) -> None:
        _WORD.pack_into(self._shared, 8 * index, value)
