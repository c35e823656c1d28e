"""The journal and the signer's state: one SQLite database, one writer, one transaction for both.

An entry that `commit` has returned from survives a crash and a power cut (WAL, synchronous=FULL). Whoever uses a store
makes one call at a time; `commit` and `checkpoint` wait for the disk and may be called from a worker thread while no
other call is made. Must never try again after an error of the disk: the kernel may have dropped what it could not write
and report success the second time (docs/format/journal.md, crash rule 4), so from then on the store can only be read.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ringfence.errors import Broken
from ringfence.journal import canonical, files
from ringfence.journal.checkpoint import Signer
from ringfence.journal.replay import Replay, replay
from ringfence.journal.tree import leaf_hash
from ringfence.model.entry import Entry, EntryKind, Value

ENTRY_VERSION = 1
MAX_ENTRY = 65_535  # tlog-tiles: bundles prefix each entry with a uint16
DATABASE = "journal.db"
CHECKPOINT = "checkpoint"
# CPython cannot always decode what SQLite says of a damaged file, and then raises the last of these.
_FAILURES = (sqlite3.Error, OSError, UnicodeDecodeError)
_WAL_PAGES = (
    4_000  # 16 MB: moving them into the database holds a commit up, so it is done a quarter as often as by default
)
_BUSY_SECONDS = 1.0  # a backup only reads; nobody else has reason to hold the database
# One script for each version of the format, run once and in order. The triggers are against our own mistakes: nothing
# but a hostile hand changes an entry.
_SCHEMA = (
    """
    CREATE TABLE log (seq INTEGER PRIMARY KEY, entry BLOB NOT NULL, leaf BLOB NOT NULL) STRICT;
    CREATE TRIGGER log_unchanged BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'entries do not change'); END;
    CREATE TRIGGER log_kept BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'entries are not deleted'); END;
    """,
)

Clock = Callable[[], tuple[int, int]]
Parameter = str | bytes | int | None
Row: TypeAlias = tuple[Any, ...]  # as sqlite3 has it: only the statement knows what its columns are


class Store:
    """A journal open for writing. `suspect` says why it cannot be what we wrote; `failed`, that it is read-only now."""

    def __init__(self, directory: Path, db: sqlite3.Connection, signer: Signer, clock: Clock, found: Replay) -> None:
        self._directory = directory
        self._db = db
        self._signer = signer
        self._clock = clock
        self._tree = self._next_tree = found.tree
        self._skipped = found.next_seq - found.tree.size  # not 0 only where entries are gone: their numbers stay unused
        self._wall = self._next_wall = found.wall
        self._note = found.note
        self._noted = signer.verifier.open(found.note).size if found.note else None
        self._held = contextlib.ExitStack()
        self.suspect = found.suspect
        self.failed = False

    @classmethod
    def open(cls, directory: Path, origin: str, key: Ed25519PrivateKey, state: Sequence[str], clock: Clock) -> "Store":
        """Open or begin the journal in a directory and replay it.

        `state` are SQL scripts for the caller's own tables, run once each and in order; `clock` returns milliseconds
        since 1970 and since boot. Raises `Broken` where another process has the journal or SQLite cannot read it.
        """
        with contextlib.ExitStack() as held:
            try:
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                directory.chmod(0o700)
                held.callback(os.close, files.lock(directory / "lock"))
                os.close(files.private(directory / DATABASE))
                files.sync(directory)
                db = sqlite3.connect(
                    directory / DATABASE, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
                )
                held.callback(db.close)
                signer = Signer(origin, key)
                _prepare(db)
                _migrate(db, "format", _SCHEMA)
                _belongs(db, signer)
                found = replay(db, directory / CHECKPOINT, signer.verifier)
                _migrate(db, "state", state)
            except BlockingIOError:
                raise Broken(
                    f"another process is writing the journal in {directory}",
                    hint="stop the other signer; there can be only one",
                ) from None
            except _FAILURES as error:
                raise Broken(
                    f"the journal in {directory} cannot be read: {error}",
                    hint="keep the files as they are, for evidence",
                ) from error
            store = cls(directory, db, signer, clock, found)
            store._held = held.pop_all()
            return store

    @property
    def size(self) -> int:
        """How many entries are durable."""
        return self._tree.size

    @property
    def root(self) -> bytes:
        """The root of the tree over them."""
        return self._tree.root

    @property
    def signed(self) -> int:
        """How many entries the newest checkpoint vouches for."""
        return self._noted or 0

    def begin(self) -> None:
        """Start a transaction; refused once the disk has failed."""
        self._between_transactions()
        self.sql("BEGIN IMMEDIATE")

    def append(self, kind: EntryKind, actor: str, fields: Mapping[str, Value]) -> int:
        """Write an entry into the open transaction and return its number, which counts from 0 without gaps.

        An entry that cannot be written as JSON or is too long raises `Broken` and leaves the transaction as it was.
        """
        if not self._db.in_transaction:
            raise Broken("an entry belongs into a transaction")
        seq = self._next_tree.size + self._skipped
        wall, boot = self._clock()
        wall = max(wall, self._next_wall)
        stamp = {"v": ENTRY_VERSION, "seq": seq, "t_wall": wall, "t_boot": boot, "kind": kind.value, "actor": actor}
        if not stamp.keys().isdisjoint(fields):
            raise Broken(f"{min(stamp.keys() & fields.keys())!r} is written by the journal itself")
        entry = canonical.encode({**fields, **stamp})
        if len(entry) > MAX_ENTRY:
            raise Broken(f"an entry of {len(entry)} bytes is too long", hint=f"at most {MAX_ENTRY}")
        leaf = leaf_hash(entry)
        self.sql("INSERT INTO log VALUES (?, ?, ?)", (seq, entry, leaf))
        self._next_tree, self._next_wall = self._next_tree.append(leaf), wall
        return seq

    def sql(self, statement: str, parameters: Sequence[Parameter] = ()) -> list[Row]:
        """Run a statement inside the open transaction, if there is one; a caller's is on the caller's own tables.

        Any error, a broken constraint too, undoes the transaction and leaves the store read-only: check first.
        """
        try:
            return self._db.execute(statement, parameters).fetchall()
        except _FAILURES as error:
            self._fail(error)

    def commit(self) -> None:
        """Make the transaction durable; what it holds counts only once this has returned."""
        if not self._db.in_transaction:
            raise Broken("there is no transaction to commit")
        self.sql("COMMIT")
        self._tree, self._wall = self._next_tree, self._next_wall

    def rollback(self) -> None:
        """Undo the open transaction, if there is one; never raises."""
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except _FAILURES:
            self.failed = True
        self._next_tree, self._next_wall = self._tree, self._wall

    def entries(self, after: int, limit: int) -> list[Entry]:
        """Return at most `limit` entries with a number greater than `after`, oldest first; -1 is before the first."""
        rows = self.sql("SELECT seq, entry FROM log WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit))
        return [_entry(seq, text) for seq, text in rows]

    def entry(self, seq: int) -> Entry | None:
        """Return one entry, or None where there is none of that number."""
        return next((entry for entry in self.entries(seq - 1, 1) if entry.seq == seq), None)

    def checkpoint(self) -> bytes:
        """Sign the tree as it is, keep the checkpoint in the file and in the database, and return it.

        While the journal is suspect nothing is signed, since that would vouch for a history that contradicts an older
        checkpoint; the newest good one is returned, or nothing. It stays suspect at every start.
        """
        self._between_transactions()
        if self.suspect is None and self._noted != self._tree.size:
            note = self._signer.sign(self._tree.size, self._tree.root)
            try:
                files.replace(self._directory / CHECKPOINT, note)
            except OSError as error:
                self._fail(error)
            self.sql("INSERT OR REPLACE INTO meta VALUES ('checkpoint', ?)", (note,))
            self._note, self._noted = note, self._tree.size
        return self._note

    def close(self) -> None:
        """Let go of the journal; an open transaction is undone."""
        self.rollback()
        self._held.close()

    def _between_transactions(self) -> None:
        if self.failed:
            raise Broken("the journal failed and is read-only", hint="restart the signer once the disk is well")
        if self._db.in_transaction:
            raise Broken("the last transaction has not ended: this belongs between two transactions")

    def _fail(self, error: Exception) -> NoReturn:
        self.failed = True
        self.rollback()
        with contextlib.suppress(*_FAILURES):
            self._db.execute("PRAGMA query_only = ON")
        raise Broken(
            f"the journal cannot be written: {error}", hint="look at the disk (full, read-only, failing), then restart"
        ) from error


def _entry(seq: int, text: bytes) -> Entry:
    try:
        return Entry(seq, EntryKind(json.loads(text)["kind"]), text)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Broken(f"entry {seq} of the journal cannot be read") from None


def _prepare(db: sqlite3.Connection) -> None:
    """Have every commit wait for the disk, and make the one table that is there before the first script."""
    if db.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise Broken("SQLite's write-ahead log does not work where the journal is", hint="use a local disk")
    for pragma in (
        "synchronous = FULL",
        f"wal_autocheckpoint = {_WAL_PAGES}",
        "trusted_schema = OFF",
        "cell_size_check = ON",
    ):
        db.execute(f"PRAGMA {pragma}")
    db.execute("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID")


def _migrate(db: sqlite3.Connection, name: str, scripts: Sequence[str]) -> None:
    """Run the scripts that have not been run; what one that fails has done ends with the connection."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    done = row[0] if row else 0
    if not isinstance(done, int) or done > len(scripts):
        raise Broken(f"the journal's {name} is version {done}, and this ringfence knows {len(scripts)}", hint="upgrade")
    for version, script in enumerate(scripts[done:], done + 1):
        mark = f"INSERT OR REPLACE INTO meta VALUES ('{name}', {version});"  # noqa: S608  # both are our own
        db.executescript(f"BEGIN IMMEDIATE; {script}; {mark} COMMIT;")


def _belongs(db: sqlite3.Connection, signer: Signer) -> None:
    """Refuse another journal's database, and keep the public key where an export finds it."""
    row = db.execute("SELECT value FROM meta WHERE name = 'vkey'").fetchone()
    if row is None:
        db.execute("INSERT INTO meta VALUES ('vkey', ?)", (signer.verifier.text,))
    elif row[0] != signer.verifier.text:
        raise Broken(f"this journal was written under the key {row[0]}", hint="open it with the key it was begun with")
