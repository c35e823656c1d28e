"""The hand that changes a server follows no link, and changes nothing that has two names."""

import os
from pathlib import Path

import pytest

from ringfence.deploy.machine import Kind, Live, Rights
from ringfence.errors import RingfenceError

ME, MINE = os.geteuid(), os.getegid()


def loosen(now: Rights) -> Rights:
    return now._replace(mode=0o777)


def modes(root: Path) -> dict[str, int]:
    return {
        str(path.relative_to(root)): path.lstat().st_mode & 0o7777 for path in root.rglob("*") if not path.is_symlink()
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    (made / "bot" / "data").mkdir(parents=True)
    (made / "bot" / "data" / "notes").write_text("mine")
    (made / "etc").mkdir()
    (made / "etc" / "shadow").write_text("secret")
    (made / "etc" / "shadow").chmod(0o600)
    return made


def test_it_sees_what_is_there_and_what_is_not(root: Path) -> None:
    (root / "bot" / "link").symlink_to("/etc/shadow")
    os.mkfifo(root / "bot" / "pipe")
    live = Live(root)
    seen = {
        path: live.look(path) for path in ("/bot", "/etc/shadow", "/bot/link", "/bot/pipe", "/none", "/etc/shadow/x")
    }
    assert [one and one.kind for one in seen.values()] == [Kind.FOLDER, Kind.FILE, Kind.LINK, Kind.OTHER, None, None]
    assert seen["/bot/link"] is not None
    assert seen["/bot/link"].target == "/etc/shadow"


def test_a_link_in_a_bots_folder_leads_a_change_of_rights_nowhere(root: Path) -> None:
    (root / "bot" / "data" / "out").symlink_to(root / "etc" / "shadow")
    (root / "bot" / "data" / "all").symlink_to(root / "etc")
    Live(root).change("/bot/data", loosen)
    assert modes(root)["etc/shadow"] == 0o600
    assert modes(root)["bot/data/notes"] == 0o777


def test_a_folder_that_is_itself_a_link_is_not_changed(root: Path) -> None:
    (root / "bot" / "logs").symlink_to(root / "etc")
    Live(root).change("/bot/logs", loosen)
    assert modes(root)["etc/shadow"] == 0o600


def test_a_file_with_a_second_name_elsewhere_is_not_changed(root: Path) -> None:
    os.link(root / "etc" / "shadow", root / "bot" / "data" / "shadow")
    Live(root).change("/bot/data", loosen)
    assert modes(root)["etc/shadow"] == 0o600


def test_a_pipe_does_not_hang_it(root: Path) -> None:
    os.mkfifo(root / "bot" / "data" / "pipe")
    Live(root).change("/bot/data", loosen)
    assert modes(root)["bot/data/notes"] == 0o777


def test_a_folder_that_is_swapped_for_a_link_while_it_is_walked_leads_nowhere(root: Path) -> None:
    (root / "bot" / "data" / "deep").mkdir()
    (root / "bot" / "data" / "deep" / "shadow").write_text("bait")
    live = Live(root)

    def swap(now: Rights) -> Rights:
        if now.path == "/bot/data":
            (root / "bot" / "data" / "deep").rename(root / "bot" / "data" / "gone")
            (root / "bot" / "data" / "deep").symlink_to(root / "etc")
        return loosen(now)

    live.change("/bot/data", swap)
    assert modes(root)["etc/shadow"] == 0o600


def test_some_folders_of_a_tree_are_left_out(root: Path) -> None:
    assert [one.path for one in Live(root).rights("/bot", ("/bot/data",))] == ["/bot"]
    assert len(Live(root).rights("/bot")) == 3


def test_a_file_is_written_whole_with_its_mode_and_no_draft_is_left(root: Path) -> None:
    live = Live(root)
    live.put("/etc/ringfence/wall.nft", b"table", 0o640, ME, MINE)
    assert (root / "etc/ringfence/wall.nft").read_bytes() == b"table"
    assert modes(root)["etc/ringfence/wall.nft"] == 0o640
    assert [path.name for path in (root / "etc/ringfence").iterdir()] == ["wall.nft"]


def test_a_draft_that_a_stranger_left_is_not_written_through(root: Path) -> None:
    (root / "etc" / ".wall.new").symlink_to(root / "bot" / "data" / "notes")
    Live(root).put("/etc/wall", b"table", 0o644, ME, MINE)
    assert (root / "bot/data/notes").read_text() == "mine"
    assert (root / "etc/wall").read_bytes() == b"table"


def test_a_link_takes_the_place_of_another(root: Path) -> None:
    live = Live(root)
    live.link("/etc/run", "/run/a")
    live.link("/etc/run", "/run/b")
    seen = live.look("/etc/run")
    assert seen is not None
    assert seen.target == "/run/b"


def test_only_an_empty_folder_is_removed_as_one(root: Path) -> None:
    live = Live(root)
    live.remove_empty("/none")
    with pytest.raises(RingfenceError, match="/bot: "):
        live.remove_empty("/bot")
    live.make("/new/folder", 0o750, ME, MINE)
    assert modes(root)["new/folder"] == 0o750
    live.remove_empty("/new/folder")
    assert not (root / "new/folder").exists()


def test_removing_a_link_to_a_folder_leaves_the_folder(root: Path) -> None:
    (root / "bot" / "link").symlink_to(root / "etc")
    Live(root).remove("/bot/link")
    assert (root / "etc" / "shadow").exists()
    Live(root).remove("/bot")
    Live(root).remove("/bot")
    assert not (root / "bot").exists()


def test_code_is_copied_without_what_python_leaves_and_nobody_else_may_write_it(root: Path, tmp_path: Path) -> None:
    source = tmp_path / "package"
    (source / "__pycache__").mkdir(parents=True)
    (source / "__pycache__" / "a.pyc").write_bytes(b"")
    (source / "a.py").write_text("x = 1")
    (source / "a.py").chmod(0o666)
    Live(root).copy(str(source), "/opt/package")
    Live(root).copy(str(source / "a.py"), "/opt/single.py")
    assert {path.name for path in (root / "opt").rglob("*")} == {"package", "a.py", "single.py"}
    assert modes(root)["opt/package/a.py"] == 0o644
    assert modes(root)["opt/single.py"] == 0o644


def test_what_a_program_complains_of_is_said() -> None:
    live = Live()
    assert live.run("printf", "hello") == "hello"
    assert live.run("cat", given=b"secret") == "secret"
    with pytest.raises(RingfenceError, match=r"ls /nowhere: .*No such file"):
        live.run("ls", "/nowhere")
    with pytest.raises(RingfenceError, match="there is no no-such-program here"):
        live.run("no-such-program")
