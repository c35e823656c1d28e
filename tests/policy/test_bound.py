"""What is shown as the most that can be lost is never passed, and each control is needed for that."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.model.action import Place
from ringfence.model.bound import Bound
from ringfence.model.decision import Charge, Decision
from ringfence.model.facts import Facts
from ringfence.model.order import Kind, Order, Side
from ringfence.policy.bound import radius
from ringfence.policy.charge import price
from ringfence.policy.engine import weigh
from ringfence.policy.policy import UNLIMITED, BotPolicy, Cap
from ringfence.policy.rules.case import Case
from ringfence.policy.rules.listed import rules
from ringfence.policy.rules.money import LossBudget
from ringfence.policy.size import STRESS_MOVE
from tests.policy.attackers import ATTACKS, GREEDY, NARROW
from tests.policy.street import WINDOW, Flaw, Judge, Street
from tests.policy.world import BTC, FEE, GRID, LIMITS, D, bot, limited

LATE = frozenset({"late references"})  # on this street a reference is never late


def open_handed(**limits: object) -> BotPolicy:
    """Leave the counts out of the way: the figures are about money."""
    return limited(**{"open_orders": 10_000, "orders_per_minute": 10_000, "order_notional": UNLIMITED, **limits})


def flat(steps: int) -> list[Decimal]:
    return [D(100)] * steps


def band(steps: int, at: Sequence[int]) -> list[Decimal]:
    """Stay within the stress band: each point is a tenth of it."""
    return [100 * (1 + STRESS_MOVE * at[step % len(at)] / 10) for step in range(steps)]


PATHS = {
    "flat": flat(2 * WINDOW),
    "rise": [100 * (1 + STRESS_MOVE * step / 47) for step in range(2 * WINDOW)],
    "fall": [100 * (1 + STRESS_MOVE * (47 - step) / 47) for step in range(2 * WINDOW)],
    "swing": band(2 * WINDOW, (0, 10)),
    "slow swing": band(2 * WINDOW, (0, 5, 10, 5)),
    "jump": [D(110)] * WINDOW + [D(100)] * WINDOW,
}
POLICIES = {
    "as documented": open_handed(),
    "no budget": open_handed(loss_budget=UNLIMITED),
    "small budget": open_handed(loss_budget=D(15)),
    "no exposure cap": open_handed(exposure=UNLIMITED),
    "wide collars": open_handed(collar=D("0.05"), exit_collar=D("0.2"), loss_budget=UNLIMITED),
    "one collar": open_handed(exit_collar=LIMITS.collar, window_notional=D(1000), exposure=D(5000)),
    "no fee": replace(open_handed(), fee=D(0)),
    "stops": replace(open_handed(), kinds=tuple(Kind)),
    "stops on a small budget": replace(open_handed(loss_budget=D(15)), kinds=tuple(Kind)),
}


def parts(bound: Bound) -> tuple[Decimal, Decimal]:
    """Take a bound apart: what is slippage and fees, and what needs the reference to be late."""
    moves = sum((term.amount for term in bound.terms if term.name in LATE), D(0))
    return sum((term.amount for term in bound.terms), D(0)) - moves, moves


MOVES = LATE | {"risen positions", "resting orders", "orders that wait for a trigger"}


def still(policy: BotPolicy) -> Decimal:
    """Say the bound where no price moves."""
    stealable, _ = radius(policy, confined=True)
    return sum((term.amount for term in stealable.terms if term.name not in MOVES), D(0))


def bounds(policy: BotPolicy) -> tuple[Decimal, Decimal]:
    """Say the bound on slippage and fees in any window, and the one on everything."""
    stealable, gambleable = radius(policy, confined=True)
    assert stealable.amount is not None
    assert gambleable.amount is not None
    slippage, _ = parts(stealable)
    return slippage, slippage + gambleable.amount


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("attack", GREEDY)
@pytest.mark.parametrize("policy", POLICIES)
def test_no_attacker_takes_more_than_the_radius_s04(policy: str, attack: str, path: str) -> None:
    street = Street(POLICIES[policy], PATHS[path])
    ATTACKS[attack](street)
    slippage, everything = bounds(street.bot)
    assert street.worst_window(street.bot.fee) <= slippage
    day = Street(POLICIES[policy], PATHS[path][:WINDOW])
    ATTACKS[attack](day)
    assert day.total(day.bot.fee) <= everything


@pytest.mark.parametrize("attack", NARROW)
@pytest.mark.parametrize("policy", POLICIES)
def test_an_attack_on_one_control_takes_no_more_while_that_control_stands(policy: str, attack: str) -> None:
    assert drained(POLICIES[policy], attack, Flaw.NONE) <= 1


@dataclass(frozen=True, slots=True)
class Move:
    """What an arbitrary attacker does at one point: order, then fill it now, later, or ask to cancel it."""

    order: Order
    later: int
    steps: int


def stop(side: Side, kind: Kind, quantity: Decimal, trigger: Decimal, reach: Decimal | None = None) -> Order:
    limit = None if reach is None else trigger * reach
    return Order(BTC, side, kind, quantity, None, limit, None, None, trigger=trigger)


quantities = st.decimals("0.001", "25", places=3)
moves = st.lists(
    st.builds(
        Move,
        st.one_of(
            st.builds(
                Order,
                st.just(BTC),
                st.sampled_from(Side),
                st.just(Kind.LIMIT),
                quantities,
                st.none(),
                st.decimals("97", "113", places=2),
                *[st.none()] * 2,
            ),
            st.builds(Order, st.just(BTC), st.sampled_from(Side), st.just(Kind.MARKET), quantities, *[st.none()] * 4),
            st.builds(
                stop,
                st.sampled_from(Side),
                st.sampled_from([Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT_LIMIT]),
                quantities,
                st.decimals("60", "150", places=0),
                st.sampled_from([D("0.98"), D("0.995"), D(1), D("1.005"), D("1.02")]),
            ),
            st.builds(
                stop, st.sampled_from(Side), st.just(Kind.STOP_LOSS), quantities, st.decimals("60", "150", places=0)
            ),
        ),
        st.sampled_from([0, 0, 0, 1, 5, 30, 100]),
        st.sampled_from([0, 0, 0, 1, 3]),
    ),
    max_size=60,
)


@given(moves, st.sampled_from(sorted(POLICIES)), st.sampled_from(sorted(PATHS)))
def test_no_sequence_of_orders_takes_more_than_the_radius(some: list[Move], policy: str, path: str) -> None:
    street = Street(POLICIES[policy], PATHS[path])
    due = []
    for move in some:
        street.step = min(street.step + move.steps, len(street.path) - 1)
        working = street.submit(move.order)
        if working is not None:
            due.append((street.step + move.later, working))
        for _, ready in [one for one in due if one[0] <= street.step]:
            street.fill(ready)
        due = [one for one in due if one[0] > street.step]
    assert street.worst_window(street.bot.fee) <= bounds(street.bot)[0]


def drained(policy: BotPolicy, attack: str, flaw: Flaw) -> Decimal:
    street = Street(policy, flat(2 * WINDOW), flaw)
    ATTACKS[attack](street)
    return street.worst_window(street.bot.fee) / still(policy)


MUTANTS = [
    # broken control           attack       at least this many times the bound
    (Flaw.CALENDAR,            "midnight",  D("1.5")),
    (Flaw.NOT_RESERVED,        "at once",   D(2)),
    (Flaw.RELEASED,            "silence",   D(5)),
    (Flaw.REFUNDED,            "race",      D(5)),
    (Flaw.UNCONVERTED,         "churn",     D(100)),
    (Flaw.EXITS_FORGOTTEN,     "churn",     D("1.5")),
]  # fmt: skip


@pytest.mark.parametrize(("flaw", "attack", "times"), MUTANTS)
def test_without_any_one_control_the_radius_is_passed(flaw: Flaw, attack: str, times: Decimal) -> None:
    assert drained(open_handed(), attack, Flaw.NONE) <= 1
    assert drained(open_handed(), attack, flaw) > times


def no_way_out(action: Place, facts: Facts, policy: BotPolicy) -> Decision:
    """Judge as the engine does, but do not make a position pay for its exit up front."""
    assert policy.limits is not None
    case = Case(action, facts, price(action.order, facts, policy.limits, policy.fee))
    others = [rule for rule in rules(policy) if not isinstance(rule, LossBudget)]
    if case.ordinary is None:
        return weigh(case, others)
    return weigh(case, [*others, *(replace(r, exit_rate=D(0)) for r in rules(policy) if isinstance(r, LossBudget))])


def test_without_the_way_out_paid_up_front_the_budget_is_passed() -> None:
    policy = open_handed(loss_budget=D(15))
    street = Street(policy, flat(2 * WINDOW), judge=no_way_out)
    ATTACKS["hoard"](street)
    assert street.worst_window(FEE) > 2 * still(policy)


STOPPED = POLICIES["stops on a small budget"]


def stop_hunt(street: Street) -> None:
    """Buy, then leave by a stop far below the market, whose trigger the accomplice prints himself (S08)."""
    for size in (D(1), D("0.1"), D("0.01")):
        for _ in range(100):
            bought = street.submit(Order(BTC, Side.BUY, Kind.MARKET, size, None, None, None, None))
            if bought is None:
                break
            street.fill(bought)
            out = street.submit(stop(Side.SELL, Kind.STOP_LOSS_LIMIT, size, D(60), D("0.98")))
            if out is None:
                break
            street.fill(out)


def free_stops(action: Place, facts: Facts, policy: BotPolicy) -> Decision:
    """Judge as the engine does, but let an exit be paid for whatever it loses."""
    assert policy.limits is not None
    case = Case(action, facts, price(action.order, facts, policy.limits, policy.fee))
    forgiving = [rule for rule in rules(policy) if case.ordinary is not None or not isinstance(rule, LossBudget)]
    return weigh(case, forgiving)


def near_stops(action: Place, facts: Facts, policy: BotPolicy) -> Decision:
    """Judge as the engine does, but count what a stop loses from its trigger, as if nobody could print a trade."""
    assert policy.limits is not None
    priced = price(action.order, facts, policy.limits, policy.fee)
    if isinstance(priced, Charge) and action.order.trigger is not None:
        priced = replace(
            priced, loss=abs(action.order.trigger - (priced.order.price or D(0))) * (priced.order.quantity or 0)
        )
    return weigh(Case(action, facts, priced), rules(policy))


@pytest.mark.parametrize("judge", [free_stops, near_stops])
def test_without_charging_a_stop_as_far_as_its_limit_the_budget_is_passed(judge: Judge) -> None:
    sound = Street(STOPPED, flat(WINDOW))
    stop_hunt(sound)
    assert sound.worst_window(FEE) <= still(STOPPED)
    street = Street(STOPPED, flat(WINDOW), judge=judge)
    stop_hunt(street)
    assert street.worst_window(FEE) > D("1.5") * still(STOPPED)


def generous_exits(street: Street) -> Judge:
    """Judge as the engine does, but let an order be an exit though resting sales already cover the position."""

    def judge(action: Place, facts: Facts, policy: BotPolicy) -> Decision:
        assert policy.limits is not None
        narrow = replace(facts.holding, open_buys=D(0), open_sells=street.open_exits)
        priced = price(action.order, replace(facts, holding=narrow), policy.limits, policy.fee)
        return weigh(Case(action, facts, priced), rules(policy))

    return judge


def test_without_counting_every_open_order_an_exit_opens_a_position_and_the_budget_is_passed_s19() -> None:
    assert drained(open_handed(), "both ways", Flaw.NONE) <= 1
    street = Street(open_handed(), flat(WINDOW))
    street.judge = generous_exits(street)
    ATTACKS["both ways"](street)
    assert street.worst_window(FEE) > D("1.2") * still(street.bot)


@pytest.mark.parametrize("policy", ["as documented", "small budget", "no exposure cap"])
def test_the_budget_can_nearly_be_taken_so_the_figure_is_not_idle(policy: str) -> None:
    street = Street(POLICIES[policy], flat(WINDOW))
    ATTACKS["churn"](street)
    budget = POLICIES[policy].limits
    assert budget is not None
    assert isinstance(budget.loss_budget, Decimal)
    assert budget.loss_budget * D("0.9") <= street.worst_window(FEE) <= budget.loss_budget


def test_the_books_of_the_street_agree_with_its_trades() -> None:
    street = Street(open_handed(), PATHS["swing"])
    for attack in GREEDY.values():
        attack(street)
        assert street.facts().holding.position == street.position


def amounts(policy: BotPolicy, *, confined: bool = True) -> tuple[Decimal | None, Decimal | None]:
    stealable, gambleable = radius(policy, confined=confined)
    return stealable.amount, gambleable.amount


TAKER = replace(GRID, kinds=(Kind.MARKET,))

FIGURES = [
    # policy                                                     stealable      gambleable
    (GRID,                                                       D("141.35"),   D("830.00")),
    (TAKER,                                                      D("116.59"),   D("830.00")),
    (replace(GRID, kinds=(Kind.LIMIT_MAKER,)),                   D("141.35"),   D("830.00")),
    (limited(loss_budget=UNLIMITED),                             D("315.82"),   D("830.00")),
    (limited(window_notional=UNLIMITED),                         None,          None),
    (limited(exposure=UNLIMITED, loss_budget=UNLIMITED),         None,          None),
    (replace(GRID, kinds=tuple(Kind)),                           D("581.35"),   D("830.00")),
    (replace(limited(loss_budget=UNLIMITED), kinds=tuple(Kind)), None,          None),
    (bot("eyes"),                                                D(0),          D(0)),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "stealable", "gambleable"), FIGURES)
def test_the_figures_are_these_s07(policy: BotPolicy, stealable: Decimal | None, gambleable: Decimal | None) -> None:
    assert amounts(policy) == (stealable, gambleable)


@pytest.mark.parametrize("policy", [GRID, TAKER, bot("eyes"), limited(window_notional=UNLIMITED)])
def test_while_not_confined_it_is_the_whole_account_whatever_the_policy_says(policy: BotPolicy) -> None:
    for bound in radius(policy, confined=False):
        assert bound.amount is None
        assert [term.name for term in bound.terms] == ["the whole account"]


def test_what_has_no_figure_names_the_limit_that_is_missing() -> None:
    names = [
        radius(policy, confined=True)[0].terms[0].name
        for policy in (limited(window_notional=UNLIMITED), limited(exposure=UNLIMITED, loss_budget=UNLIMITED))
    ]
    assert names == ["window_notional", "exposure"]


caps: st.SearchStrategy[Cap] = st.decimals("0.01", "100000", places=2) | st.just(UNLIMITED)
policies = st.builds(
    lambda collar, wider, window, exposed, budget, kinds: replace(
        limited(
            collar=collar,
            exit_collar=collar + wider,
            window_notional=window,
            exposure=exposed,
            loss_budget=budget,
        ),
        kinds=tuple(kinds),
    ),
    st.decimals("0.0001", "0.2", places=4),
    st.decimals("0", "0.2", places=4),
    caps,
    caps,
    caps,
    st.sets(st.sampled_from(Kind), min_size=1),
)


@given(policies)
def test_a_bound_is_never_less_than_its_terms(policy: BotPolicy) -> None:
    for bound in radius(policy, confined=True):
        assert bound.terms
        assert all(term.amount >= 0 and term.why for term in bound.terms)
        if bound.amount is not None:
            assert bound.amount >= sum(term.amount for term in bound.terms)


def with_cap(policy: BotPolicy, name: str, cap: Cap) -> BotPolicy:
    assert policy.limits is not None
    values: dict[str, Any] = {name: cap}
    return replace(policy, limits=replace(policy.limits, **values))


@given(policies, st.sampled_from(["window_notional", "exposure", "loss_budget"]), st.decimals("1", "3", places=2))
def test_a_wider_cap_never_shows_less(policy: BotPolicy, name: str, factor: Decimal) -> None:
    assert policy.limits is not None
    cap: Cap = getattr(policy.limits, name)
    if not isinstance(cap, Decimal):
        return
    steps: list[Cap] = [cap, cap * factor, UNLIMITED]
    shown = [amounts(with_cap(policy, name, step)) for step in steps]
    for before, after in pairwise(shown):
        for less, more in zip(before, after, strict=True):
            assert more is None or (less is not None and less <= more + D("0.02"))
