"""A policy is fitted to the rehearsal exchange with every limit as it was; what had to change is said."""

from decimal import Decimal

import pytest

from ringfence.drill.adapt import adapted
from ringfence.drill.means import means
from ringfence.errors import Misconfigured
from ringfence.policy.load import load
from tests.drill.rehearsed import POLICY

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
    ("a coin that is missing", '"BTC/USDT", "ETH/USDT"', '"BTC/USDT", "SOL/USDT"', "does not trade SOL/USDT; BTC/USDT"),
    ("every coin is missing", '"BTC/USDT", "ETH/USDT"', '"SOL/USDT"', "does not trade SOL/USDT; ETH/USDT stands in"),
    ("the thin coin stays unlisted", '"ETH/USDT"]', '"VIA/USDT"]', "does not trade VIA/USDT; BTC/USDT alone"),
    ("a fee below what is taken", '"0.1%" ', '"0.05%" ', "takes a fee of 0.1%"),
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
    allowed = means(adapted(POLICY.replace('"500" ', f'"{amount}" '), NAMES).fitted)
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
