"""The figures of `radius`, and what they are made of. That nobody takes more is tried in tests/radius."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.model.order import Kind
from ringfence.policy.bound import radius
from ringfence.policy.policy import UNLIMITED, AccountLimits, BotPolicy, Cap
from ringfence.policy.size import STRESS_MOVE, move_in
from ringfence.policy.together import account_radius
from tests.policy.world import GRID, D, bot, limited
from tests.policy.world import policy as documented


def amounts(policy: BotPolicy, *, confined: bool = True) -> tuple[Decimal | None, Decimal | None]:
    stealable, gambleable = radius(policy, confined=confined)
    return stealable.amount, gambleable.amount


TAKER = replace(GRID, kinds=(Kind.MARKET,))

FIGURES = [
    # policy                                                     stealable      gambleable
    (GRID,                                                       D("135.66"),   D("830.00")),
    (TAKER,                                                      D("116.59"),   D("830.00")),
    (replace(GRID, kinds=(Kind.LIMIT_MAKER,)),                   D("135.66"),   D("830.00")),
    (limited(loss_budget=UNLIMITED),                             D("263.44"),   D("830.00")),
    (limited(window_notional=UNLIMITED),                         None,          None),
    (limited(exposure=UNLIMITED, loss_budget=UNLIMITED),         None,          None),
    (replace(GRID, kinds=tuple(Kind)),                           D("575.66"),   D("830.00")),
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


def together(budget: str, *bots: BotPolicy, **limits: Decimal) -> tuple[Decimal, Decimal]:
    (account,) = documented().accounts.values()
    caps = replace(AccountLimits(loss_budget=D(budget)), **limits)
    stealable, gambleable = account_radius(replace(account, limits=caps), bots, confined=True)
    assert stealable.amount is not None
    assert gambleable.amount is not None
    return stealable.amount, gambleable.amount


CHEAP = limited(collar=D("0.001"), exit_collar=D("0.005"), exposure=D(5000), loss_budget=D(500))
DEAR = replace(
    limited(exit_collar=D("0.2"), exposure=D(100), window_notional=D(100), loss_budget=D(30)), name=bot("eyes").name
)


def test_a_budget_of_an_account_pays_for_as_much_as_its_cheapest_way_out_lets_it() -> None:
    """By the widest collar 60 would pay for leaving 298; the other bot holds nine thousand with it."""
    alone = radius(replace(CHEAP, limits=with_cap(CHEAP, "loss_budget", D(60)).limits), confined=True)
    both = together("60", CHEAP, DEAR)
    assert [shown >= (one.amount or 0) for shown, one in zip(both, alone, strict=True)] == [True, True]


def test_an_account_shows_what_its_bots_come_to_or_what_its_own_limits_leave() -> None:
    other = replace(GRID, name=bot("eyes").name)
    assert together("1000", GRID, other) == (D("271.30"), 2 * D("830.00"))
    assert together("60", GRID, other, window_notional=D(5000), exposure=D(2000)) == (D("135.66"), D("830.00"))


def test_an_account_of_which_a_bot_has_no_figure_has_one_by_its_own_limits_or_none() -> None:
    free = limited(window_notional=UNLIMITED)
    (account,) = documented().accounts.values()
    assert account_radius(account, [free], confined=True)[0].amount is None
    assert together("60", free, window_notional=D(5000), exposure=D(2000)) == (D("135.66"), D("830.00"))


SECONDS = [(5, "0.0023"), (30, "0.0052"), (35, "0.0056"), (60, "0.0071")]


@pytest.mark.parametrize(("seconds", "part"), SECONDS)
def test_the_worst_seconds_of_a_day_move_more_than_the_usual_ones(seconds: int, part: str) -> None:
    worst = move_in(seconds, STRESS_MOVE)
    assert worst.quantize(D("0.0001"), "ROUND_DOWN") == D(part)
    assert worst > 2 * STRESS_MOVE * (D(seconds) / 86_400).sqrt()
