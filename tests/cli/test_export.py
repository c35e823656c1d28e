import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ringfence.cli.export import export
from ringfence.errors import Broken
from ringfence.journal import tree
from ringfence.journal.checkpoint import Signer
from ringfence.journal.verify import Verified, main, verify
from ringfence.model.entry import EntryKind
from tests.journal.world import KEY, ORIGIN, VERIFIER, Clock, open_store, write, written

SIZE = 600  # two full tiles and a partial one


def long_journal(directory: Path, count: int = SIZE) -> Path:
    """Make a journal whose entries share a transaction, for speed, each a second after the last."""
    clock = Clock()
    with contextlib.closing(open_store(directory, clock)) as store:
        store.begin()
        for number in range(count):
            clock.wall += 1_000
            store.append(EntryKind.INTENT, "bot:grid", {"number": number})
        store.commit()
        store.checkpoint()
    return directory


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("export")
    export(long_journal(tmp_path_factory.mktemp("journal")), target)
    return target


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "copy"))


def problems(directory: Path, against: bytes | None = None) -> str:
    return "\n".join(verify(directory, VERIFIER.text, against).problems)


def test_an_exported_journal_verifies_with_the_public_key_alone(exported: Path) -> None:
    found = verify(exported, VERIFIER.text)
    assert found.problems == ()
    assert found.size == SIZE
    assert (found.first_ms, found.last_ms) == (1_700_000_001_000, 1_700_000_600_000)


def test_the_directory_is_laid_out_as_tlog_tiles_says(exported: Path) -> None:
    names = sorted(str(path.relative_to(exported)) for path in exported.rglob("*") if path.is_file())
    assert names == [
        "checkpoint",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/88",
        "vkey",
    ]
    assert (exported / "tile/0/000").stat().st_size == 8192
    assert (exported / "vkey").read_text() == VERIFIER.text + "\n"


def test_a_bundle_is_entries_each_behind_its_length(exported: Path) -> None:
    bundle = (exported / "tile/entries/002.p/88").read_bytes()
    length = int.from_bytes(bundle[:2], "big")
    assert json.loads(bundle[2 : 2 + length])["seq"] == 512


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512])
def test_a_journal_of_any_size_is_exported_whole(tmp_path: Path, size: int) -> None:
    point = export(long_journal(tmp_path / "journal", size), tmp_path / "export")
    found = verify(tmp_path / "export", VERIFIER.text)
    assert (found.size, found.root, found.problems) == (size, point.root, ())


def test_an_export_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    journal, target = long_journal(tmp_path / "journal", 300), tmp_path / "export"
    export(journal, target)
    first = (target / "tile/0/000").stat().st_ino
    older = (target / "checkpoint").read_bytes()
    long_journal(journal, 300)
    export(journal, target)
    assert (target / "tile/0/000").stat().st_ino == first
    assert not (target / "tile/0/001.p").exists()
    assert verify(target, VERIFIER.text, older).problems == ()


def test_an_export_is_made_beside_the_running_writer_and_ends_at_its_checkpoint(tmp_path: Path) -> None:
    with contextlib.closing(open_store(tmp_path / "journal")) as store:
        write(store, 3)
        store.checkpoint()
        write(store, 2)
        store.begin()
        assert export(tmp_path / "journal", tmp_path / "export").size == 3
        store.rollback()
        write(store, 1)
    assert verify(tmp_path / "export", VERIFIER.text).size == 3


def test_a_journal_without_a_checkpoint_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="no checkpoint yet"):
        export(written(tmp_path / "journal", 3, checkpoint=False), tmp_path / "export")


def test_a_journal_that_is_not_there_is_not_exported_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="cannot be exported"):
        export(tmp_path / "journal", tmp_path / "export")
    assert not (tmp_path / "journal").exists()


@given(data=st.data())
def test_no_byte_of_any_file_can_be_changed(
    exported: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    copy = Path(shutil.copytree(exported, tmp_path_factory.mktemp("changed"), dirs_exist_ok=True))
    names = sorted(path.relative_to(copy) for path in copy.rglob("*") if path.is_file() and path.name != "vkey")
    path = copy / data.draw(st.sampled_from(names))
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    assert problems(copy)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("checkpoint", "nothing can be checked"),
        ("tile/0/000", "tile tile/0/000 is missing or wrong"),
        ("tile/1/000.p/2", "tile tile/1/000.p/2 is missing or wrong"),
        ("tile/entries/001", "bundle tile/entries/001 is missing or malformed"),
        ("tile/entries/002.p/88", "the 512 entries are not the 600 of the checkpoint"),
    ],
)
@pytest.mark.parametrize("cut", [False, True], ids=["gone", "cut short"])
def test_a_file_that_is_gone_or_cut_short_is_noticed(copy: Path, name: str, why: str, cut: bool) -> None:
    content = (copy / name).read_bytes()
    (copy / name).unlink()
    if cut:
        (copy / name).write_bytes(content[:-1])
    assert why in problems(copy)


def test_one_entry_too_many_in_a_bundle_is_noticed(copy: Path) -> None:
    with (copy / "tile/entries/000").open("ab") as bundle:
        bundle.write(b"\x00\x02{}")
    assert "bundle tile/entries/000 is missing or malformed" in problems(copy)


