"""A policy is fitted to the rehearsal exchange with every limit as it was; what had to change is said."""

from decimal import Decimal
from pathlib import Path

import pytest

from ringfence.drill.adapt import adapted
from ringfence.drill.markets import markets
from ringfence.drill.means import STEP, means
from ringfence.drill.plan import POLICY
from ringfence.errors import Misconfigured
from ringfence.model.names import Symbol
from ringfence.paper import scenario
from ringfence.paper.instruments import Instrument
from ringfence.policy.load import load

NAMES = ("s01", "s02")


def test_every_scenario_has_a_bot_with_the_limits_of_the_owner_s() -> None:
    owners = next(iter(load(POLICY).bots.values()))
    made = load(adapted(POLICY, NAMES).text)
    assert tuple(made.bots) == NAMES
    for bot in made.bots.values():
        assert (bot.limits, bot.kinds, bot.symbols, bot.fee) == (
            owners.limits,
            owners.kinds,
            owners.symbols,
            owners.fee,
        )


def test_a_policy_for_the_rehearsal_exchange_needs_no_word() -> None:
    assert adapted(POLICY, NAMES).notes == ()


CHANGED = [
    ("the exchange", '"paper-binance"', '"binance"', "binance is played by the rehearsal exchange"),
    ("a coin that is not there yet", '"ETH/USDT"]', '"SOL/USDT"]', "SOL/USDT: traded on the rehearsal exchange at a"),
    (
        "the thin coin stays unlisted",
        '"ETH/USDT"]',
        '"VIA/USDT"]',
        "VIA/USDT cannot be traded there; BTC/USDT alone is",
    ),
    (
        "nothing else is left",
        '"BTC/USDT", "ETH/USDT"',
        '"VIA/USDT"',
        "VIA/USDT cannot be traded there; ETH/USDT stands in",
    ),
    ("a name too long", '"ETH/USDT"]', '"ABCDEFGHIJKLMNOPQ/USDT"]', "ABCDEFGHIJKLMNOPQ/USDT cannot be traded there"),
    ("a fee below what is taken", '"0.1%"', '"0.05%"', "takes a fee of 0.1%"),
    (
        "hours",
        'role    = "trade"',
        'role = "trade"\nhours = ["Sat 00:00-24:00"]',
        "hours cannot wait for their time here",
    ),
    (
        "limits of the account",
        "[bot.grid]",
        '[account.main.limits]\nexposure = "1000"\n[bot.grid]',
        "limits of the account are",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), [case[1:] for case in CHANGED], ids=[case[0] for case in CHANGED])
def test_what_had_to_change_is_said(old: str, new: str, said: str) -> None:
    assert old in POLICY
    made = adapted(POLICY.replace(old, new), NAMES)
    assert len(made.notes) == 1
    assert said in made.notes[0]
    assert load(made.text).bots  # and it is a policy still


def test_another_currency_is_counted_one_to_one_and_said() -> None:
    text = POLICY.replace('currency = "USDT"', 'currency = "EUR"').replace("/USDT", "/EUR")
    made = adapted(text, NAMES)
    assert made.fitted.symbols == ("BTC/USDT", "ETH/USDT")
    assert any("amounts in EUR are taken for as many USDT" in note for note in made.notes)


TWO = POLICY + POLICY[POLICY.index("[bot.grid]") :].replace("bot.grid", "bot.wide").replace('"5000"', '"50000"')


def test_of_several_bots_the_one_that_most_can_be_stolen_with_is_drilled() -> None:
    assert adapted(TWO, NAMES).bot.name == "wide"
    assert adapted(TWO.replace('"50000"', '"unlimited"'), NAMES).bot.name == "wide"
    assert adapted(TWO, NAMES, "grid").bot.name == "grid"


WATCHING = POLICY[: POLICY.index("[bot.grid]")] + '[bot.eyes]\naccount = "main"\nrole = "watch"\n'


