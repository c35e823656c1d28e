"""`make soak MINUTES=10`: run it, and say what came of it; 1 where something is not as it must be."""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.soak.judge import slope
from tests.soak.run import soak


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    print(f"soak: three bots for {told.minutes:g} minutes", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        found = soak(Path(folder) / "h", told.minutes * 60, told.seed)
    answers = Counter(each.status for each in found.heard)
    print(f"{len(found.heard)} requests, by status {dict(sorted(answers.items()))}; {len(found.troubles)} faults")
    for name, samples in found.memory.items():
        print(f"{name}: {samples[0][1]:.1f} MB at first, {samples[-1][1]:.1f} at last, {slope(samples):+.2f} a minute")
    for problem in found.problems:
        print(f"PROBLEM {problem}")
    return 1 if found.problems else 0


sys.exit(main())
