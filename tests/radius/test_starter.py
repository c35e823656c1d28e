"""The policy that `init` writes promises a figure that one can live with, and no thief takes more."""

import pytest
from msgspec.structs import replace

from ringfence.cli.starter import policy_text
from ringfence.policy.bound import radius
from ringfence.policy.load import load
from ringfence.policy.policy import Policy
from tests.radius.attackers import ATTACKS
from tests.radius.campaign import Campaign

_PROMISED = 100  # for an account of ten thousand: a hundredth


def starter() -> Policy:
    """Load it."""
    return load(policy_text("binance"))


def test_the_first_policy_lets_no_more_than_a_hundredth_of_its_account_be_stolen() -> None:
    (bot,) = starter().bots.values()
    stealable, gambleable = radius(bot, confined=True)
    assert stealable.amount is not None
    assert 40 < stealable.amount <= _PROMISED
    assert gambleable.amount is not None
    assert gambleable.amount < 600


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_thief_takes_more_than_the_first_policy_promises(attack: str) -> None:
    campaign, policy = Campaign(), starter()
    for kind in ("slow swing", "saw"):
        campaign.attack(policy, attack, kind, "starter")
    assert campaign.broken == []
    assert all(found.score.loss.stolen <= _PROMISED for found in campaign.worst.values())


def test_the_thieves_are_not_stopped_by_counts_alone() -> None:
    """The budget itself is what ends it: with the counts out of the way no more is taken, and most of it is."""
    campaign, first = Campaign(), starter()
    (name,) = first.bots
    (limits,) = [bot.limits for bot in first.bots.values()]
    assert limits is not None
    wide = replace(limits, open_orders=10_000, orders_per_minute=10_000, identical_fills=None, order_minimum=None)
    policy = replace(first, bots={name: replace(first.bots[name], limits=wide)})
    (found, *_) = campaign.attack(policy, "churn", "flat", "starter")
    assert campaign.broken == []
    assert found.score.loss.stolen > 35
