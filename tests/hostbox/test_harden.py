"""Hardening a stock Debian that is booted: tried and lost, tried and kept, cut off anywhere, and undone to the byte."""

import json
import signal
import time

import pytest

from tests.hostbox.box import Box, Done, tree

pytestmark = [pytest.mark.host, pytest.mark.timeout(600)]

SHORT = ("--yes", "--minutes", "0.25")  # fifteen seconds
TRIED = ("ssh", "firewall", "kernel")
WATCHED = ("etc", "var/lib/ringfence-harden", "usr/local")
INNER, OUTER = "192.0.2.10", "192.0.2.53"
KEY = "/srv-key/id"
SSH = (
    "ssh",
    "-i",
    KEY,
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-o",
    "ConnectTimeout=3",
)
SWITCHES = "sysctl -a 2>/dev/null | grep -E '^net[.]ipv[46][.](conf|tcp_syn|icmp_echo)' | sort"

_stock: dict[str, tuple[int, int, int, bytes]] = {}
_switches: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def made(server: Box) -> None:
    """An admin with a key, a page that anybody reaches, and somebody outside."""
    lines = [
        "useradd -m -s /bin/bash -G sudo alice",
        "echo alice:Kmw8-fjq2-Lpo | chpasswd 2>/dev/null",
        "mkdir -m 700 /srv-key",
    ]
    lines += [f"ssh-keygen -q -t ed25519 -N '' -f {KEY}", "install -d -m 700 -o alice -g alice /home/alice/.ssh"]
    lines += [f"install -m 600 -o alice -g alice {KEY}.pub /home/alice/.ssh/authorized_keys", "chmod 755 /home/alice"]
    server.must("sh", "-ec", "\n".join(lines))
    outside(server)
    _stock.update(tree(server.root, WATCHED))
    _switches.append(server.must("sh", "-c", SWITCHES))


def outside(server: Box) -> None:
    """Lay a wire to somebody outside; and let a page answer."""
    lines = ["ip netns add world", "ip link add out type veth peer name in netns world", "ip link set out up"]
    lines += [f"ip addr add {INNER}/24 dev out", "ip -n world link set lo up", "ip -n world link set in up"]
    lines += [f"ip -n world addr add {OUTER}/24 dev in"]
    server.must("sh", "-ec", "\n".join(lines))
    server.must("systemd-run", "-q", "-G", "--unit=page", "/usr/bin/python3", "-m", "http.server", "8080")
    server.must("sh", "-c", "for try in $(seq 50); do ss -ltn | grep -q :8080 && exit 0; sleep .1; done; exit 1")


def harden(server: Box, *arguments: str) -> Done:
    return server.ringfence("harden", *arguments)


def from_outside(server: Box, *command: str) -> Done:
    return server.run("ip", "netns", "exec", "world", *command)


def comes_in(server: Box) -> bool:
    return from_outside(server, *SSH, "-o", "BatchMode=yes", f"alice@{INNER}", "id", "-un").out == "alice\n"


def offers_passwords(server: Box) -> bool:
    said = from_outside(server, *SSH, "-o", "PreferredAuthentications=none", f"alice@{INNER}").err
    assert "Permission denied (" in said, said
    return "password" in said.partition("Permission denied (")[2]


def page_answers(server: Box) -> bool:
    code = f"import socket; socket.create_connection(('{INNER}', 8080), 2)"
    return from_outside(server, "/usr/bin/python3", "-c", code).code == 0


def is_hardened(server: Box) -> bool:
    """Say whether all of it is in force, or nothing; raises where it is in between."""
    loose = [
        offers_passwords(server),
        page_answers(server),
        "conf.all.rp_filter = 0" in server.must("sh", "-c", SWITCHES),
    ]
    assert loose in ([True] * 3, [False] * 3), loose
    return not loose[0]


def insist_on_stock(server: Box) -> None:
    after = tree(server.root, WATCHED)
    assert {path for path in {*_stock, *after} if _stock.get(path) != after.get(path)} == set()
    assert [server.must("sh", "-c", SWITCHES)] == _switches
    assert not is_hardened(server)
    assert comes_in(server)
    assert "ringfence" not in server.must("nft", "list", "ruleset")
    assert server.must("systemctl", "list-units", "--all", "--plain", "--no-legend", "ringfence*") == ""


