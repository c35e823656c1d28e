import json
from pathlib import Path

import pytest

from ringfence.pointing.clients import clients
from ringfence.settings import load
from tests.cli.terminal import PASSPHRASE, Said, program, ringfence

_OPEN = {"passphrase": PASSPHRASE}


def pointed(home: Path, *words: str) -> Said:
    return ringfence(home, "point", *words, secrets=_OPEN)


def test_without_a_client_those_that_are_known_are_listed(home: Path) -> None:
    assert ringfence(home, "point").out.count("\n") == len(clients()) + 2
    listed = ringfence(home, "point", "--json").json()
    assert listed["clients"]["hummingbot"] == ["names"]


def test_the_secret_is_shown_to_whoever_asks_for_it_and_not_otherwise(home: Path) -> None:
    held = ringfence(home, "bot", "env", "grid", "--format", "json", secrets=_OPEN).json()
    hidden = pointed(home, "freqtrade", "--mode", "base-url")
    assert hidden.code == 0, hidden.err
    assert held["secret"] not in hidden.out
    assert held["key"] not in hidden.out
    assert "<virtual secret of grid>" in hidden.out
    assert "--show-secret" in hidden.out
    shown = pointed(home, "freqtrade", "--mode", "base-url", "--show-secret")
    assert held["secret"] in shown.out
    assert held["key"] in shown.out


def test_json_says_the_same_for_a_program(home: Path) -> None:
    found = pointed(home, "freqtrade", "--mode", "base-url", "--json").json()
    assert json.loads(found["text"]) == found["config"]
    assert found["config"]["exchange"]["name"] == "binance"
    port = load(home).listeners[0].port
    assert found["settings"] == f'[listeners.paper]\nexchange = "paper-binance"\nport = {port}'


def test_the_mode_without_one_named_is_the_best(home: Path) -> None:
    assert pointed(home, "nautilus_trader", "--json").json()["mode"] == "base-url"
    assert pointed(home, "hummingbot", "--json").json()["mode"] == "names"


WRONG = [
    (("hummingbot", "--mode", "proxy"), "reads no proxy"),
    (("hummingbot", "--mode", "base-url"), "constants in its code"),
    (("nautilus_trader", "--mode", "proxy"), "built into it"),
    (("octobot", "--mode", "base-url"), "no setting for the exchange's address"),
    (("nobody",), "there is no client nobody"),
    (("ccxt", "--bot", "other"), "there is no bot other"),
]


@pytest.mark.parametrize(("words", "why"), WRONG)
def test_what_cannot_be_done_is_refused_with_the_reason(home: Path, words: tuple[str, ...], why: str) -> None:
    done = pointed(home, *words)
    assert done.code == 2
    assert why in done.err


def test_of_several_bots_one_must_be_named(home: Path) -> None:
    assert ringfence(home, "bot", "add", "second", "--account", "main", secrets=_OPEN).code == 0
    done = pointed(home, "ccxt", "--mode", "base-url")
    assert (done.code, done.err) == (2, "error: which bot is meant?\nhint: give --bot; there is grid, second\n")
    assert pointed(home, "ccxt", "--mode", "base-url", "--bot", "second").code == 0


def test_a_private_key_that_is_not_kept_stays_a_blank(home: Path) -> None:
    added = ringfence(home, "bot", "add", "pair", "--account", "main", "--key-type", "ed25519", secrets=_OPEN)
    assert added.code == 0, added.err
    done = pointed(home, "ccxt", "--mode", "base-url", "--bot", "pair", "--show-secret")
    assert "<the private key that was shown when bot pair was made>" in done.out


def test_without_a_terminal_the_program_says_the_same(home: Path) -> None:
    done = program(home, "point", "ccxt", "--mode", "base-url", secrets=_OPEN)
    assert done.code == 0, done.err
    assert "exchange = ccxt.binance({" in done.out
