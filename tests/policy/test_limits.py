"""Each limit that may be left out holds to the last unit, lets exits pass, and refuses where its fact is missing."""

import pytest
from msgspec.structs import replace

from ringfence.model.action import ListForm, Place, PlaceList
from ringfence.model.decision import Code, Decision
from ringfence.model.facts import AccountUse, Facts
from ringfence.model.order import Order, Side, Tif
from ringfence.policy.engine import decide, decide_all
from ringfence.policy.policy import AccountLimits, BotPolicy, Hours
from tests.policy.world import BTC, CALM, GRID, UNUSED, D, holding, limit, limited, market

BUY, SELL = Side.BUY, Side.SELL
ONE = replace(limit(BUY, "1", "100"), tif=Tif.IOC)  # comes to 100, and costs its fee of 0.1
SALE = replace(limit(SELL, "1", "100"), tif=Tif.IOC)
FAR = limit(BUY, "1", "94.99")  # 5.01 % below
NEAR = limit(BUY, "1", "95")
LONG = replace(CALM, holding=holding("1"))


def slow(price: str | None) -> Facts:
    assert CALM.reference is not None
    return replace(CALM, reference=replace(CALM.reference, slow=None if price is None else D(price)))


def used(**usage: object) -> Facts:
    return replace(CALM, usage=replace(UNUSED, **usage))


def here(**symbol: object) -> Facts:
    return replace(CALM, symbol=replace(CALM.symbol, **symbol))


def paced(**pace: int) -> Facts:
    return replace(CALM, pace=replace(CALM.pace, **pace))


def together(exposure: str | None = "0", way_out: str | None = "0", **usage: object) -> Facts:
    known = [None if each is None else D(each) for each in (exposure, way_out)]
    return replace(CALM, account=AccountUse(replace(UNUSED, **usage), *known))


def at(moment: int) -> Facts:
    return replace(CALM, at=moment)


def of_account(**limits: object) -> BotPolicy:
    return replace(GRID, account_limits=replace(AccountLimits(), **limits))


FRIDAY = 1_799_971_200_000  # 2027-01-15, a Friday, 00:00 UTC
HOUR, MINUTE = 3_600_000, 60_000
OFFICE = replace(GRID, hours=(Hours((0, 1, 2, 3, 4), 8 * 60, 18 * 60),))
TWO = replace(GRID, hours=(Hours((4,), 0, 60), Hours((5,), 0, 1440)))
WHILE = replace(GRID, valid_from=FRIDAY, valid_until=FRIDAY + HOUR)
IN_TWO = limited(order_quantity=((BTC, D("1")),))

