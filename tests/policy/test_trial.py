"""Each limit, tried on fills: what it would have had to be, both sides of it, and what it leaves alone."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.model.fill import Fill
from ringfence.model.names import Asset, Symbol
from ringfence.model.order import Kind, Side
from ringfence.policy.gauges import Pace
from ringfence.policy.past import PastOrder, orders_of
from ringfence.policy.policy import UNLIMITED, AccountLimits, BotPolicy
from ringfence.policy.rules.pace import exit_share
from ringfence.policy.times import hours
from ringfence.policy.trial import Row, rows_of, up
from tests.policy.traded import BTC, COLLAR, DAY, ETH, MINUTE, buy, past, sell
from tests.policy.world import GRID, limited

AT = 1_800_000_000_000  # a Friday, 08:00 UTC
LOOSE = {
    "order_notional": UNLIMITED,
    "window_notional": UNLIMITED,
    "exposure": UNLIMITED,
    "orders_per_minute": 10_000,
}

COUNTS = ("orders_per_minute", "round_trips", "identical_fills")


def tried(orders: tuple[PastOrder, ...], **limits: Any) -> dict[str, Row]:
    bot = limited(**{**LOOSE, **limits})
    return rows(bot, orders)


def rows(bot: BotPolicy, orders: tuple[PastOrder, ...]) -> dict[str, Row]:
    assert bot.limits is not None
    return {row.limit: row for row in rows_of(bot, bot.limits, orders)}


def both(*parts: tuple[Symbol, Fill]) -> tuple[PastOrder, ...]:
    return orders_of({symbol: [each for of, each in parts if of == symbol] for symbol in (BTC, ETH)}, COLLAR)


def many(count: int, apart: int) -> tuple[Fill, ...]:
    return tuple(buy(AT + number * apart, str(number + 1)) for number in range(count))


ROUND = (buy(AT), sell(AT + 1), buy(AT + 2), sell(AT + 3), buy(AT + 4))
CASES: dict[str, tuple[str, tuple[PastOrder, ...], str]] = {
    "one order": ("order_notional", past(buy(AT, "2"), buy(AT + 1, "3")), "300"),
    "one that took": ("order_notional", past(buy(AT, "2", maker=False)), "201"),
    "an order to hold": ("hold_above", past(buy(AT, "2"), buy(AT + 1, "3")), "300"),
    "two within a day": ("window_notional", past(buy(AT), buy(AT + DAY - 1)), "200"),
    "two a day apart": ("window_notional", past(buy(AT), buy(AT + DAY)), "100"),
    "one that filled for long": (
        "window_notional",
        past(buy(AT, order_id="1"), buy(AT + 5, order_id="1"), buy(AT + DAY + 4)),
        "300",
    ),
    "an exit is not counted": ("window_notional", past(buy(AT), sell(AT + 1), buy(AT + 2)), "200"),
    "two symbols": ("window_notional", both((BTC, buy(AT)), (ETH, buy(AT + 1, "2"))), "300"),
    "each symbol": ("symbol_notional", both((BTC, buy(AT)), (ETH, buy(AT + 1, "2"))), "200"),
    "each side": ("side_notional", past(sell(AT), sell(AT + 1, "3"), buy(AT + 2, "5")), "500"),
    "what is held": ("exposure", past(buy(AT), buy(AT + 1, "2"), sell(AT + 2)), "300"),
    "what is held at the price of now": ("exposure", past(buy(AT), buy(AT + 1, "1", "150")), "300"),
    "what was there before": ("exposure", past(sell(AT), buy(AT + 1)), "100"),
    "what both are worth": ("exposure", both((BTC, buy(AT)), (ETH, buy(AT + 1, "2"))), "300"),
    "what one is worth": ("symbol_exposure", both((BTC, buy(AT)), (ETH, buy(AT + 1, "2"))), "200"),
    "a minute": ("orders_per_minute", past(*many(3, MINUTE // 2 - 1)), "3"),
    "more than a minute": ("orders_per_minute", past(*many(3, MINUTE // 2)), "2"),
    "base units": ("order_quantity BTC/USDT", past(buy(AT, "0.5"), buy(AT + 1, "0.7")), "0.7"),
    "no trip": ("round_trips", past(buy(AT)), "1"),
    "two trips": ("round_trips", past(*ROUND), "3"),
    "two trips of yesterday": ("round_trips", past(*ROUND[:4], buy(AT + DAY + 3)), "2"),
    "the same again": ("identical_fills", past(buy(AT, "100"), buy(AT + 1, "101"), buy(AT + 2, "99")), "2"),
    "the same, much later": ("identical_fills", past(buy(AT), buy(AT + MINUTE)), "1"),
    "the other side": ("identical_fills", past(buy(AT), sell(AT + 1), buy(AT + 2)), "2"),
}


@pytest.mark.parametrize(("limit", "orders", "most"), CASES.values(), ids=CASES)
def test_a_limit_is_held_against_the_most_that_was_needed(limit: str, orders: tuple[PastOrder, ...], most: str) -> None:
    assert tried(orders)[limit].most == Decimal(most)


@pytest.mark.parametrize(("limit", "orders", "most"), CASES.values(), ids=CASES)
def test_at_that_it_refuses_none_and_just_below_it_at_least_one(
    limit: str, orders: tuple[PastOrder, ...], most: str
) -> None:
    finest = Decimal(1) if limit in COUNTS else Decimal("0.00000001")
    at, below = (tried(orders, **written(limit, Decimal(most) - less))[limit] for less in (Decimal(0), finest))
    assert (at.refused, at.first) == (0, None)
    assert below.refused >= 1
    assert below.first in orders


def written(limit: str, value: Decimal) -> dict[str, Any]:
    """Write a value as the policy has it."""
    if limit.startswith("order_quantity "):
        return {"order_quantity": ((Symbol(limit.split()[1]), value),)}
    return {limit: int(value) if limit in COUNTS else value}


def step_below(value: Decimal) -> Decimal:
    """The next lower value of two figures: 99 below 100, 100 below 110."""
    step = Decimal(1).scaleb(value.adjusted() - 1)
    return value - (step / 10 if value == Decimal(1).scaleb(value.adjusted()) else step)


@pytest.mark.parametrize(("least", "refused"), [("100", 0), ("100.01", 1), ("200", 1), ("200.01", 2)])
def test_a_least_refuses_what_is_below_it(least: str, refused: int) -> None:
    row = tried(past(buy(AT), buy(AT + 1, "2")), order_minimum=Decimal(least))["order_minimum"]
    assert row.refused == refused
    assert row.most == row.none == Decimal(100)


def test_a_least_is_rounded_down_so_that_it_refuses_none() -> None:
    assert tried(past(buy(AT, "0.1239")))["order_minimum"].none == 12


@pytest.mark.parametrize("limit", ["order_notional", "window_notional", "round_trips", "side_notional", "hold_above"])
def test_exits_pass_whatever_is_used_up(limit: str) -> None:
    row = tried(past(buy(AT), sell(AT + 1)), **written(limit, Decimal(10**6)))[limit]
    assert row.judged == 1


@given(st.integers(1, 60), st.integers(1, 200))
def test_exits_of_a_minute_have_the_share_that_the_rule_gives_them(count: int, limit: int) -> None:
    gauge, [exit_] = Pace(), [replace(order, exits=True) for order in past(sell(AT))]
    for _ in range(count - 1):
        gauge.take(exit_)
    need = gauge.need(exit_)
    assert need is not None
    assert (need <= limit) == (count <= exit_share(limit))


def test_what_is_refused_counts_for_nothing_after_it() -> None:
    orders = past(buy(AT, "3"), buy(AT + 1, "5"), buy(AT + 2, "2"))
    row = tried(orders, window_notional=Decimal(500))["window_notional"]
    assert (row.refused, row.judged, row.first) == (1, 3, orders[1])


def test_what_was_not_bought_is_not_held() -> None:
    orders = past(buy(AT, "9"), buy(AT + 1, "2"), sell(AT + 2, "9"), buy(AT + 3, "3"))
    assert tried(orders, exposure=Decimal(300))["exposure"].refused == 1


def test_a_purchase_of_two_hundred_may_be_one_in_a_hundred() -> None:
    orders = past(*(buy(AT + number * DAY, "2" if number < 2 else "1") for number in range(200)))
    assert tried(orders)["order_notional"].hundredth == 100
    assert tried(orders[:199])["order_notional"].hundredth == 200
    assert tried(orders[1:])["order_notional"].hundredth == 100


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("0", "0"), ("8123", "8200"), ("8200", "8200"), ("8200.01", "8300"), ("995", "1000"), ("7", "7"), ("99", "99"),
        ("101", "110"), ("0.01234", "0.013"), ("-12.39", "-12"), ("-12", "-12"), ("-0.0199", "-0.019"),
    ],
)  # fmt: skip
def test_values_are_rounded_up_to_two_figures(value: str, rounded: str) -> None:
    assert up(Decimal(value)) == Decimal(rounded)


# lists
def test_a_symbol_that_the_draft_does_not_name_is_found_though_it_only_leaves() -> None:
    sol = Symbol("SOL/USDT")
    orders = orders_of({BTC: [buy(AT)], sol: [buy(AT + 1), sell(AT + 2)]}, COLLAR)
    row = tried(orders)["symbols"]
    assert (row.refused, row.judged) == (2, 3)
    assert row.first is not None
    assert row.first.symbol == sol


@pytest.mark.parametrize(
    ("kinds", "maker", "refused"),
    [
        ((Kind.LIMIT_MAKER,), True, 0),
        ((Kind.LIMIT_MAKER,), False, 1),
        ((Kind.MARKET,), True, 1),
        ((Kind.MARKET,), False, 0),
        ((Kind.LIMIT,), True, 0),
        ((Kind.LIMIT,), False, 0),
        ((Kind.LIMIT_MAKER, Kind.MARKET), True, 0),
        ((Kind.LIMIT_MAKER, Kind.MARKET), False, 0),
    ],
)
def test_what_rested_was_no_market_order_and_what_took_none_that_only_makes(
    kinds: tuple[Kind, ...], maker: bool, refused: int
) -> None:
    bot = replace(limited(**LOOSE), kinds=kinds)
    assert rows(bot, past(buy(AT, maker=maker)))["orders"].refused == refused


@pytest.mark.parametrize(
    ("at", "refused"), [(AT, 0), (AT - 1, 1), (AT + 4 * 3_600_000 - 1, 0), (AT + 4 * 3_600_000, 1), (AT + DAY, 1)]
)
def test_hours_refuse_what_is_outside_and_no_exit(at: int, refused: int) -> None:
    when = hours("Fri 08:00-12:00")
    assert when is not None
    bot = replace(limited(**LOOSE), hours=(when,))
    row = rows(bot, past(buy(at), sell(at + 2 * DAY)))["hours"]
    assert (row.refused, row.draft) == (refused, "Fri 08:00-12:00")


def test_without_hours_nothing_is_said_of_them() -> None:
    assert "hours" not in tried(past(buy(AT)))


# the account
def test_limits_of_the_account_are_tried_where_they_are_in_force() -> None:
    orders = past(buy(AT), buy(AT + 1, "2"))
    assert not any(name.startswith("account") for name in tried(orders))
    of_all = AccountLimits(Decimal("299.99"), Decimal(300), None, 5, 1)
    found = rows(replace(limited(**LOOSE), account_limits=of_all), orders)
    assert {name: row.refused for name, row in found.items() if name.startswith("account")} == {
        "account window_notional": 1,
        "account exposure": 0,
        "account orders_per_minute": 1,
    }


def test_nothing_traded_needs_nothing() -> None:
    for row in rows(GRID, ()).values():
        assert (row.most, row.none, row.hundredth, row.judged, row.refused) == (None, None, None, 0, 0)


def test_what_is_switched_off_in_words_or_left_out_refuses_nothing() -> None:
    found = tried(past(buy(AT, "1000000")))
    assert (found["exposure"].draft, found["exposure"].refused) == ("unlimited", 0)
    assert (found["side_notional"].draft, found["side_notional"].refused) == (None, 0)


# properties
FILLS = st.builds(
    lambda at, size, price, side, maker, fee, symbol: (
        symbol,
        (buy if side is Side.BUY else sell)(
            AT + at * 997, str(size), str(price), maker=maker, fee=Decimal(fee), fee_asset=Asset("BTC")
        ),
    ),
    st.integers(0, 200_000),
    st.integers(1, 400).map(lambda size: Decimal(size) / 100),
    st.integers(90, 110),
    st.sampled_from(Side),
    st.booleans(),
    st.sampled_from(["0", "0.001"]),
    st.sampled_from([BTC, ETH]),
)
TRADED = st.lists(FILLS, min_size=1, max_size=60, unique_by=lambda each: each[1].trade).map(lambda some: both(*some))
VALUED = (
    *("order_notional", "window_notional", "exposure", "orders_per_minute", "order_quantity BTC/USDT"),
    *("symbol_notional", "side_notional", "symbol_exposure", "round_trips", "identical_fills", "hold_above"),
)


@given(TRADED, st.sampled_from(VALUED))
def test_the_value_that_refuses_none_refuses_none_and_one_step_below_refuses_some(
    orders: tuple[PastOrder, ...], limit: str
) -> None:
    none = tried(orders)[limit].none
    if none is None:
        return
    assert tried(orders, **written(limit, none))[limit].refused == 0
    below = none - 1 if limit in COUNTS else step_below(none)
    assert tried(orders, **written(limit, below))[limit].refused >= 1


@given(TRADED, st.sampled_from(VALUED))
def test_the_value_for_one_in_a_hundred_refuses_no_more_than_that(orders: tuple[PastOrder, ...], limit: str) -> None:
    often = tuple(
        replace(order, at=order.at + copy * 3 * DAY, last=order.last + copy * 3 * DAY)
        for copy in range(4)
        for order in orders
    )
    value = tried(often)[limit].hundredth
    if value is not None:
        row = tried(often, **written(limit, value))[limit]
        assert row.refused * 100 <= row.judged


@given(TRADED)
def test_a_least_that_refuses_none_refuses_none_and_one_step_above_some(orders: tuple[PastOrder, ...]) -> None:
    none = tried(orders)["order_minimum"].none
    if none is None:
        return
    step = Decimal(1).scaleb(none.adjusted() - 1)
    assert tried(orders, order_minimum=none)["order_minimum"].refused == 0
    assert tried(orders, order_minimum=none + step)["order_minimum"].refused >= 1
