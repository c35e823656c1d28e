"""Other scanners on the same files: gitleaks, detect-secrets, bandit, hexora, guarddog, each as its manual says.

They run without a network where this machine lets us take it from them. What they found in files that do not change is
kept, by the hash of those files, so that a second run does not wait for them again.
"""

import hashlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from tests.bench.score.hits import Hit, NotRun, Ran, Scan
from tests.bench.score.scanning import OFFLINE, ROOT, can_go_offline, last_line, run
from tests.bench.score.wheels import CACHE

HOME = ROOT / ".venv-anchors"
LOCK = ROOT / "requirements" / "anchors.txt"
SECRETS = ("gitleaks", "detect-secrets")
CODE = ("bandit", "hexora", "guarddog")

# From which score guarddog 3.2 says "medium risk" and "high risk".
_GUARDDOG_FLAGS, _GUARDDOG_ACCUSES = 3.1, 7.6
_READING = 1  # raised where what is kept of their answers would be read otherwise
_BANDIT = {"HIGH": "critical", "MEDIUM": "high", "LOW": "info"}
_HEXORA = {"very_high": "critical", "high": "critical", "medium": "high"}


class _Broken(Exception):
    """An anchor did not do what it is for."""


def scan(tool: str, folder: Path) -> Scan:
    """Let one of them scan a folder, or take what it found in the same files before."""
    if not (HOME / "bin" / tool).exists():
        return NotRun("it is not installed: make .venv-anchors/.ready")
    kept = CACHE / "anchors" / f"{_digest(tool, folder)}.json"
    if kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=Ran)
    begun = time.monotonic()
    try:
        hits = tuple(_TOOLS[tool](folder))
    except (_Broken, OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as wrong:
        return NotRun(f"{type(wrong).__name__}: {wrong}")
    ran = Ran(hits, time.monotonic() - begun)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(msgspec.json.encode(ran))
    return ran


def _digest(tool: str, folder: Path) -> str:
    """Name what a tool would find: by the tool, its version, and every file."""
    total = hashlib.sha256(f"{tool} {_READING}".encode() + LOCK.read_bytes())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:32]


def _told(tool: str, *arguments: str, folder: Path, good: tuple[int, ...] = (0, 1)) -> bytes:
    line = [*(OFFLINE if can_go_offline() else ()), str(HOME / "bin" / tool), *arguments]
    told = run(line, folder)
    if told.returncode not in good:
        raise _Broken(f"exit {told.returncode}: {last_line(told.stderr)}")
    return told.stdout


def _gitleaks(folder: Path) -> Iterator[Hit]:
    with TemporaryDirectory() as beside:
        report = Path(beside) / "report.json"
        options = ("--no-banner", "--exit-code", "0", "--report-format", "json", "--report-path", str(report))
        _told("gitleaks", "dir", ".", *options, folder=folder, good=(0,))
        for each in json.loads(report.read_text("utf-8")):
            yield Hit(each["File"], each["StartLine"], each["RuleID"], "high", _masked(each["Secret"]))


def _masked(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def _detect_secrets(folder: Path) -> Iterator[Hit]:
    report = json.loads(_told("detect-secrets", "scan", "--all-files", "--no-verify", folder=folder))
    for path, found in report["results"].items():
        for each in found:
            yield Hit(path, each["line_number"], each["type"], "high", each["hashed_secret"])


def _bandit(folder: Path) -> Iterator[Hit]:
    report = json.loads(_told("bandit", "-q", "-r", "-f", "json", ".", folder=folder))
    for each in report["results"]:
        level = _BANDIT[each["issue_severity"]]
        yield Hit(each["filename"].removeprefix("./"), each["line_number"], each["test_id"], level)


def _hexora(folder: Path) -> Iterator[Hit]:
    printed = _told("hexora", "audit", ".", "--output-format", "json", folder=folder)
    for line in printed.decode("utf-8", "replace").splitlines():
        each = json.loads(line)
        yield Hit(each["path"].removeprefix("./"), 0, each["rule"], _HEXORA.get(each["confidence"], "info"))


def _guarddog(folder: Path) -> Iterator[Hit]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        for found in pool.map(_guarddog_one, sorted(path for path in folder.iterdir() if path.is_dir())):
            yield from found


def _guarddog_one(folder: Path) -> list[Hit]:
    """Let it judge one package; its score is of the whole, so each of its reasons is as bad as that."""
    script = any(path.suffix in {".js", ".ts"} for path in folder.rglob("*"))
    printed = _told(
        "guarddog", "npm" if script else "pypi", "scan", str(folder), "--output-format", "json", folder=folder
    )
    report, _ = json.JSONDecoder().raw_decode(printed.decode("utf-8", "replace").lstrip())
    score = report["risk_score"]["score"]
    level = "critical" if score >= _GUARDDOG_ACCUSES else "high" if score >= _GUARDDOG_FLAGS else "info"
    return [Hit(f"{folder.name}/", 0, rule, level) for rule, found in report["results"].items() if found]


_TOOLS: dict[str, Callable[[Path], Iterator[Hit]]] = {
    "gitleaks": _gitleaks,
    "detect-secrets": _detect_secrets,
    "bandit": _bandit,
    "hexora": _hexora,
    "guarddog": _guarddog,
}
