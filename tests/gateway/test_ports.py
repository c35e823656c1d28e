"""Sockets that are handed over, doors among them: all are served, none besides, and none that is bound beside them."""

import asyncio
import errno
import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ringfence.errors import Misconfigured
from ringfence.gateway.ports import LOOPBACK, OWN, Ports, listen, port_of, stands_for
from ringfence.gateway.secure import SecureSite
from ringfence.gateway.site import Site
from tests.gateway.doorway import HASTY, Line, client
from tests.gateway.test_secure import leaves
from tests.gateway.world import world

# systemd hands them over from descriptor 3 on, to the process that LISTEN_PID names.
_CHILD = """
import json, os, socket, sys
from ringfence.errors import Misconfigured
from ringfence.gateway.ports import Ports, stands_for
given, kinds = json.loads(sys.argv[1]), sys.argv[2:]
keep = []
for place, kind in enumerate(kinds):
    if kind == "file":
        made = os.open("/dev/null", os.O_RDONLY)
    elif kind in ("door", "relative", "nameless", "datagrams"):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if kind == "datagrams" else socket.SOCK_STREAM)
        name = "127.0.0.1:830%d.sock" % place
        one.bind({"nameless": "\\0" + name, "relative": name}.get(kind, os.path.join(os.getcwd(), name)))
        kind == "datagrams" or one.listen()
        keep.append(one)
        made = one.detach()
    else:
        one = socket.socket(socket.AF_INET6 if kind == "six" else socket.AF_INET)
        one.bind(("::1" if kind == "six" else "127.0.0.1", 0))
        kind == "idle" or one.listen()
        keep.append(one)
        made = one.detach()
    os.dup2(made, 40 + place)
for place in range(len(kinds)):
    os.dup2(40 + place, 3 + place)
given = {name: str(os.getpid()) if value == "me" else value for name, value in given.items()}
try:
    ports = Ports.given(given)
    where = {stands_for(socket.socket(fileno=os.dup(3 + place)))[1] for place in range(len(kinds))}
    inherited = os.get_inheritable(3)
    print("taken", sum(len(ports.at("127.0.0.1", port)) for port in where), inherited)
except Misconfigured as error:
    print("refused", error)
"""


NO_DOOR = "refused descriptor 3 is no listening socket of IPv4, and no door"
# A relative name is none either: systemd's are whole, and another folder's would read the same.
NAMELESS = "refused a unix socket was handed over whose name says no address and port"


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listening(stack: ExitStack) -> socket.socket:
    return stack.enter_context(socket.create_server((LOOPBACK, 0)))


def child(given: dict[str, str], *kinds: str, cwd: Path = Path()) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, json.dumps(given), *kinds],
        cwd=cwd,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("given", "kinds", "said"),
    [
        ({"LISTEN_PID": "me", "LISTEN_FDS": "2"}, ("listens", "listens"), "taken 2 False"),
        (
            {"LISTEN_PID": "me", "LISTEN_FDS": "1"},
            ("idle",),
            NO_DOOR,
        ),
        (
            {"LISTEN_PID": "me", "LISTEN_FDS": "1"},
            ("six",),
            NO_DOOR,
        ),
        ({"LISTEN_PID": "me", "LISTEN_FDS": "1"}, ("file",), "refused descriptor 3 is no socket"),
        ({"LISTEN_PID": "me", "LISTEN_FDS": "2"}, ("listens", "nameless"), NAMELESS),
        ({"LISTEN_PID": "me", "LISTEN_FDS": "1"}, ("relative",), NAMELESS),
        ({"LISTEN_PID": "me", "LISTEN_FDS": "3"}, ("door", "listens", "door"), "taken 3 False"),
        (
            {"LISTEN_PID": "me", "LISTEN_FDS": "1"},
            ("datagrams",),
            NO_DOOR,
        ),
        ({"LISTEN_PID": "me", "LISTEN_FDS": "-1"}, (), "refused LISTEN_FDS is no number of sockets"),
        ({"LISTEN_PID": "me", "LISTEN_FDS": "9999"}, (), "refused LISTEN_FDS is no number of sockets"),
        ({"LISTEN_PID": "me"}, (), "refused LISTEN_FDS is no number of sockets"),
    ],
)
def test_what_is_handed_over_is_taken_and_what_is_no_listening_socket_is_refused(
    tmp_path: Path, given: dict[str, str], kinds: tuple[str, ...], said: str
) -> None:
    assert child(given, *kinds, cwd=tmp_path) == said


@pytest.mark.parametrize("pid", ["", "1", "me "])
def test_what_is_handed_to_another_process_is_not_taken(pid: str, sockets: ExitStack) -> None:
    (bound,) = Ports.given({"LISTEN_PID": pid, "LISTEN_FDS": "1"}).at(LOOPBACK, 0)
    assert sockets.enter_context(bound).getsockname()[0] == LOOPBACK


def test_each_bots_socket_of_one_port_is_served(sockets: ExitStack) -> None:
    first = listening(sockets)
    # Another network's socket of the same port; here it is the same one once more.
    again = sockets.enter_context(first.dup())
    ports = Ports((first, again))
    assert ports.at(*first.getsockname()) == (first, again)
    ports.insist_on_all()


