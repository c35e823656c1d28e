"""What is planned is done, once; a kill anywhere is finished or undone by doing it again."""

import os
from pathlib import Path

import pytest

from ringfence.deploy import apply, code, record
from ringfence.deploy.apply import plan
from ringfence.deploy.machine import Kind, Seen
from ringfence.deploy.wants import Want
from ringfence.errors import RingfenceError
from tests.deploy.ground import GRID, HOME, before, wanted
from tests.deploy.pretend import Killed, Pretend

_EACH = 3  # every third step is enough: what is around each is alike
UNIT = "/etc/systemd/system/ringfence-bot-grid.service"


@pytest.fixture(autouse=True)
def two_folders_of_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is copied is not at issue here; that it is done whole is."""
    monkeypatch.setattr(code, "_sources", lambda: iter([("ringfence", Path("/a")), ("msgspec", Path("/b"))]))
    monkeypatch.setattr(os, "fsync", lambda _: None)  # a pretended kill leaves the disk in order


def put_on(machine: Pretend, root: Path, wants: tuple[Want, ...]) -> list[str]:
    chosen = plan(wants, machine, record.load(root))
    return apply.apply(chosen, machine, lambda: bytearray(b"secret"), lambda _: None, root)


def take_out(machine: Pretend, root: Path) -> list[str]:
    return apply.undo_all(machine, lambda _: None, root)


def steps(root: Path) -> int:
    machine = before()
    machine.left = 100_000
    put_on(machine, root / "count", wanted())
    return 100_000 - machine.left


def test_planning_changes_nothing(tmp_path: Path) -> None:
    machine = before()
    chosen = plan(wanted(), machine, record.load(tmp_path))
    assert not chosen.empty
    assert machine.state() == before().state()
    assert not list(tmp_path.rglob("*"))


def test_what_was_done_is_not_done_again(tmp_path: Path) -> None:
    machine = before()
    put_on(machine, tmp_path, wanted())
    state = machine.state()
    assert plan(wanted(), machine, record.load(tmp_path)).empty
    put_on(machine, tmp_path, wanted())
    assert machine.state() == state


def test_undoing_leaves_the_server_as_it_was_but_for_what_the_bot_wrote(tmp_path: Path) -> None:
    machine = before()
    put_on(machine, tmp_path, wanted())
    assert take_out(machine, tmp_path) == []
    assert machine.state() == before().state()
    assert record.load(tmp_path).done == ()


def test_a_kill_at_any_step_is_finished_by_doing_it_again(tmp_path: Path) -> None:
    whole = before()
    put_on(whole, tmp_path / "whole", wanted())
    for at in range(0, steps(tmp_path), _EACH):
        machine, root = before(), tmp_path / str(at)
        machine.left = at
        with pytest.raises(Killed):
            put_on(machine, root, wanted())
        machine.left = None
        put_on(machine, root, wanted())
        assert machine.state() == whole.state(), f"killed at step {at}"


def test_a_kill_at_any_step_is_undone_whole(tmp_path: Path) -> None:
    for at in range(0, steps(tmp_path), _EACH):
        machine, root = before(), tmp_path / str(at)
        machine.left = at
        with pytest.raises(Killed):
            put_on(machine, root, wanted())
        machine.left = None
        take_out(machine, root)
        assert machine.state() == before().state(), f"killed at step {at}"


def test_a_kill_while_undoing_is_undone_by_doing_it_again(tmp_path: Path) -> None:
    done = before()
    done.left = 100_000
    put_on(done, tmp_path / "x", wanted())
    done.left = 100_000
    take_out(done, tmp_path / "x")
    for at in range(0, 100_000 - done.left, _EACH):
        machine, root = before(), tmp_path / str(at)
        put_on(machine, root, wanted())
        machine.left = at
        with pytest.raises(Killed):
            take_out(machine, root)
        machine.left = None
        take_out(machine, root)
        assert machine.state() == before().state(), f"killed at step {at}"


def test_a_bot_that_is_no_longer_described_is_taken_out_and_its_folder_given_back(tmp_path: Path) -> None:
    machine = before()
    put_on(machine, tmp_path, wanted())
    assert "ringfence-bot-grid.service" in machine.active
    put_on(machine, tmp_path, wanted({}))
    assert UNIT not in machine.paths
    assert not {unit for unit in machine.active | machine.enabled if "grid" in unit}
    assert machine.paths["/opt/grid/bot.py"] == before().paths["/opt/grid/bot.py"]
    assert "bot-grid" not in machine.paths["/etc/passwd"].content.decode()


def test_a_change_of_a_unit_starts_it_anew_also_where_the_first_try_was_killed_before_that(tmp_path: Path) -> None:
    machine = before()
    put_on(machine, tmp_path, wanted())
    machine.said.clear()
    more = wanted({"grid": type(GRID)(GRID.command, GRID.directory, GRID.write, GRID.ui, "4G")})
    machine.fails = "restart ringfence-bot-grid.service"
    with pytest.raises(RingfenceError, match="does not want to"):
        put_on(machine, tmp_path, more)
    machine.fails = ""
    put_on(machine, tmp_path, more)
    assert "systemctl restart ringfence-bot-grid.service" in machine.said
    assert "systemctl restart ringfence-signer.service" not in machine.said


def test_a_new_version_takes_the_old_ones_place(tmp_path: Path) -> None:
    machine = before()
    put_on(machine, tmp_path, wanted())
    put_on(machine, tmp_path, wanted(code="b2"))
    assert not [path for path in machine.paths if path.startswith("/opt/ringfence/a1")]
    assert "/opt/ringfence/b2/.complete" in machine.paths
    take_out(machine, tmp_path)
    assert machine.state() == before().state()


def test_a_socket_is_started_before_the_gateway_which_is_stopped_meanwhile(tmp_path: Path) -> None:
    machine = before()
    put_on(machine, tmp_path, wanted({}))
    machine.said.clear()
    put_on(machine, tmp_path, wanted())
    order = [said for said in machine.said if "gateway" in said or "grid.socket" in said]
    stop, socket = "systemctl stop ringfence-gateway.service", "systemctl restart ringfence-bot-grid.socket"
    assert order.index(stop) < order.index(socket) < order.index("systemctl restart ringfence-gateway.service")


def test_a_file_that_somebody_changed_since_is_left_and_said(tmp_path: Path) -> None:
    machine = before()
    put_on(machine, tmp_path, wanted())
    machine.paths[UNIT] = Seen(Kind.FILE, 0o644, 0, 0, b"mine")
    assert take_out(machine, tmp_path) == [f"{UNIT} was changed by somebody since, and is left"]
    assert machine.paths[UNIT].content == b"mine"


def test_a_user_who_was_there_before_stays(tmp_path: Path) -> None:
    machine = before()
    machine.run("groupadd", "ringfence")
    machine.run("useradd", "--gid", "ringfence", "ringfence-signer")
    put_on(machine, tmp_path, wanted())
    take_out(machine, tmp_path)
    assert "ringfence-signer" in machine.paths["/etc/passwd"].content.decode()


def test_the_passphrase_is_asked_for_only_where_it_is_to_be_sealed(tmp_path: Path) -> None:
    machine = before()
    put_on(machine, tmp_path, wanted())

    def never() -> bytearray:
        raise AssertionError("it is sealed already")

    chosen = plan(wanted({}), machine, record.load(tmp_path))
    apply.apply(chosen, machine, never, lambda _: None, tmp_path)


def test_the_record_is_roots_alone(tmp_path: Path) -> None:
    put_on(before(), tmp_path, wanted())
    (found,) = tmp_path.rglob("record.json")
    assert found.stat().st_mode & 0o777 == 0o600
    assert found.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("text", ["", "{", '{"format": 2}', '{"format": 1, "done": [{}]}'])
def test_a_record_that_cannot_be_read_stops_everything(tmp_path: Path, text: str) -> None:
    put_on(before(), tmp_path, wanted())
    (found,) = tmp_path.rglob("record.json")
    found.write_text(text)
    with pytest.raises(RingfenceError):
        record.load(tmp_path)


def test_rights_of_the_bots_folder_let_it_read_and_not_write(tmp_path: Path) -> None:
    machine = before()
    put_on(machine, tmp_path, wanted())
    uid = int(
        next(row for row in machine.paths["/etc/passwd"].content.decode().splitlines() if "bot-grid" in row).split(":")[
            2
        ]
    )
    told = {path: (seen.mode, seen.uid) for path, seen in machine.paths.items() if path.startswith("/opt/grid")}
    assert told["/opt/grid/bot.py"] == (0o640, 1000)
    assert told["/opt/grid/config.json"] == (0o640, 1000)
    assert told["/opt/grid/data"] == (0o750, uid)
    assert told["/opt/grid/data/trades.sqlite"] == (0o640, uid)
    assert machine.paths[f"{HOME}/vault"].mode == 0o600
