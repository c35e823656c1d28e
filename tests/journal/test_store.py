import contextlib
import json
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Broken
from ringfence.journal import tree
from ringfence.journal.store import MAX_ENTRY, Store
from ringfence.model.entry import EntryKind, Value
from tests.journal import proofs
from tests.journal.world import KEY, ORIGIN, STATE, VERIFIER, Clock, open_store, write, written

Begin = Callable[[], Store]


def test_a_new_journal_is_empty_and_not_suspect(journal: Begin) -> None:
    store = journal()
    assert (store.size, store.root, store.suspect, store.failed) == (0, tree.EMPTY_ROOT, None, False)
    assert store.entries(-1, 10) == []


def test_an_entry_carries_its_number_its_times_who_and_what(journal: Begin, clock: Clock) -> None:
    store = journal()
    store.begin()
    assert store.append(EntryKind.POLICY, "owner", {"digest": "ab"}) == 0
    store.commit()
    entry = store.entry(0)
    assert entry is not None
    assert (entry.seq, entry.kind) == (0, EntryKind.POLICY)
    assert entry.text == (
        b'{"actor":"owner","digest":"ab","kind":"policy","seq":0,"t_boot":5000,"t_wall":1700000000000,"v":1}'
    )


def test_numbers_are_dense_and_entries_are_read_in_pages(journal: Begin) -> None:
    store = journal()
    write(store, 5)
    assert [entry.seq for entry in store.entries(-1, 10)] == [0, 1, 2, 3, 4]
    assert [entry.seq for entry in store.entries(1, 2)] == [2, 3]
    assert store.entries(4, 10) == []


@pytest.mark.parametrize("seq", [-2, -1, 3])
def test_there_is_no_entry_outside_the_journal(journal: Begin, seq: int) -> None:
    store = journal()
    write(store, 3)
    assert store.entry(seq) is None


def test_the_root_is_that_of_the_texts_of_all_entries(journal: Begin) -> None:
    store = journal()
    write(store, 9)
    assert store.root == tree.root(tree.leaf_hash(entry.text) for entry in store.entries(-1, 10))


def test_size_and_root_move_at_the_commit_and_not_before(journal: Begin) -> None:
    store = journal()
    store.begin()
    assert [store.append(EntryKind.CANCEL, "bot:grid", {}) for _ in range(3)] == [0, 1, 2]
    assert (store.size, store.root) == (0, tree.EMPTY_ROOT)
    store.commit()
    assert store.size == 3


def test_a_rollback_takes_back_entries_state_and_numbers(journal: Begin) -> None:
    store = journal()
    write(store, 1)
    root = store.root
    store.begin()
    store.append(EntryKind.INTENT, "bot:grid", {})
    store.sql("INSERT INTO held VALUES ('a', '1')")
    store.rollback()
    assert (store.size, store.root, store.sql("SELECT * FROM held")) == (1, root, [])
    store.begin()
    assert store.append(EntryKind.INTENT, "bot:grid", {}) == 1
    store.commit()


def test_an_entry_and_the_state_it_goes_with_are_one_transaction(journal: Begin) -> None:
    store = journal()
    store.begin()
    seq = store.append(EntryKind.INTENT, "bot:grid", {})
    store.sql("INSERT INTO held VALUES (?, ?)", (str(seq), "1.5"))
    store.commit()
    store.close()
    assert journal().sql("SELECT name, amount FROM held") == [("0", "1.5")]


def test_a_journal_reopened_goes_on_where_it_was(journal: Begin) -> None:
    first = journal()
    write(first, 7)
    first.checkpoint()
    size, root = first.size, first.root
    first.close()
    second = journal()
    assert (second.size, second.root, second.suspect) == (size, root, None)
    write(second, 1)
    assert second.size == 8


def test_what_was_not_committed_is_gone_after_closing(journal: Begin) -> None:
    store = journal()
    store.begin()
    store.append(EntryKind.INTENT, "bot:grid", {})
    store.close()
    assert journal().size == 0


def test_the_journals_time_never_goes_back(journal: Begin, clock: Clock) -> None:
    store = journal()
    start = clock.wall
    for wall in (start, start - 60_000, start + 1, start - 1):
        clock.wall = wall
        write(store, 1)
    store.close()
    clock.wall = start - 3_600_000
    store = journal()
    write(store, 1)
    walls = [json.loads(entry.text)["t_wall"] for entry in store.entries(-1, 10)]
    assert walls == [start, start, start + 1, start + 1, start + 1]


def test_a_time_that_was_rolled_back_does_not_count(journal: Begin, clock: Clock) -> None:
    store = journal()
    start, clock.wall = clock.wall, clock.wall + 10**9
    store.begin()
    store.append(EntryKind.INTENT, "bot:grid", {})
    store.rollback()
    clock.wall = start
    write(store, 1)
    assert json.loads(store.entries(-1, 1)[0].text)["t_wall"] == start


def longest(room: int) -> dict[str, Value]:
    return {"text": "x" * room}


