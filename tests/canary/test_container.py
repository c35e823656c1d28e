"""A bot in a container is confined where its network leads nowhere, and nothing that lives in it has the server."""

import pytest
from msgspec.structs import replace

from ringfence.canary.asked import Told, Try
from ringfence.canary.container import Cell, Inmate, Mounted, decide, ours, read, tries
from tests.canary.test_judge import FLAGS

TRIED = (Try("gateway", ("127.0.0.1", 8300), "Ringfence answers"), Try("tcp", ("1.1.1.1", 443), "reach 1.1.1.1"))
ROWS = (("gateway/0", "open", "HTTP/1.1 404"), ("tcp/0", "closed", "Network is unreachable"))
TOLD = Told(990, (990,), "net:[2]", FLAGS, ROWS)
ROOT = Mounted("0:76", "/", "/", read_only=True, kind="overlay")
DATA = Mounted("254:0", "/srv/grid/user_data", "/ft/user_data", read_only=False, kind="ext4")
TRUST = Mounted("254:0", "/var/lib/ringfence/trust", "/var/lib/ringfence/trust", read_only=True, kind="ext4")
PROC = Mounted("0:82", "/", "/proc", read_only=False, kind="proc")
SERVER = (
    Mounted("254:0", "/", "/", read_only=False, kind="ext4"),
    Mounted("0:25", "/", "/run", read_only=False, kind="tmpfs"),
    Mounted("0:30", "/", "/sys/fs/cgroup", read_only=False, kind="cgroup2"),
    Mounted("0:21", "/", "/proc", read_only=False, kind="proc"),
    Mounted("254:16", "/volumes", "/mnt/disk", read_only=False, kind="xfs"),
    Mounted("0:76", "/", "/var/lib/docker/overlay2/x/merged", read_only=False, kind="overlay"),
)
BOT = Inmate(77, (1000,) * 4, apart=True, flags=FLAGS, mounted=(ROOT, DATA, TRUST, PROC))
OURS = ours("grid", "/var/lib/ringfence/trust")
RELAY = Inmate(76, (990,) * 4, apart=True, flags=FLAGS, mounted=(
    ROOT, PROC,
    Mounted("254:0", "/etc/ringfence/relay.py", "/relay.py", read_only=True, kind="ext4"),
    Mounted("0:25", "/ringfence/doors/grid", "/doors", read_only=True, kind="tmpfs"),
    Mounted("0:25", "/ringfence-pages/grid", "/pages", read_only=False, kind="tmpfs"),
))  # fmt: skip


def failed(*inmates: Inmate, told: Told = TOLD, net: str = "net:[2]", tried: tuple[Try, ...] = TRIED) -> list[str]:
    verdict = decide(tried, told, 990, "net:[1]", Cell(net, inmates, SERVER), OURS)
    assert verdict.held == (not verdict.failed)
    return [row.what for row in verdict.failed]


def mounting(*more: Mounted) -> list[str]:
    return failed(BOT._replace(mounted=(*BOT.mounted, *more)))


def test_a_bot_that_has_a_loopback_and_its_own_folders_is_confined() -> None:
    assert failed(BOT, RELAY) == []
    assert failed(BOT, BOT._replace(pid=78)) == []


def test_a_network_without_a_bot_proves_nothing_of_it() -> None:
    assert failed() == ["the bot runs in that network"]
    assert failed(RELAY) == ["the bot runs in that network"]
    assert failed(RELAY._replace(mounted=())) == [
        "the bot runs in that network", "process 76: nothing of the server's own is mounted",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "mounted",
    [
        Mounted("0:25", "/ringfence/doors/grid", "/doors", read_only=False, kind="tmpfs"),
        Mounted("0:25", "/ringfence/doors/other", "/doors", read_only=True, kind="tmpfs"),
        Mounted("0:25", "/ringfence/doors", "/doors", read_only=True, kind="tmpfs"),
        Mounted("0:25", "/docker.sock", "/pages/x", read_only=False, kind="tmpfs"),
        Mounted("254:0", "/etc/ringfence", "/x", read_only=True, kind="ext4"),
    ],
)
def test_a_relay_that_has_more_than_its_own_doors_and_pages_is_found(mounted: Mounted) -> None:
    found = failed(BOT, RELAY._replace(mounted=(*RELAY.mounted, mounted)))
    assert found == ["process 76: nothing of the server's own is mounted"]


def test_what_is_the_relays_is_not_the_bots() -> None:
    assert mounting(RELAY.mounted[3]) == ["process 77: nothing of the server's own is mounted"]


def test_what_was_tried_in_another_network_proves_nothing() -> None:
    assert failed(BOT, net="net:[3]") == ["the network that was tried is the relay's"]
    assert "its network is its own" in failed(BOT, told=replace(TOLD, net="net:[1]"), net="net:[1]")


def test_a_way_out_or_a_gateway_that_does_not_answer_is_named() -> None:
    rows = (TOLD.rows[0], ("tcp/0", "open", "connected"))
    assert failed(BOT, told=replace(TOLD, rows=rows)) == ["reach 1.1.1.1"]
    assert failed(BOT, told=replace(TOLD, rows=TOLD.rows[1:])) == ["Ringfence answers"]
    assert not decide((), TOLD, 990, "net:[1]", Cell("net:[2]", (BOT,), SERVER), OURS).held


