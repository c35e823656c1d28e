"""What takes a trial back runs alone: from a copy that root alone can change, with neither a login nor a network."""

import subprocess
import sys
from pathlib import Path

import msgspec

import ringfence
from ringfence.confine import launch
from ringfence.deploy.machine import Live
from ringfence.harden import arm, names, person
from tests.audit.host.fake import folder, host
from tests.harden.server import Server


def test_it_runs_with_nothing_beside_it_but_msgspec(tmp_path: Path) -> None:
    for package in (ringfence, msgspec):
        Live(tmp_path).copy(str(Path(str(package.__file__)).parent), f"/code/{package.__name__}")
    command = launch.installed(sys.executable, str(tmp_path / "code"), "ringfence.harden.rollback")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_its_copy_is_in_a_folder_of_roots_alone() -> None:
    machine = Server()
    arm.rehearse(machine, "/usr/bin/python3")
    assert machine.paths[names.FOLDER].mode == 0o700
    assert {f"{names.CODE}/ringfence", f"{names.CODE}/msgspec"} <= set(machine.paths)


def test_at_a_start_it_comes_before_sshd_and_the_network_and_holds_the_start_up_for_no_longer_than_it_must() -> None:
    unit = arm.boot_service("/usr/bin/python3")
    assert "Before=systemd-sysctl.service network-pre.target ssh.service sshd.service ssh.socket\n" in unit
    assert "WantedBy=sysinit.target" in unit
    assert "TimeoutStartSec=90s" in unit
    assert f"OnFailure={names.ROLLBACK}" in unit


def test_in_its_time_nothing_waits_for_it_since_it_waits_for_sshd() -> None:
    unit = arm.rollback_service("/usr/bin/python3")
    assert "Before=" not in unit
    assert "Restart=on-failure" in unit
    assert "StartLimitIntervalSec=0" in unit


def test_the_time_is_kept_to_the_second() -> None:
    machine = Server()
    arm.rehearse(machine, "/usr/bin/python3")
    arm.arm(machine, 600)
    timer = next(said for said in machine.said if said.startswith("systemd-run"))
    assert "--on-active=600s" in timer
    assert "AccuracySec=1s" in timer
    assert names.ROLLBACK in timer


def test_what_is_left_to_a_person_says_what_to_type() -> None:
    found = list(person.steps(host({})))
    assert [step.what.split(":", maxsplit=1)[0] for step in found][:2] == ["a VPN", "a second factor"]
    assert all(step.how for step in found)


def test_a_vpn_that_is_there_is_not_asked_for() -> None:
    wireguard = host({"/sys/class/net/wg0/uevent": "DEVTYPE=wireguard\nINTERFACE=wg0\n"})
    tailscale = host({}, stats={"/sys/class/net/tailscale0": folder()})
    other = host({"/sys/class/net/eth0/uevent": "# DEVTYPE=wireguard\nINTERFACE=eth0\n"})
    assert [len(list(person.steps(one))) for one in (wireguard, tailscale, other)] == [2, 2, 3]


def test_where_interfaces_cannot_be_seen_a_vpn_is_asked_for() -> None:
    assert len(list(person.steps(host({}, hidden=frozenset({"/sys/class/net"}))))) == 3
