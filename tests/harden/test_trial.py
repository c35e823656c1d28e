"""What could lock somebody out goes back: by time, by a restart, by a failure, from a kill anywhere; unless kept."""

import contextlib
import os
from pathlib import Path

import pytest

from ringfence.deploy import record
from ringfence.deploy.names import UNITS
from ringfence.deploy.record import Absent, Ran
from ringfence.deploy.wants import File, Packages, Running, Switches, Want
from ringfence.errors import Broken, Misconfigured, RingfenceError
from ringfence.harden import back, names, rollback, trial
from ringfence.harden.area import Area, Proposal
from ringfence.harden.carry import Work, at_once, on_trial, work
from ringfence.harden.trial import Trial
from tests.deploy.pretend import Killed
from tests.harden.server import SWITCHES, Server, file

DROP_IN, RULES = "PasswordAuthentication no\n", "table inet ringfence_in { }\n"
SYSCTL = "# ours\nkernel/sysrq = 176\nnet/ipv4/conf/all/rp_filter = 2\n"
VALUES = (("kernel/sysrq", "176"), ("net/ipv4/conf/all/rp_filter", "2"))
WANTS: dict[Area, tuple[Want, ...]] = {
    Area.SSH: (File(names.SSH, DROP_IN, mode=0o600),),
    Area.FIREWALL: (
        File(names.RULES, RULES),
        File(f"{UNITS}/{names.INBOUND}", "[Unit]\n"),
        Running(names.INBOUND, (names.RULES,)),
    ),
    Area.KERNEL: (File(names.SYSCTL, SYSCTL), Switches(names.SYSCTL, VALUES)),
}
REREADS = {Area.SSH: ("ssh.service",)}


@pytest.fixture(autouse=True)
def an_orderly_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pretended kill leaves the disk in order."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def quiet(_: str) -> None:
    """Say nothing."""


def works(machine: Server, wants: dict[Area, tuple[Want, ...]] = WANTS) -> list[Work]:
    return [work(Proposal(area, every, REREADS.get(area, ())), machine) for area, every in wants.items()]


def tried(machine: Server, root: Path, wants: dict[Area, tuple[Want, ...]] = WANTS, wrong: str = "") -> Trial:
    return on_trial(
        works(machine, wants), machine, lambda _: wrong, quiet, python="/usr/bin/python3", seconds=600, root=root
    )


def holds(machine: Server) -> bool:
    """Say whether all of it is in force, and not only written."""
    switches = all(machine.paths[f"/proc/sys/{key}"].content.decode().strip() == value for key, value in VALUES)
    return machine.sshd == DROP_IN and machine.table == RULES and switches


def records(root: Path) -> list[str]:
    folder = root / names.FOLDER.lstrip("/")
    return sorted(each.name for each in folder.glob("*.json")) if folder.is_dir() else []


def steps(root: Path) -> int:
    machine = Server(left=100_000)
    tried(machine, root)
    return 100_000 - (machine.left or 0)


def test_a_trial_is_in_force_and_stands_ready_to_go_back(tmp_path: Path) -> None:
    machine = Server()
    found = tried(machine, tmp_path)
    assert holds(machine)
    assert machine.is_armed
    assert (found.areas, found.done) == (("ssh", "firewall", "kernel"), True)
    assert trial.load(tmp_path) == found