@pytest.mark.parametrize(
    ("inmate", "what"),
    [
        (BOT._replace(uids=(0, 0, 0, 0)), "process 77: it is not root"),
        (BOT._replace(uids=(1000, 1000, 0, 1000)), "process 77: it is not root"),  # saved: it may become root again
        (BOT._replace(uids=()), "process 77: it is not root"),
        (BOT._replace(apart=False), "process 77: it sees its own processes alone"),
        (BOT._replace(flags=FLAGS | {"NoNewPrivs": "0"}), "process 77: no program raises its rights"),
        (BOT._replace(flags=FLAGS | {"Seccomp": "0"}), "process 77: its system calls are filtered"),
        (BOT._replace(flags=FLAGS | {"CapBnd": "00000000a80425fb"}), "process 77: it has no capability"),
        (BOT._replace(mounted=()), "process 77: nothing of the server's own is mounted"),
    ],
)
def test_one_process_that_is_not_held_is_enough(inmate: Inmate, what: str) -> None:
    assert failed(BOT._replace(pid=1), inmate) == [what]


def test_a_process_of_which_the_kernel_told_nothing_is_not_held() -> None:
    assert len(failed(BOT._replace(flags={}))) == 3


@pytest.mark.parametrize(
    "mounted",
    [
        Mounted("0:25", "/docker.sock", "/var/run/docker.sock", read_only=False, kind="tmpfs"),
        Mounted("0:25", "/docker.sock", "/tmp/harmless", read_only=True, kind="tmpfs"),  # noqa: S108
        Mounted("0:25", "/", "/host-run", read_only=False, kind="tmpfs"),
        Mounted("254:0", "/", "/host", read_only=True, kind="ext4"),
        Mounted("254:0", "/etc/shadow", "/x", read_only=True, kind="ext4"),
        Mounted("254:0", "/home/me/.ssh", "/x", read_only=True, kind="ext4"),
        Mounted("254:0", "/var/lib/ringfence", "/x", read_only=True, kind="ext4"),
        Mounted("254:0", "/var/lib/ringfence/trust", "/x", read_only=False, kind="ext4"),
        Mounted("254:0", "/var/lib/ringfence/trust/python", "/x", read_only=True, kind="ext4"),
        Mounted("0:21", "/", "/proc", read_only=False, kind="proc"),  # the server's own, not another of its kind
        Mounted("0:30", "/", "/sys/fs/cgroup", read_only=False, kind="cgroup2"),
        Mounted("254:0", "/var/lib/docker/volumes/x", "/x", read_only=False, kind="ext4"),
        Mounted("254:99", "/", "/x", read_only=False, kind="ext4"),  # a disk that the server has not mounted for itself
        Mounted("0:25", "/docker.sock", "/x", read_only=False, kind="nsfs"),
        Mounted("254:0", "/var/lib/docker/_data", "/x", read_only=False, kind="ext4"),
    ],
)
def test_what_is_the_servers_is_found_whatever_it_is_called_inside(mounted: Mounted) -> None:
    assert mounting(mounted) == ["process 77: nothing of the server's own is mounted"]


@pytest.mark.parametrize(
    "mounted",
    [
        Mounted("254:16", "/volumes/grid", "/data", read_only=False, kind="xfs"),
        Mounted("254:0", "/var/lib/docker/volumes/x/_data", "/data", read_only=False, kind="ext4"),
        Mounted("254:0", "/var/lib/docker/containers/x/hosts", "/etc/hosts", read_only=False, kind="ext4"),
        Mounted("0:30", "/", "/sys/fs/cgroup", read_only=True, kind="cgroup2"),
        Mounted("0:99", "/", "/tmp", read_only=False, kind="tmpfs"),  # noqa: S108
        Mounted("254:0", "/etc/localtime", "/etc/localtime", read_only=True, kind="ext4"),
    ],
)
def test_what_an_engine_makes_for_a_container_is_let_be(mounted: Mounted) -> None:
    assert mounting(mounted) == []


def test_a_container_whose_root_is_the_servers_is_none() -> None:
    whole = BOT._replace(mounted=(SERVER[0], DATA))
    assert failed(whole) == ["process 77: nothing of the server's own is mounted"]


def test_a_long_list_of_faults_is_cut_and_says_so() -> None:
    many = [Mounted("254:0", f"/etc/{number}", f"/x{number}", read_only=True, kind="ext4") for number in range(9)]
    verdict = decide(TRIED, TOLD, 990, "net:[1]", Cell("net:[2]", (BOT._replace(mounted=tuple(many)),), SERVER), OURS)
    assert verdict.failed[0].seen.endswith("and 6 more")


def test_only_what_the_network_proves_is_tried_and_the_bots_own_loopback_is_not() -> None:
    every = (
        *TRIED,
        Try("tcp", ("127.0.0.1", 22), "the bot's own"),
        Try("tcp", ("::1", 22), "the bot's own"),
        Try("udp", ("127.0.0.53", 53), "the bot's own"),
        Try("udp", ("10.0.0.1", 53), "ask"),
        Try("name", ("example.com",), "look a name up"),
        Try("tcp", ("10.9.9.1", 22), "reach this server"),
        Try("read", ("/v",), "another's files"),
        Try("memory", (1,), "another's processes"),
        Try("namespace", (), "another's rights"),
    )
    assert [each.what for each in tries(every)] == [
        "Ringfence answers", "reach 1.1.1.1", "ask", "look a name up", "reach this server",
    ]  # fmt: skip


def test_the_kernels_table_is_read_with_its_octal_blanks_and_optional_fields() -> None:
    text = (
        "837 766 0:76 / / rw,relatime - overlay overlay rw,lowerdir=/\n"
        "838 837 254:0 /a\\040b\\134c /x ro,nosuid,relatime shared:1 master:2 - ext4 /dev/vda rw\n"
        "no line of a table\n"
        "1 2 3\n"
    )
    assert read(text) == (
        Mounted("0:76", "/", "/", read_only=False, kind="overlay"),
        Mounted("254:0", "/a b\\c", "/x", read_only=True, kind="ext4"),
    )
    assert read("") == ()
