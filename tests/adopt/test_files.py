"""Files that somebody prepared: what is read, and what is refused."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ringfence.adopt import discover, files, remains
from ringfence.adopt.edits import decode
from ringfence.errors import Misconfigured


def link(path: Path) -> None:
    (path.parent / "target").write_text("{}")
    path.symlink_to("target")


def second_name(path: Path) -> None:
    path.write_text("{}")
    os.link(path, path.parent / "other")


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 << 20)


STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "symlink": (link, "is a symbolic link"),
    "loop": (lambda path: path.symlink_to(path), "is a symbolic link"),
    "pipe": (os.mkfifo, "is no regular file"),
    "directory": (Path.mkdir, "is no regular file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a symbolic link"),
    "huge": (huge, "is larger than 1 MiB"),
    "two names": (second_name, "has 2 names"),
    "absent": (lambda path: path, "No such file"),
}


@pytest.mark.parametrize("what", STRANGE)
def test_what_is_no_plain_file_is_refused(tmp_path: Path, what: str) -> None:
    make, why = STRANGE[what]
    make(tmp_path / "config.json")
    with pytest.raises(Misconfigured) as raised:
        files.read(tmp_path / "config.json")
    assert why in str(raised.value)


def test_a_file_of_one_mebibyte_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b"x" * files.MOST)
    assert len(files.read(path).data) == files.MOST
    path.write_bytes(b"x" * (files.MOST + 1))
    with pytest.raises(Misconfigured):
        files.read(path)


def test_a_directory_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "config.json").write_text("{}")
    (tmp_path / "alias").symlink_to("real")
    with pytest.raises(Misconfigured):
        files.read(tmp_path / "alias" / "config.json")


@pytest.mark.parametrize(("data", "why"), [(b'{"a": "\xff"}', "UTF-8, from byte 7"), (b'{"a": "\0"}', "zero byte")])
def test_bytes_that_are_no_text_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        decode("config.json", data)
    assert why in str(raised.value)


def test_what_is_replaced_keeps_its_mode_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("old")
    path.chmod(0o640)
    files.replace(path, b"new", b"old", files.read(path))
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["config.json"]


def test_times_come_back_where_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("old")
    os.utime(path, ns=(1_000_000_000_123_456_789, 1_100_000_000_987_654_321))
    held = files.read(path)
    files.replace(path, b"new", b"old", held)
    assert path.stat().st_mtime_ns != held.mtime
    files.replace(path, b"old", b"new", held, times=True)
    assert path.stat().st_mtime_ns == held.mtime == 1_100_000_000_987_654_321


def test_a_file_that_is_not_what_was_read_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("old")
    held = files.read(path)
    path.write_text("theirs")
    with pytest.raises(Misconfigured) as raised:
        files.replace(path, b"new", b"old", held)
    assert "has changed meanwhile" in str(raised.value)
    assert path.read_text() == "theirs"
    assert [one.name for one in tmp_path.iterdir()] == ["config.json"]


def test_a_link_put_there_meanwhile_is_not_followed(tmp_path: Path) -> None:
    path, victim = tmp_path / "config.json", tmp_path / "victim"
    path.write_text("old")
    victim.write_text("old")
    held = files.read(path)
    path.unlink()
    path.symlink_to("victim")
    with pytest.raises(Misconfigured):
        files.replace(path, b"new", b"old", held)
    assert victim.read_text() == "old"


def test_a_draft_that_somebody_laid_out_as_a_link_is_not_written_through(tmp_path: Path) -> None:
    path, victim = tmp_path / "config.json", tmp_path / "victim"
    path.write_text("old")
    victim.write_text("precious")
    (tmp_path / ".config.json.ringfence").symlink_to("victim")
    files.replace(path, b"new", b"old", files.read(path))
    assert (path.read_text(), victim.read_text()) == ("new", "precious")


def freqtrade(tmp_path: Path, include: str) -> Path:
    bot = tmp_path / "bot"
    (bot / "user_data").mkdir(parents=True)
    (bot / "user_data" / "config.json").write_text(f'{{"add_config_files": ["{include}"]}}')
    return bot


def test_what_a_configuration_includes_is_read_however_it_is_named(tmp_path: Path) -> None:
    bot = freqtrade(tmp_path, "../keys/private.json")
    (bot / "keys").mkdir()
    (bot / "keys" / "private.json").write_text('{"add_config_files": ["private.json"]}')
    assert [held.path.name for held, _ in discover.found(bot)] == ["config.json", "private.json"]


@pytest.mark.parametrize("include", ["../../secret.json", "/etc/passwd", "../../../../../../etc/passwd"])
def test_what_is_outside_of_the_path_is_not_touched(tmp_path: Path, include: str) -> None:
    (tmp_path / "secret.json").write_text("{}")
    with pytest.raises(Misconfigured) as raised:
        discover.found(freqtrade(tmp_path, include))
    assert "outside of" in str(raised.value)


def test_an_include_through_a_link_is_refused(tmp_path: Path) -> None:
    bot = freqtrade(tmp_path, "way/private.json")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "private.json").write_text("{}")
    (bot / "user_data" / "way").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Misconfigured) as raised:
        discover.found(bot)
    assert "symbolic link" in str(raised.value)


def test_samples_and_other_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("config.example.json", ".env.sample", "notes.json", "docker-compose.yml", "config.yml"):
        (tmp_path / name).write_text("broken \0")
    assert discover.found(tmp_path) == ()


def test_a_path_that_is_nothing_known_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(Misconfigured):
        discover.found(tmp_path / "notes.txt")


def test_a_needle_is_found_where_two_pieces_of_a_file_meet(tmp_path: Path) -> None:
    needle = b"k" * 64
    for at in (0, (1 << 20) - 1, (1 << 20) - 63, (1 << 20) - 64, 1 << 20):
        (tmp_path / str(at)).write_bytes(b"." * at + needle)
    (tmp_path / "none").write_bytes(b"k" * 63)
    os.mkfifo(tmp_path / "pipe")
    found = {one.name for one in remains.holding(sorted(tmp_path.iterdir()), (needle,))}
    assert found == {one.name for one in tmp_path.iterdir()} - {"none", "pipe"}
