"""An order that waits for a trigger is held near that trigger, and pays as if it were filled at once at its limit."""

import pytest
from msgspec.structs import replace

from ringfence.model.action import ListForm, Place, PlaceList
from ringfence.model.decision import Charge, Code, Decision, Lane, Refuse
from ringfence.model.facts import Facts
from ringfence.model.order import Kind, Order, Side, Tif
from ringfence.policy.charge import price
from ringfence.policy.engine import decide, decide_all
from tests.policy.world import BTC, CALM, FEE, GRID, LIMITS, UNUSED, D, holding, limited, market
from tests.policy.world import limit as limit_order

BUY, SELL = Side.BUY, Side.SELL
EVERY = replace(GRID, kinds=tuple(Kind))
LONG = replace(CALM, holding=holding("1"))


def stop(side: Side, trigger: str | None, limit: str | None, trailing: int | None = None, quantity: str = "1") -> Order:
    kind = Kind.STOP_LOSS if limit is None else Kind.STOP_LOSS_LIMIT
    price_, tif = (None, None) if limit is None else (D(limit), Tif.GTC)
    waits = None if trigger is None else D(trigger)
    return Order(BTC, side, kind, D(quantity), None, price_, tif, None, trigger=waits, trailing=trailing)


def priced(order: Order, facts: Facts = CALM) -> Charge | Code:
    answer = price(order, facts, LIMITS, FEE)
    return answer.reason.code if isinstance(answer, Refuse) else answer


# Collars are 0.5 % (2 % for exits) around the trigger; the reference is 100, the fee 0.1 %.
LIMITED = [
    # order                         facts  lane           notional   loss
    (stop(BUY, "110", "110.55"),    CALM,  Lane.ORDINARY, "110.55",  "10.66055"),
    (stop(BUY, "90", "90.45"),      CALM,  Lane.ORDINARY, "100",     "0.1"),
    (stop(SELL, "90", "89.55"),     CALM,  Lane.ORDINARY, "100",     "10.55"),
    (stop(SELL, "90", "88.2"),      LONG,  Lane.EXIT,     "100",     "11.9"),
    (stop(SELL, "120", "117.6"),    LONG,  Lane.EXIT,     "117.6",   "0.1176"),
    (stop(SELL, None, "98", 200),   LONG,  Lane.EXIT,     "100",     "2.1"),
    (stop(SELL, "90", "98", 200),   LONG,  Lane.EXIT,     "100",     "2.1"),
]  # fmt: skip


@pytest.mark.parametrize(("order", "facts", "lane", "notional", "loss"), LIMITED)
def test_a_stop_pays_from_the_reference_of_now_to_its_limit(
    order: Order, facts: Facts, lane: Lane, notional: str, loss: str
) -> None:
    charge = priced(order, facts)
    assert isinstance(charge, Charge)
    assert (charge.lane, charge.notional, charge.loss) == (lane, D(notional), D(loss))
    assert charge.order == order


BEYOND = [
    (stop(BUY, "110", "110.56"), CALM),
    (stop(SELL, "90", "89.54"), CALM),
    (stop(SELL, "90", "88.19"), LONG),
    (stop(SELL, "120", "117.59"), LONG),
    (stop(SELL, None, "97.99", 200), LONG),  # what trails is held near the price of now: its trigger is not known
    (stop(SELL, "90", "88.2", 200), LONG),
]


@pytest.mark.parametrize(("order", "facts"), BEYOND)
def test_a_limit_is_within_the_collar_of_its_trigger_s09(order: Order, facts: Facts) -> None:
    assert priced(order, facts) is Code.COLLAR


def test_a_refusal_says_that_it_is_the_trigger_that_counts() -> None:
    answer = price(stop(SELL, "90", "88"), LONG, LIMITS, FEE)
    assert isinstance(answer, Refuse)
    assert answer.reason.text == "the price 88 is beyond the collar: at least 88.2 (2% from the trigger 90)"


