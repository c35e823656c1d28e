"""The journal as files that anyone can check: a C2SP tlog-tiles directory, written beside the running signer.

It reads a snapshot through a read-only connection of its own, and asks the signer nothing. What it writes is `tile/`,
`checkpoint` and `vkey`, which whoever gets the directory can read. Must never write to the journal.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ringfence.errors import Broken
from ringfence.journal import files
from ringfence.journal.checkpoint import Checkpoint, Verifier
from ringfence.journal.store import CHECKPOINT, DATABASE
from ringfence.journal.tree import TILE_WIDTH, tile_path, tiles
from ringfence.journal.verify import entries_of

VKEY = "vkey"
_HASH = 32


def export(journal: Path, target: Path) -> Checkpoint:
    """Write everything up to the last checkpoint; full tiles that are there are not written again.

    `journal` is the journal's directory. The checkpoint is written last, so that a reader never sees one without tiles.
    """
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(f"{(journal / DATABASE).absolute().as_uri()}?mode=ro", uri=True)) as db:
            db.execute("BEGIN")
            return _write(db, target)
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:  # the last from what SQLite says of a damaged file
        raise Broken(f"the journal cannot be exported: {error}") from error


def entries(directory: Path, size: int) -> Iterator[bytes]:
    """Read the entries of an exported journal, oldest first; `verify` has said that it is whole."""
    for index in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - index * TILE_WIDTH)
        yield from entries_of((directory / tile_path("entries", index, width)).read_bytes())


def _write(db: sqlite3.Connection, target: Path) -> Checkpoint:
    meta = dict(db.execute("SELECT name, value FROM meta WHERE name IN ('vkey', 'checkpoint')"))
    if "checkpoint" not in meta:
        raise Broken("the journal has no checkpoint yet", hint="it gets one within a second of its first entry")
    point = Verifier.parse(meta["vkey"]).open(meta["checkpoint"])
    for level, index, hashes in tiles(_leaves(db, target, point.size)):
        _put(target, level, index, len(hashes), b"".join(hashes))
    files.replace(target / VKEY, meta["vkey"].encode() + b"\n")
    files.replace(target / CHECKPOINT, meta["checkpoint"])
    return point


def _leaves(db: sqlite3.Connection, target: Path, size: int) -> Iterator[bytes]:
    for index in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - index * TILE_WIDTH)
        tile = target / tile_path(0, index, width)
        if width == TILE_WIDTH and tile.exists() and (target / tile_path("entries", index, width)).exists():
            hashes = tile.read_bytes()
            yield from (hashes[at : at + _HASH] for at in range(0, len(hashes), _HASH))
            continue
        first = index * TILE_WIDTH
        rows = db.execute(
            "SELECT entry, leaf FROM log WHERE seq >= ? AND seq < ? ORDER BY seq", (first, first + width)
        ).fetchall()
        bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry, _ in rows)
        _put(target, "entries", index, width, bundle)
        yield from (leaf for _, leaf in rows)


def _put(target: Path, level: int | str, index: int, width: int, content: bytes) -> None:
    path = target / tile_path(level, index, width)
    if width == TILE_WIDTH and path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace(path, content)
    if width == TILE_WIDTH:
        shutil.rmtree(path.with_name(path.name + ".p"), ignore_errors=True)  # tlog-tiles: partial ones may go now