@pytest.mark.parametrize(
    ("text", "bot", "said"), [(WATCHING, None, "no bot that trades"), (POLICY, "eyes", "no bot eyes")]
)
def test_without_a_bot_that_trades_there_is_nothing_to_drill(text: str, bot: str | None, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        adapted(text, NAMES, bot)


@pytest.mark.parametrize(("amount", "fits"), [("8.9", True), ("8.8", False)])
def test_limits_below_the_least_order_of_the_exchange_are_told_before_anything_is_started(
    amount: str, fits: bool
) -> None:
    allowed = means(adapted(POLICY.replace('"500"', f'"{amount}"'), NAMES).fitted)
    if fits:
        assert allowed.modest == Decimal(8)
        return
    with pytest.raises(Misconfigured, match="allows no order of"):
        _ = allowed.modest


def test_several_orders_of_a_modest_size_pass_every_limit() -> None:
    allowed = means(adapted(POLICY, NAMES).fitted)
    assert allowed.modest * 2 <= allowed.order
    assert allowed.exposure is not None
    assert allowed.paid is not None
    assert allowed.modest * 8 <= min(allowed.exposure, allowed.paid)


def test_the_account_s_limits_hold_each_bot_where_they_are_the_tighter() -> None:
    shared = '[account.main.limits]\nexposure = "1000"\nopen_orders = 50\nloss_budget = "10"\n[bot.grid]'
    made = adapted(POLICY.replace("[bot.grid]", shared, 1).replace('"60"', '"unlimited"'), NAMES).fitted
    assert made.limits is not None
    assert (made.limits.exposure, made.limits.open_orders, made.limits.loss_budget) == (Decimal(1000), 20, Decimal(10))


def test_quantities_go_with_their_coins() -> None:
    text = POLICY.replace("USDT", "EUR") + 'order_quantity = { "BTC/EUR" = "1", "ETH/EUR" = "20" }\n'
    made = adapted(text, NAMES).fitted
    assert made.limits is not None
    assert made.limits.order_quantity == ((Symbol("BTC/USDT"), Decimal(1)), (Symbol("ETH/USDT"), Decimal(20)))


def test_a_class_of_symbols_is_drilled_as_what_it_may_come_to() -> None:
    described = 'symbols = { most = 5, venues = 3, volume = "1000", listed = "30d" }'
    made = adapted(POLICY.replace('symbols = ["BTC/USDT", "ETH/USDT"]', described), NAMES)
    assert made.fitted.symbols == ("BTC/USDT", "ETH/USDT")
    assert made.fitted.limits == made.bot.limits
    assert "its symbols are a class; BTC/USDT, ETH/USDT are taken for what it comes to" in made.notes


def test_a_bot_that_guards_another_is_not_the_one_to_be_drilled() -> None:
    guarded = POLICY + '\n[bot.a]\naccount = "main"\nrole = "trade"\nguards = "grid"\n'
    assert adapted(guarded, NAMES).bot.name == "grid"
    with pytest.raises(Misconfigured, match="no bot a that trades"):
        adapted(guarded, NAMES, "a")


def test_what_a_scenario_trades_besides_is_listed_and_its_bot_s_alone() -> None:
    made = adapted(POLICY, NAMES, None, {"s02": ("DRIFT/USDT",)})
    bots = load(made.text).bots
    assert [len(bot.symbols) for bot in bots.values()] == [2, 3]
    assert made.listed == ("DRIFTUSDT",)
    assert "DRIFT/USDT" not in made.fitted.symbols


def test_the_rehearsal_exchange_lists_what_is_written_for_it(tmp_path: Path) -> None:
    def listings(text: str) -> dict[str, Instrument]:
        (tmp_path / "scenario.toml").write_text(text)
        found = scenario.load(tmp_path / "scenario.toml", "0").listings
        return {listing.instrument.symbol: listing.instrument for listing in found}

    made = listings(markets(["SOLUSDT", "DRIFTUSDT"]))
    assert made["SOLUSDT"].step == made["DRIFTUSDT"].step == STEP
    assert listings(markets([])).keys() == made.keys() - {"SOLUSDT", "DRIFTUSDT"}
