"""A change of policy is shown in money."""

from ringfence.cli.changes import Figure, figures
from ringfence.policy.diff import ABSENT
from ringfence.policy.load import load
from tests.policy.world import TEXT, policy


def test_a_change_is_shown_in_money() -> None:
    wider = load(TEXT.replace('"60"', '"100"'))
    assert figures(policy(), wider, confined=True) == (
        Figure("bot.grid stealable in a day", "135.66 USDT", "175.66 USDT"),
    )


def test_while_not_confined_no_change_makes_any_difference_in_money() -> None:
    assert figures(policy(), load(TEXT.replace('"60"', '"100"')), confined=False) == ()
    first = figures(None, policy(), confined=False)
    assert {(figure.before, figure.after) for figure in first} == {(ABSENT, "the whole account")}


def test_a_bot_that_only_watches_costs_nothing() -> None:
    watcher = load(TEXT[: TEXT.index("[bot.grid]")] + '[bot.grid]\naccount = "main"\nrole = "watch"\n')
    trader = load(TEXT[: TEXT.index("[bot.eyes]")])
    assert Figure("bot.grid stealable in a day", "135.66 USDT", "0 USDT") in figures(trader, watcher, confined=True)
