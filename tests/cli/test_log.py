import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind
from tests.cli.terminal import ringfence


def _write(home: Path, entries: int) -> None:
    now = 1_700_000_000_000
    store = Store.open(home / "journal", "ringfence/journal", Ed25519PrivateKey.generate(), (), lambda: (now, now))
    store.begin()
    for number in range(entries):
        store.append(EntryKind.START, "signer", {"number": number})
    store.commit()
    store.checkpoint()
    store.close()


@pytest.fixture
def journal(home: Path) -> Path:
    _write(home, 5)
    return home


def test_the_own_journal_is_checked_without_a_signer(journal: Path) -> None:
    done = ringfence(journal, "log", "verify")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("verified: 5 entries, root ")
    assert "give --vkey" in done.out


def test_an_export_is_checked_with_its_own_key_or_one_that_is_given(journal: Path, tmp_path: Path) -> None:
    assert ringfence(journal, "log", "export", str(tmp_path / "ex")).code == 0
    vkey = (tmp_path / "ex" / "vkey").read_text().strip()
    done = ringfence(journal, "log", "verify", str(tmp_path / "ex"), "--vkey", vkey)
    assert done.code == 0
    assert "give --vkey" not in done.out


def test_an_exported_journal_is_checked_where_there_is_no_deployment(journal: Path, tmp_path: Path) -> None:
    ringfence(journal, "log", "export", str(tmp_path / "ex"))
    assert ringfence(tmp_path / "none", "log", "verify", str(tmp_path / "ex")).code == 0


def test_an_entry_that_was_changed_fails_with_the_code_of_broken_state(journal: Path, tmp_path: Path) -> None:
    ringfence(journal, "log", "export", str(tmp_path / "ex"))
    [bundle] = [path for path in (tmp_path / "ex" / "tile" / "entries").rglob("*") if path.is_file()]
    bundle.write_bytes(bundle.read_bytes().replace(b'"number":3', b'"number":4'))
    done = ringfence(journal, "log", "verify", str(tmp_path / "ex"), "--json")
    assert done.code == 4
    assert done.json()["ok"] is False
    assert done.json()["problems"]


def test_another_journals_key_does_not_verify_this_one(journal: Path, tmp_path: Path) -> None:
    ringfence(journal, "log", "export", str(tmp_path / "ex"))
    shutil.rmtree(journal / "journal")
    _write(journal, 5)
    ringfence(journal, "log", "export", str(tmp_path / "other"))
    vkey = (tmp_path / "other" / "vkey").read_text().strip()
    done = ringfence(journal, "log", "verify", str(tmp_path / "ex"), "--vkey", vkey)
    assert done.code == 4
    assert done.out.endswith("not verified\n")


def test_a_journal_that_was_written_anew_contradicts_the_checkpoint_that_was_kept(
    journal: Path, tmp_path: Path
) -> None:
    ringfence(journal, "log", "export", str(tmp_path / "ex"))
    kept = tmp_path / "ex" / "checkpoint"
    assert ringfence(journal, "log", "verify", "--against", str(kept)).code == 0
    shutil.rmtree(journal / "journal")
    _write(journal, 6)
    assert ringfence(journal, "log", "verify", "--against", str(kept)).code == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("log", "verify"), "error: there is no journal yet\n"),
        (("log", "export", "ex"), "error: there is no journal yet\n"),
        (("log", "verify", "/nowhere"), "error: /nowhere/vkey: No such file or directory\n"),
        (("log", "verify", "--against", "/nowhere"), "error: /nowhere: No such file or directory\n"),
    ],
)
def test_what_is_not_there_is_an_error_and_never_a_pass(home: Path, arguments: tuple[str, ...], said: str) -> None:
    done = ringfence(home, *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(said)
