"""The scenarios as the drill plays them: real processes, a real exchange on paper, the policy that `init` writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.drill.play import Stage
from ringfence.drill.scenario import Outcome, Scenario
from ringfence.drill.scenarios import SCENARIOS
from tests.drill.rehearsed import POLICY, stage, tried, unguarded

pytestmark = pytest.mark.timeout(180)

SLOW = {"S56", "S57", "S59"}  # each waits for something to age, or for a process to come back twice
PLAYED = sorted((one for one in SCENARIOS if one.program), key=lambda one: (one.late, one.id))
CASES = [pytest.param(one, id=one.id, marks=[pytest.mark.deep] if one.id in SLOW else []) for one in PLAYED]
WEAK = (
    POLICY.replace('"0.5%"', '"50%"')
    .replace('"1%"', '"50%"')
    .replace('"10%"', '"50%"')
    .replace('"40" ', '"unlimited" ')
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One deployment for all of them, as the drill has it."""
    with stage(tmp_path_factory.mktemp("d") / "h", SCENARIOS) as ready:
        yield ready


@pytest.mark.parametrize("scenario", CASES)
def test_each_goes_as_it_must(made: Stage, scenario: Scenario) -> None:
    verdict = tried(made, scenario)
    assert verdict.faults == ()
    assert verdict.outcome is not Outcome.UNEXPECTED


def test_without_anything_in_between_what_costs_money_is_not_as_expected(tmp_path: Path) -> None:
    chosen = [one for one in SCENARIOS if one.id in {"S01", "S02", "S05", "S06", "S12", "S27", "S33", "S42", "S51"}]
    with stage(tmp_path / "h", chosen) as ready:
        found = {one.id: tried(unguarded(ready), one) for one in chosen}
    assert {name: verdict.outcome for name, verdict in found.items()} == dict.fromkeys(found, Outcome.UNEXPECTED)


def test_under_a_collar_of_half_the_price_the_drill_says_so(tmp_path: Path) -> None:
    chosen = [one for one in SCENARIOS if one.id in {"S02", "S03"}]
    with stage(tmp_path / "h", chosen, WEAK) as ready:
        dear, churn = (tried(ready, one) for one in chosen)
    assert dear.outcome is Outcome.UNEXPECTED
    assert "was lost, and 0.00 at most should have been" in str(dear.faults)
    assert churn.played.guarded is not None
    assert churn.played.guarded.lost > 60
