"""What a bot's past says of its limits, with the price of every other value beside it."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from ringfence.model.fill import Fill
from ringfence.policy.bound import radius
from ringfence.policy.policy import UNLIMITED, BotPolicy, Limits
from ringfence.policy.suggest import UNTOLD, Suggestion, fitted, suggest
from tests.policy.traded import BTC, ETH, buy, sell
from tests.policy.world import GRID, LIMITS, limited

AT = 1_800_000_000_000
DAILY = 86_400_000


def of(*fills: Fill, **limits: Any) -> Suggestion:
    bot = limited(**limits)
    assert bot.limits is not None
    return suggest(bot, bot.limits, {BTC: fills, ETH: ()})


def stealable(bot: BotPolicy) -> Decimal | None:
    return radius(bot, confined=True)[0].amount


def test_a_draft_that_refuses_none_says_so() -> None:
    found = of(buy(AT), sell(AT + 1))
    assert (found.fills, found.orders, found.exits, found.refuses) == (2, 2, 1, ())
    assert found.stealable.raised == found.stealable.draft == stealable(GRID)


def test_what_refuses_is_named_with_the_value_that_would_not() -> None:
    found = of(buy(AT, "6"), buy(AT + DAILY, "1"))
    assert [(row.limit, row.draft, row.none, row.refused) for row in found.refuses] == [
        ("order_notional", "500", Decimal(600), 1)
    ]


def test_raising_a_limit_shows_what_it_costs() -> None:
    found = of(*(buy(AT + number, "4") for number in range(20)), loss_budget=UNLIMITED)
    assert {row.limit for row in found.refuses} == {"window_notional", "exposure"}
    assert found.stealable.draft is not None
    assert found.stealable.raised is not None
    assert found.stealable.raised > found.stealable.draft
    raised = limited(loss_budget=UNLIMITED, window_notional=Decimal(8000), exposure=Decimal(8000))
    assert found.stealable.raised == stealable(raised)


def test_limits_that_fit_cost_less_than_wide_ones() -> None:
    found = of(buy(AT, "0.5"), sell(AT + 1, "0.5"))
    assert found.stealable.draft is not None
    assert found.stealable.fitted is not None
    assert found.stealable.fitted < found.stealable.draft


@pytest.mark.parametrize(("size", "wide"), [("1", True), ("1.01", False)])
def test_a_limit_is_wide_from_five_times_what_was_needed(size: str, wide: bool) -> None:
    assert ("order_notional" in [row.limit for row in of(buy(AT, size)).wide]) is wide


def test_what_is_unlimited_is_wide_and_what_is_not_written_is_not() -> None:
    names = [row.limit for row in of(buy(AT, "4"), exposure=UNLIMITED).wide]
    assert "exposure" in names
    assert "side_notional" not in names


def test_only_what_is_written_is_fitted() -> None:
    limits = replace(LIMITS, order_quantity=((BTC, Decimal(9)), (ETH, Decimal(8))), round_trips=7)
    found = suggest(replace(GRID, limits=limits), limits, {BTC: (buy(AT, "2"),)})
    made = fitted(limits, found.rows)
    assert made.order_quantity == ((BTC, Decimal(2)), (ETH, Decimal(8)))  # nothing tells of ETH
    assert (made.round_trips, made.orders_per_minute) == (1, 1)
    assert (made.order_notional, made.side_notional, made.collar) == (Decimal(200), None, limits.collar)
    assert type(made.round_trips) is int


def test_nothing_traded_changes_nothing() -> None:
    found = of()
    assert (found.fills, found.orders, found.refuses, found.wide) == (0, 0, (), ())
    assert found.stealable.fitted == found.stealable.draft


def test_every_limit_is_tried_or_listed_as_untold_and_none_is_both() -> None:
    tried = {row.limit.split()[0] for row in of(buy(AT)).rows} - {"symbols", "orders", "hours"}
    untold = {name for names in UNTOLD for name in names.split(", ")}
    assert tried | untold == set(Limits.__struct_fields__)
    assert tried & untold == set()