def test_an_entry_may_be_as_long_as_a_bundle_can_carry_and_no_longer(journal: Begin) -> None:
    store = journal()
    store.begin()
    store.append(EntryKind.REFUSAL, "bot:grid", longest(0))
    store.commit()
    room = MAX_ENTRY - len(store.entries(-1, 1)[0].text)
    store.begin()
    store.append(EntryKind.REFUSAL, "bot:grid", longest(room))
    with pytest.raises(Broken, match="65536 bytes is too long"):
        store.append(EntryKind.REFUSAL, "bot:grid", longest(room + 1))
    store.commit()
    assert (store.size, store.failed) == (2, False)
    assert len(store.entries(0, 1)[0].text) == MAX_ENTRY


@pytest.mark.parametrize(
    "fields", [{"price": 1.5}, {"n": 2**53}, {"t": "\ud800"}, {"v": 2}, {"seq": 7}, {"t_wall": 0}, {"kind": "start"}]
)
def test_an_entry_that_cannot_be_told_truly_is_refused_and_harms_nothing(
    journal: Begin, fields: dict[str, Value]
) -> None:
    store = journal()
    store.begin()
    with pytest.raises(Broken):
        store.append(EntryKind.INTENT, "bot:grid", fields)
    assert store.append(EntryKind.INTENT, "bot:grid", {}) == 0
    store.commit()
    assert (store.size, store.failed) == (1, False)


def test_a_call_out_of_turn_is_refused(journal: Begin) -> None:
    store = journal()
    with pytest.raises(Broken, match="belongs into a transaction"):
        store.append(EntryKind.INTENT, "bot:grid", {})
    with pytest.raises(Broken, match="no transaction"):
        store.commit()
    store.begin()
    with pytest.raises(Broken, match="has not ended"):
        store.begin()
    with pytest.raises(Broken, match="between two transactions"):
        store.checkpoint()
    store.rollback()
    store.rollback()
    assert not store.failed


def test_a_commit_may_wait_for_the_disk_in_another_thread(journal: Begin) -> None:
    store = journal()
    store.begin()
    store.append(EntryKind.INTENT, "bot:grid", {})
    thread = threading.Thread(target=store.commit)
    thread.start()
    thread.join()
    assert store.size == 1


@pytest.mark.parametrize(
    "statement",
    ["UPDATE log SET entry = x'00'", "DELETE FROM log", "INSERT INTO held VALUES ('a', NULL)", "SELECT nonsense", "("],
)
def test_a_statement_that_fails_undoes_the_transaction_and_ends_writing(journal: Begin, statement: str) -> None:
    store = journal()
    write(store, 2)
    store.begin()
    store.append(EntryKind.INTENT, "bot:grid", {})
    with pytest.raises(Broken):
        store.sql(statement)
    assert (store.size, store.failed) == (2, True)
    for refused in (store.begin, store.commit, store.checkpoint):
        with pytest.raises(Broken):
            refused()
    with pytest.raises(Broken):
        store.sql("INSERT INTO held VALUES ('a', '1')")
    assert len(store.entries(-1, 10)) == 2


def test_a_second_writer_in_this_process_is_refused(journal: Begin) -> None:
    journal()
    with pytest.raises(Broken, match="another process") as refused:
        journal()
    assert refused.value.hint is not None