BOUNDARIES = [
    # order, facts, policy, code
    (ONE, slow("90.91"), limited(slow_collar=D("0.1")), None),
    (ONE, slow("90.9"), limited(slow_collar=D("0.1")), Code.SLOW_COLLAR),
    (SALE, slow("111.11"), limited(slow_collar=D("0.1")), None),
    (SALE, slow("111.12"), limited(slow_collar=D("0.1")), Code.SLOW_COLLAR),
    (ONE, slow(None), limited(slow_collar=D("0.1")), Code.SLOW_COLLAR),
    (ONE, slow(None), GRID, None),
    (ONE, CALM, IN_TWO, None),
    (market(BUY, "1.001"), CALM, IN_TWO, Code.ORDER_QUANTITY),
    (replace(market(BUY, "1.001"), visible=D("0.1")), CALM, IN_TWO, Code.ORDER_QUANTITY),
    (ONE, CALM, limited(order_quantity=()), Code.ORDER_QUANTITY),
    (ONE, CALM, limited(order_minimum=D(100)), None),
    (ONE, CALM, limited(order_minimum=D("100.01")), Code.ORDER_MINIMUM),
    (ONE, replace(CALM, equity=D(2000)), limited(order_share=D("0.05")), None),
    (ONE, replace(CALM, equity=D("1999.99")), limited(order_share=D("0.05")), Code.ORDER_SHARE),
    (ONE, replace(CALM, equity=None), limited(order_share=D("0.05")), Code.ORDER_SHARE),
    (ONE, here(notional=D(900)), limited(symbol_notional=D(1000)), None),
    (ONE, here(notional=D("900.01")), limited(symbol_notional=D(1000)), Code.SYMBOL_NOTIONAL),
    (ONE, used(bought=D(900), sold=D(5000)), limited(side_notional=D(1000)), None),
    (ONE, used(bought=D("900.01")), limited(side_notional=D(1000)), Code.SIDE_NOTIONAL),
    (SALE, used(sold=D(900), bought=D(5000)), limited(side_notional=D(1000)), None),
    (SALE, used(sold=D("900.01")), limited(side_notional=D(1000)), Code.SIDE_NOTIONAL),
    (ONE, replace(CALM, holding=holding("9")), limited(symbol_exposure=D(1000)), None),
    (ONE, replace(CALM, holding=holding("9.001")), limited(symbol_exposure=D(1000)), Code.SYMBOL_EXPOSURE),
    (ONE, replace(CALM, holding=holding("0", "9.001")), limited(symbol_exposure=D(1000)), Code.SYMBOL_EXPOSURE),
    (ONE, replace(CALM, others=D(1900)), limited(symbol_exposure=D(1000)), None),
    (ONE, here(open_orders=4), limited(symbol_orders=5), None),
    (ONE, here(open_orders=5), limited(symbol_orders=5), Code.SYMBOL_ORDERS),
    (FAR, here(far=2), limited(far_orders=3), None),
    (FAR, here(far=3), limited(far_orders=3), Code.FAR_ORDERS),
    (FAR, here(far=None), limited(far_orders=3), Code.FAR_ORDERS),
    (NEAR, here(far=3), limited(far_orders=3), None),
    (ONE, replace(CALM, drawdown=D("199.99")), limited(drawdown_stop=D(200)), None),
    (ONE, replace(CALM, drawdown=D(200)), limited(drawdown_stop=D(200)), Code.DRAWDOWN),
    (ONE, replace(CALM, drawdown=None), limited(drawdown_stop=D(200)), Code.DRAWDOWN),
    (ONE, here(round_trips=4), limited(round_trips=5), None),
    (ONE, here(round_trips=5), limited(round_trips=5), Code.ROUND_TRIPS),
    (ONE, paced(amends_last_minute=9), limited(amends_per_minute=10), None),
    (ONE, paced(amends_last_minute=10), limited(amends_per_minute=10), Code.AMEND_RATE),
    (ONE, paced(cancels_last_minute=9), limited(cancels_per_minute=10), None),
    (ONE, paced(cancels_last_minute=10), limited(cancels_per_minute=10), Code.CANCEL_RATE),
    (ONE, paced(cancels_last_hour=49), limited(cancels_per_fill=10), None),
    (ONE, paced(cancels_last_hour=50), limited(cancels_per_fill=10), Code.CANCEL_RATIO),
    (ONE, paced(cancels_last_hour=69, fills_last_hour=7), limited(cancels_per_fill=10), None),
    (ONE, paced(cancels_last_hour=70, fills_last_hour=7), limited(cancels_per_fill=10), Code.CANCEL_RATIO),
    (ONE, CALM, limited(hold_above=D(100)), None),
    (ONE, CALM, limited(hold_above=D("99.99")), Code.HELD),
    (ONE, replace(CALM, granted=True), limited(hold_above=D("99.99")), None),
    (ONE, replace(CALM, stopped="it lost too much"), GRID, Code.STOPPED),
    (ONE, replace(CALM, drifted="tick 0.01 to 0.1"), GRID, Code.DRIFT),
    (ONE, at(FRIDAY + 8 * HOUR - MINUTE), OFFICE, Code.HOURS),
    (ONE, at(FRIDAY + 8 * HOUR), OFFICE, None),
    (ONE, at(FRIDAY + 18 * HOUR - MINUTE), OFFICE, None),
    (ONE, at(FRIDAY + 18 * HOUR), OFFICE, Code.HOURS),
    (ONE, at(FRIDAY + 32 * HOUR), OFFICE, Code.HOURS),
    (ONE, at(FRIDAY + 48 * HOUR - MINUTE), TWO, None),
    (ONE, at(FRIDAY + 48 * HOUR), TWO, Code.HOURS),
    (ONE, at(FRIDAY - 1), WHILE, Code.VALIDITY),
    (ONE, at(FRIDAY), WHILE, None),
    (ONE, at(FRIDAY + HOUR - 1), WHILE, None),
    (ONE, at(FRIDAY + HOUR), WHILE, Code.VALIDITY),
    (ONE, together(window_notional=D(900)), of_account(window_notional=D(1000)), None),
    (ONE, together(window_notional=D("900.01")), of_account(window_notional=D(1000)), Code.ACCOUNT_LIMIT),
    (ONE, together(exposure="900"), of_account(exposure=D(1000)), None),
    (ONE, together(exposure="900.01"), of_account(exposure=D(1000)), Code.ACCOUNT_LIMIT),
    (ONE, together(exposure=None), of_account(exposure=D(1000)), Code.ACCOUNT_LIMIT),
    # 0.1 for the order, 2.102 for its way out, and 50 and 7.798 of others.
    (ONE, together(way_out="50", window_loss=D("7.798")), of_account(loss_budget=D(60)), None),
    (ONE, together(way_out="50", window_loss=D("7.7981")), of_account(loss_budget=D(60)), Code.ACCOUNT_LIMIT),
    (ONE, together(way_out=None), of_account(loss_budget=D(60)), Code.ACCOUNT_LIMIT),
    (ONE, together(open_orders=4), of_account(open_orders=5), None),
    (ONE, together(open_orders=5), of_account(open_orders=5), Code.ACCOUNT_LIMIT),
    (ONE, together(orders_last_minute=4), of_account(orders_per_minute=5), None),
    (ONE, together(orders_last_minute=5), of_account(orders_per_minute=5), Code.ACCOUNT_LIMIT),
]  # fmt: skip


