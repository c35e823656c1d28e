"""A bot in a container behind its doors: the overlay's two containers as an engine would make them, and their reach.

No engine is in the box: tests/hostbox/engine.sh does for a container what one would. The overlay is read for it as an
engine reads it, so what is tried is what `ringfence compose` wrote.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.composes import FREQTRADE
from tests.deploy.test_compose import Loader
from tests.hostbox import internet
from tests.hostbox.box import PASSPHRASE, PROGRAM, Box, Done

pytestmark = [pytest.mark.host, pytest.mark.timeout(600)]

BOT, NETWORK = "/home/alice/grid", "cell"
DATA = f"{BOT}/user_data:/freqtrade/user_data:rw"
FETCH = "import urllib.request as u; print(u.urlopen('{}', timeout=10).read().decode())"
# What it tries stands in the page that it shows, since nothing else leads out.
TRIES = """
import base64, glob, http.server, json, socket, urllib.error, urllib.request
def tried(act):
    try:
        return str(act())
    except urllib.error.HTTPError as error:
        return f"answered {error.code}"
    except OSError as error:
        return f"no: {type(error).__name__}"
def get(url):
    return urllib.request.urlopen(url, timeout=5).status
def write(path):
    open(path, "w").close()
    return "written"
def connect(path):
    with socket.socket(socket.AF_UNIX) as wire:
        wire.connect(path)
    return "connected"
def proxied():
    with socket.create_connection(("127.0.0.1", 8118), 5) as wire:
        wire.sendall(b"CONNECT api.binance.com:443 HTTP/1.1\\r\\n\\r\\n")
        return wire.recv(64).split(b"\\r")[0].decode()
