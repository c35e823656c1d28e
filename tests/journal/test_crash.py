"""Power cuts, full disks and torn files; the processes that are killed are real."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Broken
from ringfence.journal.emergency import Emergency
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind
from tests.journal.world import VERIFIER, open_store, write

_COMMITS_FOR_EVER = """
import os, sys
from pathlib import Path
from ringfence.model.entry import EntryKind
from tests.journal.world import open_store
store = open_store(Path(sys.argv[1]))
while True:
    store.begin()
    for _ in range(1 + store.size % 3):
        seq = store.append(EntryKind.INTENT, "bot:grid", {"text": "x" * 300})
        store.sql("INSERT INTO held VALUES (?, '1')", (str(seq),))
    store.commit()
    os.write(1, b"%d\\n" % seq)
    if store.size % 7 == 0:
        store.checkpoint()
"""


@pytest.mark.parametrize("acknowledged", [1, 2, 5, 9, 14, 20, 27, 35, 44, 54, 65])
def test_no_acknowledged_entry_is_lost_when_the_process_is_killed(tmp_path: Path, acknowledged: int) -> None:
    with subprocess.Popen([sys.executable, "-c", _COMMITS_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        last = -1
        for _ in range(acknowledged):
            last = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        last = max([last, *map(int, child.stdout.read().decode().split("\n")[:-1])])
    with contextlib.closing(open_store(tmp_path)) as store:
        assert store.size > last
        assert store.suspect is None
        held = {int(row[0]) for row in store.sql("SELECT name FROM held")}
        assert held == set(range(store.size))  # state and entries came through together
        write(store, 1)
        assert VERIFIER.open(store.checkpoint()).size == store.size


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    """Copy a journal's files while it is open, with entries in the database and more in the log beside it."""
    directory, copy = tmp_path_factory.mktemp("live"), tmp_path_factory.mktemp("copy")
    with contextlib.closing(open_store(directory)) as store:
        write(store, 20)
        store.sql("PRAGMA wal_checkpoint(TRUNCATE)")
        write(store, 20)
        store.checkpoint()
        write(store, 20)
        texts = [entry.text for entry in store.entries(-1, 100)]
        for name in ("journal.db", "journal.db-wal", "checkpoint"):
            shutil.copy(directory / name, copy / name)
    return copy, texts


