import json
import shlex
from pathlib import Path

import ccxt.pro
import pytest

from ringfence.cli.keypair import understood
from ringfence.cli.names import listener_of, listeners_of
from ringfence.dialects.dialect import Algorithm
from ringfence.dialects.signing import Key
from ringfence.dialects.virtual import recognise
from ringfence.pointing.clients import addresses
from ringfence.settings import load
from ringfence.vault.vault import Vault
from tests.cli.terminal import PASSPHRASE, reply, ringfence, signer

_OPEN = {"passphrase": PASSPHRASE}


def test_a_new_bot_gets_a_virtual_key_that_can_be_shown_again(home: Path) -> None:
    added = ringfence(home, "bot", "add", "second", "--account", "main", "--json", secrets=_OPEN)
    assert added.code == 0, added.err
    shown = ringfence(home, "bot", "env", "second", "--format", "json", secrets=_OPEN)
    assert added.json() == shown.json()
    assert recognise(added.json()["key"]) == "binance key"
    assert recognise(added.json()["secret"]) == "binance secret"
    assert added.json()["url"] == f"http://127.0.0.1:{load(home).listeners[0].port}"


def test_no_two_bots_share_a_key(home: Path) -> None:
    first = ringfence(home, "bot", "env", "grid", "--format", "json", secrets=_OPEN).json()
    second = ringfence(home, "bot", "add", "second", "--account", "main", "--json", secrets=_OPEN).json()
    assert first["key"] != second["key"]
    assert first["secret"] != second["secret"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("grid", "--account", "main"), "there is already a bot grid"),
        (("second", "--account", "other"), "account other has no key"),
        (("Second", "--account", "main"), "'Second' is no name for a bot"),
        (("x" * 33, "--account", "main"), f"'{'x' * 33}' is no name for a bot"),
    ],
)
def test_a_bot_that_cannot_be_meant_is_not_made(home: Path, arguments: tuple[str, ...], said: str) -> None:
    before = (home / "vault").read_bytes()
    done = ringfence(home, "bot", "add", *arguments, secrets=_OPEN)
    assert (done.code, done.err.splitlines()[0]) == (2, f"error: {said}")
    assert (home / "vault").read_bytes() == before


def test_a_bot_that_only_watches_says_so(home: Path) -> None:
    ringfence(home, "bot", "add", "eyes", "--account", "main", "--role", "watch", secrets=_OPEN)
    bots = ringfence(home, "bot", "list", "--json", secrets=_OPEN).json()["bots"]
    assert [(bot["bot"], bot["role"]) for bot in bots] == [("grid", "trade"), ("eyes", "watch")]


def test_the_list_needs_no_passphrase_while_a_signer_runs(home: Path) -> None:
    with signer(home):
        done = ringfence(home, "bot", "list")
    assert done.code == 0
    assert "grid" in done.out


def test_a_removed_bot_is_gone(home: Path) -> None:
    with signer(home, AskReload=reply({"done": True})):
        done = ringfence(home, "bot", "remove", "grid", "--yes", secrets=_OPEN)
    assert done.code == 0, done.err
    done = ringfence(home, "bot", "env", "grid", secrets=_OPEN)
    assert (done.code, done.err) == (2, "error: there is no bot grid\nhint: there is none\n")


def test_env_prints_lines_that_a_shell_reads(home: Path) -> None:
    lines = ringfence(home, "bot", "env", "grid", secrets=_OPEN).out.splitlines()
    values = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    assert set(values) == {"BINANCE_API_KEY", "BINANCE_API_SECRET", "BINANCE_BASE_URL"}
    assert recognise(values["BINANCE_API_SECRET"]) == "binance secret"


def test_ccxt_is_given_an_address_of_ours_for_each_of_its_own(home: Path) -> None:
    config = ringfence(home, "bot", "env", "grid", "--format", "ccxt", secrets=_OPEN).json()
    port = load(home).listeners[0].port
    ours = addresses("binance", f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}")
    assert ccxt.pro.binance(config).urls["api"] == ours
    assert json.loads(json.dumps(config)) == config


def over_tls(home: Path) -> int:
    """Let its only listener speak TLS; its port."""
    port = load(home).listeners[0].port
    settings = home / "ringfence.toml"
    settings.write_text(settings.read_text().replace(f"port = {port}\n", f"port = {port}\ntls = true\n", 1))
    return port


def test_where_only_tls_is_spoken_a_shell_is_told_what_to_trust(home: Path) -> None:
    port, bundle = over_tls(home), str(load(home).bundle)
    lines = ringfence(home, "bot", "env", "grid", secrets=_OPEN).out.splitlines()
    values = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    assert values["BINANCE_BASE_URL"] == f"https://127.0.0.1:{port}"
    trusting = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}
    assert {name: values[name] for name in trusting} == dict.fromkeys(trusting, bundle)


def test_where_only_tls_is_spoken_ccxt_is_told_how_its_addresses_begin_and_what_to_trust(home: Path) -> None:
    port, authority = over_tls(home), str(load(home).authority)
    config = ringfence(home, "bot", "env", "grid", "--format", "ccxt", secrets=_OPEN).json()
    made = ccxt.pro.binance(config)
    assert made.hostname == f"ringfence@127.0.0.1:{port}"
    assert made.urls["api"]["public"] == f"https://api.{made.hostname}/api/v3"
    assert (made.cafile, made.validateServerSsl) == (authority, authority)


def test_a_plain_listener_is_told_before_one_with_tls(home: Path) -> None:
    port = over_tls(home)
    with (home / "ringfence.toml").open("a") as file:
        file.write('[listeners.second]\nexchange = "paper-binance"\nport = 8399\n')
    assert port != 8399
    assert ringfence(home, "bot", "env", "grid", "--format", "json", secrets=_OPEN).json()["url"].endswith(":8399")


@pytest.mark.parametrize(("key_type", "algorithm"), [("ed25519", Algorithm.ED25519), ("rsa", Algorithm.RSA)])
def test_a_bot_with_a_key_pair_is_shown_its_private_half_once(home: Path, key_type: str, algorithm: Algorithm) -> None:
    options = ("--account", "main", "--key-type", key_type)
    added = ringfence(home, "bot", "add", "second", *options, "--json", secrets=_OPEN)
    assert added.code == 0, added.err
    assert recognise(added.json()["key"]) == "binance key"
    kind, held, _ = understood(bytearray(added.json()["secret"].encode()))
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault, vault.reveal("bot-second") as kept:
        record = next(one for one in vault.records if one.id == "bot-second")
        assert record.algorithm == kind == algorithm
        assert Key(algorithm, kept.view()).fits(b"text", Key(kind, memoryview(held)).sign(b"text"))
    again = ringfence(home, "bot", "env", "second", secrets=_OPEN)
    assert again.code == 2
    assert "was shown when it was made, and is not kept" in again.err


@pytest.mark.parametrize("tls", [False, True])
def test_a_listener_for_one_host_is_told_only_where_there_is_no_other(home: Path, tls: bool) -> None:
    """It serves a part of the exchange, whatever it speaks and wherever it stands in the file."""
    settings, whole = home / "ringfence.toml", load(home).listeners[0].port
    if tls:
        over_tls(home)
    narrow = '[listeners.a]\nexchange = "paper-binance"\nport = 18997\nhost = "stream.binance.com"\n'
    settings.write_text(narrow + settings.read_text())
    assert [one.port for one in listeners_of(load(home), "paper-binance")] == [whole, 18997]
    assert listener_of(load(home), "paper-binance").port == whole
