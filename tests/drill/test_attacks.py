"""The list of attacks is whole, and each is one frozen value."""

from dataclasses import FrozenInstanceError

import pytest

from ringfence.drill.attacks import ATTACKS
from ringfence.drill.plan import EXPOSURE, POLICY, WINDOW_NOTIONAL
from ringfence.model.names import BotName
from ringfence.policy.load import load

LONGEST = 30  # a row of the table fits a terminal of 80 columns


def test_there_are_at_least_ten_and_no_two_have_one_name() -> None:
    assert len({attack.title for attack in ATTACKS}) == len(ATTACKS) >= 10


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.id} {attack.title}")
def test_an_attack_cannot_be_changed_and_fits_its_row(attack: object) -> None:
    assert len(f"{attack.title}{'*' * attack.full_key}") <= LONGEST  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError):
        attack.orders = None  # type: ignore[attr-defined]


def test_what_uses_limits_up_comes_last_so_that_every_refusal_has_its_own_reason() -> None:
    bounded = [attack.orders is None for attack in ATTACKS]
    assert bounded == sorted(bounded)
    assert any(bounded)


def test_the_policy_is_a_policy_and_the_drill_holds_it_against_its_own_limits() -> None:
    limits = load(POLICY).bots[BotName("grid")].limits
    assert limits is not None
    assert (limits.exposure, limits.window_notional) == (EXPOSURE, WINDOW_NOTIONAL)
