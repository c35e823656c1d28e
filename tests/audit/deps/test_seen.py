from pathlib import Path

import pytest

from ringfence.audit.deps.seen import last_seen, remember
from ringfence.errors import Broken


def test_the_newest_is_remembered_and_an_older_one_changes_nothing(tmp_path: Path) -> None:
    note = tmp_path / "seen"
    assert last_seen(note) == 0
    remember(note, 1_795_867_200)
    remember(note, 1_795_867_199)
    assert last_seen(note) == 1_795_867_200
    remember(note, 1_795_867_201)
    assert last_seen(note) == 1_795_867_201
    assert [path.name for path in tmp_path.iterdir()] == ["seen"]


@pytest.mark.parametrize("text", [b"", b"never", b"-1", b"\xff", b"1" * 33, b"1 2", "٣".encode()])
def test_a_note_that_cannot_be_read_is_not_one_that_is_not_there(tmp_path: Path, text: bytes) -> None:
    note = tmp_path / "seen"
    note.write_bytes(text)
    with pytest.raises(Broken):
        last_seen(note)
    with pytest.raises(Broken):
        remember(note, 1_795_867_200)
    assert note.read_bytes() == text


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    with pytest.raises(Broken):
        last_seen(tmp_path)
