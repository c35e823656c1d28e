"""`python -m tests.fuzz TARGET --seconds N`: let atheris look for bytes that break a target. `make fuzz` runs all."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ringfence"]):
    from tests.fuzz.seeds import seeds
    from tests.fuzz.targets import TARGETS

_FOUND = Path(__file__).with_name("found")


def main() -> None:
    """Fuzz one target; what breaks it is written beside the tests, and becomes one by its name."""
    parser = argparse.ArgumentParser(prog="tests.fuzz")
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--corpus", type=Path, help="where to keep what reaches new code")
    told = parser.parse_args()
    corpus = told.corpus or Path(tempfile.mkdtemp(prefix="fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(told.target)):
        (corpus / f"seed-{number:03}").write_bytes(seed)
    _FOUND.mkdir(exist_ok=True)
    prefix = f"-artifact_prefix={_FOUND}/{told.target}-{int(time.time())}-"
    options = [f"-max_total_time={told.seconds}", "-max_len=4096", "-timeout=10", prefix, "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[told.target])
    atheris.Fuzz()


main()
