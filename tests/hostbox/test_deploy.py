"""A deployment on a stock Debian, as a user does it: deployed, proven, attacked from the bot, rebooted, taken out."""

import json
import shutil
import time
from pathlib import Path

import pytest

from tests.hostbox import internet
from tests.hostbox.box import HOME, PASSPHRASE, PROGRAM, Box, Done, tree
from tests.hostbox.internet import came, since

pytestmark = [pytest.mark.host, pytest.mark.timeout(600)]

BOT = "/home/alice/grid"
STATE = "/var/lib/ringfence-bots/grid"
WATCHED = ("etc", "opt", "usr/local", "home", "var/lib/ringfence-deploy", "var/spool/cron")
# What a system writes there by itself as users come and go, and what we made before anything was deployed.
NOISE = ("etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid", "etc/subgid", "etc/.pwd")

_before: dict[str, tuple[int, int, int, bytes]] = {}


def deploy(server: Box, *more: str) -> Done:
    return server.ringfence("deploy", "--yes", "--passphrase-fd", "0", *more)


def radius(server: Box) -> dict[str, object]:
    found: dict[str, list[dict[str, object]]] = json.loads(server.must(PROGRAM, "radius", "--json"))
    return found["bots"][0]


@pytest.fixture(scope="module", autouse=True)
def made(server: Box) -> None:
    """A deployment that is not yet one for systemd, and a thief where the bot's code is."""
    internet.build(server)
    server.put("/usr/local/bin/helper", "")
    shutil.copy(server.root / "usr/bin/python3.11", server.root / "usr/local/bin/helper")
    (server.root / "usr/local/bin/helper").chmod(0o4755)
    thief = (Path(__file__).parent / "thief.py").read_text("utf-8")
    server.must("useradd", "--create-home", "--shell", "/bin/bash", "alice")
    server.put(f"{BOT}/bot.py", thief)
    server.put(f"{BOT}/data/old", "mine\n")
    server.must("chown", "-R", "alice:alice", BOT)
    server.must("chmod", "-R", "go-rwx", "/home/alice")
    done = server.ringfence("init", "--paper", "--passphrase-fd", "0")
    assert done.code == 0, done.err
    _before.update(tree(server.root, WATCHED))


def test_a_plan_is_shown_and_changes_nothing(server: Box) -> None:
    done = server.ringfence("deploy", "--bot", "grid", "--plan")
    assert done.code == 1, done.err
    assert "make user bot-grid" in done.out
    assert '+  meta skuid "bot-grid"' in done.out.replace("+    meta", "+  meta")
    assert tree(server.root, WATCHED) == _before
    assert not server.run("id", "bot-grid").out


def test_a_place_for_a_bot_is_made_and_proven(server: Box) -> None:
    done = deploy(server, "--bot", "grid")
    assert done.code == 0, done.err
    assert "bot grid is confined" in done.out


def test_every_process_has_given_up_what_it_never_needs(server: Box) -> None:
    told = json.loads(server.must(PROGRAM, "status", "--json"))
    assert {one["name"] for one in told["protections"] if one["live"]} == {one["name"] for one in told["protections"]}
    assert told["memory"] == "memfd_secret"
    rows = {row["name"]: row["state"] for row in json.loads(server.run(PROGRAM, "doctor", "--json").out)["rows"]}
    assert {rows[name] for name in ("processes", "users", "signer", "bot grid")} == {"live"}


def test_doing_it_again_changes_nothing_and_proves_it_again(server: Box) -> None:
    done = deploy(server)
    assert done.code == 0, done.err
    assert "everything is as it is wanted" in done.out


def test_the_radius_is_the_policys_figure_because_the_canary_is_green(server: Box) -> None:
    server.must(PROGRAM, "policy", "apply", "--yes", "--passphrase-fd", "0", given=PASSPHRASE)
    found = radius(server)
    assert found["confined"] is True
    assert found["stealable"] == found["if_confined"]["stealable"]  # type: ignore[index]


def test_the_units_are_as_strict_as_was_promised(server: Box) -> None:
    deploy(
        server,
        "--bot",
        "grid",
        "--directory",
        BOT,
        "--write",
        "data",
        "--ui",
        "8080",
        "--",
        "/usr/bin/python3",
        f"{BOT}/bot.py",
    )
    for unit, most in (("signer", 1.0), ("gateway", 1.5), ("courier", 1.5), ("prices", 1.5), ("bot-grid", 1.0)):
        path = f"/etc/systemd/system/ringfence-{unit}.service"
        threshold = f"--threshold={most * 10:.0f}"
        server.must("systemd-analyze", "security", "--offline=true", "--no-pager", threshold, path)


def test_a_bot_that_is_taken_over_carries_nothing_out_and_reads_nothing(server: Box) -> None:
    told = server.root / STATE.lstrip("/") / "worked.json"
    pids = [server.must("systemctl", "show", "-p", "MainPID", "--value", f"ringfence-{one}").strip() for one in
            ("signer", "gateway", "courier")]  # fmt: skip
    server.must("systemctl", "stop", "ringfence-bot-grid")
    told.unlink(missing_ok=True)
    before = came(server)
    deploy(server, "--bot", "grid", "--", "/usr/bin/python3", f"{BOT}/bot.py", *pids)
    for _ in range(200):
        if told.exists():
            break
        time.sleep(0.2)
    worked: dict[str, tuple[bool, str]] = json.loads(told.read_text("utf-8"))
    assert {name: seen for name, (did, seen) in worked.items() if did != name.startswith("OK ")} == {}
    assert len(worked) > 50
    reached = {place: count for place, count in since(server, before).items() if not place.endswith(":53")}
    assert reached == {}, "nothing came but the names that root's canary looked up"


