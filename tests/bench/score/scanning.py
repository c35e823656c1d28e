"""Run Ringfence as its users do, once for each folder, and read what it prints."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import msgspec

from tests.bench.score.hits import Hit, NotRun, Ran, Scan

ROOT = Path(__file__).resolve().parents[3]
COMMAND = (str(ROOT / ".venv" / "bin" / "ringfence"),)
OFFLINE = ("unshare", "--user", "--map-root-user", "--net")
_PATIENCE = 3600.0  # longer than the slowest anchor takes for the wheels; what hangs is told and not waited for
_ANSWERED = (0, 1)  # none, or some, at or above the threshold


class _Place(msgspec.Struct):
    path: str
    line: int = 0


class _Finding(msgspec.Struct):
    rule: str
    severity: str
    place: _Place
    text: str = ""
    subject: str = ""


class _Unanswered(msgspec.Struct):
    place: _Place
    why: str = ""


class _Report(msgspec.Struct):
    findings: list[_Finding]
    unanswered: list[_Unanswered] = []


def audit(kind: str, folder: Path, *, offline: bool = False, command: tuple[str, ...] = COMMAND) -> Scan:
    """Scan a folder; `offline` in a network of its own, which leads nowhere."""
    begun = time.monotonic()
    try:
        told = run([*(OFFLINE if offline else ()), *command, "audit", kind, str(folder), "--json"])
    except (OSError, subprocess.TimeoutExpired) as wrong:
        return NotRun(str(wrong))
    if told.returncode not in _ANSWERED:
        return NotRun(f"exit {told.returncode}: {last_line(told.stderr or told.stdout)}")
    return read(told.stdout, time.monotonic() - begun)


def read(printed: bytes, seconds: float) -> Scan:
    """Read what `--json` printed."""
    try:
        report = msgspec.json.decode(printed, type=_Report)
    except msgspec.DecodeError as wrong:
        return NotRun(f"its JSON cannot be read: {wrong}")
    hits = (
        Hit(each.place.path, each.place.line, each.rule, each.severity, each.subject, each.text)
        for each in report.findings
    )
    return Ran(tuple(hits), seconds, tuple(each.place.path for each in report.unanswered))


def run(line: list[str], folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end, with nothing to read; what it started ends with it where it takes too long."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        line, cwd=folder, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True
    ) as process:
        try:
            out, err = process.communicate(timeout=_PATIENCE)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(line, process.returncode, out, err)


def can_go_offline() -> bool:
    """Say whether this machine lets us take the network from a process."""
    try:
        return run([*OFFLINE, "true"]).returncode == 0
    except OSError:
        return False


def last_line(printed: bytes) -> str:
    """Take the line that says what went wrong."""
    lines = printed.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip()[:200] if lines else "it said nothing"
