"""The table against the clients themselves, and what is written from it."""

import ast
import importlib
import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from ringfence.dialects.binance.dialect import HOSTS
from ringfence.dialects.hosts import hosts_of
from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId
from ringfence.pointing.answer import Answer, answer, lines, variables
from ringfence.pointing.clients import Mode, addresses, client, clients, environment
from ringfence.pointing.place import Place
from ringfence.settings import Listener

PLACE = Place(
    home=Path("/home/me/ring fence$"),
    bot="grid",
    exchange="paper-binance",
    key="K" * 64,
    secret="S" * 64,
    plain=Listener("paper", ExchangeId("paper-binance"), 8300),
    proxy=8118,
    token="abcdefghijklmnopqrstuvwxyz234567",  # noqa: S106  # made up
)
PROXY = f"http://grid:{PLACE.token}@127.0.0.1:8118"
CA, BUNDLE = "/home/me/ring fence$/trust/ca.pem", "/home/me/ring fence$/trust/bundle.pem"
SECURE = replace(PLACE, secure=Listener("safe", ExchangeId("paper-binance"), 8302, tls=True))
ONLY_SECURE = replace(SECURE, plain=None)
EVERY = [(name, mode) for name, one in clients().items() for mode in one.ways]
IN_PYTHON = [(name, mode) for name, mode in EVERY if clients()[name].ways[mode].form == "python"]


def asked(name: str, mode: Mode | None = None, place: Place = PLACE) -> Answer:
    return answer(client(name), client(name).way(mode), place)


# what the best mode of each is, and which cannot work: the clients themselves were run to find it out
MODES = {
    "ccxt": "proxy base-url names",
    "ccxt-async": "proxy base-url names",
    "ccxt-pro": "proxy base-url names",
    "ccxt-js": "proxy base-url names",
    "freqtrade": "proxy base-url names",
    "hummingbot": "names",
    "octobot": "proxy names",
    "nautilus_trader": "base-url",
    "python-binance": "proxy base-url names",
    "python-binance-async": "proxy base-url names",
    "binance-connector": "proxy base-url names",
    "binance-sdk-spot": "proxy base-url names",
    "environment": "proxy base-url names",
}


def test_each_client_has_its_modes_the_best_first() -> None:
    assert {name: " ".join(one.ways) for name, one in clients().items()} == MODES
    assert all(set(one.ways) | set(one.refused) == set(Mode) for one in clients().values())
    assert all(not set(one.ways) & set(one.refused) for one in clients().values())


# At a listener with TLS


OVER_TLS = {
    "ccxt": {"validateServerSsl": CA},
    "ccxt-async": {"cafile": CA},
    "ccxt-pro": {"cafile": CA},
    "ccxt-js": {},
}


@pytest.mark.parametrize("name", OVER_TLS)
def test_ccxt_is_told_https_and_wss_what_to_trust_and_how_its_addresses_begin(name: str) -> None:
    found = asked(name, Mode.BASE_URL, SECURE)
    urls: Any = found.config["urls"]
    api = urls["api"]
    more = {"apiKey": PLACE.key, "secret": PLACE.secret, "hostname": "ringfence@127.0.0.1:8302"}
    assert found.config == {**more, **OVER_TLS[name], "urls": {"api": api}}
    assert found.environment == ({"NODE_EXTRA_CA_CERTS": CA} if name == "ccxt-js" else {})
    assert api["public"] == "https://api.ringfence@127.0.0.1:8302/api/v3"
    assert api["sapi"] == "https://api.ringfence@127.0.0.1:8302/sapi/v1"
    assert api["fapiData"] == "https://fapi.ringfence@127.0.0.1:8302/futures/data"
    assert api["ws"]["spot"] == "wss://127.0.0.1:8302/ws"
    assert found.settings == '[listeners.safe]\nexchange = "paper-binance"\nport = 8302\ntls = true'
    assert any("before @" in one for one in found.differs)
    assert "NotSupported" not in lines(found)