def test_a_second_writer_in_another_process_is_refused_until_the_first_is_gone(journal: Begin, tmp_path: Path) -> None:
    store = journal()
    program = (
        "import sys; from pathlib import Path; from tests.journal.world import open_store;"
        "open_store(Path(sys.argv[1])).close()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "journal")]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "Broken: another process is writing the journal" in refused.stderr
    store.close()
    assert subprocess.run(command, check=False).returncode == 0


def test_files_are_for_the_owner_alone_even_where_they_were_not(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    directory.mkdir(mode=0o755)
    (directory / "journal.db").touch(mode=0o644)
    with contextlib.closing(open_store(directory)) as store:
        write(store, 1)
        store.checkpoint()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [directory, *directory.iterdir()]}
    assert modes.pop("journal") == 0o700
    assert set(modes) == {"journal.db", "journal.db-wal", "journal.db-shm", "lock", "checkpoint"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("name", ["journal.db", "lock"])
def test_a_link_laid_in_place_of_a_file_is_not_followed(tmp_path: Path, name: str) -> None:
    directory, victim = tmp_path / "journal", tmp_path / "victim"
    directory.mkdir()
    (directory / name).symlink_to(victim)
    with pytest.raises(Broken):
        open_store(directory)
    assert not victim.exists()


def test_every_commit_asks_for_the_disk(journal: Begin) -> None:
    store = journal()
    assert store.sql("PRAGMA journal_mode") == [("wal",)]
    assert store.sql("PRAGMA synchronous") == [(2,)]  # FULL


def test_scripts_for_state_run_once_each_and_later_ones_are_added(tmp_path: Path) -> None:
    scripts = [*STATE, "INSERT INTO held VALUES ('once', '1'); CREATE TABLE more (x TEXT) STRICT"]
    for known in (1, 1, 2, 2):
        Store.open(tmp_path, ORIGIN, KEY, scripts[:known], Clock()).close()
    store = Store.open(tmp_path, ORIGIN, KEY, scripts, Clock())
    assert store.sql("SELECT name FROM held") == [("once",)]
    store.close()


def test_a_script_that_fails_leaves_nothing_of_itself(tmp_path: Path) -> None:
    with pytest.raises(Broken):
        Store.open(tmp_path, ORIGIN, KEY, [*STATE, "CREATE TABLE half (x TEXT) STRICT; nonsense"], Clock())
    store = Store.open(tmp_path, ORIGIN, KEY, [*STATE, "CREATE TABLE half (x TEXT) STRICT"], Clock())
    assert store.sql("SELECT * FROM half") == []
    store.close()


def test_a_journal_of_a_newer_program_is_not_touched(tmp_path: Path) -> None:
    Store.open(tmp_path, ORIGIN, KEY, [*STATE, "SELECT 1"], Clock()).close()
    with pytest.raises(Broken, match="state is version 2") as refused:
        open_store(tmp_path)
    assert refused.value.hint == "upgrade"


@pytest.mark.parametrize(
    ("origin", "key"), [("another.example/journal", KEY), (ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))]
)
def test_a_journal_is_not_continued_under_another_name_or_key(
    tmp_path: Path, origin: str, key: Ed25519PrivateKey
) -> None:
    open_store(tmp_path).close()
    with pytest.raises(Broken, match="was written under the key"):
        Store.open(tmp_path, origin, key, STATE, Clock())


def test_a_checkpoint_is_signed_and_kept_in_both_places(journal: Begin, tmp_path: Path) -> None:
    store = journal()
    write(store, 3)
    note = store.checkpoint()
    point = VERIFIER.open(note)
    assert (point.origin, point.size, point.root) == (ORIGIN, 3, store.root)
    assert (tmp_path / "journal" / "checkpoint").read_bytes() == note
    assert store.sql("SELECT value FROM meta WHERE name = 'checkpoint'") == [(note,)]


def test_a_checkpoint_of_the_same_tree_is_not_written_again(journal: Begin, tmp_path: Path) -> None:
    store = journal()
    write(store, 1)
    note = store.checkpoint()
    before = (tmp_path / "journal" / "checkpoint").stat().st_ino
    assert store.checkpoint() == note
    assert (tmp_path / "journal" / "checkpoint").stat().st_ino == before


def test_an_empty_journal_has_a_checkpoint_too(journal: Begin) -> None:
    assert VERIFIER.open(journal().checkpoint()).size == 0


def test_each_checkpoint_is_the_beginning_of_the_next(journal: Begin) -> None:
    store = journal()
    points = []
    for _ in range(4):
        write(store, 3)
        points.append(VERIFIER.open(store.checkpoint()))
    leaves = [row[0] for row in store.sql("SELECT leaf FROM log ORDER BY seq")]
    for old in points[:-1]:
        proof = proofs.consistency(leaves, old.size)
        assert proofs.verify_consistency(old.size, old.root, points[-1].size, points[-1].root, proof)


def test_a_checkpoint_file_that_cannot_be_written_ends_writing(journal: Begin, tmp_path: Path) -> None:
    store = journal()
    write(store, 1)
    (tmp_path / "journal" / "checkpoint.new").mkdir()
    with pytest.raises(Broken, match="cannot be written"):
        store.checkpoint()
    assert store.failed


def test_somebody_who_holds_the_database_stops_writing_and_not_the_program(journal: Begin, tmp_path: Path) -> None:
    store = journal()
    write(store, 1)
    with contextlib.closing(sqlite3.connect(tmp_path / "journal" / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Broken, match="locked"):
            store.begin()
    assert store.failed


def test_a_backup_taken_while_it_runs_is_a_whole_journal(journal: Begin, tmp_path: Path) -> None:
    store = journal()
    write(store, 20)
    copy = tmp_path / "copy"
    copy.mkdir()
    with (
        contextlib.closing(sqlite3.connect(tmp_path / "journal" / "journal.db")) as source,
        contextlib.closing(sqlite3.connect(copy / "journal.db")) as target,
    ):
        source.backup(target)
    with contextlib.closing(open_store(copy)) as restored:
        assert (restored.root, restored.suspect) == (store.root, None)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12))
def test_after_any_transactions_only_the_committed_ones_count(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[int, bool]]
) -> None:
    directory = tmp_path_factory.mktemp("journal")
    store = open_store(directory)
    kept: list[int] = []
    for turn, (count, keep) in enumerate(turns):
        store.begin()
        for _ in range(count):
            store.append(EntryKind.INTENT, "bot:grid", {"turn": turn})
        if keep:
            store.commit()
            kept += [turn] * count
        else:
            store.rollback()
    root = store.root
    store.close()
    with contextlib.closing(open_store(directory)) as again:
        assert [json.loads(entry.text)["turn"] for entry in again.entries(-1, 100)] == kept
        assert (again.root, again.suspect) == (root, None)


def test_a_journal_that_was_closed_without_a_checkpoint_is_not_suspect(tmp_path: Path) -> None:
    with contextlib.closing(open_store(written(tmp_path, 3, checkpoint=False))) as store:
        assert (store.size, store.suspect) == (3, None)
