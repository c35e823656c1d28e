"""A short soak each time, a long one on request; and the judge of both, held against what it must notice."""

from pathlib import Path

import pytest

from tests.soak.bots import Heard
from tests.soak.judge import AFTER, Trouble, slope, unexplained
from tests.soak.run import soak

FAR = Heard("grid", "far", 100.0, 100.1, 400, "collar: the price is beyond")
LOST = Heard("grid", "limit", 100.0, 100.1, 504, "upstream")


@pytest.mark.timeout(150)
def test_half_a_minute_among_faults_leaves_nothing_lost_and_nothing_unexplained(tmp_path: Path) -> None:
    found = soak(tmp_path / "h", 30, seed=3)
    assert not found.problems
    assert {each.status for each in found.heard} >= {200, 400}
    assert {each.bot for each in found.heard if each.status == 200} == {"grid", "maker", "trend"}


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_ten_minutes_among_faults_leave_memory_flat(tmp_path: Path) -> None:
    assert not soak(tmp_path / "h", 600).problems


@pytest.mark.parametrize(
    ("heard", "troubles", "explained"),
    [
        (FAR, (), True),
        (LOST, (), False),
        (LOST, (Trouble(100.0, "x"),), True),
        (LOST, (Trouble(100.0 - AFTER, "x"),), True),
        (LOST, (Trouble(99.9 - AFTER, "x"),), False),
        (LOST, (Trouble(101.0, "x"),), False),
        (Heard("grid", "limit", 1, 2, 400, "collar"), (), False),
        (Heard("grid", "never", 1, 2, 200, ""), (), True),
    ],
)
def test_an_error_needs_a_reason(heard: Heard, troubles: tuple[Trouble, ...], explained: bool) -> None:
    assert unexplained([heard], troubles) == ([] if explained else [heard])


def test_growth_is_seen_and_a_warm_up_is_not() -> None:
    assert slope([(second, 50.0) for second in range(100)]) == 0
    assert slope([(second, 50 + second / 60) for second in range(100)]) == pytest.approx(1)
    assert slope([(second, min(50.0, second)) for second in range(200)]) == 0
