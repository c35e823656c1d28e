"""Hosts, names and constants: the tables on which every judgement stands."""

import zlib

import pytest

from ringfence.audit.code import folding, hosts, names
from ringfence.audit.code.checks.money import is_address
from ringfence.audit.code.values import HOLE, LONG, UNKNOWN


@pytest.mark.parametrize(
    ("host", "exchange"),
    [
        ("api.binance.com", "binance"),
        ("stream.testnet.binance.vision", "binance"),
        ("api.binance.com.collector.example", ""),
        ("evilbinance.com", ""),
        ("api.alpaca.markets", "alpaca"),
        ("collector.example", ""),
    ],
)
def test_a_host_is_an_exchanges_only_where_it_is_below_its_domain(host: str, exchange: str) -> None:
    assert hosts.exchange_of(host) == exchange


@pytest.mark.parametrize(
    ("host", "imitates"),
    [
        ("api.blnance.example", "binance"),
        ("binance-secure.example", "binance"),
        ("api.binance.com.collector.example", "binance"),
        ("api.bitget-pro.example", "bitget"),
        ("mexc.workers.dev", "mexc"),
        ("b\u0456nance.com", "binance"),
        ("xn--bnance-3va.com", "binance"),
        ("b1nance.example", "binance"),
        ("api.binance.com", ""),
        ("binance-docs.github.io", ""),
        ("finance.example", ""),
        ("balance.example", ""),
        ("gate.example", ""),
        ("127.0.0.1", ""),
        ("binance", ""),
        ("collector.example", ""),
    ],
)
def test_a_host_that_wants_to_be_taken_for_an_exchange_is_known(host: str, imitates: str) -> None:
    assert hosts.imitated(host) == imitates


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://A.Example/x", "a.example"),
        ("a.example/x", "a.example"),
        ("203.0.113.7:80", "203.0.113.7"),
        (f"https://a.example{HOLE}", "a.example"),  # what follows a whole host is its path
        (f"https://api.binance{HOLE}", ""),
        (f"https://a.example/{HOLE}", "a.example"),
        (HOLE, ""),
        ("no host", ""),
        ("https://u:p@a.example", "a.example"),
    ],
)
def test_a_host_is_told_only_where_all_of_it_is_known(text: str, host: str) -> None:
    assert hosts.host_of(text) == host


@pytest.mark.parametrize(
    ("host", "local"),
    [("localhost", True), ("redis", True), ("192.168.3.4", True), ("203.0.113.7", False), ("a.example", False)],
)
def test_what_is_local_stays_here(host: str, local: bool) -> None:
    assert hosts.is_local(host) is local


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("api_secret", names.SECRET),
        ("apiSecret", names.SECRET),
        ("PRIVATE_KEY", names.SECRET),
        ("mnemonic", names.SECRET),
        ("api_key", names.KEY),
        ("binance_api_key", names.EXCHANGE_KEY),
        ("secret_hash", ""),
        ("api_key_masked", ""),
        ("openai_api_key", ""),
        ("telegram_token", ""),
        ("secretary", ""),
        ("monkey", ""),
        ("keyboard", ""),
        ("client_secret", ""),
        ("has_secret", ""),
    ],
)
def test_a_name_says_what_it_holds(name: str, kind: str) -> None:
    assert names.kind_of(name) == kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".env", "secret-file"),
        ("x/.env.live", "secret-file"),
        ("~/.ssh/id_ed25519", "machine-key"),
        ("~/.bitcoin/wallet.dat", "wallet"),
        ("a/User Data/Default/Login Data", "browser"),
        ("environment.txt", ""),
        ("data/prices.json", ""),
    ],
)
def test_a_path_says_what_it_holds(path: str, kind: str) -> None:
    assert names.file_kind(path) == kind


@pytest.mark.parametrize(
    ("ref", "args", "result"),
    [
        ("base64.b64decode", ["ZXhlYw"], b"exec"),
        ("codecs.decode", ["rkrp", "rot13"], "exec"),
        ("bytes.fromhex", ["65 78"], b"ex"),
        ("zlib.decompress", [b"\xff\xff\xff"], UNKNOWN),
        ("base64.b64decode", [UNKNOWN], UNKNOWN),
        ("os.path.join", ["~", UNKNOWN], f"~/{HOLE}"),
    ],
)
def test_a_constant_is_worked_out_without_running_anything(ref: str, args: list[str], result: object) -> None:
    assert folding.call(ref, list(args)) == result


def test_no_constant_grows_past_its_bound() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000)
    unpacked = folding.call("zlib.decompress", [bomb])
    assert unpacked is UNKNOWN or (isinstance(unpacked, bytes) and len(unpacked) <= LONG)
    assert folding.times("a", 10**12) is UNKNOWN
    assert folding.arithmetic("Mult", 10**30, 10**30) is UNKNOWN


@pytest.mark.parametrize(
    ("text", "paid"),
    [
        ("0x" + "ab12" * 10, True),
        ("0x" + "0" * 40, False),
        ("0x" + "ab12" * 9, False),
        ("0x" + "ab12" * 11, False),
        ("binance_spot_market_orders_v3", False),
        ("bc1q" + "ar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"[:38], True),
    ],
)
def test_an_address_is_one_that_somebody_can_be_paid_at(text: str, paid: bool) -> None:
    assert is_address(text) is paid