@pytest.mark.parametrize(("trigger", "limit"), [("90", "88.2"), ("90.001", "88.21"), ("120", "117.6")])
def test_a_stop_without_a_limit_gets_one_at_the_exit_collar_of_its_trigger_and_stays(trigger: str, limit: str) -> None:
    charge = priced(stop(SELL, trigger, None), LONG)
    assert isinstance(charge, Charge)
    sent = charge.order
    assert (sent.kind, sent.price, sent.tif, sent.trigger) == (
        Kind.STOP_LOSS_LIMIT, D(limit), Tif.GTC, D(trigger),
    )  # fmt: skip


def test_a_take_profit_without_a_limit_becomes_one_with() -> None:
    charge = priced(replace(stop(SELL, "120", None), kind=Kind.TAKE_PROFIT), LONG)
    assert isinstance(charge, Charge)
    assert (charge.order.kind, charge.order.price) == (Kind.TAKE_PROFIT_LIMIT, D("117.6"))


@pytest.mark.parametrize("facts", [CALM, replace(CALM, holding=holding("0.999"))])
def test_a_stop_without_a_limit_only_takes_a_position_down_s08(facts: Facts) -> None:
    assert priced(stop(SELL, "90", None), facts) is Code.ORDER_TYPE


def codes(order: Order, facts: Facts) -> tuple[Code, ...]:
    return tuple(reason.code for reason in decide(Place(order), facts, EVERY).because)


def test_an_exit_pays_out_of_the_budget_what_it_loses_beyond_the_exit_collar() -> None:
    # A position of 100 has set 2.1 aside; this stop may lose 11.9, so it needs 9.8 more.
    order = stop(SELL, "90", "88.2")
    used = replace(LONG, usage=replace(UNUSED, window_loss=D("48.1")))  # 48.1 + 9.8 + 2.1 = 60
    assert codes(order, used) == ()
    assert codes(order, replace(used, usage=replace(UNUSED, window_loss=D("48.11")))) == (Code.LOSS_BUDGET,)


def test_an_exit_at_the_exit_collar_needs_no_budget() -> None:
    spent = replace(LONG, usage=replace(UNUSED, window_loss=D(1000)))
    assert codes(market(SELL, "1"), spent) == ()
    assert codes(stop(SELL, "100", "98"), spent) == ()
    assert codes(stop(SELL, "100", "97.99"), spent) == (Code.COLLAR,)
    assert codes(stop(SELL, "99.99", "97.9902"), spent) == (Code.LOSS_BUDGET,)


def test_an_iceberg_counts_in_full_s13() -> None:
    whole = limit_order(BUY, "5", "100.5")
    assert priced(replace(whole, visible=D("0.001"))) == replace(
        priced(whole),
        order=replace(whole, visible=D("0.001")),  # type: ignore[type-var]  # it is a charge
    )
    assert codes(replace(whole, visible=D("0.001")), CALM) == (Code.ORDER_NOTIONAL,)


def several(form: ListForm, *orders: Order) -> PlaceList:
    return PlaceList(form, orders, None)


def charges(action: PlaceList, facts: Facts) -> tuple[Charge, ...]:
    decided = decide_all(action, facts, EVERY)
    assert isinstance(decided, tuple), decided
    return decided


def refused(action: PlaceList, facts: Facts, **limits: object) -> Decision:
    decided = decide_all(action, facts, replace(limited(**limits), kinds=EVERY.kinds))
    assert isinstance(decided, Decision)
    assert not decided.allowed
    return decided


UP, DOWN = limit_order(SELL, "1", "120", Kind.LIMIT_MAKER), stop(SELL, "95", "94")
PAIR = several(ListForm.OCO, UP, DOWN)


def test_both_orders_of_a_pair_are_exits_of_one_position() -> None:
    assert [charge.lane for charge in charges(PAIR, LONG)] == [Lane.EXIT, Lane.EXIT]


