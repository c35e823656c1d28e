"""No thief takes more than `radius` shows, whatever the policy, the path and the luck."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random  # noqa: TID251  # seeded, so that a failure comes again

import pytest
from msgspec.structs import replace as with_fields

from ringfence.model.order import Kind, Side
from ringfence.policy.size import STRESS_MOVE, move_in
from tests.radius.campaign import Campaign, on_path, run_all
from tests.radius.measure import scores
from tests.radius.moves import Fill, Leave, Leg, Print, Run, Send, Wait
from tests.radius.paths import DAY, HIGH, KINDS, LENGTH, LOW, path
from tests.radius.policies import BTC, GRID, OTHER, bot, drawn, policy

_ONE = range(8)
_SEVERAL = range(2)


@pytest.fixture(scope="module")
def campaign() -> Iterator[Campaign]:
    """Gather what all of them found, and print it (`-s` shows it)."""
    found = Campaign()
    yield found
    print(f"\n{found.table()}")


def check(campaign: Campaign, seed: str, *, several: bool, steps: int) -> None:
    """Let all thieves loose on one policy."""
    run_all(campaign, drawn(seed, several=several), seed, steps)
    assert [(one.attack, one.path, one.seed, one.score) for one in campaign.broken] == []


@pytest.mark.parametrize("number", _ONE)
def test_no_thief_takes_more_than_the_radius_s04(campaign: Campaign, number: int) -> None:
    check(campaign, f"one/{number}", several=False, steps=6)


@pytest.mark.parametrize("number", _SEVERAL)
def test_several_bots_take_no_more_than_the_radius_of_their_account(campaign: Campaign, number: int) -> None:
    check(campaign, f"several/{number}", several=True, steps=3)


def test_a_captured_guard_takes_more_than_its_ward_could_and_no_more_than_the_account_shows() -> None:
    """It may only leave, but by a stop that waits until the market is far away (T7)."""
    ward = bot(GRID, (BTC,), (Kind.MARKET,), exit_collar=Decimal("0.005"))
    guard = with_fields(ward, name=OTHER, kinds=tuple(Kind), guards=GRID)
    run = Run(on_path(policy(ward, guard), "soar", ""))
    run.do(Wait(DAY / 2 - 60))
    run.do(Send(0, 0, Leg(Side.BUY)))
    run.do(Leave(1, 0, 0.0, Kind.STOP_LOSS, trigger=-0.001))
    run.do(Wait(760))
    run.do(Print())
    run.do(Fill(harmful=True))
    alone, its, account = scores(run.bench)
    assert account.loss.stolen > (alone.stealable or 0)
    assert not its.broken
    assert not account.broken


@pytest.mark.deep
@pytest.mark.parametrize("number", range(1000, 1100))
def test_no_thief_takes_more_than_the_radius_in_many_windows(campaign: Campaign, number: int) -> None:
    check(campaign, f"one/{number}", several=False, steps=40)


@pytest.mark.deep
@pytest.mark.parametrize("number", range(1000, 1030))
def test_several_bots_take_no_more_in_many_windows(campaign: Campaign, number: int) -> None:
    check(campaign, f"several/{number}", several=True, steps=20)


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_stays_in_its_band_and_moves_no_more_in_seconds_than_is_assumed(kind: str) -> None:
    dice, taken = Random(kind), path(kind)
    for seconds in (1, 2, 5, 10, 30, 35):
        most = LOW * float(move_in(seconds, STRESS_MOVE)) + 1e-4
        for _ in range(300):
            start = dice.uniform(0, LENGTH - 40)
            prices = float(taken.at(start)), float(taken.at(start + seconds))
            assert LOW - 1e-4 <= min(prices) <= max(prices) <= HIGH + 1e-4
            assert abs(prices[1] - prices[0]) <= most