def test_where_any_socket_is_handed_over_none_is_bound(sockets: ExitStack) -> None:
    with pytest.raises(Misconfigured, match=r"no socket for port 8300 of 127\.0\.0\.1 was handed over"):
        Ports((listening(sockets),)).at(LOOPBACK, 8300)


def test_a_socket_is_served_but_once(sockets: ExitStack) -> None:
    one = listening(sockets)
    ports = Ports((one,))
    ports.at(*one.getsockname())
    with pytest.raises(Misconfigured, match="was handed over"):
        ports.at(*one.getsockname())


def test_a_socket_that_nothing_serves_ends_the_start(sockets: ExitStack) -> None:
    one = listening(sockets)
    with pytest.raises(Misconfigured, match=f"port {one.getsockname()[1]} of .* nothing is served there"):
        Ports((one,)).insist_on_all()


async def test_every_socket_of_a_port_answers(sockets: ExitStack) -> None:
    one, other = listening(sockets), listening(sockets)
    came: list[str] = []

    class Note(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            came.append("came")

    servers = await listen(Note, (one, other))
    assert port_of(servers) == one.getsockname()[1]
    for each in (one, other):
        _, writer = await asyncio.open_connection(*each.getsockname())
        writer.close()
    for server in servers:
        server.close()
    assert came == ["came", "came"]


def door(stack: ExitStack, folder: Path, name: str = "127.0.0.1:8300.sock") -> socket.socket:
    made = stack.enter_context(socket.socket(socket.AF_UNIX))
    made.bind(str(folder / name))
    made.listen()
    return made


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("127.0.0.1:8300.sock", ("127.0.0.1", 8300)),
        ("127.0.0.91:443.sock", ("127.0.0.91", 443)),
        ("8300.sock", None),
        ("127.0.0.1:08300.sock", None),
        ("127.0.0.1:830000.sock", None),
        ("127.0.0.1:8300.sock2", None),
        ("127.0.0.1:8300.sock\n", None),
        ("127.0.0.1:٨٣٠٠.sock", None),
        ("localhost:8300.sock", None),
        ("::1:8300.sock", None),
        ("127.0.0.1:-1.sock", None),
    ],
)
def test_a_door_stands_for_what_its_whole_name_says(
    sockets: ExitStack, tmp_path: Path, name: str, where: tuple[str, int] | None
) -> None:
    made = door(sockets, tmp_path, name)
    if where is not None:
        assert stands_for(made) == where
        return
    with pytest.raises(Misconfigured, match="whose name says no address and port"):
        Ports((made,))


def test_a_door_and_a_port_of_one_address_are_served_together_and_no_other_address_gets_them(
    sockets: ExitStack, tmp_path: Path
) -> None:
    port = listening(sockets)
    made = door(sockets, tmp_path, f"127.0.0.1:{port.getsockname()[1]}.sock")
    ports = Ports((port, made))
    with pytest.raises(Misconfigured, match="was handed over"):
        ports.at("127.0.0.91", port.getsockname()[1])
    assert ports.at(*port.getsockname()) == (port, made)
    ports.insist_on_all()


def test_a_door_that_nothing_serves_ends_the_start(sockets: ExitStack, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"port 8300 of 127\.0\.0\.1 .* nothing is served there"):
        Ports((door(sockets, tmp_path),)).insist_on_all()


async def test_a_door_answers_as_a_port_does_in_plain_and_over_tls(sockets: ExitStack, tmp_path: Path) -> None:
    async with world() as inner:
        plain = Site(inner.front, 8300, HASTY)
        secure = SecureSite("s", inner.front, 8302, leaves(tmp_path), HASTY, Counter())
        ports = Ports((door(sockets, tmp_path), door(sockets, tmp_path, "127.0.0.1:8302.sock")))
        ways: tuple[Site | SecureSite, ...] = (plain, secure)
        for way in ways:
            await way.open(ports)
        ports.insist_on_all()
        assert [way.port for way in ways] == [8300, 8302]
        for name, context in (("127.0.0.1:8300.sock", None), ("127.0.0.1:8302.sock", client())):
            host = None if context is None else "localhost"
            line = Line(*await asyncio.open_unix_connection(str(tmp_path / name), ssl=context, server_hostname=host))
            line.writer.write(b"GET /api/v3/order HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert (await line.rest()).startswith(b"HTTP/1.1 ")
            line.close()
        for way in ways:
            await way.close()
        # It is systemd's: whoever starts next is handed it again.
        assert (tmp_path / "127.0.0.1:8300.sock").is_socket()


def test_a_port_that_may_not_be_bound_says_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_where: object) -> None:
        """The kernel says no to whoever is not root; the tests may be root."""
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("ringfence.gateway.ports.socket.create_server", refuse)
    with pytest.raises(Misconfigured) as refused:
        OWN.at("127.0.0.91", 443)
    assert str(refused.value) == "port 443 of 127.0.0.91 cannot be listened on: Permission denied"
    assert "CAP_NET_BIND_SERVICE" in str(refused.value.hint)
    assert "net.ipv4.ip_unprivileged_port_start=443" in str(refused.value.hint)


def test_an_address_that_is_not_of_this_machine_says_so() -> None:
    with pytest.raises(Misconfigured) as refused:
        OWN.at("192.0.2.1", 0)
    assert "choose an address from 127.0.0.0/8" in str(refused.value.hint)
