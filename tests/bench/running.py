"""Child processes of one run: started, waited for, weighed, ended."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0

Process = subprocess.Popen[bytes]


@contextlib.contextmanager
def running(
    command: list[str],
    log: Path,
    ports: Iterable[int],
    environment: Mapping[str, str] | None = None,
    pass_fds: tuple[int, ...] = (),
) -> Iterator[Process]:
    """Run a command until the block ends; it must listen on `ports` before the block begins."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
            pass_fds=pass_fds,
        )
    try:
        for port in ports:
            _wait_for(port, process, log)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: Process, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}; its log says:\n{log.read_text('utf-8', errors='replace')}")


def family(pid: int) -> list[int]:
    """List a process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    return [pid, *(each for child in children for each in family(int(child)))]


def megabytes(pids: Iterable[int]) -> tuple[float, float]:
    """Add up what processes take of memory: shared pages divided among their sharers (PSS), and counted in full (RSS).

    The kernel shows PSS of a process that has made itself unreadable to root alone; RSS, never less, stands in for it.
    """
    taken = [_memory(pid) for pid in pids]
    return sum(pss for pss, _ in taken) / 1024, sum(rss for _, rss in taken) / 1024


def _memory(pid: int) -> tuple[int, int]:
    rss = _kilobytes(Path(f"/proc/{pid}/status"), "VmRSS:")
    try:
        return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:"), rss
    except PermissionError:
        return rss, rss


def _kilobytes(file: Path, field: str) -> int:
    for line in file.read_text("utf-8").splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    raise RuntimeError(f"{file} does not say {field}")


def plain_environment(**more: str) -> dict[str, str]:
    """Take what a child needs of our environment and nothing else."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **more}
