"""Fills become the orders that they were of, and say no more than they know."""

from decimal import Decimal

import pytest

from ringfence.model.fill import Fill
from ringfence.model.names import Asset, OrderId
from ringfence.model.order import Side
from ringfence.policy.past import fees_of, orders_of, start_of
from tests.policy.traded import BTC, COLLAR, ETH, buy, past, sell

ONE = OrderId("one")
FEE = Decimal("0.001")


def test_fills_of_one_order_are_one_order() -> None:
    [order] = past(buy(10, "1", "100", order_id=ONE), buy(30, "2", "103", order_id=ONE))
    assert (order.at, order.last) == (10, 30)
    assert (order.quantity, order.paid, order.price) == (Decimal(3), Decimal(306), Decimal(102))


def test_one_number_in_two_symbols_is_two_orders() -> None:
    orders = orders_of({BTC: [buy(1, order_id=ONE)], ETH: [buy(2, order_id=ONE)]}, COLLAR)
    assert [order.symbol for order in orders] == [BTC, ETH]


def test_orders_come_in_the_order_of_their_first_fills() -> None:
    orders = past(buy(5, order_id=ONE), buy(9), sell(7), buy(20, order_id=ONE))
    assert [order.at for order in orders] == [5, 7, 9]


@pytest.mark.parametrize(
    ("made", "worth"),
    [
        (buy(1), "100"),
        (buy(1, maker=False), "100.5"),
        (sell(1), "100"),
        (sell(1, maker=False), "100"),
    ],
)
def test_a_purchase_that_took_counts_as_at_its_collar(made: Fill, worth: str) -> None:
    [order] = past(made)
    assert order.worth == Decimal(worth)


def test_one_part_that_took_is_enough() -> None:
    [order] = past(buy(1, order_id=ONE), buy(2, order_id=ONE, maker=False))
    assert not order.maker


@pytest.mark.parametrize(
    ("fills", "exits"),
    [
        ((buy(1), sell(2)), [False, True]),
        ((buy(1), sell(2, "1.00000001")), [False, False]),
        ((buy(1, fee=FEE, fee_asset=Asset("BTC")), sell(2, "0.999")), [False, True]),
        ((buy(1, fee=FEE, fee_asset=Asset("BTC")), sell(2, "1")), [False, False]),
        ((buy(1, fee=FEE, fee_asset=Asset("BNB")), sell(2, "1")), [False, True]),
        ((sell(1), buy(2)), [False, True]),
        ((sell(1), buy(2), buy(3)), [False, True, False]),
    ],
)
def test_an_order_is_an_exit_where_the_fills_before_it_made_what_it_takes_down(
    fills: tuple[Fill, ...], exits: list[bool]
) -> None:
    assert [order.exits for order in past(*fills)] == exits


def test_what_is_held_in_one_symbol_is_no_way_out_of_another() -> None:
    orders = orders_of({BTC: [buy(1)], ETH: [sell(2)]}, COLLAR)
    assert not any(order.exits for order in orders)


@pytest.mark.parametrize(
    ("fills", "start"),
    [
        ((buy(1), sell(2)), "0"),
        ((sell(1), buy(2)), "1"),
        ((buy(1), sell(2, "3"), buy(3, "5"), sell(4, "4")), "2"),
        ((buy(1, fee=FEE, fee_asset=Asset("BTC")), sell(2)), "0.001"),
    ],
)
def test_a_position_begins_where_it_never_falls_below_zero(fills: tuple[Fill, ...], start: str) -> None:
    assert start_of(past(*fills)) == {BTC: Decimal(start)}


@pytest.mark.parametrize(
    ("made", "highest", "over", "untold"),
    [
        (buy(1, fee=Decimal("0.1")), "0.001", 0, 0),
        (buy(1, fee=Decimal("0.10000001")), "0.0010000001", 0, 0),  # rounded up by the exchange
        (buy(1, fee=Decimal("0.10000002")), "0.0010000002", 1, 0),
        (buy(1, fee=Decimal("0.00100001"), fee_asset=Asset("BTC")), "0.00100001", 0, 0),
        (buy(1, fee=Decimal("0.00100002"), fee_asset=Asset("BTC")), "0.00100002", 1, 0),
        (buy(1, fee=Decimal("0.1"), fee_asset=Asset("BNB")), None, 0, 1),
        (buy(1), "0", 0, 0),
        (buy(1, quote=Decimal(0), fee=Decimal(1)), None, 0, 0),
    ],
)
def test_fees_are_held_against_what_the_policy_says(made: Fill, highest: str | None, over: int, untold: int) -> None:
    fees = fees_of({BTC: [made]}, FEE)
    assert fees.highest == (None if highest is None else Decimal(highest))
    assert (fees.over, fees.untold) == (over, untold)


def test_fees_are_added_up_in_quote_units() -> None:
    fees = fees_of({BTC: [buy(1, fee=FEE, fee_asset=Asset("BTC")), sell(2, fee=Decimal("0.2"))]}, FEE)
    assert (fees.paid, fees.highest, fees.over) == (Decimal("0.3"), Decimal("0.002"), 1)


def test_nothing_traded_is_nothing() -> None:
    assert orders_of({BTC: ()}, COLLAR) == ()
    assert start_of(()) == {}
    assert fees_of({BTC: ()}, FEE).highest is None


def test_sides_are_kept() -> None:
    assert [order.side for order in past(buy(1), sell(2))] == [Side.BUY, Side.SELL]
