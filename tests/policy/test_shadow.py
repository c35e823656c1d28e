"""Limits in shadow: what may be left out notes and lets pass until its moment; what must be there counts at once."""

import pytest
from msgspec.structs import replace

from ringfence.errors import Misconfigured
from ringfence.model.action import ListForm, Place, PlaceList
from ringfence.model.decision import Code
from ringfence.model.facts import Facts
from ringfence.model.order import Order, Side, Tif
from ringfence.policy.bound import radius
from ringfence.policy.diff import Effect, diff, widens
from ringfence.policy.engine import decide, decide_all
from ringfence.policy.load import load
from ringfence.policy.policy import BotPolicy
from tests.policy.test_limits import BOUNDARIES
from tests.policy.world import CALM, GRID, TEXT, D, holding, limit, limited

LATER = CALM.at + 1
ONE = replace(limit(Side.BUY, "1", "100"), tif=Tif.IOC)
# What stops a bot, what an account limits, when a bot may trade: these never watch only.
ALWAYS = {Code.DRIFT, Code.DRAWDOWN, Code.STOPPED, Code.ACCOUNT_LIMIT, Code.HOURS, Code.VALIDITY}


def shadowed(bot: BotPolicy, until: int = LATER) -> BotPolicy:
    return replace(bot, shadow_until=until)


@pytest.mark.parametrize("row", BOUNDARIES, ids=lambda row: str(row[-1]))
def test_each_limit_that_may_be_left_out_only_notes_while_it_is_in_shadow(
    row: tuple[Order, Facts, BotPolicy, Code | None],
) -> None:
    order, facts, bot, code = row
    now = decide(Place(order), facts, shadowed(bot, facts.at + 1))
    if code is None or code in ALWAYS:
        assert (now.allowed, [reason.code for reason in now.because]) == (code is None, [code] if code else [])
        assert now.charge is None or now.charge.noted == ()
    else:
        assert now.allowed
        assert now.charge is not None
        assert [reason.code for reason in now.charge.noted] == [code]


@pytest.mark.parametrize(("until", "allowed"), [(CALM.at + 1, True), (CALM.at, False)])
def test_shadow_ends_at_its_moment(until: int, allowed: bool) -> None:
    assert decide(Place(ONE), CALM, shadowed(limited(symbol_notional=D("99")), until)).allowed is allowed


@pytest.mark.parametrize("until", [CALM.at + 1, 0])
def test_what_must_be_there_is_never_in_shadow(until: int) -> None:
    tight = {"order_notional": "99", "window_notional": "99", "exposure": "99", "loss_budget": "0.01"}
    for name, cap in tight.items():
        decision = decide(Place(ONE), CALM, shadowed(limited(**{name: D(cap)}), until))
        assert [str(reason.code) for reason in decision.because] == [name.replace("_", "-")]


def test_an_exit_has_nothing_to_note() -> None:
    sale = replace(ONE, side=Side.SELL)
    decision = decide(Place(sale), replace(CALM, holding=holding("1")), shadowed(limited(symbol_notional=D("1"))))
    assert decision.charge is not None
    assert decision.charge.noted == ()


def test_each_order_of_a_list_has_its_own_notes() -> None:
    pair = (limit(Side.BUY, "1", "100"), limit(Side.BUY, "2", "100"))
    charges = decide_all(PlaceList(ListForm.OTO, pair, None), CALM, shadowed(limited(hold_above=D("150"))))
    assert isinstance(charges, tuple)
    assert [[reason.code for reason in charge.noted] for charge in charges] == [[], [Code.HELD]]


def test_what_is_in_shadow_is_in_no_figure() -> None:
    tight = limited(symbol_notional=D("10"), side_notional=D("10"), symbol_exposure=D("5"))
    assert radius(tight, confined=True) != radius(GRID, confined=True)
    assert radius(shadowed(tight), confined=True) == radius(GRID, confined=True)


WRITTEN = TEXT.replace('role    = "trade"\n', 'role    = "trade"\nshadow_until = "2027-01-16T18:00Z"\n')


def test_shadow_is_wider_and_its_end_is_narrower() -> None:
    plain, shadow = load(TEXT), load(WRITTEN)
    later = load(WRITTEN.replace("16T", "17T"))
    (change,) = diff(plain, shadow)
    assert (change.what, change.before, change.effect) == ("bot.grid.shadow_until", "absent", Effect.WIDER)
    assert widens(diff(shadow, later))
    assert not widens(diff(later, shadow))
    assert not widens(diff(shadow, plain))


def test_a_bot_that_only_watches_has_no_shadow() -> None:
    with pytest.raises(Misconfigured, match=r"bot.eyes.shadow_until has no meaning"):
        load(TEXT + 'shadow_until = "2027-01-16T18:00Z"\n')