def await_end(server: Box) -> None:
    """Wait until a trial has gone back."""
    until = time.monotonic() + 75
    while (server.root / "var/lib/ringfence-harden").exists():
        assert time.monotonic() < until, server.must("journalctl", "-u", "ringfence-harden-rollback", "--no-pager")
        time.sleep(0.3)
    time.sleep(0.5)


def await_trial(server: Box) -> None:
    """Wait until a trial has begun to change something."""
    until = time.monotonic() + 20
    while not (server.root / "var/lib/ringfence-harden/trial-ssh.json").exists():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_plan_is_shown_and_changes_nothing(server: Box) -> None:
    done = harden(server)
    assert done.code == 1, done.err
    assert "+PermitRootLogin no" in done.out
    assert "tcp/8080 (python3) will not be reached any more" in done.out
    assert "+Suites: bookworm-security" in done.out
    assert "set /home/alice: alice:alice 0750" in done.out
    assert "a second factor" in done.out
    found = json.loads(harden(server, "--plan", "--json").out)
    assert [one["area"] for one in found["areas"]] == ["ssh", "firewall", "kernel", "upgrades", "time", "accounts"]
    insist_on_stock(server)


def test_what_nobody_keeps_goes_back_by_itself(server: Box) -> None:
    done = harden(server, *TRIED, *SHORT)
    assert done.code == 0, done.err
    assert "ringfence harden --keep" in done.out
    assert is_hardened(server)
    assert comes_in(server)
    assert harden(server, "ssh", "--yes").code == 2, "one trial at a time"
    await_end(server)
    insist_on_stock(server)
    assert "nothing to keep" in harden(server, "--keep").err


def test_it_goes_back_where_whoever_began_it_is_killed_in_the_middle(server: Box) -> None:
    for moment in (0.0, 0.4, 0.8):
        begun = server.start(*server.checkout("harden", *TRIED, *SHORT))
        await_trial(server)
        time.sleep(moment)
        begun.send_signal(signal.SIGKILL)
        server.run("pkill", "-KILL", "-f", "^/usr/bin/python3 -I -S -c import runpy.*harden ssh")
        begun.communicate()
        await_end(server)
        insist_on_stock(server)


def test_it_goes_back_where_the_plug_is_pulled_before_it_is_kept(server: Box) -> None:
    assert harden(server, *TRIED, "--yes").code == 0
    server.reboot()
    outside(server)
    await_end(server)
    insist_on_stock(server)
    assert server.must("systemctl", "--failed", "--plain", "--no-legend") == ""


def test_what_is_kept_stays_after_its_time_and_after_a_restart(server: Box) -> None:
    assert harden(server, *TRIED, *SHORT).code == 0
    done = harden(server, "--keep")
    assert done.code == 0, done.err
    time.sleep(17)
    assert is_hardened(server)
    server.reboot()
    outside(server)
    assert is_hardened(server)
    assert comes_in(server)
    assert server.must("systemctl", "--failed", "--plain", "--no-legend") == ""
    assert "harden" not in server.must("systemctl", "list-unit-files", "--plain", "--no-legend", "ringfence*")


def test_it_comes_back_where_nftables_is_loaded_anew(server: Box) -> None:
    for verb in ("start", "reload", "restart"):
        server.must("systemctl", verb, "nftables")
        time.sleep(0.5)
        assert not page_answers(server), verb
    server.must("systemctl", "stop", "nftables")
    server.must("systemctl", "restart", "ringfence-inbound")


def test_the_audit_sees_it(server: Box) -> None:
    found = json.loads(server.ringfence("audit", "host", "--json").out)
    passed = {one["rule"] for one in found["checks"] if one["verdict"] == "pass"}
    wanted = {"root-login", "password-login", "login-unrestricted", "ssh-forwarding", "ssh-limits", "network-switches"}
    assert {f"host/{name}" for name in wanted} <= passed


