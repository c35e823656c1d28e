"""What is tried: every class of thing that a captured bot would want, and Ringfence's ports as the only ways out."""

import socket
from pathlib import Path

from ringfence.canary import targets
from ringfence.deploy.bots import Bot
from ringfence.model.names import ExchangeId
from ringfence.settings import Listener, Proxy, Settings


def test_every_class_of_thing_is_tried(tmp_path: Path) -> None:
    (tmp_path / "vault").touch()
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "journal.sqlite").touch()
    settings = Settings(tmp_path, (Listener("a", ExchangeId("paper-binance"), 8300),), proxy=Proxy(8118))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        found = targets.tries(settings, "grid", Bot(), str(tmp_path), (4242,))
    asked = {(each.kind, *each.args) for each in found}
    assert {each[1:] for each in asked if each[0] == "gateway"} == {("127.0.0.1", 8300), ("127.0.0.1", 8118)}
    assert {
        ("tcp", "1.1.1.1", 443),
        ("udp", "1.1.1.1", 53),
        ("tcp", "169.254.169.254", 80),
        ("tcp", "127.0.0.1", port),
        ("name", "example.com"),
        ("read", str(tmp_path / "vault")),
        ("read", str(tmp_path / "journal" / "journal.sqlite")),
        ("unix", "/run/dbus/system_bus_socket"),
        ("write", str(tmp_path)),
        ("memory", 4242),
        ("signal", 4242),
        ("memory", 1),
        ("namespace",),
    } <= asked
    assert len({each.what for each in found if each.kind != "gateway"}) == len(found) - 2, "each has words of its own"


def test_a_port_of_ringfences_is_no_port_to_be_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours:
        where = ours.getsockname()
        assert where not in set(targets._listeners(frozenset({where})))
        assert where in set(targets._listeners(frozenset()))