def test_sshd_is_checked_and_reloaded_and_never_stopped(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    assert machine.reloads == 1
    assert not any("ssh" in said and ("restart" in said or "stop" in said) for said in machine.said)


def test_nothing_is_changed_before_what_takes_it_back_has_run_once_and_stands_ready(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    order = [machine.said.index(said) for said in machine.said if said.startswith(("systemd-run", "systemctl start"))]
    changed = next(at for at, said in enumerate(machine.said) if "sysctl" in said or "reload ssh" in said)
    assert len(order) == 3
    assert max(order) < changed


def test_it_goes_back_when_its_time_is_up(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    assert rollback.main(machine, tmp_path, 0) == 0
    assert machine.state() == Server().state()
    assert machine.reloads == 2
    assert records(tmp_path) == []
    assert trial.load(tmp_path) is None


def test_it_goes_back_at_the_next_start_before_sshd_runs(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    machine.power_off()
    machine.active.discard("ssh.service")
    assert rollback.main(machine, tmp_path, 0) == 0
    assert machine.reloads == 1
    machine.power_off()
    assert machine.state() == Server().state()


def test_what_is_kept_stays_and_nothing_stands_ready_any_more(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    trial.keep(machine, tmp_path)
    assert holds(machine)
    assert not machine.is_armed
    assert not any("harden" in path for path in machine.paths if path.startswith(UNITS))
    assert records(tmp_path) == ["kept-firewall.json", "kept-kernel.json", "kept-ssh.json"]
    state = machine.state()
    assert rollback.main(machine, tmp_path, 0) == 0, "a timer that was late"
    assert machine.state() == state


@pytest.mark.parametrize("area", list(WANTS))
def test_what_was_kept_of_an_area_is_undone_without_the_others(tmp_path: Path, area: Area) -> None:
    machine, other = Server(), Server()
    tried(machine, tmp_path / "a")
    trial.keep(machine, tmp_path / "a")
    rest = {each: every for each, every in WANTS.items() if each is not area}
    tried(other, tmp_path / "b", rest)
    trial.keep(other, tmp_path / "b")
    assert back.take_back(names.kept_of(area), machine, quiet, tmp_path / "a") == []
    assert machine.state() == other.state()


def test_undoing_all_leaves_the_server_as_it_was(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    trial.keep(machine, tmp_path)
    for area in reversed(WANTS):
        back.take_back(names.kept_of(area), machine, quiet, tmp_path)
    assert machine.state() == Server().state()
    assert not (tmp_path / names.FOLDER.lstrip("/")).exists()


def test_a_second_trial_goes_back_to_what_was_kept_and_undoing_goes_back_to_the_first(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    trial.keep(machine, tmp_path)
    kept = machine.state()
    more = (*VALUES, ("kernel/kptr_restrict", "1"))
    text = f"{SYSCTL}kernel/kptr_restrict = 1\n"
    second: dict[Area, tuple[Want, ...]] = {
        Area.SSH: (File(names.SSH, f"{DROP_IN}AllowUsers alice\n", mode=0o600),),
        Area.KERNEL: (File(names.SYSCTL, text), Switches(names.SYSCTL, more)),
    }
    tried(machine, tmp_path, second)
    assert "alice" in machine.sshd
    assert rollback.main(machine, tmp_path, 0) == 0
    assert machine.state() == kept
    tried(machine, tmp_path, second)
    trial.keep(machine, tmp_path)
    for area in WANTS:
        back.take_back(names.kept_of(area), machine, quiet, tmp_path)
    assert machine.state() == Server().state()


def test_the_first_value_of_a_switch_is_kept_and_one_that_came_later_is_added(tmp_path: Path) -> None:
    first = record.Record().adding(Switches("a", (("x", "1"),)), Ran((("x", "0"),)))
    later = record.Record().adding(Switches("a", (("x", "2"), ("y", "2"))), Ran((("x", "1"), ("y", "7"))))
    record.save(first, tmp_path, names.kept_of("kernel"))
    record.save(later, tmp_path, names.trial_of("kernel"))
    trial.save(Trial(("kernel",), 0, done=True), tmp_path)
    trial.keep(Server(), tmp_path)
    kept = record.load(tmp_path, names.kept_of("kernel")).done[0].before
    assert isinstance(kept, Ran)
    assert dict(kept.values) == {"x": "0", "y": "7"}


def test_a_kill_at_any_step_goes_back_by_the_timer_or_by_the_next_start(tmp_path: Path) -> None:
    stock = Server().state()
    for at in range(steps(tmp_path / "count")):
        for restarted in (False, True):
            machine, root = Server(left=at), tmp_path / f"{at}{restarted}"
            with pytest.raises(Killed):
                tried(machine, root)
            machine.left = None
            assert machine.is_armed or not holds_any(machine), f"step {at}: changed, and nothing stands ready"
            if restarted:
                machine.power_off()
            assert rollback.main(machine, root, 0) == 0
            back.roll_back(machine, quiet, root)  # as the next command does
            assert machine.state() == stock, f"killed at step {at}"


def holds_any(machine: Server) -> bool:
    now = {key: machine.paths[f"/proc/sys/{key}"].content.decode().strip() for key in SWITCHES}
    return bool(machine.sshd or machine.table or now != SWITCHES)


def test_a_kill_at_any_step_of_going_back_is_finished_by_doing_it_again(tmp_path: Path) -> None:
    counting, root = Server(), tmp_path / "count"
    tried(counting, root)
    counting.left = 100_000
    rollback.main(counting, root, 0)
    for at in range(100_000 - (counting.left or 0)):
        machine, root = Server(), tmp_path / str(at)
        tried(machine, root)
        machine.left = at
        with pytest.raises(Killed):
            rollback.main(machine, root, 0)
        machine.left = None
        rollback.main(machine, root, 0)
        back.roll_back(machine, quiet, root)
        assert machine.state() == Server().state(), f"killed at step {at}"


def test_a_kill_at_any_write_to_the_disk_goes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(60):
        machine, root = Server(), tmp_path / str(at)
        disk = Disk(at)
        monkeypatch.setattr(os, "fsync", disk.sync)
        try:
            tried(machine, root)
        except Killed:
            disk.left = 10_000
            rollback.main(machine, root, 0)
            back.roll_back(machine, quiet, root)
            assert machine.state() == Server().state(), f"killed at write {at}"
        else:
            assert at > 10
            return
    raise AssertionError("it never ended")


def test_a_kill_anywhere_while_keeping_keeps_all_of_it_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = list[bool]()
    for at, kind in ((at, kind) for at in range(30) for kind in ("step", "write")):
        machine, root = Server(), tmp_path / f"{at}{kind}"
        tried(machine, root)
        disk = Disk(at if kind == "write" else 10_000)
        monkeypatch.setattr(os, "fsync", disk.sync)
        machine.left = at if kind == "step" else None
        with contextlib.suppress(Killed):
            trial.keep(machine, root)
        machine.left, disk.left = None, 10_000
        rollback.main(machine, root, 0)
        with contextlib.suppress(Misconfigured):
            trial.keep(machine, root)
        assert not any("harden" in path for path in machine.paths if path.startswith(UNITS))
        assert trial.load(root) is None
        outcomes.append(holds(machine))
        assert outcomes[-1] or machine.state() == Server().state(), f"killed at {kind} {at}"
    assert set(outcomes) == {True, False}


class Disk:
    """What is written to; the power goes away at a write."""

    def __init__(self, left: int) -> None:
        self.left = left

    def sync(self, _: int) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1


def test_a_trial_that_does_not_hold_goes_back_at_once(tmp_path: Path) -> None:
    machine = Server()
    with pytest.raises(RingfenceError, match="ssh: sshd says otherwise"):
        tried(machine, tmp_path, wrong="sshd says otherwise")
    assert machine.state() == Server().state()
    assert records(tmp_path) == []


@pytest.mark.parametrize(
    "fails", ["sysctl -q -p", "reload ssh", f"restart {names.INBOUND}", "systemd-run", f"enable --quiet {names.BOOT}"]
)
def test_a_step_that_fails_takes_all_of_it_back_at_once(tmp_path: Path, fails: str) -> None:
    machine = Server(fails=fails)
    with pytest.raises(RingfenceError, match="does not want to"):
        tried(machine, tmp_path)
    assert not holds_any(machine)
    machine.fails = ""
    back.roll_back(machine, quiet, tmp_path)
    assert machine.state() == Server().state()


def test_where_what_takes_it_back_does_not_run_nothing_is_changed(tmp_path: Path) -> None:
    machine = Server(fails=f"start {names.ROLLBACK}")
    with pytest.raises(RingfenceError):
        tried(machine, tmp_path)
    assert not holds_any(machine)
    assert names.SSH not in machine.paths
    assert trial.load(tmp_path) is None


def test_settings_that_sshd_does_not_take_are_never_read(tmp_path: Path) -> None:
    machine = Server()
    with pytest.raises(RingfenceError, match="bad configuration"):
        tried(machine, tmp_path, {Area.SSH: (File(names.SSH, "nonsense\n"),)})
    assert machine.sshd == ""
    assert machine.reloads == 1, "it went back, and that was read"
    assert names.SSH not in machine.paths


def test_one_thing_that_does_not_go_back_keeps_nothing_else_and_is_tried_again(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    machine.fails = "reload ssh"
    assert rollback.main(machine, tmp_path, 0) == 1
    assert names.SSH not in machine.paths
    assert machine.table == ""
    assert machine.is_armed
    machine.fails = ""
    assert rollback.main(machine, tmp_path, 0) == 0
    assert machine.state() == Server().state()


def test_a_file_that_somebody_has_changed_since_goes_back_all_the_same(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    machine.paths[names.SSH] = file("PermitRootLogin no\nAllowUsers nobody\n")
    left = back.roll_back(machine, quiet, tmp_path)
    assert left == [f"{names.SSH} was changed by somebody since, and went back all the same"]
    assert machine.state() == Server().state()


def test_one_that_was_there_before_comes_back_with_what_it_held(tmp_path: Path) -> None:
    before = file("X11Forwarding no\n", 0o640)
    machine = Server(paths={names.SSH: before}, sshd="X11Forwarding no\n")
    tried(machine, tmp_path)
    machine.paths[names.SSH] = file("\xff")
    back.roll_back(machine, quiet, tmp_path)
    assert machine.paths[names.SSH] == before
    assert machine.sshd == "X11Forwarding no\n"


def test_what_was_kept_and_changed_by_somebody_since_is_left(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    trial.keep(machine, tmp_path)
    machine.paths[names.SSH] = file("mine\n")
    left = back.take_back(names.kept_of("ssh"), machine, quiet, tmp_path)
    assert left == [f"{names.SSH} was changed by somebody since, and is left"]


def test_a_trial_whose_file_cannot_be_read_goes_back_whole(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    (tmp_path / names.TRIAL.lstrip("/")).write_text("{")
    with pytest.raises(Broken, match="cannot be read"):
        trial.load(tmp_path)
    assert rollback.main(machine, tmp_path, 0) == 0
    assert machine.state() == Server().state()


def test_one_area_can_be_taken_out_of_a_trial_and_the_rest_goes_on(tmp_path: Path) -> None:
    machine = Server()
    tried(machine, tmp_path)
    back.take_back(names.trial_of("ssh"), machine, quiet, tmp_path, whatever=True)
    back.end("ssh", machine, tmp_path)
    assert machine.sshd == ""
    assert machine.table == RULES
    assert machine.is_armed
    for area in ("firewall", "kernel"):
        back.take_back(names.trial_of(area), machine, quiet, tmp_path, whatever=True)
        back.end(area, machine, tmp_path)
    assert machine.state() == Server().state()
    assert trial.load(tmp_path) is None


def test_where_nothing_is_tried_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nothing to keep"):
        trial.keep(Server(), tmp_path)


def test_what_was_cut_off_in_the_middle_is_not_kept(tmp_path: Path) -> None:
    machine = Server(left=steps(tmp_path / "count") - 1)
    with pytest.raises(Killed):
        tried(machine, tmp_path)
    machine.left = None
    with pytest.raises(Misconfigured, match="cut off in the middle"):
        trial.keep(machine, tmp_path)
    assert trial.is_there(tmp_path)


def test_a_trial_of_another_version_is_neither_read_nor_kept(tmp_path: Path) -> None:
    trial.save(Trial(("ssh",), 0, done=True, format=2), tmp_path)
    with pytest.raises(Broken, match="another version"):
        trial.keep(Server(), tmp_path)


def test_two_do_not_change_the_server_at_once_and_what_goes_back_does_not_wait_for_ever(tmp_path: Path) -> None:
    with trial.alone(tmp_path):
        with pytest.raises(Misconfigured, match="another"), trial.alone(tmp_path):
            pass
        with trial.alone(tmp_path, 0, must=False):
            pass
    with trial.alone(tmp_path):
        pass


def test_switches_that_the_kernel_does_not_let_go_of_are_said(tmp_path: Path) -> None:
    machine = Server(stuck=frozenset({"kernel/kexec_load_disabled"}))
    machine.paths["/proc/sys/kernel/kexec_load_disabled"] = file("0\n")
    text = "kernel/kexec_load_disabled = 1\n"
    wants: dict[Area, tuple[Want, ...]] = {
        Area.KERNEL: (File(names.SYSCTL, text), Switches(names.SYSCTL, (("kernel/kexec_load_disabled", "1"),)))
    }
    tried(machine, tmp_path, wants)
    left = back.roll_back(machine, quiet, tmp_path)
    assert left == ["until the next start these stay as they are: kernel/kexec_load_disabled"]
    assert names.SYSCTL not in machine.paths


UPDATES = Proposal(Area.UPGRADES, (File(names.PERIODIC, "on\n"), Packages(("unattended-upgrades",))))


def test_packages_come_at_once_and_go_with_what_they_brought(tmp_path: Path) -> None:
    machine = Server(comes_with=("python3-apt", "present"), packages={"present"})
    at_once(work(UPDATES, machine), machine, quiet, tmp_path)
    assert machine.packages == {"present", "python3-apt", "unattended-upgrades"}
    assert work(UPDATES, machine).lacking.empty
    assert back.take_back(names.kept_of("upgrades"), machine, quiet, tmp_path) == []
    assert machine.packages == {"present"}
    assert names.PERIODIC not in machine.paths


def test_packages_that_something_needs_stay_and_are_said(tmp_path: Path) -> None:
    machine = Server()
    at_once(work(UPDATES, machine), machine, quiet, tmp_path)
    machine.fails = "dpkg --purge"
    left = back.take_back(names.kept_of("upgrades"), machine, quiet, tmp_path)
    assert left == ["packages stay, as something needs them: unattended-upgrades"]


def test_a_mirror_that_is_out_of_reach_is_said_and_doing_it_again_finishes_it(tmp_path: Path) -> None:
    machine = Server(offline=True)
    with pytest.raises(RingfenceError, match="Temporary failure") as raised:
        at_once(work(UPDATES, machine), machine, quiet, tmp_path)
    assert "reach its mirror" in str(raised.value.hint)
    machine.offline = False
    at_once(work(UPDATES, machine), machine, quiet, tmp_path)
    assert machine.packages == {"unattended-upgrades"}
    back.take_back(names.kept_of("upgrades"), machine, quiet, tmp_path)
    assert machine.state() == Server().state()


def test_the_record_of_a_deployment_is_another_and_stays_where_it_was(tmp_path: Path) -> None:
    mine = record.Record().adding(File("/a", "b"), Absent())
    record.save(mine, tmp_path)
    machine = Server()
    tried(machine, tmp_path)
    rollback.main(machine, tmp_path, 0)
    assert record.load(tmp_path) == mine
    assert (tmp_path / "var/lib/ringfence-deploy/record.json").exists()
