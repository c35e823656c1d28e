"""What a bot has been doing is counted over sliding times, and found again at a start on the closed side."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ringfence.model.decision import Charge
from ringfence.model.facts import Pace
from ringfence.model.names import Symbol
from ringfence.model.order import Order, Side
from ringfence.signer.habits import HOUR_MS, Habits
from ringfence.signer.intent import MINUTE_MS, WINDOW_MS, Intent, State
from tests.signer.test_ledger import BUY, NOW

BTC, ETH = BUY.symbol, Symbol("ETH/USDT")


def order(side: Side = Side.BUY, quantity: str = "2", symbol: Symbol = BTC, **more: object) -> Intent:
    charge: Charge = BUY.charge
    meant: Order = replace(charge.order, side=side, symbol=symbol)
    return replace(BUY, charge=replace(charge, order=meant), quantity=Decimal(quantity), **more)


def filled(habits: Habits, *sides: Side, symbol: Symbol = BTC, at: int = NOW) -> None:
    for side in sides:
        habits.filled(order(side, symbol=symbol), at, first=True)


@pytest.mark.parametrize(
    ("after", "pace"),
    [
        (MINUTE_MS - 1, Pace(1, 1, 1, 1)),
        (MINUTE_MS, Pace(0, 0, 1, 1)),
        (HOUR_MS - 1, Pace(0, 0, 1, 1)),
        (HOUR_MS, Pace(0, 0, 0, 0)),
    ],
)
def test_amendments_and_cancels_count_for_a_minute_and_an_hour(after: int, pace: Pace) -> None:
    habits = Habits()
    habits.amended(NOW)
    habits.cancelled(NOW)
    filled(habits, Side.BUY)
    assert habits.pace(NOW + after) == pace


def test_an_order_that_fills_in_parts_is_one_fill() -> None:
    habits = Habits()
    habits.filled(order(), NOW, first=True)
    habits.filled(order(), NOW, first=False)
    assert habits.pace(NOW).fills_last_hour == 1


B, S = Side.BUY, Side.SELL


@pytest.mark.parametrize(
    ("sides", "trips"),
    [((), 0), ((B,), 0), ((S,), 0), ((S, B), 0), ((B, S), 1), ((B, B, S, S), 1), ((B, S, B, S), 2), ((S, B, S, B), 1)],
)
def test_a_round_trip_is_a_sale_after_a_purchase(sides: tuple[Side, ...], trips: int) -> None:
    habits = Habits()
    filled(habits, *sides)
    assert habits.round_trips(BTC, NOW) == trips
    assert habits.round_trips(ETH, NOW) == 0


@pytest.mark.parametrize(("after", "trips"), [(WINDOW_MS - 1, 1), (WINDOW_MS, 0)])
def test_a_round_trip_counts_for_a_window(after: int, trips: int) -> None:
    habits = Habits()
    filled(habits, B, S)
    assert habits.round_trips(BTC, NOW + after) == trips


def test_the_symbols_do_not_make_a_trip_of_each_other() -> None:
    habits = Habits()
    filled(habits, B)
    filled(habits, S, symbol=ETH)
    assert (habits.round_trips(BTC, NOW), habits.round_trips(ETH, NOW)) == (0, 0)


LIKE = [
    (order(), True),
    (order(quantity="2.02"), True),  # 1 %
    (order(quantity="1.98"), True),
    (order(quantity="2.021"), False),
    (order(side=S), False),
    (order(symbol=ETH), False),
]


@pytest.mark.parametrize(("other", "same"), LIKE)
def test_fills_are_identical_within_a_hundredth_i6(other: Intent, same: bool) -> None:
    habits = Habits()
    habits.filled(other, NOW, first=True)
    habits.filled(order(), NOW, first=True)
    assert habits.identical(NOW) == (2 if same else 1)


@pytest.mark.parametrize(("after", "count"), [(MINUTE_MS - 1, 1), (MINUTE_MS, 0)])
def test_identical_fills_count_for_a_minute(after: int, count: int) -> None:
    habits = Habits()
    filled(habits, B)
    assert habits.identical(NOW + after) == count


def test_nothing_has_been_done_at_first() -> None:
    assert (Habits().identical(NOW), Habits().pace(NOW)) == (0, Pace(0, 0, 0, 0))


def test_what_a_person_has_looked_at_is_forgiven() -> None:
    habits = Habits()
    filled(habits, B, B)
    habits.forgive()
    assert habits.identical(NOW) == 0


def test_at_a_start_what_ended_unfilled_counts_as_cancelled_s38() -> None:
    habits = Habits()
    for side, executed in ((B, 2), (S, 1), (B, 0)):
        habits.restore(order(side, executed=Decimal(executed), state=State.FINAL, settled_at=NOW))
    assert habits.pace(NOW) == Pace(0, 2, 2, 2)
    assert habits.round_trips(BTC, NOW) == 1
