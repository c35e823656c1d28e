"""Reads of bots have a share of what the exchange allows, and the policy may make it smaller."""

from ringfence.signer.reads import Reads
from tests.replay.world import key
from tests.signer.owner import POLICY, House

LESS = POLICY.replace('currency = "USDT"\n', 'currency = "USDT"\nread_share = "5%"\n')


def test_a_policy_may_leave_reads_less_of_the_exchanges_weight_from_now_on(house: House) -> None:
    reads, bot = Reads(house.desk), key("grid")
    assert reads.affordable(bot, 600)  # 20 seconds of three tenths of 6,000 a minute
    house.apply(LESS, proven=False)
    assert reads.affordable(bot, 100)
    assert not reads.affordable(bot, 1)
