"""The walk over a tree that somebody made to break whoever reads it."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit import limits, tree
from ringfence.audit.finding import Unanswered


def files(root: Path) -> list[str]:
    """List the files of a tree."""
    return [found.name for found in tree.walk(root) if isinstance(found, tree.File)]


def gaps(root: Path) -> dict[str, str]:
    """List what is said not to have been looked at, by path."""
    return {found.place.path: found.why for found in tree.walk(root) if isinstance(found, Unanswered)}


def test_every_regular_file_is_listed_by_name_and_a_repository_apart(tmp_path: Path) -> None:
    for name in ("b.py", "a/z.py", "a/b/c.txt", ".env"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / ".git" / "objects").mkdir(parents=True)
    (tmp_path / ".git" / "config").write_text("x")
    (tmp_path / ".git" / "HEAD").write_text("x")
    assert sorted(files(tmp_path)) == [".env", ".git/config", "a/b/c.txt", "a/z.py", "b.py"]
    assert [found.path for found in tree.walk(tmp_path) if isinstance(found, tree.Repository)] == [b".git"]
    assert gaps(tmp_path) == {}


def test_a_file_can_be_the_root(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("x = 1")
    (found,) = tree.walk(tmp_path / "bot.py")
    assert isinstance(found, tree.File)
    assert tree.read(tmp_path / "bot.py", found.path) == (b"x = 1", "")
    assert tree.named(tmp_path / "bot.py", found.path) == "bot.py"


def test_links_in_a_circle_end_and_what_is_linked_inside_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "real.py").write_text("x")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "again.py").symlink_to("a/real.py")
    (tmp_path / "gone").symlink_to("nowhere")
    assert files(tmp_path) == ["a/real.py"]
    assert "a/loop" not in gaps(tmp_path)


def test_a_link_that_leads_out_is_said_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "config.json").symlink_to(tmp_path / "outside")
    (tmp_path / "tree" / "all").symlink_to("/")
    assert files(tmp_path / "tree") == []
    assert gaps(tmp_path / "tree") == {
        "all": "is a link that leads out of the tree",
        "config.json": "is a link that leads out of the tree",
    }


def test_the_interpreter_of_an_environment_is_no_gap(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "python3.11"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "tree" / "bin").mkdir(parents=True)
    (tmp_path / "tree" / "bin" / "python").symlink_to(program)
    assert gaps(tmp_path / "tree") == {}


def test_pipes_and_devices_are_said_and_sockets_hold_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(tmp_path)  # the path of a unix socket has 107 bytes at most
        bound.bind("s")
        os.chdir(here)
        assert gaps(tmp_path) == {"pipe": "is no regular file"}


def test_a_file_that_became_a_pipe_or_a_link_meanwhile_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/hostname")
    for name in (b"pipe", b"link"):
        with pytest.raises(OSError, match=r"no regular file|symbolic links"):
            tree.read(tmp_path, name)


def test_a_directory_that_became_a_link_meanwhile_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("x")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match=r"directory|symbolic"):
        tree.read(tmp_path / "tree", b"a/key")


def test_a_directory_that_cannot_be_listed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def refuse(path: bytes) -> object:
        if path.endswith(b"closed"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may list everything, so the refusal is played
    assert gaps(tmp_path) == {"closed": "cannot be listed: Permission denied"}


def test_names_that_are_no_text_and_names_with_newlines_are_listed(tmp_path: Path) -> None:
    (tmp_path / "a\nb\x1b[31m.py").write_text("x")
    (tmp_path / os.fsdecode(b"\xff\xfe.py")).write_text("y")
    assert sorted(files(tmp_path)) == ["\\xff\\xfe.py", "a\nb\x1b[31m.py"]
    assert tree.read(tmp_path, b"\xff\xfe.py") == (b"y", "")


@pytest.mark.parametrize(("deep", "said"), [(limits.DEPTH, False), (limits.DEPTH + 1, True)])
def test_directories_are_followed_so_deep_and_no_deeper(tmp_path: Path, deep: int, said: bool) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(deep):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("end.py", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    assert (files(tmp_path) == []) is said
    assert bool(gaps(tmp_path)) is said


def test_a_tree_with_too_many_files_ends_with_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.py").write_text("x")
    assert len(files(tmp_path)) == 4
    assert gaps(tmp_path) == {"": "the tree has more than 3 files; the rest"}


@pytest.mark.parametrize(("size", "missing"), [(10, ""), (11, "only its first 0 MiB were read, of 0")])
def test_a_file_is_read_to_a_limit_and_the_rest_is_said(tmp_path: Path, size: int, missing: str) -> None:
    (tmp_path / "f").write_bytes(b"x" * size)
    assert tree.read(tmp_path, b"f", most=10) == (b"x" * 10, missing)


def test_a_file_that_changes_while_it_is_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_bytes(b"x" * 10)
    real = os.read

    def read(handle: int, most: int) -> bytes:
        data = real(handle, most)
        with (tmp_path / "f").open("ab") as file:  # what writes a log does so at any time
            file.write(b"more" if data else b"")
        return data

    monkeypatch.setattr(os, "read", read)
    data, missing = tree.read(tmp_path, b"f", most=12)
    assert data.startswith(b"x" * 10)
    assert missing == "changed while it was read"


def test_what_the_kernel_makes_up_is_not_walked() -> None:
    found = list(tree.walk(Path("/proc")))
    assert [one.why for one in found if isinstance(one, Unanswered)] == ["holds no files but what the kernel makes up"]
    assert len(found) == 1


@given(st.binary(min_size=1, max_size=20))
def test_any_name_can_be_shown_as_text(name: bytes) -> None:
    tree.shown(name).encode("utf-8")
