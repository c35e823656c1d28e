"""Default no; every rule is asked; any refusal wins; what breaks refuses."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.model.action import (
    AccountChange,
    Action,
    Cancel,
    CancelAll,
    Place,
    Read,
    Transfer,
    Undescribed,
    Unknown,
    Withdraw,
)
from ringfence.model.decision import ABSTAIN, Code, Lane, Permit, Reason, Refuse, Verdict
from ringfence.model.facts import Facts, Role, Switch
from ringfence.model.names import ClientId, Symbol
from ringfence.model.order import TRIGGERED, WITH_LIMIT, Kind, Order, OrderRef, Side, Tif
from ringfence.policy.charge import price
from ringfence.policy.engine import decide, weigh
from ringfence.policy.policy import UNLIMITED, BotPolicy
from ringfence.policy.rules.case import Case
from ringfence.policy.rules.listed import rules
from ringfence.policy.rules.money import exposure
from tests.policy.world import (
    BTC,
    CALM,
    FEE,
    GRID,
    INSTRUMENT,
    LIMITS,
    REFERENCE,
    UNUSED,
    D,
    bot,
    holding,
    limit,
    limited,
    market,
)

BUY, SELL = Side.BUY, Side.SELL
REF = OrderRef(BTC, None, ClientId("a"))
BLIND = replace(CALM, instrument=None, reference=None, others=None)
HALTED = replace(CALM, switch=Switch.HALTED)
LEAVING = replace(CALM, switch=Switch.EXITS_ONLY)
LONG = replace(CALM, holding=holding("1"))
WATCHING = replace(CALM, role=Role.WATCH)


def codes(action: Action, facts: Facts = CALM, policy: BotPolicy = GRID) -> tuple[Code, ...]:
    decision = decide(action, facts, policy)
    assert decision.allowed is not bool(decision.because)
    assert (decision.charge is not None) is (decision.allowed and isinstance(action, Place))
    return tuple(reason.code for reason in decision.because)


ACTIONS = [
    # action                              facts     for a trader            for a watcher
    (Read("account"),                     BLIND,    (),                     ()),
    (Read("account"),                     HALTED,   (),                     ()),
    (Cancel(REF),                         BLIND,    (),                     (Code.ROLE,)),
    (Cancel(REF),                         HALTED,   (),                     (Code.ROLE,)),
    (CancelAll(BTC),                      HALTED,   (),                     (Code.ROLE,)),
    (CancelAll(Symbol("OLD/USDT")),       LEAVING,  (),                     (Code.ROLE,)),
    (Withdraw("POST /withdraw"),          CALM,     (Code.WITHDRAW,),       (Code.WITHDRAW,)),
    (Transfer("POST /transfer", "funds"), CALM,     (Code.TRANSFER,),       (Code.TRANSFER,)),
    (AccountChange("POST /key", "keys"),  CALM,     (Code.ACCOUNT,),        (Code.ACCOUNT,)),
    (Undescribed("GET /x", "read"),       CALM,     (Code.UNDESCRIBED,),    (Code.UNDESCRIBED,)),
    (Unknown("no such route"),            CALM,     (Code.UNKNOWN,),        (Code.UNKNOWN,)),
]  # fmt: skip


@pytest.mark.parametrize(("action", "facts", "trader", "watcher"), ACTIONS)
def test_each_kind_of_action_has_its_answer(
    action: Action, facts: Facts, trader: tuple[Code, ...], watcher: tuple[Code, ...]
) -> None:
    assert codes(action, facts) == trader
    assert codes(action, facts, bot("eyes")) == watcher
    assert codes(action, replace(facts, role=Role.WATCH)) == watcher


def test_an_order_needs_both_the_bots_role_and_its_keys() -> None:
    assert codes(Place(market(BUY, "1"))) == ()
    assert Code.ROLE in codes(Place(market(BUY, "1")), WATCHING)
    assert Code.ROLE in codes(Place(market(BUY, "1")), CALM, bot("eyes"))


SWITCHES = [
    (CALM.switch, "0", market(BUY, "1"), ()),
    (Switch.EXITS_ONLY, "0", market(BUY, "1"), (Code.EXITS_ONLY,)),
    (Switch.EXITS_ONLY, "1", market(SELL, "1"), ()),
    (Switch.EXITS_ONLY, "1", market(SELL, "1.001"), (Code.EXITS_ONLY,)),
    (Switch.HALTED, "1", market(SELL, "1"), (Code.HALTED,)),
    (Switch.HALTED, "0", market(BUY, "1"), (Code.HALTED,)),
]


@pytest.mark.parametrize(("switch", "position", "order", "expected"), SWITCHES)
def test_the_switch_lets_through_what_it_says(
    switch: Switch, position: str, order: Order, expected: tuple[Code, ...]
) -> None:
    assert codes(Place(order), replace(CALM, switch=switch, holding=holding(position))) == expected


def test_an_unpriced_order_is_no_exit_while_only_exits_pass() -> None:
    blind = replace(LONG, switch=Switch.EXITS_ONLY, reference=None)
    assert codes(Place(market(SELL, "1")), blind) == (Code.EXITS_ONLY, Code.PRICE)


def test_a_symbol_that_is_not_listed_is_refused_even_to_leave() -> None:
    order = replace(market(SELL, "1"), symbol=Symbol("VIA/USDT"))
    assert Code.SYMBOL in codes(Place(order), LONG)


@pytest.mark.parametrize("kind", Kind)
def test_an_order_type_that_is_not_listed_is_refused_as_the_bot_sent_it(kind: Kind) -> None:
    order = market(SELL, "1") if kind is Kind.MARKET else limit(SELL, "1", "100", kind)
    if kind in TRIGGERED:
        order = replace(order, trigger=D(100), price=None if kind in WITH_LIMIT else D(100))
    assert codes(Place(order), LONG, replace(GRID, kinds=(kind,))) == ()
    others = tuple(other for other in Kind if other is not kind)
    assert codes(Place(order), LONG, replace(GRID, kinds=others)) == (Code.ORDER_TYPE,)


def used(**values: object) -> Facts:
    return replace(CALM, usage=replace(UNUSED, **values))


def worth(others: str) -> Facts:
    return replace(CALM, others=D(others))


def held(position: str, buys: str = "0", sells: str = "0") -> Facts:
    return replace(CALM, holding=holding(position, buys, sells))


# ONE: notional 100, loss 0.1, exposure 100 and so 2.102 for the way out.
ONE, SALE = limit(BUY, "1", "100"), limit(SELL, "1", "100")
TAKEN = replace(ONE, tif=Tif.IOC)
ROOMY, TIGHT = limited(order_notional=D(100)), limited(order_notional=D("99.99"))
BOUNDARIES = [
    # order                     facts                                bot                         refused for
    (ONE,                       CALM,                                ROOMY,                      None),
    (ONE,                       CALM,                                TIGHT,                      Code.ORDER_NOTIONAL),
    (limit(BUY, "1", "1"),      CALM,                                TIGHT,                      Code.ORDER_NOTIONAL),
    (limit(SELL, "1", "500"),   CALM,                                GRID,                       None),
    (limit(SELL, "1", "500.1"), CALM,                                GRID,                       Code.ORDER_NOTIONAL),
    (ONE,                       used(window_notional=D(4900)),       GRID,                       None),
    (ONE,                       used(window_notional=D("4900.01")),  GRID,                       Code.WINDOW_NOTIONAL),
    (ONE,                       worth("1900"),                       GRID,                       None),
    (ONE,                       worth("1900.01"),                    GRID,                       Code.EXPOSURE),
    (ONE,                       held("19"),                          GRID,                       None),
    (ONE,                       held("19.001"),                      GRID,                       Code.EXPOSURE),
    (ONE,                       held("10", buys="9"),                GRID,                       None),
    (ONE,                       held("10", buys="9.001"),            GRID,                       Code.EXPOSURE),
    (ONE,                       held("0", sells="20"),               GRID,                       None),
    (ONE,                       held("0", sells="20.001"),           GRID,                       Code.EXPOSURE),
    (SALE,                      held("0", sells="19"),               GRID,                       None),
    (SALE,                      held("0", sells="19.001"),           GRID,                       Code.EXPOSURE),
    (limit(BUY, "1", "100.5"),  worth("1899.5"),                     GRID,                       None),
    (limit(BUY, "1", "100.5"),  worth("1899.51"),                    GRID,                       Code.EXPOSURE),
    # It rests, so it may lose the collar: 0.5 / 1.005 and 0.1, and 2.102 for the way out.
    (ONE,                       used(window_loss=D("57.3004")),      GRID,                       None),
    (ONE,                       used(window_loss=D("57.3005")),      GRID,                       Code.LOSS_BUDGET),
    (TAKEN,                     used(window_loss=D("57.798")),       GRID,                       None),
    (TAKEN,                     used(window_loss=D("57.79801")),     GRID,                       Code.LOSS_BUDGET),
    (ONE,                       used(open_orders=19),                GRID,                       None),
    (ONE,                       used(open_orders=20),                GRID,                       Code.OPEN_ORDERS),
    (ONE,                       used(orders_last_minute=59),         GRID,                       None),
    (ONE,                       used(orders_last_minute=60),         GRID,                       Code.ORDER_RATE),
    (ONE,                       used(exits_last_minute=1000),        GRID,                       None),
]  # fmt: skip


@pytest.mark.parametrize(("order", "facts", "policy", "code"), BOUNDARIES)
def test_each_limit_holds_to_the_last_unit_s10_s39(
    order: Order, facts: Facts, policy: BotPolicy, code: Code | None
) -> None:
    assert codes(Place(order), facts, policy) == (() if code is None else (code,))


SPENT = replace(
    LONG,
    usage=replace(UNUSED, window_notional=D(10**6), window_loss=D(10**6), orders_last_minute=60, open_orders=20),
    others=None,
)


def test_an_exit_passes_when_every_cap_is_used_up() -> None:
    decision = decide(Place(market(SELL, "1")), SPENT, limited(order_notional=D("0.01"), exposure=D("0.01")))
    assert decision.allowed
    assert decision.charge is not None
    assert decision.charge.lane is Lane.EXIT


PACES = [
    # limit   exits before  open before  answer
    (60,      11,           20,          ()),
    (60,      12,           20,          (Code.ORDER_RATE,)),
    (49,      9,            20,          ()),
    (49,      10,           20,          (Code.ORDER_RATE,)),
    (1,       9,            20,          ()),
    (60,      0,            29,          ()),
    (60,      0,            30,          (Code.OPEN_ORDERS,)),
]  # fmt: skip


@pytest.mark.parametrize(("pace", "exits", "opened", "expected"), PACES)
def test_exits_have_a_share_of_their_own_and_no_more_s26(
    pace: int, exits: int, opened: int, expected: tuple[Code, ...]
) -> None:
    facts = replace(SPENT, usage=replace(SPENT.usage, exits_last_minute=exits, open_orders=opened))
    assert codes(Place(market(SELL, "1")), facts, limited(orders_per_minute=pace)) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (GRID, {Code.EXPOSURE, Code.LOSS_BUDGET}),
        (limited(exposure=UNLIMITED), {Code.LOSS_BUDGET}),
        (limited(loss_budget=UNLIMITED), {Code.EXPOSURE}),
        (limited(exposure=UNLIMITED, loss_budget=UNLIMITED), set()),
    ],
)
def test_where_another_asset_cannot_be_valued_no_risk_is_added(policy: BotPolicy, expected: set[Code]) -> None:
    assert set(codes(Place(ONE), replace(CALM, others=None), policy)) == expected


def test_a_limit_that_is_unlimited_in_words_refuses_nothing() -> None:
    off = limited(order_notional=UNLIMITED, window_notional=UNLIMITED, exposure=UNLIMITED, loss_budget=UNLIMITED)
    facts = replace(used(window_notional=D(10**9), window_loss=D(10**9)), others=D(10**9))
    assert codes(Place(limit(BUY, "1000000", "100")), facts, off) == ()


def test_an_order_that_has_no_size_is_refused_not_raised() -> None:
    shapeless = Order(BTC, BUY, Kind.MARKET, None, None, None, None, None)
    assert codes(Place(shapeless)) == (Code.BROKEN_RULE,)
    assert codes(Place(replace(ONE, price=None))) == (Code.BROKEN_RULE,)


@pytest.mark.parametrize("value", [D("NaN"), D("sNaN"), D("Infinity")])
def test_a_total_that_is_no_number_is_refused_not_raised(value: Decimal) -> None:
    for facts in (
        used(window_notional=value),
        used(window_loss=value),
        replace(CALM, others=value),
        replace(CALM, holding=replace(CALM.holding, position=value)),
        replace(CALM, holding=replace(CALM.holding, open_buys=value)),
        replace(CALM, reference=replace(REFERENCE, buy=value)),
    ):
        assert not decide(Place(ONE), facts, GRID).allowed


def test_every_refusal_is_told_in_the_order_of_the_rules() -> None:
    facts = replace(used(window_notional=D(5000), orders_last_minute=60), switch=Switch.HALTED)
    assert codes(Place(limit(BUY, "6", "100")), facts) == (
        Code.HALTED,
        Code.ORDER_NOTIONAL,
        Code.WINDOW_NOTIONAL,
        Code.ORDER_RATE,
    )


def test_a_refusal_has_the_figures_in_it() -> None:
    (reason,) = decide(Place(ONE), used(window_notional=D("4900.5")), GRID).because
    assert reason.text == "24 hours would come to 5000.5; 5000 at most"


@dataclass(frozen=True, slots=True)
class Says:
    """A rule with one answer."""

    verdict: Verdict

    def judge(self, case: Case) -> Verdict:
        return self.verdict


class Breaks:
    """A rule with a fault in it."""

    def judge(self, case: Case) -> NoReturn:
        raise ZeroDivisionError


YES, NO = Permit("yes"), Refuse(Reason(Code.HALTED, "no"))
CASE = Case(Read("x"), CALM)


def test_no_rules_means_no() -> None:
    decision = weigh(CASE, [])
    assert not decision.allowed
    assert [reason.code for reason in decision.because] == [Code.NO_RULE]


def test_rules_that_only_abstain_mean_no() -> None:
    assert not weigh(CASE, [Says(ABSTAIN)]).allowed


def test_a_broken_rule_means_no() -> None:
    decision = weigh(CASE, [Says(YES), Breaks()])
    assert decision.because == (Reason(Code.BROKEN_RULE, "Breaks failed: ZeroDivisionError"),)


def test_an_order_that_was_never_priced_means_no() -> None:
    decision = weigh(Case(Place(ONE), CALM), rules(GRID))
    assert [reason.code for reason in decision.because] == [Code.PRICE]


verdicts = st.lists(st.sampled_from([ABSTAIN, YES, NO]))


@given(verdicts, st.lists(st.sampled_from([ABSTAIN, NO])))
def test_a_rule_that_permits_nothing_never_allows_more(some: list[Verdict], more: list[Verdict]) -> None:
    before, after = weigh(CASE, map(Says, some)), weigh(CASE, map(Says, [*some, *more]))
    assert before.allowed or not after.allowed


@given(verdicts)
def test_any_refusal_wins(some: list[Verdict]) -> None:
    assert weigh(CASE, map(Says, some)).allowed is (YES in some and NO not in some)


amounts = st.decimals("0", "3000", places=4)
counts = st.integers(0, 70)
sizes = st.decimals("0.001", "30", places=3)
orders = st.one_of(
    st.builds(
        Order,
        st.just(BTC),
        st.sampled_from(Side),
        st.sampled_from([Kind.LIMIT, Kind.LIMIT_MAKER]),
        sizes,
        st.none(),
        st.decimals("90", "130", places=2),
        st.sampled_from([None, *Tif]),
        st.none(),
    ),
    st.builds(market, st.sampled_from(Side), quantity=sizes.map(str)),
    st.builds(market, st.sampled_from(Side), quote=st.decimals("1", "600", places=4).map(str)),
)
worlds = st.builds(
    Facts,
    now=st.floats(999, 1070),
    role=st.sampled_from(Role),
    switch=st.sampled_from(Switch),
    instrument=st.just(INSTRUMENT) | st.none(),
    reference=st.builds(
        replace,
        st.just(REFERENCE),
        buy=st.decimals("80", "120", places=3),
        sell=st.decimals("80", "120", places=3),
    )
    | st.none(),
    usage=st.builds(
        replace,
        st.just(UNUSED),
        window_notional=amounts,
        window_loss=st.decimals("0", "60", places=4),
        open_orders=counts,
        orders_last_minute=counts,
        exits_last_minute=counts,
    ),
    holding=st.builds(
        holding,
        st.decimals("-20", "20", places=3).map(str),
        st.decimals("0", "10", places=3).map(str),
        st.decimals("0", "10", places=3).map(str),
    ),
    others=amounts | st.none(),
)
tame = st.builds(
    replace,
    worlds,
    now=st.floats(1000, 1005),
    role=st.just(Role.TRADE),
    switch=st.just(Switch.TRADING),
    instrument=st.just(INSTRUMENT),
    others=st.decimals("0", "500", places=2),
    holding=st.builds(
        holding,
        st.decimals("-5", "5", places=3).map(str),
        st.decimals("0", "2", places=3).map(str),
        st.decimals("0", "2", places=3).map(str),
    ),
)


@given(orders, worlds | tame, st.permutations(rules(GRID)))
def test_the_order_of_rules_never_matters(order: Order, facts: Facts, shuffled: list[Says]) -> None:
    case = Case(Place(order), facts, price(order, facts, LIMITS, FEE))
    straight, crooked = weigh(case, rules(GRID)), weigh(case, shuffled)
    assert straight == decide(Place(order), facts, GRID)
    assert (straight.allowed, straight.charge) == (crooked.allowed, crooked.charge)
    assert set(straight.because) == set(crooked.because)


@given(orders, worlds | tame)
def test_an_allowed_order_keeps_every_cap(order: Order, facts: Facts) -> None:
    decision = decide(Place(order), facts, GRID)
    charge = decision.charge
    assert decision.allowed is (charge is not None)
    if charge is None:
        return
    sent, reference = charge.order, facts.reference
    assert facts.role is Role.TRADE
    assert reference is not None
    assert sent.kind is not Kind.MARKET
    assert sent.quantity is not None
    assert sent.price is not None
    ours = reference.buy if sent.side is BUY else reference.sell
    collar = D("0.02") if charge.lane is Lane.EXIT else D("0.005")
    assert sent.side.sign * (sent.price - ours * (1 + sent.side.sign * collar)) <= 0
    assert charge.notional == sent.quantity * max(sent.price, ours)
    if charge.lane is Lane.EXIT:
        assert facts.switch is not Switch.HALTED
        return
    assert facts.switch is Switch.TRADING
    assert 0 <= facts.now - reference.at <= 5
    assert charge.notional <= 500
    assert facts.usage.window_notional + charge.notional <= 5000
    assert facts.others is not None
    held, way = facts.holding, sent.side.sign * sent.quantity
    ends = (held.position + held.open_buys + max(way, D(0)), held.position - held.open_sells + min(way, D(0)))
    worth = max(map(abs, ends)) * max(reference.buy, reference.sell) + facts.others
    assert worth <= 2000
    assert facts.usage.window_loss + charge.loss + worth * (D("0.02") + FEE * D("1.02")) <= 60


@given(orders, tame)
def test_what_passes_under_tighter_limits_passes_under_looser_ones(order: Order, facts: Facts) -> None:
    tight = limited(order_notional=D(300), window_notional=D(3000), exposure=D(1000), loss_budget=D(40))
    if order.kind is not Kind.MARKET and decide(Place(order), facts, tight).allowed:
        assert decide(Place(order), facts, GRID).allowed


@given(st.one_of(orders.map(Place), st.just(Withdraw("x")), st.just(Read("x"))), worlds)
def test_a_refusal_always_has_a_reason(action: Action, facts: Facts) -> None:
    codes(action, facts)


def test_exposure_is_not_known_without_a_reference_or_the_other_assets() -> None:
    charge = decide(Place(ONE), CALM, GRID).charge
    assert charge is not None
    assert exposure(charge, CALM) == 100
    assert exposure(charge, replace(CALM, reference=None)) is None
    assert exposure(charge, replace(CALM, others=None)) is None


def test_the_limits_of_the_documentation_are_the_limits_of_these_tests() -> None:
    assert (LIMITS.collar, LIMITS.exit_collar, LIMITS.exit_rate(FEE)) == (D("0.005"), D("0.02"), D("0.02102"))