def test_freqtrade_is_told_the_same_in_its_own_settings() -> None:
    exchange: Any = asked("freqtrade", Mode.BASE_URL, SECURE).config["exchange"]
    of_ccxt: Any = asked("ccxt", Mode.BASE_URL, SECURE).config
    assert exchange["ccxt_config"] == {"urls": of_ccxt["urls"], "hostname": of_ccxt["hostname"]}
    assert exchange["ccxt_sync_config"] == {"validateServerSsl": CA}
    assert exchange["ccxt_async_config"] == {"cafile": CA}


HAS_TLS = {"ccxt", "ccxt-async", "ccxt-pro", "ccxt-js", "freqtrade"}


@pytest.mark.parametrize(("name", "mode"), EVERY)
def test_a_listener_with_tls_changes_nothing_for_whom_it_is_not_for(name: str, mode: Mode) -> None:
    changed = asked(name, mode, SECURE) != asked(name, mode)
    assert changed is (name in HAS_TLS and mode is Mode.BASE_URL)


PLAIN_ALONE = [name for name, mode in EVERY if mode is Mode.BASE_URL and name not in HAS_TLS]


@pytest.mark.parametrize("name", PLAIN_ALONE)
def test_a_client_that_is_pointed_in_plain_is_not_sent_to_a_listener_with_tls(name: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        asked(name, Mode.BASE_URL, ONLY_SECURE)
    assert "every listener of paper-binance has tls = true" in str(refused.value)
    assert "without tls" in str(refused.value.hint)


@pytest.mark.parametrize("name", sorted(HAS_TLS))
def test_a_plain_listener_says_what_is_lost_there_and_how_to_have_it(name: str) -> None:
    found = asked(name, Mode.BASE_URL)
    assert "https" not in found.text
    assert any("`tls = true`" in one for one in found.differs)


REFUSED = [(name, mode) for name, one in clients().items() for mode in one.refused]


@pytest.mark.parametrize(("name", "mode"), REFUSED)
def test_a_mode_that_cannot_work_is_refused_with_the_reason(name: str, mode: Mode) -> None:
    with pytest.raises(Misconfigured) as raised:
        client(name).way(mode)
    assert client(name).refused[mode] in str(raised.value)
    assert f"--mode {client(name).default}" in str(raised.value.hint)


def test_a_client_that_nobody_knows_is_refused_and_those_known_are_named() -> None:
    with pytest.raises(Misconfigured) as raised:
        client("ccxtt")
    assert "freqtrade" in str(raised.value.hint)


@pytest.mark.parametrize(("name", "mode"), EVERY)
def test_nothing_is_left_to_fill_in(name: str, mode: Mode) -> None:
    found = asked(name, mode)
    written = lines(found) + json.dumps(found.config)
    assert "$" not in written.replace("ring fence$", "")
    assert "None" not in written
    holds = (found.text, json.dumps(found.config))
    assert any(PLACE.key in one and PLACE.secret in one for one in holds)


@pytest.mark.parametrize(("name", "mode"), IN_PYTHON)
def test_what_goes_into_a_program_is_python(name: str, mode: Mode) -> None:
    ast.parse(asked(name, mode).text)


@pytest.mark.parametrize(("name", "mode"), EVERY)
def test_each_mode_says_which_setting_brings_in_what_leaks(name: str, mode: Mode) -> None:
    way = client(name).ways[mode]
    assert way.rest
    streams = name not in {"ccxt", "ccxt-async"} and (name, mode) != ("ccxt-js", Mode.BASE_URL)
    assert bool(way.stream) is (streams or mode is Mode.NAMES)


# which settings bring a client in and make it trust us: one row for each cell of the table
PROXIED: dict[str, dict[str, Any]] = {
    "ccxt": {"httpsProxy": PROXY, "validateServerSsl": CA},
    "ccxt-async": {"httpsProxy": PROXY, "cafile": CA},
    "ccxt-pro": {"httpsProxy": PROXY, "wssProxy": PROXY, "cafile": CA},
    "ccxt-js": {"httpsProxy": PROXY, "wssProxy": PROXY},
}


@pytest.mark.parametrize("name", PROXIED)
def test_ccxt_is_told_of_the_proxy_by_the_settings_that_it_knows(name: str) -> None:
    keys = {"apiKey": PLACE.key, "secret": PLACE.secret}
    assert asked(name, Mode.PROXY).config == {**keys, **PROXIED[name]}


@pytest.mark.parametrize("name", ["ccxt", "ccxt-async", "ccxt-pro"])
def test_ccxt_takes_the_proxy_and_the_certificate_that_it_is_given(name: str, tmp_path: Path) -> None:
    kinds = {"ccxt": ccxt, "ccxt-async": ccxt.async_support, "ccxt-pro": ccxt.pro}
    made = kinds[name].binance(dict(asked(name, Mode.PROXY).config))
    assert made.httpsProxy == PROXY
    assert made.verify is True
    assert (made.validateServerSsl if name == "ccxt" else made.cafile) == CA
    if name == "ccxt-pro":
        assert made.wssProxy == PROXY


VARIABLES = {
    ("ccxt-js", Mode.PROXY): {"NODE_EXTRA_CA_CERTS": CA},
    ("freqtrade", Mode.NAMES): {"RINGFENCE_CA_BUNDLE": BUNDLE, "PYTHONPATH": f"{PLACE.home}/trust/python"},
    ("hummingbot", Mode.NAMES): {"SSL_CERT_FILE": BUNDLE},
    ("octobot", Mode.PROXY): {
        "HTTPS_PROXY": PROXY,
        "WSS_PROXY": PROXY,
        "RINGFENCE_CA_BUNDLE": BUNDLE,
        "PYTHONPATH": f"{PLACE.home}/trust/python",
    },
    ("python-binance", Mode.PROXY): {"HTTPS_PROXY": PROXY, "REQUESTS_CA_BUNDLE": BUNDLE, "SSL_CERT_FILE": BUNDLE},
    ("python-binance-async", Mode.PROXY): {"HTTPS_PROXY": PROXY, "SSL_CERT_FILE": BUNDLE},
    ("binance-connector", Mode.PROXY): {"HTTPS_PROXY": PROXY, "REQUESTS_CA_BUNDLE": BUNDLE, "SSL_CERT_FILE": BUNDLE},
    ("binance-sdk-spot", Mode.PROXY): {"REQUESTS_CA_BUNDLE": BUNDLE, "SSL_CERT_FILE": BUNDLE},
    ("nautilus_trader", Mode.BASE_URL): {},
}


@pytest.mark.parametrize(("name", "mode"), VARIABLES)
def test_the_environment_holds_what_the_client_reads_and_nothing_more(name: str, mode: Mode) -> None:
    assert asked(name, mode).environment == VARIABLES[name, mode]


def test_every_variable_that_a_way_names_has_a_value() -> None:
    named = {one for row in clients().values() for way in row.ways.values() for one in way.environment}
    assert named == set(environment())


def test_variables_are_written_as_a_shell_reads_them() -> None:
    assert variables({"SSL_CERT_FILE": BUNDLE, "WSS_PROXY": PROXY}) == f"SSL_CERT_FILE='{BUNDLE}'\nWSS_PROXY={PROXY}"


def _leaves(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [leaf for one in value.values() for leaf in _leaves(one)]


@pytest.mark.parametrize("kind", [ccxt, ccxt.async_support, ccxt.pro])
def test_no_address_of_ccxt_is_left_to_lead_past_us(kind: Any) -> None:
    ours = addresses("binance", "http://127.0.0.1:8300", "ws://127.0.0.1:8300")
    after = kind.binance({"urls": {"api": ours}}).urls["api"]
    before = kind.binance().urls["api"]
    assert set(before) <= set(after)
    assert all(leaf.split("/")[2] == "127.0.0.1:8300" for leaf in _leaves(after))
    rest = {name: url.split("/", 3)[3] for name, url in before.items() if isinstance(url, str)}
    assert {name: after[name].split("/", 3)[3] for name in rest} == rest


@pytest.mark.parametrize("kind", [ccxt, ccxt.async_support, ccxt.pro])
def test_no_address_of_ccxt_is_left_to_lead_past_us_over_tls(kind: Any) -> None:
    told: Any = asked("ccxt", Mode.BASE_URL, SECURE).config
    after, before = kind.binance({"urls": told["urls"]}).urls["api"], kind.binance().urls["api"]
    assert set(before) <= set(after)
    assert {urlsplit(leaf).netloc.rpartition("@")[2] for leaf in _leaves(after)} == {"127.0.0.1:8302"}
    assert {leaf.partition(":")[0] for leaf in _leaves(after)} == {"https", "wss"}
    for name, url in before.items():
        if isinstance(url, str):
            theirs, ours = urlsplit(url), urlsplit(after[name])
            assert (ours.username, ours.path) == (f"{theirs.netloc.partition('.')[0]}.ringfence", theirs.path)


def test_another_markets_stream_is_never_the_spot_stream() -> None:
    after = ccxt.pro.binance({"urls": {"api": addresses("binance", "http://g", "ws://g")}}).urls["api"]["ws"]
    spot = {after["spot"], after["margin"], after["ws-api"]["spot"]}
    others = {after["future"], after["delivery"], after["papi"], after["ws-api"]["future"], after["ws-api"]["delivery"]}
    assert not spot & others
    assert len(others) == 5


def test_no_address_of_python_binance_is_left_to_lead_past_us() -> None:
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # its own, of websockets
        client_class = importlib.import_module("binance.base_client").BaseClient
        streams = importlib.import_module("binance.ws.streams").BinanceSocketManager
    elsewhere = ("TESTNET", "DEMO")
    known = {
        f"{kind}.{name}"
        for kind, held in (("Client", client_class), ("BinanceSocketManager", streams))
        for name, value in vars(held).items()
        if isinstance(value, str) and "://" in value and not any(word in name for word in elsewhere)
    }
    for name, kind in (("python-binance", "Client"), ("python-binance-async", "AsyncClient")):
        tree = ast.parse(asked(name, Mode.BASE_URL).text)
        set_ = {ast.unparse(node.targets[0]) for node in ast.walk(tree) if isinstance(node, ast.Assign)}
        assert {one.replace("Client.", f"{kind}.", 1) if one.startswith("Client") else one for one in known} <= set_


def test_the_name_mode_has_every_host_that_clients_know() -> None:
    known = {url.split("/")[2].split(":")[0] for url in _leaves(ccxt.pro.binance().urls["api"])} | set(HOSTS)
    named = sorted(hosts_of(ExchangeId("paper-binance")))
    assert known <= set(named)
    assert asked("hummingbot").hosts == tuple(f"127.0.0.91 {host}" for host in named)
    assert asked("ccxt", Mode.PROXY).hosts == ()


def test_names_that_are_not_switched_on_are_said_to_be_missing() -> None:
    assert asked("hummingbot").missing
    assert "which is not there yet" in lines(asked("hummingbot"))
    there = asked("hummingbot", place=replace(PLACE, address="127.0.0.5"))
    assert not there.missing
    assert there.hosts[0].startswith("127.0.0.5 ")
    assert there.settings == '[names]\naddress = "127.0.0.5"\nexchanges = ["paper-binance"]'


CLOSED = [(Mode.BASE_URL, {"plain": None}), (Mode.PROXY, {"proxy": None}), (Mode.PROXY, {"token": ""})]


@pytest.mark.parametrize(("mode", "lacks"), CLOSED)
def test_a_door_that_the_deployment_has_not_is_refused(mode: Mode, lacks: dict[str, Any]) -> None:
    asked("ccxt", mode)
    with pytest.raises(Misconfigured):
        asked("ccxt", mode, replace(PLACE, **lacks))


def test_an_exchange_whose_addresses_nobody_wrote_down_is_refused() -> None:
    with pytest.raises(Misconfigured):
        asked("ccxt", Mode.BASE_URL, replace(PLACE, plain=Listener("k", ExchangeId("kraken"), 8300)))
