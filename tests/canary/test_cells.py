"""The network of a bot's container is the one that the relay's user runs in, and all that lives there is listed."""

from pathlib import Path

import pytest

from ringfence.canary.cells import cell
from ringfence.canary.container import Mounted
from ringfence.canary.processes import own_network
from ringfence.errors import Unreachable

RELAY, BOT = 990, 1000
MOUNTS = "1 0 0:76 / / rw - overlay overlay rw\n"
ROOT = Mounted("0:76", "/", "/", read_only=False, kind="overlay")


def process(proc: Path, pid: int | str, uid: int, net: str, pids: str = "pid:[9]") -> Path:
    """Write what the kernel has of a process."""
    folder = proc / str(pid)
    (folder / "ns").mkdir(parents=True)
    (folder / "ns/net").symlink_to(net)
    (folder / "ns/pid").symlink_to(pids)
    (folder / "status").write_text(f"Name:\tx\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nSeccomp:\t2\n")
    (folder / "mountinfo").write_text(MOUNTS)
    return folder


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A server on which one relay and one bot run, and this process."""
    process(tmp_path, 1, 0, own_network(), "pid:[1]")
    process(tmp_path, "self", 0, own_network(), "pid:[1]")
    process(tmp_path, 50, RELAY, "net:[2]")
    process(tmp_path, 60, BOT, "net:[2]")
    process(tmp_path, 70, BOT, "net:[3]")
    (tmp_path / "version").write_text("Linux")
    return tmp_path


def test_the_relay_is_found_and_what_lives_beside_it(proc: Path) -> None:
    relay, found = cell(RELAY, proc)
    assert (relay, found.net) == (50, "net:[2]")
    (of_relay, one) = sorted(found.inmates, key=lambda inmate: inmate.pid)
    assert (of_relay.pid, of_relay.uids) == (50, (RELAY,) * 4)
    assert (one.pid, one.uids, one.apart, one.flags) == (60, (BOT,) * 4, True, {"Seccomp": "2"})
    assert one.mounted == found.server == (ROOT,)


def test_a_process_that_sees_the_servers_processes_is_not_apart(proc: Path) -> None:
    process(proc, 61, BOT, "net:[2]", "pid:[1]")
    assert {one.pid: one.apart for one in cell(RELAY, proc)[1].inmates} == {50: True, 60: True, 61: False}


def test_a_process_of_the_relays_user_in_the_servers_network_is_not_the_relay(proc: Path) -> None:
    process(proc, 40, RELAY, own_network())
    assert cell(RELAY, proc)[0] == 50


def test_without_a_relay_there_is_nothing_to_try(proc: Path) -> None:
    with pytest.raises(Unreachable, match="no relay runs"):
        cell(RELAY + 1, proc)


def test_of_two_relays_nobody_knows_which_the_bots_is(proc: Path) -> None:
    process(proc, 51, RELAY, "net:[4]")
    with pytest.raises(Unreachable, match="in several networks"):
        cell(RELAY, proc)


def test_a_process_that_has_ended_meanwhile_is_not_there(proc: Path) -> None:
    for missing in ("mountinfo", "status"):
        folder = process(proc, f"8{len(missing)}", BOT, "net:[2]")
        (folder / missing).unlink()
    (process(proc, 90, BOT, "net:[2]") / "ns/net").unlink()
    assert sorted(one.pid for one in cell(RELAY, proc)[1].inmates) == [50, 60]


def test_a_process_that_may_not_be_looked_at_is_an_error_and_no_pass(proc: Path) -> None:
    folder = process(proc, 91, BOT, "net:[2]")
    (folder / "mountinfo").unlink()
    (folder / "mountinfo").mkdir()
    with pytest.raises(OSError, match="directory"):
        cell(RELAY, proc)
