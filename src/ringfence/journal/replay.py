"""What is looked at before a journal is written again: every entry, and our own last checkpoints.

Whoever can write our files can cut the journal short or change it, but cannot sign. So the checkpoint is kept twice, in
the database and in a file beside it, and the two and the entries must agree (docs/format/journal.md, crash rule 6).
Somebody who puts an older copy of both back is not noticed here: that takes a witness who has seen a later checkpoint.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ringfence.errors import Broken
from ringfence.journal.checkpoint import Checkpoint, Verifier
from ringfence.journal.tree import Frontier, leaf_hash


@dataclass(frozen=True, slots=True)
class Replay:
    """What the journal holds, and `suspect`: why it cannot be what we wrote, if so."""

    tree: Frontier
    next_seq: int
    wall: int
    note: bytes
    suspect: str | None


@dataclass(slots=True)
class _Walk:
    tree: Frontier
    next_seq: int
    last: bytes
    roots: dict[int, bytes]
    fault: str | None = None


def replay(db: sqlite3.Connection, file: Path, verifier: Verifier) -> Replay:
    """Read the whole journal; raises `sqlite3.Error` where SQLite cannot."""
    check: str = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    faults = [] if check == "ok" else [f"the journal's database is damaged: {check}"]
    notes: dict[str, bytes] = dict(
        db.execute("SELECT 'database', CAST(value AS BLOB) FROM meta WHERE name = 'checkpoint'").fetchall()
    )
    if file.exists():
        notes["file"] = file.read_bytes()
    elif notes:
        faults.append("the checkpoint file is gone")
    points: dict[str, Checkpoint] = {}
    for where, note in notes.items():
        try:
            points[where] = verifier.open(note)
        except Broken as error:
            faults.append(f"the checkpoint in the {where} is not ours: {error}")
    walk = _walk(db, {point.size for point in points.values()})
    faults += [walk.fault] if walk.fault else []
    faults += _compare(walk, points)
    newest = max(points, key=lambda where: points[where].size, default=None)
    held = notes[newest] if newest else b""
    return Replay(walk.tree, walk.next_seq, _wall(walk.last), held, "; ".join(faults) or None)


def _walk(db: sqlite3.Connection, sizes: Iterable[int]) -> _Walk:
    walk = _Walk(Frontier(), 0, b"", {0: Frontier().root})
    for seq, entry, leaf in db.execute("SELECT seq, entry, leaf FROM log ORDER BY seq"):
        if seq != walk.tree.size:
            walk.fault = walk.fault or f"entry {walk.tree.size} of the journal is missing"
        walk.next_seq = seq + 1
        walk.last = entry if isinstance(entry, bytes) else b""
        fresh = leaf_hash(walk.last)
        if fresh != leaf:
            walk.fault = walk.fault or f"entry {seq} of the journal has been changed"
        walk.tree = walk.tree.append(fresh)
        if walk.tree.size in sizes:
            walk.roots[walk.tree.size] = walk.tree.root
    return walk


def _compare(walk: _Walk, points: dict[str, Checkpoint]) -> list[str]:
    faults: list[str] = []
    for where, point in points.items():
        if point.size > walk.tree.size:
            had = f"the checkpoint ({where}) had {point.size} entries"
            faults.append(f"{had}, and the journal has {walk.tree.size}: some are gone")
        elif walk.roots[point.size] != point.root:
            faults.append(f"the first {point.size} entries are not those of the checkpoint ({where})")
    if len(points) == 2 and points["file"].size < points["database"].size:  # noqa: PLR2004  # the file is written first
        faults.append("the checkpoint file is older than the journal")
    return faults


def _wall(entry: bytes) -> int:
    try:
        wall = json.loads(entry)["t_wall"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0
    return wall if isinstance(wall, int) else 0
