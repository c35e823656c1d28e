"""`python -m tests.matrix 17 40-49 [--apart] [--keep DIR]`: run cases by number, and say what is wrong."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.matrix.plan import Case, plan, spread
from tests.matrix.run import run
from tests.matrix.shim import build

_TOGETHER = 10


def main() -> int:
    """Run what is asked for; returns 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("seeds", nargs="*", help="numbers, or ranges such as 40-49; none: the spread of `make test`")
    parser.add_argument("--apart", action="store_true", help="a deployment for each case")
    parser.add_argument("--keep", type=Path, help="where to keep what a run leaves")
    given = parser.parse_args()
    cases = tuple(plan(seed) for text in given.seeds for seed in _range(text)) or spread()
    size = 1 if given.apart else _TOGETHER
    failed = 0
    for at in range(0, len(cases), size):
        failed += _run(cases[at : at + size], given.keep)
    return 1 if failed else 0


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _run(cases: tuple[Case, ...], keep: Path | None) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="matrix-") as made:
        home = Path(made) if keep is None else keep / f"{cases[0].seed}-{cases[-1].seed}"
        home.mkdir(parents=True, exist_ok=True)
        evidence, wrong = run(cases, home, build(home))
    for trouble in evidence.troubles:
        print(f"  {trouble.case} {'' if trouble.reached else 'not reached '}{trouble.ended - trouble.begun} ms")
    print(
        f"{cases[0].seed}-{cases[-1].seed}: {time.monotonic() - began:.0f} s, {len(evidence.orders)} orders", flush=True
    )
    for problem in wrong:
        print(f"    {problem}", flush=True)
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
