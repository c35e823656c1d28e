"""Each control is needed: with one of them broken some thief takes more than is shown, and with it none does."""

from decimal import Decimal

import pytest

from ringfence.model.decision import Lane
from ringfence.model.order import Kind, Side
from ringfence.policy.policy import UNLIMITED
from tests.radius.bench import EPOCH, Bench
from tests.radius.campaign import on_path
from tests.radius.measure import scores
from tests.radius.moves import Delay, Leave, Leg, Run, Send, Wait
from tests.radius.mutants import MUTANTS, Mutant, by_limit, looked_at_once
from tests.radius.policies import BTC, GRID, bot, policy


def taken(mutant: Mutant) -> float:
    """Say which part of its bound the mutant's thief takes: the account's, which with one bot is the bot's."""
    run = Run(on_path(mutant.policy, mutant.path, "mutants"))
    mutant.attack(run)
    return scores(run.bench)[-1].ratios[mutant.total]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_without_any_one_control_the_radius_is_passed(mutant: Mutant) -> None:
    assert taken(mutant) <= 1
    with pytest.MonkeyPatch.context() as patch:
        mutant.breaks(patch)
        if mutant.beside is not None:
            assert taken(mutant) <= 1, f"{mutant.by} covers this"
            mutant.beside(patch)
        assert taken(mutant) > 1


def turned_over(bench: Bench) -> float:
    """Say what ordinary orders have traded, at the price of its time."""
    ordinary = {bench.at_venue[seq] for seq, one in bench.desk.kept.items() if one.charge.lane is Lane.ORDINARY}
    trades = [one for one in bench.venue.trades if one.order_id in ordinary]
    return sum(float(one.quantity * bench.paths[one.symbol].at(one.at / 1000)) for one in trades)


def test_a_sale_counts_by_the_higher_of_its_limit_and_the_price_or_more_is_turned_over_than_the_cap() -> None:
    """What that adds to the loss is in the figure already, as c / (1 - c): so it is the cap itself that is watched."""
    wide = {"collar": Decimal("0.05"), "exit_collar": Decimal("0.05")}
    whole = policy(bot(GRID, (BTC,), (Kind.MARKET,), window_notional=Decimal(2000), loss_budget=UNLIMITED, **wide))

    def sell(run: Run) -> float:
        for _ in range(20):
            run.do(Send(0, 0, Leg(Side.SELL)))
            run.do(Leave(0, 0))
        return turned_over(run.bench)

    assert 1990 < sell(Run(on_path(whole, "flat", ""))) <= 2000
    with pytest.MonkeyPatch.context() as patch:
        by_limit(patch)
        run = Run(on_path(whole, "flat", ""))
        assert sell(run) > 2090
        assert not scores(run.bench)[0].broken


def test_without_a_second_look_a_fill_at_a_late_reference_seems_to_cost_nothing() -> None:
    """The figure has that in its late references, for as long as half a minute: so it is the count that is watched."""
    whole = policy(bot(kinds=(Kind.LIMIT,)), fee="0")

    def counted_and_lost() -> tuple[float, float]:
        run = Run(on_path(whole, "saw", ""))
        run.do(Delay(lag=5.0))
        run.do(Wait(10.0))
        run.do(Send(0, 0, Leg(Side.SELL, Kind.LIMIT, reach=0.0)))
        run.do(Wait(13.0))
        usage = run.bench.desk.ledger.usage(GRID, EPOCH + run.bench.now)
        return float(usage.window_loss), scores(run.bench)[0].loss.stolen

    counted, lost = counted_and_lost()
    assert counted >= lost > 4
    with pytest.MonkeyPatch.context() as patch:
        looked_at_once(patch)
        counted, lost = counted_and_lost()
        assert counted == 0
        assert lost > 4
