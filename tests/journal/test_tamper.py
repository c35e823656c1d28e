"""The attacker can write every file of the journal, and has no key."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Broken
from ringfence.journal.tree import leaf_hash
from tests.journal.world import VERIFIER, open_store, write, written

FORGED = b'{"actor":"bot:grid","kind":"intent","seq":3,"t_boot":5000,"t_wall":1700000000000,"v":1}'


def tamper(directory: Path, *statements: tuple[str, tuple[bytes | int | str, ...]]) -> None:
    """Do what somebody with write access and `sqlite3` can do."""
    with contextlib.closing(sqlite3.connect(directory / "journal.db", isolation_level=None)) as db:
        db.executescript("DROP TRIGGER log_unchanged; DROP TRIGGER log_kept")
        for statement, parameters in statements:
            db.execute(statement, parameters)


def suspicion(directory: Path) -> str:
    """Open the journal and say why it is suspect; empty where it is not."""
    try:
        with contextlib.closing(open_store(directory)) as store:
            return store.suspect or ""
    except Broken as error:
        return str(error)


@pytest.mark.parametrize(
    ("statement", "parameters", "why"),
    [
        ("UPDATE log SET entry = ? WHERE seq = 3", (FORGED,), "entry 3 of the journal has been changed"),
        ("UPDATE log SET leaf = ? WHERE seq = 3", (leaf_hash(FORGED),), "entry 3 of the journal has been changed"),
        ("UPDATE log SET leaf = x'' WHERE seq = 3", (), "entry 3 of the journal has been changed"),
        (
            "UPDATE log SET entry = ?, leaf = ? WHERE seq = 3",
            (FORGED, leaf_hash(FORGED)),
            "the first 9 entries are not those of the checkpoint",
        ),
        ("DELETE FROM log WHERE seq = 8", (), "had 9 entries, and the journal has 8: some are gone"),
        ("DELETE FROM log WHERE seq >= 2", (), "had 9 entries, and the journal has 2: some are gone"),
        ("DELETE FROM log", (), "had 9 entries, and the journal has 0: some are gone"),
        ("DELETE FROM log WHERE seq = 4", (), "entry 4 of the journal is missing"),
        ("UPDATE log SET seq = -1 WHERE seq = 8", (), "entry 0 of the journal is missing"),
        ("UPDATE log SET seq = 100 WHERE seq = 8", (), "entry 8 of the journal is missing"),
        (
            "UPDATE log SET (entry, leaf) = (SELECT entry, leaf FROM log AS other WHERE seq = 5) WHERE seq = 3",
            (),
            "the first 9 entries are not those of the checkpoint",
        ),
    ],
)
def test_a_changed_removed_or_moved_entry_is_noticed(
    tmp_path: Path, statement: str, parameters: tuple[bytes, ...], why: str
) -> None:
    directory = written(tmp_path / "journal", 9)
    tamper(directory, (statement, parameters))
    assert why in suspicion(directory)


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a journal of five entries, to be copied and spoiled."""
    return written(tmp_path_factory.mktemp("five") / "journal", 5)


def texts(directory: Path) -> list[bytes]:
    with contextlib.closing(sqlite3.connect(directory / "journal.db")) as db:
        return [row[0] for row in db.execute("SELECT entry FROM log ORDER BY seq")]