def test_doing_it_again_finds_nothing_to_do(server: Box) -> None:
    done = harden(server, *TRIED, "--yes")
    assert done.code == 0, done.err
    assert done.out.count("nothing to do") == 3
    assert not (server.root / "var/lib/ringfence-harden/trial.json").exists()


def test_homes_are_closed_at_once(server: Box) -> None:
    assert harden(server, "accounts", "--yes").code == 0
    assert server.must("stat", "-c", "%a %U", "/home/alice") == "750 alice\n"
    assert comes_in(server)


def test_updates_that_cannot_come_are_said_and_nothing_else_waits_for_them(server: Box) -> None:
    done = harden(server, "upgrades", "--yes")
    assert done.code == 0, done.err
    assert "Suites: bookworm-security" in server.text("/etc/apt/sources.list.d/ringfence-security.sources")
    server.must("dpkg", "--purge", "unattended-upgrades")
    server.must("sh", "-c", "rm -f /var/cache/apt/archives/*.deb")  # what the image was made from
    done = harden(server, "upgrades", "--yes")
    assert done.code == 1
    assert "upgrades: apt-get" in done.err
    assert "reach its mirror" in done.err


def test_undoing_one_leaves_the_others(server: Box) -> None:
    done = harden(server, "--undo", "ssh", "--yes")
    assert done.code == 0, done.err
    assert offers_passwords(server)
    assert not page_answers(server)


def test_undoing_all_leaves_the_server_as_it_was_to_the_byte(server: Box) -> None:
    done = harden(server, "--undo", "--yes")
    assert done.code == 0, done.err
    purged = ("unattended", "20auto-upgrades", "etc/pm")  # above, by the test
    gone = {path for path in _stock if any(word in path for word in purged)}
    for path in gone:
        del _stock[path]
    assert server.must("stat", "-c", "%a", "/home/alice") == "755\n"
    after = tree(server.root, WATCHED)
    changed = {path for path in {*_stock, *after} if _stock.get(path) != after.get(path)}
    assert {path for path in changed if "unattended" not in path and "20auto-upgrades" not in path} == set()
    assert not is_hardened(server)


def test_nobody_is_locked_out_for_want_of_a_key(server: Box) -> None:
    server.must("mv", "/home/alice/.ssh/authorized_keys", "/home/alice/kept")
    done = harden(server, "ssh", "--yes")
    assert done.code == 0, done.err
    assert "nobody could come in" in done.out
    assert offers_passwords(server)
    assert harden(server, "--undo", "--yes").code == 0
    server.must("mv", "/home/alice/kept", "/home/alice/.ssh/authorized_keys")


def test_beside_another_wall_nothing_is_done(server: Box) -> None:
    server.must(
        "nft", "add table inet mine; add chain inet mine in { type filter hook input priority 0; policy drop; }"
    )
    done = harden(server, "firewall", "--yes")
    server.must("nft", "delete table inet mine")
    assert done.code == 0, done.err
    assert "table inet mine drops what comes in already" in done.out
    assert not (server.root / "etc/ringfence-inbound.nft").exists()


def test_ssh_can_be_let_in_by_one_way_alone_and_a_wrong_one_goes_back(server: Box) -> None:
    assert harden(server, "firewall", "--ssh-from", "wg7", "--yes").code == 2
    assert harden(server, "firewall", "--ssh-from", "198.51.100.0/24", *SHORT).code == 0
    assert not comes_in(server), "this is how one locks oneself out"
    await_end(server)
    assert comes_in(server)
    assert harden(server, "firewall", "--ssh-from", "192.0.2.0/24", *SHORT).code == 0
    assert comes_in(server)
    assert harden(server, "--undo", "--yes").code == 0


def test_settings_that_sshd_does_not_take_go_back_at_once(server: Box) -> None:
    server.put("/etc/ssh/sshd_config.d/50-bad.conf", "NoSuchSetting yes\n")
    done = harden(server, "ssh", "firewall", *SHORT)
    assert done.code == 1
    assert "nothing is offered" in done.out
    (server.root / "etc/ssh/sshd_config.d/50-bad.conf").unlink()
    assert harden(server, "--undo", "--yes").code == 0
    assert comes_in(server)
