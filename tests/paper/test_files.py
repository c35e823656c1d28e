import json
from decimal import Decimal
from pathlib import Path

import pytest

from ringfence.errors import Misconfigured
from ringfence.paper import keyfile, scenario
from ringfence.paper.exchange import Start
from ringfence.paper.keys import Right, Type
from ringfence.paper.markets import LISTINGS

DMG = {"price": "0.01", "tick": "0.000001", "step": "1", "max_price": "1000", "spread": "0.01", "depth": "400"}


def market(name: str, **changed: str | None) -> str:
    values = {key: value for key, value in {**DMG, **changed}.items() if value is not None}
    return "\n".join([f'[markets."{name}"]', *(f'{key} = "{value}"' for key, value in values.items())])


SCENARIOS = [
    "freeze = 1",
    "speed = 2",
    'balances.maker-1.USDT = "1"',
    'balances.main.USDT = "1e4"',
    "balances.main.USDT = 10000",
    'prices.NOSUCH = "1"',
    'prices.BTCUSDT = "-1"',
    "groups.nobody = 1",
    "freeze",
    market("VIAUSDT"),
    market("DMGBTC"),
    market("USDT"),
    market("dmgUSDT"),
    market("A" * 17 + "USDT"),
    market("DMGUSDT", depth=None),
    market("DMGUSDT", speed="1"),
    market("DMGUSDT", depth="-400"),
    *(market("DMGUSDT", **{key: "0"}) for key in DMG),
    market("DMGUSDT", tick="0.1"),
    market("DMGUSDT", max_price="0.009999"),
    market("DMGUSDT", spread="0.125"),
    market("DMGUSDT") + "\nlisted_days = -1",
    market("DMGUSDT") + "\nlisted_days = 10001",
]


@pytest.mark.parametrize("text", SCENARIOS)
def test_a_scenario_that_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(Misconfigured, match=r"scenario\.toml"):
        scenario.load(path, "0")


def test_a_scenario_that_says_nothing_begins_as_usual(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text("", "utf-8")
    start = scenario.load(path, "5")
    assert (start.seed, start.frozen, start.allowance.weight) == ("5", False, 6000)
    assert start.balances["main"] == {"USDT": Decimal(10_000)}


def test_a_scenario_lists_further_symbols_beside_those_that_are_always_there(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(market("DMGUSDT", spread="0.124999") + '\n[prices]\nDMGUSDT = "0.02"\n', "utf-8")
    start = scenario.load(path, "5")
    assert start.listings[: len(LISTINGS)] == LISTINGS == Start().listings
    (dmg,) = start.listings[len(LISTINGS) :]
    assert (dmg.instrument.symbol, dmg.instrument.base, dmg.instrument.quote) == ("DMGUSDT", "DMG", "USDT")
    assert (dmg.price, dmg.instrument.max_price) == (Decimal("0.01"), Decimal(1000))
    assert start.prices == {"DMGUSDT": Decimal("0.02")}


@pytest.mark.parametrize("days", [0, 10_000])
def test_a_symbol_may_be_listed_at_both_ends_of_what_can_be_meant(tmp_path: Path, days: int) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(f"{market('DMGUSDT')}\nlisted_days = {days}", "utf-8")
    assert scenario.load(path, "5").listings[-1].listed_days == days


def test_a_scenario_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        scenario.load(tmp_path / "scenario.toml", "0")


@pytest.mark.parametrize("content", ["", "{}x", '{"main": {"key": "x"}}', '{"main": []}'])
def test_a_key_file_that_does_not_read_is_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(content, "utf-8")
    with pytest.raises(Misconfigured, match=r"accounts\.json"):
        keyfile.load_or_make(path, 0)
    assert path.read_text("utf-8") == content


@pytest.mark.parametrize("name", ["main-ed25519", "main-rsa"])
@pytest.mark.parametrize("other", ["main", "main-ed25519", "main-rsa"])
def test_a_key_whose_secret_is_of_another_kind_is_refused(tmp_path: Path, name: str, other: str) -> None:
    path = tmp_path / "accounts.json"
    keyfile.load_or_make(path, 0)
    entries = json.loads(path.read_text("utf-8"))
    entries[name]["secret"] = entries[other]["secret"]
    path.write_text(json.dumps(entries), "utf-8")
    if name == other:
        assert keyfile.read(path)[name].type is not Type.HMAC
        return
    with pytest.raises(Misconfigured, match=name):
        keyfile.read(path)


def test_the_file_may_say_of_a_key_when_it_ends_and_what_is_not_told_of_it(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    keyfile.load_or_make(path, 1000)
    entries = json.loads(path.read_text("utf-8"))
    entries["main"] |= {"expires": 5000, "unsaid": ["enableMargin"], "silent": True, "rights": ["enableFutures"]}
    path.write_text(json.dumps(entries), "utf-8")
    key = keyfile.read(path)["main"]
    assert (key.expires, key.unsaid, key.silent) == (5000, frozenset({"enableMargin"}), True)
    assert (key.rights, key.created) == (frozenset({Right.FUTURES}), 1000)


def test_the_keys_of_a_first_start_are_those_of_the_people_and_no_two_are_alike(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    made = keyfile.load_or_make(path, 1000)
    assert {key.name: key.account for key in made} == {
        "main": "main", "main-ed25519": "main", "main-rsa": "main", "main-watch": "main", "main-withdraw": "main",
        "bare": "bare", "bare-withdraw": "bare", "accomplice": "accomplice",
    }  # fmt: skip
    texts = {text for key in made for text in (key.key, key.secret)}
    assert len(texts) == 2 * len(made)
    plain = [text for key in made for text in (key.key, key.secret) if key.type is Type.HMAC or text == key.key]
    assert all(len(text) == 64 and text.isalnum() and text.isascii() for text in plain)
    assert all(key.secret.startswith("-----BEGIN PRIVATE KEY-----") for key in made if key.type is not Type.HMAC)
    assert keyfile.load_or_make(path, 2000) == made


def test_only_keys_that_are_bound_to_an_address_may_withdraw(tmp_path: Path) -> None:
    for key in keyfile.load_or_make(tmp_path / "accounts.json", 0):
        assert key.addresses or Right.WITHDRAW not in key.rights