found = {
    "time": tried(lambda: get("http://127.0.0.1:8300/api/v3/time")),
    "account": tried(lambda: get("http://127.0.0.1:8300/api/v3/account")),
    "proxy": tried(proxied),
    "attacker": tried(lambda: get("http://203.0.113.66/")),
    "exchange": tried(lambda: get("http://203.0.113.10/")),
    "name": tried(lambda: socket.getaddrinfo("example.com", 443)),
    "data": tried(lambda: write("/freqtrade/user_data/mine")),
    "strategy": tried(lambda: write("/freqtrade/user_data/strategies/mine.py")),
    "move": tried(lambda: __import__("os").rename("/freqtrade/user_data/strategies", "/freqtrade/user_data/x")),
    "door": tried(lambda: connect("/doors/127.0.0.1:8300.sock")),
    "sockets": str(glob.glob("/run/**/*.sock", recursive=True)),
}
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())
http.server.HTTPServer(("127.0.0.1", 8080), Page).serve_forever()
"""


def overlay(server: Box) -> dict[str, Any]:
    """Read what was written, as an engine does."""
    text = server.text(f"{BOT}/docker-compose.ringfence.yml")
    found: dict[str, Any] = yaml.load(text, Loader=Loader)["services"]  # noqa: S506  # made from the safe one
    return found


def contain(server: Box, name: str, more: str = "", network: str = NETWORK, command: tuple[str, ...] = ()) -> None:
    """Start a service of the overlay anew, as an engine would; `more` are the mounts of the first file, and others."""
    service = overlay(server)[name]
    stop(server, name)
    mounts = [f"{one['source']}:{one['target']}:{'ro' if one['read_only'] else 'rw'}" for one in service["volumes"]]
    words = command or (*service["entrypoint"], *service["command"])
    server.must(
        "systemd-run", "-q", f"--unit={name}", "-p", "NoNewPrivileges=yes", "-p", "SystemCallFilter=~@swap",
        "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "/opt/engine.sh", name, network,
        *service["user"].split(":"), " ".join((*more.split(), *mounts)), *words,
    )  # fmt: skip


def stop(server: Box, name: str) -> None:
    server.run("systemctl", "kill", "-s", "KILL", name)
    server.run("sh", "-c", f"while systemctl is-active -q {name}; do sleep 0.1; done; systemctl reset-failed {name}")
    server.run("sh", "-c", f"umount -l /opt/engine/{name}/top /opt/engine/{name}/layer")


def start(server: Box, more: str = "", network: str = NETWORK) -> None:
    """Start the bot, which serves its page once it has tried everything."""
    contain(server, "freqtrade", f"{DATA} {more}", network, ("python3", "-I", "-S", "-c", TRIES))
    reach(server, network, "socket.create_connection(('127.0.0.1', 8080))")


def reach(server: Box, network: str, act: str) -> str:
    """Try something in a network until it works."""
    again = "  except OSError: time.sleep(0.1)\n"
    code = f"import socket, time\nfor _ in range(100):\n  try:\n    {act}\n    break\n{again}"
    return server.must("ip", "netns", "exec", network, "python3", "-c", code)


def canary(server: Box) -> Done:
    return server.run(PROGRAM, "canary", "grid")


@pytest.fixture(scope="module", autouse=True)
def made(server: Box) -> None:
    """A deployment with a bot in a container, its compose file, and the network that its two containers share."""
    internet.build(server)
    server.must("useradd", "--create-home", "--uid", "1000", "alice")
    server.put(f"{BOT}/docker-compose.yml", FREQTRADE)
    server.put(f"{BOT}/user_data/strategies/SampleStrategy.py", "")
    server.put(f"{BOT}/user_data/live.json", "{}")
    server.must("chown", "-R", "alice:alice", "/home/alice")
    server.put("/opt/engine.sh", (Path(__file__).parent / "engine.sh").read_text("utf-8"))
    server.must("sh", "-c", f"ip netns add {NETWORK} && ip -n {NETWORK} link set lo up")
    assert server.ringfence("init", "--paper", "--passphrase-fd", "0").code == 0
    more = ("--bot", "grid", "--container", "--ui", "8080", "--yes", "--passphrase-fd", "0")
    done = server.ringfence("deploy", *more)
    assert "no relay runs" in done.out, done.err
    server.must(
        PROGRAM, "compose", f"{BOT}/docker-compose.yml", "--service", "freqtrade", "--bot", "grid", "--image", "x"
    )
    contain(server, "ringfence-grid")
    start(server)


def test_the_overlay_is_of_whose_the_folder_is(server: Box) -> None:
    assert server.must("stat", "-c", "%U", f"{BOT}/docker-compose.ringfence.yml") == "alice\n"


def test_the_bot_reaches_ringfence_by_its_relay_and_nothing_else(server: Box) -> None:
    found = json.loads(server.must("python3", "-c", FETCH.format("http://127.0.0.1:8080/")))
    assert found == {
        "time": "200",
        "account": "answered 401",
        "proxy": "HTTP/1.1 407 Proxy Authentication Required",
        "attacker": "no: URLError",
        "exchange": "no: URLError",
        "name": "no: gaierror",
        "data": "written",
        "strategy": "no: OSError",
        "move": "no: OSError",
        "door": "no: FileNotFoundError",
        "sockets": "[]",
    }


def test_its_place_is_proven_and_the_signer_believes_it(server: Box) -> None:
    done = canary(server)
    assert done.code == 0, done.out + done.err
    server.must(PROGRAM, "policy", "apply", "--yes", "--passphrase-fd", "0", given=PASSPHRASE)
    assert json.loads(server.must(PROGRAM, "radius", "--json"))["bots"][0]["confined"] is True


def test_the_hourly_canary_proves_it_too(server: Box) -> None:
    server.must("systemctl", "start", "ringfence-canary-grid.service")


def test_no_other_user_of_the_server_comes_in_by_its_doors(server: Box) -> None:
    code = "import socket; socket.socket(socket.AF_UNIX).connect('/run/ringfence/doors/grid/127.0.0.1:8300.sock')"
    done = server.run("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "python3", "-c", code)
    assert "PermissionError" in done.err


@pytest.mark.parametrize("unit", ["ringfence-gateway.service", "ringfence-bot-grid.socket"])
def test_the_doors_lead_in_again_after_a_restart(server: Box, unit: str) -> None:
    server.must("systemctl", "stop", "ringfence-gateway.service")
    server.must("systemctl", "restart", unit)
    server.must("systemctl", "start", "ringfence-gateway.service")
    url = "http://127.0.0.1:8300/api/v3/time"
    assert "serverTime" in reach(server, NETWORK, FETCH.format(url))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("/run/engine.sock:/harmless:rw", "/run/engine.sock is the system's"),
        ("/etc:/x:ro", "/etc is the system's"),
        ("/var/lib/ringfence:/x:ro", "/var/lib/ringfence is the system's"),
        ("/home/alice:/x:ro", "/home/alice is somebody's whole home"),
    ],
)
def test_a_mount_that_the_overlay_did_not_write_is_seen(server: Box, more: str, said: str) -> None:
    bind = "import socket; socket.socket(socket.AF_UNIX).bind('/run/engine.sock')"
    server.run("python3", "-c", bind)
    start(server, more)
    done = canary(server)
    assert done.code == 1
    assert said in done.out


def test_a_way_out_is_seen(server: Box) -> None:
    start(server)
    server.must(
        "sh", "-ec",
        f"ip link add way0 type veth peer name way1; ip link set way1 netns {NETWORK}; "
        "ip addr add 10.9.9.1/24 dev way0; ip link set way0 up; "
        f"ip -n {NETWORK} addr add 10.9.9.2/24 dev way1; ip -n {NETWORK} link set way1 up",
    )  # fmt: skip
    done = canary(server)
    server.must("ip", "link", "del", "way0")
    assert "of this server at 10.9.9.1" in done.out


def test_a_bot_that_was_started_without_the_overlay_is_not_taken_for_confined(server: Box) -> None:
    server.must("sh", "-c", "ip netns add other && ip -n other link set lo up")
    start(server, network="other")
    done = canary(server)
    assert "the bot runs in that network: 0 processes" in done.out
    start(server)
    assert canary(server).code == 0


def test_without_its_relay_nothing_is_proven(server: Box) -> None:
    stop(server, "ringfence-grid")
    assert "no relay runs" in canary(server).out


def test_all_of_it_can_be_taken_out(server: Box) -> None:
    stop(server, "freqtrade")
    done = server.run(PROGRAM, "deploy", "--undo", "--yes")
    assert done.code == 0, done.err
    assert "left: groupdel" not in done.err
    assert server.run("sh", "-c", "ls -d /run/ringfence* /etc/ringfence; id bot-grid").out == ""
