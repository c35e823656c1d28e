"""Time for windows and for the exchange: one that nobody can set, and one that the exchange agrees with."""

import time
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def wall_ms() -> int:
    """Milliseconds since 1970 by the machine's clock."""
    return time.time_ns() // 1_000_000


def boot_ms() -> int:
    """Milliseconds since the machine started, suspend included; `date -s` does not move it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def boot_id() -> str:
    """Say which run of the machine this is; empty where the kernel does not tell."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A journalled instant: milliseconds on the timeline, the boot clock then, and which boot it was."""

    at: int
    boot: int
    boot_id: str


class Timeline:
    """Milliseconds since 1970 that never go back and that setting the clock does not move.

    Sliding windows are measured on it (docs/explanation/attacks.md, S36 and S37). Within one boot it continues from
    the last journalled moment by the boot clock, whatever the wall clock says; after a reboot it takes the wall
    clock, but never a time before the last journalled one. `unseen` is how much of it nobody has counted: what lies
    between the last journalled moment and now, where the boot clock does not vouch for it.
    """

    def __init__(self, last: Moment | None = None) -> None:
        self._boot = boot_ms()
        self._base = wall_ms()
        self.unseen = 0
        if last is None:
            return
        if last.boot_id and last.boot_id == boot_id() and self._boot >= last.boot:
            self._base = last.at + (self._boot - last.boot)
        else:
            self._base = max(self._base, last.at)
            self.unseen = self._base - last.at

    def now(self) -> int:
        """Milliseconds on the timeline."""
        return self._base + (boot_ms() - self._boot)
