"""A change of policy is shown setting by setting, which way it goes, and what it comes to."""

import pytest

from ringfence.cli.changes import ABSENT, Change, Effect, diff, widens
from ringfence.policy.load import ACCOUNT_LIMITS, LIMITS, REQUIRED, load
from ringfence.policy.policy import Limits
from tests.policy.world import TEXT, policy

WIDER, NARROWER = Effect.WIDER, Effect.NARROWER

CHANGES = [
    # in the text             becomes                   shown
    ('"0.5%"',                '"0.6%"',                 "wider: bot.grid.limits.collar, 0.5% to 0.6%"),
    ('"0.5%"',                '"0.4%"',                 "narrower: bot.grid.limits.collar, 0.5% to 0.4%"),
    ('"2%"',                  '"2.5%"',                 "wider: bot.grid.limits.exit_collar, 2% to 2.5%"),
    ('"500"',                 '"500.01"',               "wider: bot.grid.limits.order_notional, 500 to 500.01"),
    ('"500"',                 '"unlimited"',            "wider: bot.grid.limits.order_notional, 500 to unlimited"),
    ('"5000"',                '"4999"',                 "narrower: bot.grid.limits.window_notional, 5000 to 4999"),
    ('"2000"',                '"unlimited"',            "wider: bot.grid.limits.exposure, 2000 to unlimited"),
    ('"60"',                  '"59"',                   "narrower: bot.grid.limits.loss_budget, 60 to 59"),
    ("= 20",                  "= 21",                   "wider: bot.grid.limits.open_orders, 20 to 21"),
    ("= 60",                  "= 59",                   "narrower: bot.grid.limits.orders_per_minute, 60 to 59"),
    (', "ETH/USDT"',          "",                       "narrower: bot.grid.symbols ETH/USDT, allowed to absent"),
    ('"ETH/USDT"',            '"ETH/USDT", "X/USDT"',   "wider: bot.grid.symbols X/USDT, absent to allowed"),
    (', "market"',            "",                       "narrower: bot.grid.orders market, allowed to absent"),
    ('"0.1%"',                '"0.05%"',                "wider: account.main.fee, 0.1% to 0.05%"),
    ('"0.1%"',                '"0.2%"',                 "narrower: account.main.fee, 0.1% to 0.2%"),
    ('"binance"',             '"paper-binance"',        "wider: account.main.exchange, binance to paper-binance"),
]  # fmt: skip


def told(change: Change) -> str:
    return f"{change.effect}: {change.what}, {change.before} to {change.after}"


@pytest.mark.parametrize(("old", "new", "shown"), CHANGES)
def test_each_change_says_which_way_it_goes(old: str, new: str, shown: str) -> None:
    changes = diff(policy(), load(TEXT.replace(old, new, 1)), confined=True)
    assert [told(change) for change in changes if change.effect is not Effect.FIGURE] == [shown]
    assert widens(changes) is shown.startswith("wider")


def test_the_same_policy_changes_nothing_whatever_its_comments_say() -> None:
    assert diff(policy(), load(TEXT + "# reviewed\n"), confined=True) == ()


def test_what_is_switched_back_on_is_narrower() -> None:
    changes = diff(load(TEXT.replace('"60"', '"unlimited"')), policy(), confined=True)
    assert Change("bot.grid.limits.loss_budget", "unlimited", "60", NARROWER) in changes
    assert not widens(changes)


def test_a_change_is_shown_in_money() -> None:
    changes = diff(policy(), load(TEXT.replace('"60"', '"100"')), confined=True)
    assert changes[-1] == Change("bot.grid stealable in a day", "141.35 USDT", "181.35 USDT", Effect.FIGURE)


def test_while_not_confined_no_change_makes_any_difference_in_money() -> None:
    changes = diff(policy(), load(TEXT.replace('"60"', '"100"')), confined=False)
    assert [change.what for change in changes] == ["bot.grid.limits.loss_budget"]
    first = diff(None, policy(), confined=False)
    assert {change.after for change in first if change.effect is Effect.FIGURE} == {"the whole account"}


def test_the_first_policy_widens_everything_it_says() -> None:
    changes = diff(None, policy(), confined=True)
    assert {change.before for change in changes} == {ABSENT}
    assert {change.effect for change in changes} == {WIDER, Effect.FIGURE}
    assert widens(changes)


def test_a_bot_that_goes_narrows_and_one_that_comes_widens() -> None:
    alone = load(TEXT[: TEXT.index("[bot.eyes]")])
    assert not widens(diff(policy(), alone, confined=True))
    assert widens(diff(alone, policy(), confined=True))