def test_the_public_key_that_lies_beside_the_tiles_is_not_what_is_trusted(copy: Path) -> None:
    forger = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    (copy / "vkey").write_text(forger.verifier.text)
    (copy / "checkpoint").write_bytes(forger.sign(0, tree.EMPTY_ROOT))
    assert "not signed by" in problems(copy)


def test_an_earlier_checkpoint_that_is_its_beginning_is_accepted(exported: Path) -> None:
    leaves = [(exported / f"tile/0/00{number}").read_bytes() for number in (0, 1)]
    hashes = [tile[at : at + 32] for tile in leaves for at in range(0, 8192, 32)]
    for size in (0, 1, 300, 512):
        assert problems(exported, Signer(ORIGIN, KEY).sign(size, tree.root(hashes[:size]))) == ""
    assert problems(exported, (exported / "checkpoint").read_bytes()) == ""


@pytest.mark.parametrize(
    ("size", "why"),
    [
        (0, "the first 0 entries are not those"),
        (300, "the first 300 entries are not those"),
        (600, "the first 600 entries are not those"),
        (601, "an earlier checkpoint had 601 entries, this one has 600: some are gone"),
    ],
)
def test_a_journal_that_was_rewritten_or_cut_since_an_earlier_checkpoint_is_noticed(
    exported: Path, size: int, why: str
) -> None:
    assert why in problems(exported, Signer(ORIGIN, KEY).sign(size, bytes(32)))


def test_an_earlier_checkpoint_that_nobody_signed_checks_nothing_and_passes_nothing(exported: Path) -> None:
    assert "nothing can be checked" in problems(exported, b"anything")


def forged(tmp_path: Path, entries: list[bytes]) -> Verified:
    """Let whoever has the key sign entries that the program would never have written."""
    leaves = [tree.leaf_hash(entry) for entry in entries]
    for level, index, hashes in tree.tiles(leaves):
        path = tmp_path / tree.tile_path(level, index, len(hashes))
        path.parent.mkdir(parents=True)
        path.write_bytes(b"".join(hashes))
    bundle = tmp_path / tree.tile_path("entries", 0, len(entries))
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes(b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries))
    (tmp_path / "checkpoint").write_bytes(Signer(ORIGIN, KEY).sign(len(entries), tree.root(leaves)))
    return verify(tmp_path, VERIFIER.text)


@pytest.mark.parametrize(
    "second",
    [
        b'{"seq":1,"t_wall":99}',
        b'{"seq":2,"t_wall":100}',
        b'{"seq":1}',
        b'{"seq":1,"t_wall":"100"}',
        b"[]",
        b"",
        b"\xff",
        b"[" * 60_000,
    ],
    ids=["back in time", "misnumbered", "no time", "time as text", "no object", "empty", "no text", "too deep"],
)
def test_signed_entries_that_are_out_of_order_or_unreadable_are_problems(tmp_path: Path, second: bytes) -> None:
    assert forged(tmp_path, [b'{"seq":0,"t_wall":100}', second]).problems == ("entry 1 is out of order or unreadable",)


def test_signed_entries_in_order_are_none(tmp_path: Path) -> None:
    assert forged(tmp_path, [b'{"seq":0,"t_wall":100}', b'{"seq":1,"t_wall":100}']).problems == ()


def test_the_program_says_what_it_checked(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(exported), VERIFIER.text, "--against", str(exported / "checkpoint")]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("600 entries, root ")
    assert last == "verified"


def test_the_program_fails_where_there_is_a_problem(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "tile/0/000").unlink()
    assert main([str(copy), VERIFIER.text]) == 4
    assert capsys.readouterr().out.splitlines()[1:] == ["tile tile/0/000 is missing or wrong", "not verified"]


def test_the_program_does_not_go_on_without_the_older_checkpoint_it_was_to_compare(exported: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(exported), VERIFIER.text, "--against", str(exported / "nowhere")])
    assert ended.value.code == 2


def test_the_program_runs_by_itself(exported: Path) -> None:
    command = [sys.executable, "-m", "ringfence.journal.verify", str(exported), VERIFIER.text]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.endswith("\nverified\n")


def test_verifying_loads_nothing_of_ringfence_but_the_tree_the_checkpoint_and_the_errors() -> None:
    program = "import sys, ringfence.journal.verify; print(sorted(m for m in sys.modules if m.startswith('ringfence')))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(
        [
            "ringfence",
            "ringfence.errors",
            "ringfence.journal",
            "ringfence.journal.checkpoint",
            "ringfence.journal.tree",
            "ringfence.journal.verify",
        ]
    )


def test_a_journal_whose_writer_was_killed_is_exported_with_what_lies_in_its_log(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    with contextlib.closing(open_store(tmp_path / "journal")) as store:
        write(store, 3)
        store.checkpoint()
        for name in ("journal.db", "journal.db-wal"):
            shutil.copy(tmp_path / "journal" / name, left / name)
    assert export(left, tmp_path / "export").size == 3
    assert problems(tmp_path / "export") == ""