def test_its_owner_sees_the_bots_page_and_the_bot_is_nowhere_else(server: Box) -> None:
    code = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8080/', timeout=10).read().decode())"
    assert server.must("/usr/bin/python3", "-c", code) == "the bot's page\n"
    listening = server.must("ss", "-Hltnp")
    assert "127.0.0.1:8080" in listening
    assert "8300" not in listening, "Ringfence's own ports are in the bot's network alone"


def test_what_the_bot_could_reach_is_seen_by_the_canary_and_takes_the_figure_away(server: Box) -> None:
    drop = "/etc/systemd/system/ringfence-probe-grid.service.d/open.conf"
    server.put(drop, "[Unit]\nJoinsNamespaceOf=\n[Service]\nPrivateNetwork=no\n")
    server.must("systemctl", "daemon-reload")
    done = server.run(PROGRAM, "canary", "grid")
    assert done.code == 1
    assert "NOT confined" in done.out
    assert f"reach {internet.ATTACKER}" in done.out or "its network is its own" in done.out
    assert radius(server)["stealable"]["amount"] is None  # type: ignore[index]
    assert "not confined" in server.must(PROGRAM, "status")
    server.must("rm", "-r", drop.rpartition("/")[0])
    server.must("systemctl", "daemon-reload")
    assert server.run(PROGRAM, "canary", "grid").code == 0
    assert radius(server)["stealable"]["amount"] is not None  # type: ignore[index]


def test_a_process_of_the_bots_user_outside_its_unit_is_seen_and_reaches_nothing(server: Box) -> None:
    before = came(server)
    server.must("systemd-run", "-q", "-G", "--unit=stray", "--uid=bot-grid", "/bin/sleep", "60")
    done = server.run(PROGRAM, "canary", "grid")
    assert done.code == 1
    assert "it runs in the bot's unit" in done.out
    code = f"import socket; socket.create_connection(('{internet.ATTACKER}', 443), 3)"
    stray = server.run("systemd-run", "-q", "--wait", "--pipe", "--uid=bot-grid", "/usr/bin/python3", "-c", code)
    assert stray.code != 0
    assert "tcp 203.0.113.66:443" not in since(server, before)
    server.must("systemctl", "stop", "stray")
    assert server.run(PROGRAM, "canary", "grid").code == 0


def test_after_the_plug_was_pulled_everything_comes_back_by_itself_and_is_proven_again(server: Box) -> None:
    server.reboot()
    internet.build(server)
    for _ in range(100):
        done = server.run(PROGRAM, "radius", "--json")
        if done.code == 0 and json.loads(done.out)["bots"][0]["confined"]:
            break
        time.sleep(0.3)
    assert radius(server)["confined"] is True
    assert "table inet ringfence" in server.must("nft", "list", "ruleset")


def test_a_captured_gateway_reaches_neither_the_world_nor_the_control_socket(server: Box) -> None:
    code = (
        "import socket, sys\n"
        "def tried(act):\n    try:\n        act()\n    except OSError:\n        return False\n    return True\n"
        f"out = tried(lambda: socket.create_connection(('{internet.ATTACKER}', 443), 3))\n"
        "one = socket.socket(socket.AF_UNIX); one.connect('/run/ringfence/signer/owner.sock'); one.settimeout(3)\n"
        "def talk():\n    one.sendall(b'\\0\\0\\0\\x10' + b'x' * 16)\n    if not one.recv(1):\n        raise OSError\n"
        "heard = tried(talk)\n"
        "print(out, heard)\n"
    )
    properties = ["-p", "User=ringfence-gateway", "-p", "Group=ringfence"]
    assert server.must("systemd-run", "-q", "--wait", "--pipe", *properties, "/usr/bin/python3", "-c", code) == (
        "False False\n"
    )


def test_taking_it_out_leaves_the_server_as_it_was(server: Box) -> None:
    begun = time.monotonic()
    done = server.run(PROGRAM, "deploy", "--undo", "--yes")
    assert done.code == 0, done.err
    assert time.monotonic() - begun < 60
    after = tree(server.root, WATCHED)
    changed = {path for path in {*_before, *after} if _before.get(path) != after.get(path)}
    assert {path for path in changed if not path.startswith(NOISE)} == {f"{BOT.lstrip('/')}/data/notes"}
    assert server.must("stat", "-c", "%U", f"{BOT}/data/notes") == "alice\n", "what the bot wrote is its owner's"
    assert not server.run("id", "bot-grid").out
    assert "ringfence" not in server.must("nft", "list", "ruleset")
    units = server.must("systemctl", "list-units", "--all", "--plain", "--no-legend", "ringfence*")
    assert [line for line in units.splitlines() if "not-found" not in line] == []
    assert (server.root / HOME.lstrip("/") / "vault").exists()