def test_a_trader_that_becomes_a_watcher_narrows_and_the_other_way_widens() -> None:
    head = TEXT[: TEXT.index("[bot.grid]")]
    watcher = load(head + '[bot.grid]\naccount = "main"\nrole = "watch"\n')
    trader = load(TEXT[: TEXT.index("[bot.eyes]")])
    changes = diff(trader, watcher, confined=True)
    assert Change("bot.grid.role", "trade", "watch", NARROWER) in changes
    assert Change("bot.grid stealable in a day", "141.35 USDT", "0 USDT", Effect.FIGURE) in changes
    assert not widens(changes)
    assert widens(diff(watcher, trader, confined=True))


def test_one_wider_setting_among_narrower_ones_widens() -> None:
    mixed = load(TEXT.replace('"5000"', '"10"').replace('"0.5%"', '"0.51%"'))
    assert widens(diff(policy(), mixed, confined=True))


ALL = """
slow_collar = "10%"
order_quantity = { "BTC/USDT" = "0.5", "ETH/USDT" = "5" }
order_minimum = "10"
order_share = "5%"
symbol_notional = "3000"
side_notional = "4000"
symbol_exposure = "1500"
symbol_orders = 10
far_orders = 5
order_lifetime = "6h"
drawdown_stop = "200"
round_trips = 50
amends_per_minute = 20
cancels_per_minute = 60
cancels_per_fill = 20
identical_fills = 10
hold_above = "400"
"""
FULL = TEXT.replace("orders_per_minute = 60\n", "orders_per_minute = 60" + ALL).replace(
    "[bot.grid]\n",
    '[bot.grid]\nhours = ["Mon-Fri 08:00-18:00"]\nvalid_from = "2026-01-01Z"\nvalid_until = "2027-01-01Z"\n',
)
FULL = FULL.replace(
    "[bot.grid]",
    """[account.main.limits]
window_notional = "9000"
exposure = "3000"
loss_budget = "100"
open_orders = 30
orders_per_minute = 90

[bot.grid]""",
    1,
)


def test_every_limit_there_is_is_compared() -> None:
    shown = {change.what for change in diff(policy(), load(FULL), confined=True)}
    assert set(LIMITS) == set(Limits.__struct_fields__)
    assert {f"bot.grid.limits.{name}" for name in LIMITS[len(REQUIRED) :]} <= shown
    assert {f"account.main.limits.{name}" for name in ACCOUNT_LIMITS} <= shown
    assert {f"bot.grid.{name}" for name in ("hours", "valid_from", "valid_until")} <= shown


def test_a_limit_that_is_added_narrows_and_one_that_goes_widens() -> None:
    without, full = load(TEXT), load(FULL)
    assert not widens(diff(without, full, confined=True))
    for line in (line for line in FULL.splitlines() if line and line not in TEXT.splitlines()):
        less = FULL.replace(line + "\n", "")
        if not line.startswith("[") and less != FULL:
            assert widens(diff(full, load(less), confined=True)), line


EACH_WAY = [
    # in the text, wider, narrower
    ('slow_collar = "10%"', '"11%"', '"9%"'),
    ('order_quantity = { "BTC/USDT" = "0.5", ', '{ "BTC/USDT" = "0.6", ', '{ "BTC/USDT" = "0.4", '),
    ('order_minimum = "10"', '"9"', '"11"'),
    ('order_share = "5%"', '"6%"', '"4%"'),
    ('order_lifetime = "6h"', '"7h"', '"5h"'),
    ('drawdown_stop = "200"', '"201"', '"199"'),
    ("round_trips = 50", "51", "49"),
    ('hold_above = "400"', '"401"', '"399"'),
    ('exposure = "3000"', '"3001"', '"2999"'),
]


@pytest.mark.parametrize(("line", "wider", "narrower"), EACH_WAY)
def test_each_added_limit_goes_both_ways(line: str, wider: str, narrower: str) -> None:
    name = line.split(" = ", maxsplit=1)[0]
    for value, widened in ((wider, True), (narrower, False)):
        changes = diff(load(FULL), load(FULL.replace(line, f"{name} = {value}", 1)), confined=True)
        assert changes
        assert widens(changes) is widened


@pytest.mark.parametrize("value", ['["Mon-Thu 08:00-18:00"]', '["Mon-Fri 09:00-17:00"]'])
def test_other_hours_count_as_wider_since_nobody_compares_them(value: str) -> None:
    assert widens(diff(load(FULL), load(FULL.replace('["Mon-Fri 08:00-18:00"]', value)), confined=True))
