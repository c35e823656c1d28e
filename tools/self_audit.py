"""Hold the audits against this repository itself: what is committed, and the environment that it is run from."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(sys.prefix) / "bin" / "ringfence"
WAIVERS = ROOT / "tools" / "waivers.toml"
UNSEEN = 5  # ringfence.audit.report: nothing was found, and not everything could be asked

RUNS = (("secrets", "--no-history"), ("code",), ("deps",))
ENVIRONMENT = ROOT / ".venv"


def main() -> int:
    """Audit both; 1 where something of weight is found that nobody has answered for."""
    with tempfile.TemporaryDirectory() as scratch:
        tree, home = Path(scratch) / "committed", Path(scratch) / "home"
        tree.mkdir()
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", tree], input=archive, check=True)
        codes = [audit(home, tree, *words) for words in RUNS] + [audit(home, ENVIRONMENT, "deps")]
    return int(any(code not in {0, UNSEEN} for code in codes))


def audit(home: Path, target: Path, what: str, *options: str) -> int:
    """Run one audit as a user does."""
    print(f"audit {what}: {'what is committed' if target != ENVIRONMENT else 'the environment'}", flush=True)
    command = [str(word) for word in (PROGRAM, "--home", home, "audit", what, target, "--waivers", WAIVERS, *options)]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