@pytest.mark.parametrize("name", ["entry", "leaf"])
@given(data=st.data())
def test_any_flipped_bit_of_an_entry_or_leaf_is_noticed(
    five: Path, tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    directory = Path(shutil.copytree(five, tmp_path_factory.mktemp("journal"), dirs_exist_ok=True))
    seq = data.draw(st.integers(0, 4))
    with contextlib.closing(sqlite3.connect(directory / "journal.db")) as db:
        value: bytes = db.execute(f"SELECT {name} FROM log WHERE seq = ?", (seq,)).fetchone()[0]  # noqa: S608
    at = data.draw(st.integers(0, len(value) - 1))
    flipped = bytearray(value)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    tamper(directory, (f"UPDATE log SET {name} = ? WHERE seq = ?", (bytes(flipped), seq)))  # noqa: S608
    assert f"entry {seq} of the journal has been changed" in suspicion(directory)


@given(data=st.data())
def test_a_flipped_bit_anywhere_in_the_database_never_passes_for_another_history(
    five: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = Path(shutil.copytree(five, tmp_path_factory.mktemp("journal"), dirs_exist_ok=True))
    path = directory / "journal.db"
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    try:
        store = open_store(directory)
    except Broken:
        return
    with contextlib.closing(store):
        assert store.suspect is not None or [entry.text for entry in store.entries(-1, 10)] == texts(five)


@pytest.mark.parametrize("at", range(0, 200, 7))
def test_a_flipped_byte_of_the_checkpoint_file_is_noticed(tmp_path: Path, at: int) -> None:
    directory = written(tmp_path / "journal", 3)
    note = bytearray((directory / "checkpoint").read_bytes())
    note[at % len(note)] ^= 1
    (directory / "checkpoint").write_bytes(note)
    assert "the checkpoint in the file is not ours" in suspicion(directory)


@pytest.mark.parametrize("value", [b"", b"not a note", 7, "text"])
def test_a_spoiled_checkpoint_in_the_database_is_noticed(tmp_path: Path, value: bytes | int | str) -> None:
    directory = written(tmp_path / "journal", 3)
    tamper(directory, ("UPDATE meta SET value = ? WHERE name = 'checkpoint'", (value,)))
    assert "the checkpoint in the database is not ours" in suspicion(directory)


def test_an_older_copy_of_the_database_is_noticed_because_the_checkpoint_file_is_newer_s59(tmp_path: Path) -> None:
    directory, older = written(tmp_path / "journal", 3), tmp_path / "older"
    shutil.copytree(directory, older)
    written(directory, 4)
    shutil.copy(older / "journal.db", directory / "journal.db")
    assert suspicion(directory) == "the checkpoint (file) had 7 entries, and the journal has 3: some are gone"


def test_an_older_copy_that_has_been_written_on_is_still_noticed(tmp_path: Path) -> None:
    directory, older = written(tmp_path / "journal", 3), tmp_path / "older"
    shutil.copytree(directory, older)
    written(directory, 4)
    shutil.copy(older / "journal.db", directory / "journal.db")
    with contextlib.closing(open_store(directory)) as store:
        write(store, 10, {"other": "history"})
    assert suspicion(directory) == "the first 7 entries are not those of the checkpoint (file)"


def test_a_database_begun_anew_is_noticed(tmp_path: Path) -> None:
    directory = written(tmp_path / "journal", 3)
    (directory / "journal.db").unlink()
    assert "had 3 entries, and the journal has 0" in suspicion(directory)


def test_a_checkpoint_file_that_is_gone_is_noticed(tmp_path: Path) -> None:
    directory = written(tmp_path / "journal", 3)
    (directory / "checkpoint").unlink()
    assert suspicion(directory) == "the checkpoint file is gone"


def test_an_older_checkpoint_file_is_noticed(tmp_path: Path) -> None:
    directory = written(tmp_path / "journal", 3)
    older = (directory / "checkpoint").read_bytes()
    written(directory, 4)
    (directory / "checkpoint").write_bytes(older)
    assert suspicion(directory) == "the checkpoint file is older than the journal"


def test_rolling_back_everything_is_not_noticed_here_and_is_by_whoever_kept_a_checkpoint(tmp_path: Path) -> None:
    directory, older = written(tmp_path / "journal", 3), tmp_path / "older"
    shutil.copytree(directory, older)
    written(directory, 4)
    kept = VERIFIER.open((directory / "checkpoint").read_bytes())
    assert suspicion(older) == ""
    with contextlib.closing(open_store(older)) as store:
        assert store.size < kept.size


def test_a_suspect_journal_signs_nothing_new_and_stays_suspect(tmp_path: Path) -> None:
    directory = written(tmp_path / "journal", 5)
    tamper(directory, ("DELETE FROM log WHERE seq = 4", ()))
    before = (directory / "checkpoint").read_bytes()
    with contextlib.closing(open_store(directory)) as store:
        write(store, 3)
        assert store.checkpoint() == before
        assert VERIFIER.open(before).size == 5
    assert (directory / "checkpoint").read_bytes() == before
    assert suspicion(directory)


def test_a_suspect_journal_that_never_had_a_checkpoint_has_none_to_give(tmp_path: Path) -> None:
    directory = written(tmp_path / "journal", 5, checkpoint=False)
    tamper(directory, ("UPDATE log SET entry = ? WHERE seq = 3", (FORGED,)))
    with contextlib.closing(open_store(directory)) as store:
        assert store.checkpoint() == b""


@pytest.mark.parametrize(("gone", "numbers"), [(4, [0, 1, 2, 3, 4, 5]), (2, [0, 1, 3, 4, 5, 6])], ids=["last", "gap"])
def test_a_suspect_journal_still_records_what_is_done_about_it(tmp_path: Path, gone: int, numbers: list[int]) -> None:
    directory = written(tmp_path / "journal", 5)
    tamper(directory, ("DELETE FROM log WHERE seq = ?", (gone,)))
    with contextlib.closing(open_store(directory)) as store:
        write(store, 2)
        assert [entry.seq for entry in store.entries(-1, 10)] == numbers
        assert (store.size, store.failed) == (6, False)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: b"not a database" * 1000,
        lambda content: content[: len(content) // 2],
        lambda content: bytes(len(content)),
    ],
    ids=["emptied", "overwritten", "cut", "zeroed"],
)
def test_a_spoiled_database_file_is_broken_or_suspect_and_never_well(
    tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    directory = written(tmp_path / "journal", 50)
    path = directory / "journal.db"
    path.write_bytes(spoil(path.read_bytes()))
    assert suspicion(directory)


def test_a_file_that_is_no_database_is_kept_for_evidence(tmp_path: Path) -> None:
    directory = written(tmp_path / "journal", 5)
    (directory / "journal.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(Broken, match="cannot be read") as refused:
        open_store(directory)
    assert refused.value.hint == "keep the files as they are, for evidence"
    assert (directory / "journal.db").read_bytes() == b"not a database" * 1000


def test_a_damage_that_sqlite_reports_in_no_readable_text_is_broken(tmp_path: Path) -> None:
    directory = written(tmp_path / "journal", 5)
    content = (directory / "journal.db").read_bytes()
    (directory / "journal.db").write_bytes(content.replace(b"CREATE TABLE meta", b"CREATE\xa0TABLE meta"))
    with pytest.raises(Broken, match="cannot be read"):
        open_store(directory)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"kind":"unheard of"}', b"\xff", b"[" * 60_000])
def test_an_entry_that_cannot_be_read_is_not_made_into_one(tmp_path: Path, text: bytes) -> None:
    directory = written(tmp_path / "journal", 3)
    tamper(directory, ("UPDATE log SET entry = ? WHERE seq = 2", (text,)))
    with contextlib.closing(open_store(directory)) as store:
        assert store.suspect == (
            "entry 2 of the journal has been changed; the first 3 entries are not those of the checkpoint (database);"
            " the first 3 entries are not those of the checkpoint (file)"
        )
        with pytest.raises(Broken, match="entry 2 of the journal cannot be read"):
            store.entry(2)


def test_a_crash_between_the_two_places_of_a_checkpoint_is_not_suspect(tmp_path: Path) -> None:
    directory = written(tmp_path / "journal", 3)
    older = (directory / "checkpoint").read_bytes()
    written(directory, 4)
    tamper(directory, ("UPDATE meta SET value = ? WHERE name = 'checkpoint'", (older,)))
    assert suspicion(directory) == ""
