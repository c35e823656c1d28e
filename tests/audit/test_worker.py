"""What a worker makes of one file: archives under other names are opened as those under their own."""

import os
from pathlib import Path

import pytest

from ringfence.audit.messages import Job, Look, Seen
from ringfence.audit.worker import look
from tests.audit.code.data.made import COMMAND, STEAL, Calls, pickled, zipped


def seen(root: Path, name: str, data: bytes) -> Seen:
    """Look at one file for what its code does."""
    (root / name).write_bytes(data)
    return look(root, Look(code=True), Job(name.encode()))


def rules(one: Seen) -> dict[str, str]:
    """List what was found, each with where it stands."""
    of_code = [item for read in one.modules for item in read.findings]
    every = [*of_code, *(item for read in one.scripts for item in read.findings)]
    return {item.rule: item.place.path for item in every}


def test_code_in_an_archive_under_another_name_is_read(tmp_path: Path) -> None:
    found = rules(seen(tmp_path, "ohlc.bin", zipped({"core/feed.py": STEAL})))
    assert found == {"code/environment-sent": "ohlc.bin!/core/feed.py", "code/code-in-data": "ohlc.bin"}


def test_an_archive_in_an_archive_is_read(tmp_path: Path) -> None:
    data = zipped({"core/inner.bin": zipped({"feed.py": STEAL}), "core/a.py": ""})
    assert rules(seen(tmp_path, "ohlc.bin", data))["code/environment-sent"] == "ohlc.bin!/core/inner.bin!/feed.py"


def test_archives_without_end_are_said(tmp_path: Path) -> None:
    data = zipped({"a.py": STEAL})
    for _ in range(5):
        data = zipped({"a.bin": data, "a.py": ""})
    assert any("archive within" in one.why for one in seen(tmp_path, "ohlc.bin", data).unanswered)


@pytest.mark.parametrize("name", ["model.pt", "model.npz", "model.zip", "model.dat"])
def test_pickles_in_a_model_are_read(tmp_path: Path, name: str) -> None:
    data = zipped({"archive/data.pkl": pickled(Calls(os.system, COMMAND)), "archive/version": "3"})
    assert rules(seen(tmp_path, name, data)) == {"code/pickle-runs": f"{name}!/archive/data.pkl"}


def test_a_bomb_under_another_name_is_bounded(tmp_path: Path) -> None:
    one = seen(tmp_path, "a.dat", zipped({"a.py": b"#" * (40 << 20)}))
    assert any("MiB" in gap.why for gap in one.unanswered)


def test_secrets_are_looked_for_without_opening_it(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_bytes(zipped({"a.py": STEAL}))
    one = look(tmp_path, Look(secrets=True), Job(b"a.dat"))
    assert not one.scripts
    assert not one.modules
