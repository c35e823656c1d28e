"""Check an exported journal with nothing but its files and the public key: `python -m ringfence.journal.verify`.

Every entry is hashed again, every tile compared, the root compared with the one that was signed, and an older
checkpoint with the beginning of this one. Must never need a secret, a running ringfence, or anything outside the
directory it is given.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.errors import Broken
from ringfence.journal.checkpoint import Checkpoint, Verifier
from ringfence.journal.tree import TILE_WIDTH, Frontier, leaf_hash, tile_path, tiles

_MAX_PROBLEMS = 20  # ours: enough to see what kind of damage it is


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked; an empty `problems` is the only pass. Times are the journal's own, ms since 1970."""

    size: int
    root: bytes
    first_ms: int | None
    last_ms: int | None
    problems: tuple[str, ...]


@dataclass(slots=True)
class _Pass:
    directory: Path
    old: Checkpoint | None
    tree: Frontier = field(default_factory=Frontier)
    first_ms: int | None = None
    last_ms: int | None = None
    problems: list[str] = field(default_factory=list)


def verify(directory: Path, vkey: str, against: bytes | None = None) -> Verified:
    """Check a directory that `export` wrote; `against` is a checkpoint seen earlier, which must be its beginning."""
    try:
        verifier = Verifier.parse(vkey)
        point = verifier.open((directory / "checkpoint").read_bytes())
        old = None if against is None else verifier.open(against)
    except (Broken, OSError) as error:
        return Verified(0, b"", None, None, (f"nothing can be checked: {error}",))
    run = _Pass(directory, old)
    if old is not None and old.size > point.size:
        run.problems.append(f"an earlier checkpoint had {old.size} entries, this one has {point.size}: some are gone")
    _same_beginning(run)
    for level, index, hashes in tiles(_leaves(run, point.size)):
        if _read(run, level, index, len(hashes)) != b"".join(hashes):
            run.problems.append(f"tile {tile_path(level, index, len(hashes))} is missing or wrong")
    if run.tree.size != point.size or run.tree.root != point.root:
        run.problems.append(f"the {run.tree.size} entries are not the {point.size} of the checkpoint")
    return Verified(point.size, point.root, run.first_ms, run.last_ms, tuple(run.problems[:_MAX_PROBLEMS]))


def _leaves(run: _Pass, size: int) -> Iterator[bytes]:
    for index in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - index * TILE_WIDTH)
        entries = entries_of(_read(run, "entries", index, width))
        if len(entries) != width:
            run.problems.append(f"bundle {tile_path('entries', index, width)} is missing or malformed")
            return
        for entry in entries:
            _look(run, entry)
            leaf = leaf_hash(entry)
            run.tree = run.tree.append(leaf)
            _same_beginning(run)
            yield leaf


def _same_beginning(run: _Pass) -> None:
    if run.old is not None and run.tree.size == run.old.size and run.tree.root != run.old.root:
        run.problems.append(f"the first {run.old.size} entries are not those of the earlier checkpoint")


def _look(run: _Pass, entry: bytes) -> None:
    try:
        fields = json.loads(entry)
        seq, wall = fields["seq"], fields["t_wall"]
    except (ValueError, KeyError, TypeError, RecursionError):
        seq = wall = None
    if seq != run.tree.size or not isinstance(wall, int) or (run.last_ms is not None and wall < run.last_ms):
        run.problems.append(f"entry {run.tree.size} is out of order or unreadable")
        return
    run.first_ms = wall if run.first_ms is None else run.first_ms
    run.last_ms = wall


def entries_of(bundle: bytes) -> list[bytes]:
    """Take a bundle apart; nothing where it does not end with the last byte of an entry."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        entries.append(bundle[at + 2 : end])
        at = end
    return entries if at == len(bundle) else []


def _read(run: _Pass, level: int | str, index: int, width: int) -> bytes:
    """Read a tile or bundle; nothing where there is none, which no tile or bundle that is looked for can be."""
    try:
        return (run.directory / tile_path(level, index, width)).read_bytes()
    except OSError:
        return b""


def main(arguments: list[str] | None = None) -> int:
    """Check a directory, say what was found, and return 0 only where nothing is wrong."""
    parser = argparse.ArgumentParser(prog="python -m ringfence.journal.verify", description="check an exported journal")
    parser.add_argument("directory", type=Path)
    parser.add_argument("vkey", help="the journal's public key, from somebody you trust")
    parser.add_argument("--against", type=Path, metavar="OLD_CHECKPOINT", help="a checkpoint you kept earlier")
    options = parser.parse_args(arguments)
    try:
        against = options.against.read_bytes() if options.against else None
    except OSError as error:
        parser.error(str(error))
    found = verify(options.directory, options.vkey, against)
    lines = [f"{found.size} entries, root {found.root.hex()}, from {found.first_ms} to {found.last_ms} (ms since 1970)"]
    sys.stdout.write("\n".join([*lines, *found.problems, "not verified" if found.problems else "verified"]) + "\n")
    return 4 if found.problems else 0  # `Broken.exit_code`


if __name__ == "__main__":
    sys.exit(main())
