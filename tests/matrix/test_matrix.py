"""Whatever befalls whichever process at whichever step: nothing lost, no limit passed, everything true and resolved."""

from pathlib import Path

import pytest

from tests.matrix.plan import CASES, plan, spread
from tests.matrix.run import run

_TOGETHER = 10  # cases on one deployment: what each leaves open is waited for once


@pytest.mark.timeout(240)
def test_a_spread_of_all_faults_loses_nothing_passes_no_limit_and_tells_no_lie(library: Path, place: Path) -> None:
    evidence, wrong = run(spread(), place, library)
    assert not wrong, "\n".join(wrong)
    assert len(evidence.orders) > 3 * len(spread()), "the bots must really have traded"
    missed = [str(trouble.case) for trouble in evidence.troubles if not trouble.reached]
    assert len(missed) <= 2, f"the faults must come at their steps: {missed}"


@pytest.mark.deep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, CASES, _TOGETHER))
def test_a_thousand_cases_lose_nothing_pass_no_limit_and_tell_no_lie(library: Path, place: Path, first: int) -> None:
    _, wrong = run(tuple(map(plan, range(first, first + _TOGETHER))), place, library)
    assert not wrong, "\n".join(wrong)