@pytest.mark.parametrize(("order", "facts", "policy", "code"), BOUNDARIES)
def test_each_limit_holds_to_the_last_unit(order: Order, facts: Facts, policy: BotPolicy, code: Code | None) -> None:
    decision = decide(Place(order), facts, policy)
    assert tuple(reason.code for reason in decision.because) == (() if code is None else (code,))
    assert decision.allowed is (code is None)


REFUSED = [row for row in BOUNDARIES if row[3] is not None]


@pytest.mark.parametrize(("order", "facts", "policy", "code"), REFUSED)
def test_an_exit_passes_through_every_one_of_them_g10(
    order: Order, facts: Facts, policy: BotPolicy, code: Code
) -> None:
    # What would be refused as a purchase or a sale is let through where it only takes a position down.
    held = replace(facts, holding=holding("1" if order.side is SELL else "-1"))
    leaving = replace(market(order.side, "1"), client_id=None)
    decision = decide(Place(leaving), held, policy)
    assert decision.allowed, (code, decision.because)


EXITS_TOO = [
    (here(open_orders=15), limited(symbol_orders=5), Code.SYMBOL_ORDERS),
    (together(open_orders=15), of_account(open_orders=5), Code.ACCOUNT_LIMIT),
    (together(exits_last_minute=10), of_account(orders_per_minute=5), Code.ACCOUNT_LIMIT),
]


@pytest.mark.parametrize(("facts", "policy", "code"), EXITS_TOO)
def test_counts_have_a_share_for_exits_and_no_more(facts: Facts, policy: BotPolicy, code: Code) -> None:
    decision = decide(Place(market(SELL, "1")), replace(facts, holding=holding("1")), policy)
    assert [reason.code for reason in decision.because] == [code]


def test_what_is_held_and_refused_is_refused() -> None:
    policy = limited(hold_above=D(50), order_notional=D(99))
    decision = decide(Place(ONE), CALM, policy)
    assert [reason.code for reason in decision.because] == [Code.ORDER_NOTIONAL]
    assert not decision.held


def test_what_is_only_held_says_so_and_has_no_charge() -> None:
    decision = decide(Place(ONE), CALM, limited(hold_above=D(50)))
    assert (decision.held, decision.allowed, decision.charge) == (True, False, None)
    assert decision.because[0].text == "the order comes to 100; above 50 a person must allow it"


def test_a_grant_takes_away_no_rule_but_the_hold() -> None:
    policy = limited(hold_above=D(50), order_notional=D(99))
    assert decide(Place(ONE), replace(CALM, granted=True), policy).because[0].code is Code.ORDER_NOTIONAL


PAIR = PlaceList(ListForm.OTO, (ONE, replace(ONE, price=D("99.9"), tif=Tif.GTC)), None)
SECOND: list[tuple[Facts, BotPolicy, Code]] = [
    (here(notional=D(850)), limited(symbol_notional=D(1000)), Code.SYMBOL_NOTIONAL),
    (used(bought=D(850)), limited(side_notional=D(1000)), Code.SIDE_NOTIONAL),
    (here(open_orders=4), limited(symbol_orders=5), Code.SYMBOL_ORDERS),
    (together(window_notional=D(850)), of_account(window_notional=D(1000)), Code.ACCOUNT_LIMIT),
    (together(exposure="850"), of_account(exposure=D(1000)), Code.ACCOUNT_LIMIT),
    (together(way_out="57"), of_account(loss_budget=D(60)), Code.ACCOUNT_LIMIT),
    (together(open_orders=4), of_account(open_orders=5), Code.ACCOUNT_LIMIT),
    (together(orders_last_minute=4), of_account(orders_per_minute=5), Code.ACCOUNT_LIMIT),
]


@pytest.mark.parametrize(("facts", "policy", "code"), SECOND)
def test_the_second_order_of_a_list_is_judged_with_the_first_counted_s16(
    facts: Facts, policy: BotPolicy, code: Code
) -> None:
    assert decide(Place(ONE), facts, policy).allowed
    decided = decide_all(PAIR, facts, policy)
    assert isinstance(decided, Decision)
    assert [reason.code for reason in decided.because] == [code]
    assert decided.because[0].text.startswith("order 2 of the OTO: ")


def test_a_second_far_order_of_a_list_counts_the_first() -> None:
    far = PlaceList(ListForm.OTO, (FAR, FAR), None)
    assert isinstance(decide_all(far, here(far=1), limited(far_orders=2)), Decision)
    assert not isinstance(decide_all(far, here(far=0), limited(far_orders=2)), Decision)


def test_the_tables_ask_about_every_limit_that_may_be_left_out() -> None:
    optional = {name for name in GRID.limits.__struct_fields__ if getattr(GRID.limits, name) is None}  # type: ignore[union-attr]
    asked = {
        name
        for _, _, policy, _ in BOUNDARIES
        for name in optional
        if getattr(policy.limits, name) is not None  # no row without its limit
    }
    elsewhere = {"order_lifetime", "identical_fills"}  # the sweeper's, and the guard's
    assert asked | elsewhere == optional
