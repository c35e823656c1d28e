"""An order leaves the book when the price has left it behind, when there is no price, and when it is too old."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ringfence.model.decision import Charge, Lane
from ringfence.model.facts import Reference
from ringfence.model.order import Kind, Order, Side, Tif
from ringfence.policy.charge import EXIT_FRESH_SECONDS, price
from ringfence.policy.sweep import overdue
from tests.policy.world import BTC, CALM, FEE, LIMITS, REFERENCE, D, holding, limit

BUY, SELL = Side.BUY, Side.SELL
NOW = REFERENCE.at + 1


def charged(order: Order, position: str = "0") -> Charge:
    charge = price(order, replace(CALM, holding=holding(position)), LIMITS, FEE)
    assert isinstance(charge, Charge)
    return charge


def at(buy: str, sell: str | None = None) -> Reference:
    return replace(REFERENCE, buy=D(buy), sell=D(sell or buy))


# The collar is 0.5 %, 2 % for exits.
LEFT = [
    # order,                    position, the reference of now, swept
    (limit(BUY, "1", "99"), "0", at("98.51"), False),
    (limit(BUY, "1", "99"), "0", at("98.50"), True),  # 98.5 * 1.005 = 98.9925
    (limit(BUY, "1", "99"), "0", at("200"), False),
    (limit(SELL, "1", "101"), "0", at("101.50"), False),
    (limit(SELL, "1", "101"), "0", at("101.51"), True),  # 101.51 * 0.995 = 101.00245
    (limit(SELL, "1", "101"), "0", at("50"), False),
    (limit(SELL, "1", "101"), "1", at("103.06"), False),
    (limit(SELL, "1", "101"), "1", at("103.07"), True),  # an exit: 103.07 * 0.98 = 101.0086
    (limit(BUY, "1", "99", Kind.LIMIT_MAKER), "0", at("98.50"), True),
    # With few venues a purchase is held against the lowest, and a sale against the highest.
    (limit(BUY, "1", "99"), "0", at("98.50", "110"), True),
    (limit(SELL, "1", "101"), "0", at("90", "101.51"), True),
]


@pytest.mark.parametrize(("order", "position", "reference", "swept"), LEFT)
def test_what_the_price_has_left_behind_is_swept_s07(
    order: Order, position: str, reference: Reference, swept: bool
) -> None:
    assert (overdue(charged(order, position), reference, LIMITS, NOW, 0) is not None) is swept


@pytest.mark.parametrize("position", ["0", "1"])
@pytest.mark.parametrize(("age", "swept"), [(EXIT_FRESH_SECONDS, False), (EXIT_FRESH_SECONDS + 0.01, True)])
def test_without_a_price_everything_that_rests_is_swept_s56(position: str, age: float, swept: bool) -> None:
    charge = charged(limit(SELL, "1", "101"), position)
    assert (overdue(charge, REFERENCE, LIMITS, REFERENCE.at + age, 0) is not None) is swept
    since = NOW - age  # a signer that has just begun waits as long for its first price
    assert (overdue(charge, since, LIMITS, NOW, 0) is not None) is swept


def test_a_price_from_the_future_is_none() -> None:
    assert overdue(charged(limit(BUY, "1", "99")), REFERENCE, LIMITS, REFERENCE.at - 1, 0) is not None


@pytest.mark.parametrize(("age", "swept"), [(59_999, False), (60_000, True)])
def test_an_order_that_adds_risk_has_a_lifetime(age: int, swept: bool) -> None:
    limits = replace(LIMITS, order_lifetime=60_000)
    assert (overdue(charged(limit(BUY, "1", "99")), REFERENCE, limits, NOW, age) is not None) is swept
    assert overdue(charged(limit(SELL, "1", "101"), "1"), REFERENCE, limits, NOW, age) is None


def test_without_a_lifetime_it_may_be_as_old_as_it_likes() -> None:
    assert overdue(charged(limit(BUY, "1", "99")), REFERENCE, LIMITS, NOW, 10**12) is None


def stop(position: str) -> Charge:
    order = Order(BTC, SELL, Kind.STOP_LOSS_LIMIT, D(1), None, D("89.6"), Tif.GTC, None, trigger=D(90))
    return charged(order, position)


@pytest.mark.parametrize("reference", [0.0, REFERENCE, at("500")])
def test_a_stop_is_never_swept_since_it_protects(reference: Reference | float) -> None:
    assert stop("1").lane is Lane.EXIT
    assert overdue(stop("1"), reference, replace(LIMITS, order_lifetime=1), NOW, 10**12) is None


def test_a_stop_that_adds_risk_has_a_lifetime_all_the_same() -> None:
    assert overdue(stop("0"), REFERENCE, replace(LIMITS, order_lifetime=60_000), NOW, 60_000) is not None


def test_a_bot_that_no_policy_names_keeps_its_collar() -> None:
    charge = charged(limit(BUY, "1", "99"))
    assert overdue(charge, at("98.50"), None, NOW, 10**12) is not None
    assert overdue(charge, REFERENCE, None, NOW, 10**12) is None


def test_what_leaves_at_once_is_left_alone() -> None:
    charge = charged(replace(limit(BUY, "1", "99"), tif=Tif.IOC))
    assert overdue(charge, at("50"), LIMITS, NOW, 0) is None


@pytest.mark.parametrize("side", Side)
def test_until_it_is_swept_an_order_loses_no_more_than_it_was_charged(side: Side) -> None:
    order = limit(side, "1", "100")
    charge = charged(order)
    sign = side.sign
    reference = D(100)
    while overdue(charge, at(str(reference)), LIMITS, NOW, 0) is None:
        assert sign * (D(100) - reference) <= charge.loss - FEE * charge.notional
        reference -= sign * Decimal("0.001")
    assert sign * (D(100) - reference) > D("0.49")
