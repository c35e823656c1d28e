from dataclasses import fields
from pathlib import Path

import pytest

from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId
from ringfence.settings import LISTENS, NAMED_PORTS, Listener, Names, Paper, Proxy, Settings, load

LISTENER = '[listeners.a]\nexchange = "paper-binance"\nport = 8300\n'
NAMES = '[names]\naddress = "127.0.0.91"\nexchanges = ["paper-binance"]\n'


def written(home: Path, text: str) -> Path:
    (home / "ringfence.toml").write_text(text)
    return home


def test_every_way_in_can_be_written(tmp_path: Path) -> None:
    found = load(
        written(tmp_path, LISTENER + 'host = "stream.binance.com"\ntls = true\n[proxy]\nport = 8118\n' + NAMES)
    )
    exchange = ExchangeId("paper-binance")
    assert found.listeners == (Listener("a", exchange, 8300, "stream.binance.com", tls=True),)
    assert found.proxy == Proxy(8118)
    assert found.names == Names("127.0.0.91", (exchange,), NAMED_PORTS)


def test_a_way_in_that_is_not_written_is_not_there(tmp_path: Path) -> None:
    found = load(written(tmp_path, LISTENER))
    assert (found.proxy, found.names, found.listeners[0].host) == (None, None, None)
    assert found.listeners[0].tls is False


REFUSED = [
    ("[proxy]\n", "port is missing"),
    ("[proxy]\nport = 1023\n", "not a port from 1024"),
    ("[proxy]\nport = 65536\n", "not a port from 1024"),
    ("[proxy]\nport = true\n", "port is missing or not a whole number"),
    ('[proxy]\nport = 8118\nhost = "0.0.0.0"\n', "unknown key 'host'"),
    ("proxy = 8118\n", "proxy is not a table"),
    (LISTENER + 'address = "0.0.0.0"\n', "unknown key 'address'"),
    (LISTENER + "host = 1\n", "host is missing or not text"),
    (LISTENER + 'host = "Stream.binance.com"\n', "host is not a host's name"),
    (LISTENER + 'host = "stream.binance.com:9443"\n', "host is not a host's name"),
    (LISTENER + 'host = ""\n', "host is not a host's name"),
    (LISTENER + "tls = 1\n", "tls is neither true nor false"),
    (LISTENER + 'tls = "true"\n', "tls is neither true nor false"),
    (NAMES.replace("127.0.0.91", "0.0.0.0"), "address is not one of this machine's own"),  # noqa: S104
    (NAMES.replace("127.0.0.91", "192.168.0.1"), "address is not one of this machine's own"),
    (NAMES.replace("127.0.0.91", "128.0.0.1"), "address is not one of this machine's own"),
    (NAMES.replace("127.0.0.91", "localhost"), "address is not one of this machine's own"),
    (NAMES.replace("127.0.0.91", "::1"), "address is not one of this machine's own"),
    (NAMES.replace('["paper-binance"]', "[]"), "exchanges is not a list"),
    (NAMES.replace('["paper-binance"]', '"paper-binance"'), "exchanges is not a list"),
    (NAMES.replace('["paper-binance"]', "[1]"), "exchanges is not a list"),
    (NAMES + "ports = [443]\n", "unknown key 'ports'"),
    ("[names]\n", "address is missing"),
    ("[paper]\nport = 8410\nother = 1\n", "unknown key 'other'"),
    ("[tunnels]\n", "unknown key 'tunnels'"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused_and_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(written(tmp_path, text))
    assert said in str(refused.value)


@pytest.mark.parametrize(("tls", "url"), [("false", "http://127.0.0.1:8300"), ("true", "https://127.0.0.1:8300")])
def test_a_listeners_address_says_how_it_is_spoken_to(tmp_path: Path, tls: str, url: str) -> None:
    [listener] = load(written(tmp_path, f"{LISTENER}tls = {tls}\n")).listeners
    assert listener.url == url


@pytest.mark.parametrize("address", ["127.0.0.1", "127.255.255.254"])
def test_any_loopback_address_will_do_for_names(tmp_path: Path, address: str) -> None:
    names = load(written(tmp_path, NAMES.replace("127.0.0.91", address))).names
    assert names is not None
    assert names.address == address


PAGE = (Path(__file__).parents[2] / "docs/reference/settings.md").read_text("utf-8")


def test_the_example_of_the_reference_is_read_whole(tmp_path: Path) -> None:
    example = PAGE.split("```toml\n")[1].split("```")[0]
    found = load(written(tmp_path, example))
    assert [(one.host, one.tls) for one in found.listeners] == [
        (None, False),
        (None, True),
        ("stream.binance.com", False),
    ]
    assert (found.proxy, found.names is None, found.paper is None) == (Proxy(8118), False, False)


def test_the_reference_has_every_key() -> None:
    rows = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| `")]
    keys = [field.name for kind in (Listener, Names) for field in fields(kind) if field.name not in {"name", "ports"}]
    tables = ["[listeners.NAME]", "[proxy]", "[names]", "[paper]", "[users]"]
    assert set(rows) == {f"`{key}`" for key in (*keys, *tables)}
    assert all(f"`{field.name}`" in PAGE for field in fields(Paper))
    assert f"ports {NAMED_PORTS[0]}, {NAMED_PORTS[1]} and {NAMED_PORTS[2]}" in PAGE


def test_with_a_user_for_each_process_each_listens_in_a_directory_of_its_own(tmp_path: Path) -> None:
    one, apart = Settings(tmp_path), Settings(tmp_path, users={"signer": 991})
    assert one.socket("asks") == tmp_path / "run" / "asks.sock"
    assert apart.socket("asks") == tmp_path / "run" / "signer" / "asks.sock"
    assert {apart.socket(name).parent.name for name in LISTENS} == {"signer", "courier", "paper"}
