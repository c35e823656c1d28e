"""The shim does to a process what it says, and to nothing that it does not name."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.matrix.shim import Event, Shim

_BEGIN = "import os, sys, time; f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"


def run(shim: Shim, path: Path, code: str) -> str:
    command = [sys.executable, "-I", "-S", "-c", _BEGIN + code, str(path)]
    done = subprocess.run(command, env={**os.environ, **shim.environment}, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[-1]


@pytest.fixture
def shim(library: Path, tmp_path: Path) -> Shim:
    return Shim(library, tmp_path / "shared")


def test_without_a_fault_nothing_is_different(shim: Shim, tmp_path: Path) -> None:
    wrote = "print(os.write(f, b'x' * 9000)); os.fsync(f); os.fdatasync(f); print(int(time.time()))"
    assert abs(int(run(shim, tmp_path / "f", wrote)) - time.time()) < 5
    assert (tmp_path / "f").stat().st_size == 9000


def test_a_file_grows_as_far_as_there_is_room_and_no_further(shim: Shim, tmp_path: Path) -> None:
    shim.fill_disk(100)
    assert run(shim, tmp_path / "f", "print(os.write(f, b'x' * 60), os.write(f, b'x' * 60))") == "60 40"
    assert "No space left" in run(shim, tmp_path / "f", "os.lseek(f, 0, 2); os.write(f, b'x')")
    assert (tmp_path / "f").stat().st_size == 100
    assert shim.get("refused") == 1


def test_what_is_there_can_be_written_over_on_a_full_disk(shim: Shim, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(8192))
    shim.fill_disk(0)
    assert run(shim, tmp_path / "f", "print(os.pwrite(f, b'x' * 4096, 4096), os.pwrite(f, b'x' * 9, 8188))") == "4096 4"
    assert "No space left" in run(shim, tmp_path / "f", "os.pwrite(f, b'x', 8192)")
    assert "No space left" in run(shim, tmp_path / "f", "os.posix_fallocate(f, 0, 8193)")


@pytest.mark.parametrize("sync", ["fsync", "fdatasync"])
def test_a_sync_fails_so_often_and_then_says_yes(shim: Shim, tmp_path: Path, sync: str) -> None:
    shim.fail_syncs(1)
    assert "Input/output error" in run(shim, tmp_path / "f", f"os.{sync}(f)")
    assert run(shim, tmp_path / "f", f"print(os.{sync}(f))") == "None"
    assert shim.get("failed") == 1


@pytest.mark.parametrize("seconds", [90_000, -90_000])
def test_the_time_of_day_can_be_set_and_the_other_clocks_cannot(shim: Shim, tmp_path: Path, seconds: int) -> None:
    shim.set_clock(seconds)
    clocks = "CLOCK_REALTIME", "CLOCK_BOOTTIME", "CLOCK_MONOTONIC"
    read = f"print(*(time.clock_gettime(getattr(time, name)) for name in {clocks}))"
    there = [float(text) for text in run(shim, tmp_path / "f", read).split()]
    off = [found - time.clock_gettime(getattr(time, name)) for found, name in zip(there, clocks, strict=True)]
    assert abs(off[0] - seconds) < 5
    assert max(abs(off[1]), abs(off[2])) < 5


STEPS = [
    # what a process waits at, and what it has done by then: it writes 1 byte, syncs, and writes another
    ((Event.WRITE,), 0),
    ((Event.SYNC,), 1),
    ((Event.SYNCED,), 1),
    ((Event.SYNCED, Event.CLOCK, Event.WRITE), 1),
    ((Event.WRITE, Event.WRITE), 1),
]


@pytest.mark.parametrize(("events", "written"), STEPS)
def test_a_process_waits_at_a_step_until_it_is_told_to_go_on(
    shim: Shim, tmp_path: Path, events: tuple[Event, ...], written: int
) -> None:
    path = tmp_path / "f"
    path.touch()
    code = _BEGIN + "os.write(f, b'1'); os.fsync(f); time.time(); os.write(f, b'2')"
    shim.wait_at(*events)
    command = [sys.executable, "-I", "-S", "-c", code, str(path)]
    with subprocess.Popen(command, env={**os.environ, **shim.environment}) as process:
        assert shim.waits(10)
        assert path.stat().st_size == written
        assert process.poll() is None
        shim.go_on()
        assert process.wait(10) == 0
    assert path.stat().st_size == 2