def test_orders_of_which_all_can_fill_are_summed_s16() -> None:
    entry, more = limit_order(BUY, "3", "100"), limit_order(BUY, "3", "100")
    chain = several(ListForm.OTO, entry, more)
    assert len(charges(chain, CALM)) == 2
    for limits in ({"window_notional": D(599)}, {"exposure": D(599)}, {"open_orders": 1}, {"orders_per_minute": 1}):
        assert refused(chain, CALM, **limits).because[0].text.startswith("order 2 of the OTO: ")
    assert refused(chain, CALM, loss_budget=D("13.1")).because[0].code is Code.LOSS_BUDGET  # 0.6 and 600 * 2.1 %


def test_a_dirty_order_behind_a_clean_one_refuses_both_s17() -> None:
    chain = several(ListForm.OTO, limit_order(BUY, "1", "100"), limit_order(BUY, "50", "100"))
    assert refused(chain, CALM).because[0].code is Code.ORDER_NOTIONAL
    assert (
        refused(several(ListForm.OTO, *reversed(chain.orders)), CALM).because[0].text.startswith("order 1 of the OTO")
    )


def test_each_order_of_a_pair_needs_a_slot_and_a_turn_of_its_own() -> None:
    pair = several(ListForm.OCO, limit_order(BUY, "1", "90", Kind.LIMIT_MAKER), stop(BUY, "110", "110"))
    assert isinstance(decide_all(pair, CALM, EVERY), tuple)
    assert refused(pair, CALM, open_orders=1).because[0].code is Code.OPEN_ORDERS
    assert refused(pair, CALM, orders_per_minute=1).because[0].code is Code.ORDER_RATE


def test_the_dearer_order_of_a_pair_is_what_must_be_afforded() -> None:
    below = limit_order(BUY, "4", "90", Kind.LIMIT_MAKER)
    near, far = stop(BUY, "110", "110.55", quantity="4"), stop(BUY, "130", "130.5", quantity="4")
    assert [charge.notional for charge in charges(several(ListForm.OCO, near, below), CALM)] == [D("442.2"), D(400)]
    assert refused(several(ListForm.OCO, far, below), CALM).because[0].code is Code.ORDER_NOTIONAL
    assert refused(several(ListForm.OCO, below, far), CALM).because[0].code is Code.ORDER_NOTIONAL


FOLLOWS = [
    # what waits for another order, whether it may
    (limit_order(SELL, "1", "100"), True),
    (limit_order(SELL, "1", "100", Kind.LIMIT_MAKER), True),
    (stop(SELL, "95", "94.6"), True),
    (replace(limit_order(SELL, "1", "100"), tif=Tif.IOC), False),
    (replace(limit_order(SELL, "1", "100"), tif=Tif.FOK), False),
    (market(SELL, "1"), False),
]


@pytest.mark.parametrize(("order", "may"), FOLLOWS)
def test_what_waits_for_another_order_may_not_then_be_filled_at_the_price_of_now(order: Order, may: bool) -> None:
    """Nobody sweeps an order that is to be filled at once, and an accomplice sets it off hours later (T6)."""
    first = limit_order(BUY, "1", "100")
    for chain in (several(ListForm.OTO, first, order), several(ListForm.OTOCO, first, UP, order)):
        assert isinstance(decide_all(chain, CALM, EVERY), tuple) is may
        if not may:
            assert refused(chain, CALM).because[0].code is Code.ORDER_TYPE
    assert isinstance(decide_all(several(ListForm.OTO, order, UP), LONG, EVERY), tuple)


def test_what_follows_an_entry_is_counted_beside_it() -> None:
    bracket = several(ListForm.OTOCO, limit_order(BUY, "1", "100"), UP, stop(SELL, "95", "94.6"))
    first, above, below = charges(bracket, CALM)
    assert (first.lane, above.lane, below.lane) == (Lane.ORDINARY,) * 3
    # 100 for the entry and 120 for the dearer way out: the cheaper one is not added.
    assert isinstance(decide_all(bracket, CALM, replace(limited(window_notional=D(220)), kinds=EVERY.kinds)), tuple)
    assert refused(bracket, CALM, window_notional=D("219.99")).because[0].code is Code.WINDOW_NOTIONAL
