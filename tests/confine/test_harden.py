"""What is left to each process: its own files, its own sockets, its own ports. Found by trying."""

from pathlib import Path

import pytest

from ringfence.confine.harden import NEEDS, Process, ports
from ringfence.courier.hosts import carry_places, follow_places, stream_places, ticker_places
from ringfence.dialects.hosts import hosts_of
from ringfence.dialects.registry import DIALECTS
from ringfence.dialects.sockets import FRAMES
from ringfence.model.names import ExchangeId
from ringfence.settings import Listener, Names, Paper, Proxy, Settings
from tests.confine.child import run

_PARTS = (
    "vault",
    "policy.toml",
    "journal/journal.db",
    "run/x",
    "gateway/localhost.pem",
    "paper/ca.pem",
    "trust/ca.pem",
)
_FILES = f"""
for name in {_PARTS!r}:
    (home.home / name).parent.mkdir(exist_ok=True)
    (home.home / name).write_text("x")
"""
_TRIED = f"""
for name in {_PARTS!r}:
    found["read " + name] = attempt((home.home / name).read_text)
    found["write " + name] = attempt((home.home / name).write_text, "y")
found["new"] = attempt((home.home / "new").write_text, "y")
for name in ("/etc/passwd", "/etc/shadow", "/proc/1/status", "/proc/1/root/etc/passwd", "/proc/self/root/etc/passwd"):
    found[name] = attempt(Path(name).read_text)
found["etc"] = attempt(os.listdir, "/etc")
found["tmp"] = attempt(os.listdir, "/tmp")
"""
_READ: dict[Process, set[str]] = {
    "signer": set(_PARTS),
    "courier": {"run/x", "paper/ca.pem"},
    "gateway": {"run/x", "gateway/localhost.pem"},
    "prices": {"run/x"},
}
_WRITE: dict[Process, set[str]] = {
    "signer": {"journal/journal.db", "run/x"},
    "courier": {"run/x"},
    "gateway": set(),
    "prices": set(),
}


@pytest.mark.parametrize("process", NEEDS)
def test_each_process_reads_and_writes_its_own_part_of_the_home_and_nothing_else(process: Process) -> None:
    found = run(f"{_FILES}\nfound['live'] = hardening.harden({process!r}, home)[3].live\n{_TRIED}")
    expected = {f"read {name}": "worked" if name in _READ[process] else "EACCES" for name in _PARTS}
    expected |= {f"write {name}": "worked" if name in _WRITE[process] else "EACCES" for name in _PARTS}
    names = process == "courier"  # it looks up names, and needs what says how
    for path in ("/etc/passwd", "/etc/shadow", "/proc/self/root/etc/passwd", "etc"):
        expected[path] = "worked" if names else "EACCES"
    expected |= dict.fromkeys(("new", "/proc/1/status", "tmp"), "EACCES")
    assert found.pop("/proc/1/root/etc/passwd") in ({"worked", "EACCES", "EPERM"} if names else {"EACCES", "EPERM"})
    assert found == {"live": True, **expected}


def test_what_is_put_in_a_files_place_later_is_read_as_well() -> None:
    found = run(
        f"""{_FILES}
ours, theirs = os.pipe()
replaced, replace = os.pipe()
if os.fork() == 0:
    os.read(ours, 1)
    (home.home / "gateway" / "new").write_text("new")
    (home.home / "gateway" / "new").rename(home.home / "gateway" / "localhost.pem")
    os.write(replace, b"x")
    os._exit(0)
hardening.harden("gateway", home)
os.write(theirs, b"x"); os.read(replaced, 1)
found["after"] = (home.home / "gateway" / "localhost.pem").read_text()
"""
    )
    assert found == {"after": "new"}


def test_a_part_of_the_home_that_cannot_be_made_is_said_and_nothing_is_promised() -> None:
    found = run(
        """
(home.home / "run").write_text("a file in its place")
told = {one.name: [one.live, one.detail] for one in hardening.harden("prices", home)}
found["files"], found["internet"] = told["files"], told["no-internet"][0]
"""
    )
    assert "False" in str(found["files"])
    assert "run is not there, and what comes later could not be read" in str(found["files"])
    assert found["internet"] is True


def test_with_threads_that_run_already_the_files_are_not_called_kept() -> None:
    found = run(
        """
end = threading.Event()
thread = threading.Thread(target=end.wait); thread.start()
told = {one.name: [one.live, one.detail] for one in hardening.harden("prices", home)}
found["files"] = told["files"]
end.set()
found["read"] = attempt(Path("/etc/passwd").read_text)
found["version"] = landlock.version()
"""
    )
    if int(str(found["version"])) >= 8:
        assert found["read"] == "EACCES"
    else:
        assert found["files"] == [False, "landlock: 1 threads run already, and would be left out"]
        assert found["read"] == "worked"


