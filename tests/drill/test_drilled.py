"""The scenarios as the drill plays them: real processes, a real exchange on paper, the policy that `init` writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.drill.play import Stage
from ringfence.drill.scenario import Outcome, Scenario
from ringfence.drill.scenarios import SCENARIOS
from ringfence.drill.tunnel import TRADING
from tests.drill.credulous import credulous
from tests.drill.rehearsed import behind, stage, tried, unguarded

pytestmark = pytest.mark.timeout(180)

# Each waits for something to age, or for a process to come back, and then is not what it was for the others.
SLOW = {"S40", "S56", "S57", "S59"}
CASES = [pytest.param(one, id=one.id) for one in SCENARIOS if one.program and one.id not in SLOW]


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


@pytest.mark.deep
def test_those_that_disturb_the_others_go_as_they_must_one_after_the_other(tmp_path: Path) -> None:
    chosen = sorted((one for one in SCENARIOS if one.id in SLOW), key=lambda one: one.late)
    with stage(tmp_path / "h", chosen) as ready:
        assert {one.id: tried(ready, one).faults for one in chosen} == dict.fromkeys((one.id for one in chosen), ())


BARE = {"S01", "S02", "S05", "S06", "S12", "S27", "S33", "S42", "S51"}


@pytest.mark.parametrize("scenario", [pytest.param(one, id=one.id) for one in SCENARIOS if one.id in BARE])
def test_with_nothing_in_between_it_is_not_as_expected(made: Stage, scenario: Scenario) -> None:
    assert tried(unguarded(made), scenario).outcome is Outcome.UNEXPECTED


BY_PROXY = {"S46", "S47", "S48", "S49", "S50"}
NOBODY = 9  # discard, where nothing listens


@pytest.mark.parametrize("scenario", [pytest.param(one, id=one.id) for one in SCENARIOS if one.id in BY_PROXY])
def test_where_the_proxy_lets_nobody_in_it_is_not_as_expected(made: Stage, scenario: Scenario) -> None:
    assert tried(behind(made, NOBODY), scenario).outcome is Outcome.UNEXPECTED


@pytest.mark.parametrize("scenario", [pytest.param(one, id=one.id) for one in SCENARIOS if one.id in {"S47", "S48"}])
def test_where_the_proxy_believes_everything_it_is_not_as_expected(made: Stage, scenario: Scenario) -> None:
    there = made.rehearsal
    with credulous(there.settings.leaf(TRADING), there.gateway) as port:
        verdict = tried(behind(made, port), scenario)
    assert verdict.outcome is Outcome.UNEXPECTED
    assert any("requests were not refused" in fault for fault in verdict.faults)
