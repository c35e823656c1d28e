"""Each control is needed: with one of them broken some thief takes more than is shown, and with it none does."""

import pytest

from tests.radius.campaign import on_path
from tests.radius.measure import scores
from tests.radius.moves import Run
from tests.radius.mutants import MUTANTS, Mutant


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