_SETTINGS = """
import dataclasses
server = socket.create_server(("127.0.0.1", 0)); other = socket.create_server(("127.0.0.1", 0))
ours, theirs = server.getsockname()[1], other.getsockname()[1]
free = socket.create_server(("127.0.0.1", 0)); mine = free.getsockname()[1]; free.close()
free = socket.create_server(("127.0.0.1", 0)); foreign = free.getsockname()[1]; free.close()
home = dataclasses.replace(home, listeners=(Listener("one", "binance", mine),), paper=Paper(ours, ours, ours, ours))
def listen(port): socket.create_server(("127.0.0.1", port)).close()
def connect(port): socket.create_connection(("127.0.0.1", port), 2).close()
"""


def test_the_gateway_listens_on_its_own_ports_and_connects_nowhere() -> None:
    found = run(
        f"""{_SETTINGS}
hardening.harden("gateway", home)
found["own"], found["other"] = attempt(listen, mine), attempt(listen, foreign)
found["connect"] = attempt(connect, ours)
found["sixth"] = attempt(socket.socket, socket.AF_INET6)
found["datagram"] = attempt(socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
"""
    )
    assert found == {
        "own": "worked", "other": "EACCES", "connect": "EACCES", "sixth": "EPERM", "datagram": "EPERM",
    }  # fmt: skip


def test_the_courier_connects_to_exchanges_ports_and_listens_nowhere() -> None:
    found = run(
        f"""{_SETTINGS}
hardening.harden("courier", home)
found["own"], found["other"] = attempt(connect, ours), attempt(connect, theirs)
found["listen"] = attempt(listen, foreign)
found["datagram"] = attempt(socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
wanted = dict(raw=(2, 3, 1), ping=(2, 2, 1), packet=(17, 3, 0), netlink=(16, 3, 0), mptcp=(2, 1, 262))
for name, wanted in wanted.items():
    found[name] = attempt(socket.socket, *wanted)
found["names"] = bool(socket.getaddrinfo("localhost", 80))
"""
    )
    refused = dict.fromkeys(("raw", "ping", "packet", "netlink", "mptcp"), "EPERM")
    told = {"own": "worked", "other": "EACCES", "listen": "EACCES", "datagram": "worked", "names": True}
    assert found == told | refused


def test_the_couriers_ports_are_those_of_every_host_that_it_may_reach(tmp_path: Path) -> None:
    settings = Settings(tmp_path, paper=Paper(8410, 8411, 8412, 8413))
    places = [
        *carry_places(settings, DIALECTS.values()).values(),
        *follow_places(settings, FRAMES).values(),
        *stream_places(settings, FRAMES).values(),
        *ticker_places(settings).values(),
    ]
    wanted = {int(host.partition(":")[2] or 443) for place in places for host in place.hosts or ()}
    wanted |= {port for name in DIALECTS for host in hosts_of(ExchangeId(name)).values() for port in host.ports}
    assert wanted <= ports("courier", settings)[0]
    assert wanted > {443}


def test_the_gateways_ports_are_its_ways_in(tmp_path: Path) -> None:
    listeners = (Listener("one", ExchangeId("binance"), 8300), Listener("two", ExchangeId("okx"), 8301))
    names = Names("127.0.0.91", (ExchangeId("binance"),))
    settings = Settings(tmp_path, listeners, proxy=Proxy(8118), names=names)
    assert ports("gateway", settings) == (frozenset(), frozenset({8300, 8301, 8118, 443, 9443, 8443}))
    assert ports("gateway", Settings(tmp_path)) == (frozenset(), frozenset())


def test_nobody_makes_a_child_and_threads_still_begin() -> None:
    found = run(
        """
hardening.harden("gateway", home)
found["fork"] = attempt(os.fork)
found["clone3"] = raw(435, 0, 0)
found["memory"] = attempt(os.memfd_create, "x")
done = []
thread = threading.Thread(target=lambda: done.append("ran")); thread.start(); thread.join()
found["thread"] = done
"""
    )
    assert found == {"fork": "EPERM", "clone3": "ENOSYS", "memory": "EPERM", "thread": ["ran"]}


def test_a_courier_of_a_deployment_without_a_rehearsal_keeps_to_its_files_all_the_same() -> None:
    found = run(
        f"{_FILES}\nreal = Settings(home.home)\nfound['live'] = hardening.harden('courier', real)[3].live\n{_TRIED}"
    )
    assert found["live"] is True
    assert found["read paper/ca.pem"] == "EACCES"
    assert found["read run/x"] == "worked"
