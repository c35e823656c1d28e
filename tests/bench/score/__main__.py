"""`make score`: draw the corpora, let every scanner at them, print what came of it; 1 where a target is missed."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import urandom
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from rich.console import Console

from tests.bench.score import anchors, corpus, families, scanning, speed, table, wheels
from tests.bench.score.families import Families
from tests.bench.score.hits import NotRun, Ran, Scan
from tests.bench.score.measures import MEASURES, SCANNED, Findings, Measure, place
from tests.bench.score.table import Cell, Row
from tests.bench.score.truth import Truth

TOOLS = {"secrets": anchors.SECRETS, "code": anchors.CODE, "deps": ()}


class Drawn(msgspec.Struct, frozen=True):
    """The corpora of one seed, where they are, and what their column is called."""

    name: str
    folder: Path
    truth: Truth


def main() -> int:
    """Run from the command line."""
    asked = _arguments().parse_args()
    if asked.speed:
        return _speed(asked.speed)
    kinds = [asked.only] if asked.only else list(SCANNED)
    tables = families.load()
    packages = wheels.ready() if {"secrets", "code"} & set(kinds) else NotRun("not asked for")
    with _folder(asked.keep) as home:
        drawn = _draw(home, None if asked.frozen_only else asked.seed if asked.seed is not None else _fresh())
        kept: dict[str, Scan] = {}
        ours = {each.name: _ours(each, kinds, packages, tables["ringfence"], kept) for each in drawn}
        others = {} if asked.no_anchors else _anchors(drawn[-1], kinds, packages, tables)
    rows = [_row(measure, ours, others) for measure in MEASURES if _kind(measure.room) in kinds]
    wrong = _unknown(ours, tables["ringfence"])
    _print(rows, drawn, wrong, asked.misses)
    if asked.json:
        report = {"seeds": {each.name: each.truth.seed for each in drawn}, "unknown_rules": wrong, "rows": rows}
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    return 0 if all(each.passed for each in rows) and not wrong else 1


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make score")
    parser.add_argument("--only", choices=list(SCANNED), help="one audit alone")
    parser.add_argument("--seed", type=int, help="draw the fresh corpora from this seed, not from chance")
    parser.add_argument("--frozen-only", action="store_true", help="draw no fresh corpora")
    parser.add_argument("--no-anchors", action="store_true", help="leave the other scanners out")
    parser.add_argument("--misses", action="store_true", help="say what was missed and what was wrongly flagged")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same down")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the corpora there, for looking at")
    parser.add_argument("--speed", type=Path, metavar="DIR", help="only measure `ringfence audit all DIR`")
    return parser


def _fresh() -> int:
    return int.from_bytes(urandom(4))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Give a folder for the corpora: one that is gone afterwards, where none is to be kept."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with TemporaryDirectory(prefix="score-") as home:
        yield Path(home)


def _draw(home: Path, seed: int | None) -> list[Drawn]:
    seeds = {"frozen": corpus.FROZEN} | ({} if seed is None else {"fresh": seed})
    return [Drawn(name, home / name, corpus.write(home / name, each)) for name, each in seeds.items()]


def _ours(
    drawn: Drawn, kinds: list[str], packages: Path | NotRun, table_of_ours: Families, kept: dict[str, Scan]
) -> Findings:
    """Scan every room; what is the same for every seed only once, and `kept`."""
    scans: dict[str, Scan] = {}
    for kind in kinds:
        for room in SCANNED[kind]:
            if room == "secrets-unseen" and not drawn.truth.secrets_unseen:
                continue
            _tell(f"ringfence: {room} [{drawn.name}]")
            scans[room] = kept.get(room) or _scan(drawn, kind, room, packages)
            if room.startswith("wheels"):
                kept[room] = scans[room]
    return Findings(drawn.truth, scans, table_of_ours, ours=True)


def _scan(drawn: Drawn, kind: str, room: str, packages: Path | NotRun) -> Scan:
    if isinstance(packages, NotRun) and room.startswith("wheels"):
        return packages
    offline = room.endswith("offline")
    if offline and not scanning.can_go_offline():
        return NotRun("this machine does not let us take the network from a process")
    return scanning.audit(kind, place(room, drawn.folder, _path(packages)), offline=offline)


def _path(packages: Path | NotRun) -> Path:
    return packages if isinstance(packages, Path) else Path()


def _anchors(
    drawn: Drawn, kinds: list[str], packages: Path | NotRun, tables: dict[str, Families]
) -> dict[str, Findings]:
    """Let the others at the corpora that were drawn last: the fresh ones, where there are any."""
    found = {}
    for kind in kinds:
        for tool in TOOLS[kind]:
            scans: dict[str, Scan] = {}
            for room in SCANNED[kind]:
                if room == "secrets-unseen" and not drawn.truth.secrets_unseen:
                    continue
                _tell(f"{tool}: {room} [{drawn.name}]")
                missing = packages if room.startswith("wheels") and isinstance(packages, NotRun) else None
                scans[room] = missing or anchors.scan(tool, place(room, drawn.folder, _path(packages)))
            found[tool] = Findings(drawn.truth, scans, tables.get(tool, {}), ours=False)
    return found


def _kind(room: str) -> str:
    return next(kind for kind, rooms in SCANNED.items() if room in rooms)


def _row(measure: Measure, ours: dict[str, Findings], others: dict[str, Findings]) -> Row:
    ours_cells: dict[str, Cell] = {name: measure.of(found) for name, found in ours.items()}
    return table.row(measure, ours_cells, {name: measure.of(found) for name, found in others.items()})


def _unknown(ours: dict[str, Findings], known: Families) -> list[str]:
    """Name the rules about code and dependencies that families.toml lacks: they can be right about nothing."""
    found: set[str] = set()
    for each in ours.values():
        for room, scan in each.scans.items():
            if isinstance(scan, Ran) and _kind(room) != "secrets":
                found |= families.unknown(scan.hits, known)
    return sorted(found)


def _print(rows: list[Row], drawn: list[Drawn], wrong: list[str], misses: bool) -> None:
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print("; ".join(f"{each.name}: seed {each.truth.seed}" for each in drawn), highlight=False)
    table.show(rows, console)
    for rule in wrong:
        console.print(f"ERROR: rule {rule} is not in families.toml", markup=False, highlight=False)
    for line in table.misses(rows) if misses else ():
        console.print(line, markup=False, highlight=False)


def _speed(folder: Path) -> int:
    took = speed.measure(folder)
    if isinstance(took, NotRun):
        print(f"not run: {took.why}")
        return 1
    limits = f"limits {speed.SECONDS:g} s, {speed.MEGABYTES:g} MB"
    print(f"audit all: {took.seconds:.1f} s, {took.megabytes:.0f} MB at most ({limits})")
    return 0 if took.passed else 1


def _tell(text: str) -> None:
    print(f"score: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