@given(data=st.data())
def test_a_torn_or_spoiled_write_ahead_log_gives_a_beginning_of_the_journal_and_says_so_if_it_is_too_short(
    live: tuple[Path, list[bytes]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    source, texts = live
    directory = tmp_path_factory.mktemp("torn")
    shutil.copytree(source, directory, dirs_exist_ok=True)
    wal = bytearray((directory / "journal.db-wal").read_bytes())
    at = data.draw(st.integers(0, len(wal) - 1))
    if data.draw(st.booleans()):
        wal[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del wal[at:]
    (directory / "journal.db-wal").write_bytes(wal)
    with contextlib.closing(open_store(directory)) as store:
        found = [entry.text for entry in store.entries(-1, 100)]
        assert found == texts[: len(found)]
        assert len(found) >= 20
        assert (store.suspect is None) == (len(found) >= 40)


def test_a_commit_that_finds_no_room_is_broken_and_what_was_before_stays(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    write(store, 10)
    pages = store.sql("PRAGMA page_count")[0][0]
    store.sql(f"PRAGMA max_page_count = {pages}")
    root = fill(store)
    assert (store.failed, store.root) == (True, root)
    size = store.size
    with pytest.raises(Broken, match="read-only"):
        store.begin()
    store.close()
    with contextlib.closing(open_store(tmp_path)) as again:
        assert (again.size, again.root, again.suspect) == (size, root, None)
        write(again, 1)


def fill(store: Store) -> bytes:
    """Write until the disk is full, and return the root before the transaction that failed."""
    why = ""
    root = store.root
    while not why:
        root = store.root
        try:
            write(store, 1, {"text": "x" * 30_000})
        except Broken as error:
            why = str(error)
    assert "full" in why
    return root


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root can make a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_on_a_disk_that_is_really_full_nothing_new_is_written_and_a_stop_still_is(small_disk: Path) -> None:
    emergency = Emergency.open(small_disk / "emergency", 65_536)
    store = open_store(small_disk / "journal")
    write(store, 5)
    store.checkpoint()
    root, size = fill(store), store.size
    (small_disk / "rest").write_bytes(b"")
    with contextlib.suppress(OSError), (small_disk / "rest").open("wb", buffering=0) as rest:
        while True:
            rest.write(bytes(4096))
    assert os.statvfs(small_disk).f_bavail == 0
    assert (store.failed, store.root) == (True, root)
    emergency.record(b"halt")
    emergency.record(b"cancel")
    store.close()
    emergency.close()

    (small_disk / "rest").unlink()
    store = open_store(small_disk / "journal")
    assert (store.size, store.root, store.suspect) == (size, root, None)
    emergency = Emergency.open(small_disk / "emergency", 65_536)
    assert emergency.drain() == [b"halt", b"cancel"]
    emergency.close()
    store.close()


def test_a_checkpoint_that_finds_no_room_ends_writing_and_leaves_the_old_one(small_disk: Path) -> None:
    store = open_store(small_disk / "journal")
    write(store, 5)
    note = store.checkpoint()
    write(store, 1)
    with contextlib.suppress(OSError), (small_disk / "rest").open("wb", buffering=0) as rest:
        while True:
            rest.write(bytes(4096))
    with pytest.raises(Broken, match="No space left"):
        store.checkpoint()
    assert store.failed
    store.close()
    assert (small_disk / "journal" / "checkpoint").read_bytes() == note


def test_an_error_in_the_middle_of_a_transaction_does_not_let_its_rest_through(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.sql("PRAGMA cache_size = 1")  # so that pages are written before the commit
    write(store, 2)
    store.sql(f"PRAGMA max_page_count = {store.sql('PRAGMA page_count')[0][0] + 2}")
    store.begin()
    with contextlib.suppress(Broken):
        for _ in range(10):
            store.append(EntryKind.INTENT, "bot:grid", {"text": "x" * 30_000})
    assert store.failed
    with pytest.raises(Broken, match="belongs into a transaction"):
        store.append(EntryKind.INTENT, "bot:grid", {})
    with pytest.raises(Broken, match="no transaction"):
        store.commit()
    store.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        assert db.execute("SELECT count(*) FROM log").fetchone() == (2,)


_LOSES_ITS_DISK = """
import os, sys
from pathlib import Path
from ringfence.confine.seccomp import Profile, assemble, install
from ringfence.errors import Broken
from ringfence.journal.emergency import Emergency
from tests.journal.world import open_store, write
store = open_store(Path(sys.argv[1]) / "journal")
emergency = Emergency.open(Path(sys.argv[1]) / "emergency", 4096)
write(store, 5)
store.checkpoint()
emergency.record(b"before")
assert install(assemble(Profile(tuple((int(number), int(number)) for number in sys.argv[2:])))) is None
for what in (lambda: write(store, 1), lambda: write(store, 1), lambda: emergency.record(b"after"), emergency.clear):
    try:
        what()
        print("done")
    except Broken as error:
        print(error)
print(store.size, store.failed, flush=True)
os._exit(0)
"""
# fsync and fdatasync, by the machine that os.uname names (asm/unistd_64.h, asm-generic/unistd.h)
_SYNC = {"x86_64": ("74", "75"), "aarch64": ("82", "83")}


def test_a_disk_that_refuses_to_sync_ends_writing_and_is_not_asked_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _LOSES_ITS_DISK, str(tmp_path), *_SYNC[os.uname().machine]]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        "the journal cannot be written: disk I/O error",
        "the journal failed and is read-only",
        "the emergency file cannot be written: Operation not permitted",
        "the emergency file failed",
        "5 True",
    ]
    with contextlib.closing(open_store(tmp_path / "journal")) as store:
        # What was written and not synced may be there after all: it then counts as an intent without an outcome.
        assert store.size in {5, 6}
        assert store.suspect is None
