"""Reads: counted and not committed one by one, each bot within its share of what the exchange allows."""

import time

from ringfence.dialects.dialect import Answer
from ringfence.dialects.registry import dialect_of
from ringfence.errors import Misread
from ringfence.model.action import Place, Preview, Read
from ringfence.model.decision import Code, Decision, Reason
from ringfence.model.names import BotName
from ringfence.policy.policy import DEFAULT_READ_SHARE
from ringfence.signer.desk import BUSY, Desk
from ringfence.signer.keyring import BotKey
from ringfence.signer.lanes import Bucket

_BURST_SECONDS = 20.0
_PREVIEW_WEIGHT = 20  # Binance's for one that asks for rates; others are 1


class Reads:
    """Carries signed reads, each bot within its share of the exchange's weight."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._buckets: dict[BotName, Bucket] = {}

    async def read(self, key: BotKey, action: Read | Preview, request: str) -> Answer:
        """Carry one read and hand its answer back; a preview is carried as the order that it would become."""
        desk, dialect = self._desk, dialect_of(key.exchange)
        what = action.what if isinstance(action, Read) else "order-test"
        if not self.affordable(key, dialect.weight(action) if isinstance(action, Read) else _PREVIEW_WEIGHT):
            return dialect.refuse(BUSY)
        decided = desk.judge(key, action) if isinstance(action, Read) else desk.price(key, Place(action.order))
        if not isinstance(decided, Decision):
            action = Preview(decided[0].order, action.rates) if isinstance(action, Preview) else action
        elif not decided.allowed:
            return desk.refuse(key, f"READ {what}", request, decided.because)
        account = desk.keyring.accounts[key.account]
        try:
            world, stamp = desk.world, desk.stamp(key.account)
            wire = dialect.write(action, world.instruments(key.account), stamp, world.self_trade(key.account))
        except Misread as error:
            return desk.refuse(key, f"READ {what}", request, (Reason(Code.UNKNOWN, str(error)),))
        outcome = await desk.carrier.carry(account, dialect.sign(wire, account.key, account.signer))
        if outcome.status is None:
            return dialect.refuse(Reason(Code.UPSTREAM, f"the exchange did not answer: {outcome.error}"))
        desk.hear(key.exchange, key.account, action, outcome)
        return Answer(outcome.status, outcome.body, outcome.retry_after)

    def affordable(self, key: BotKey, weight: int) -> bool:
        """Spend some of a bot's share of the exchange's weight, or say that there is not enough."""
        dialect = dialect_of(key.exchange)
        if self._desk.waiting_out(key.account):
            return False
        sharing = sum(other.account == key.account for other in self._desk.keyring.bots.values())
        policy = self._desk.world.account(key.account)
        share = float(DEFAULT_READ_SHARE if policy is None else policy.read_share)
        rate = dialect.weight_per_minute * share / 60 / max(1, sharing)
        bucket = self._buckets.get(key.bot)
        if bucket is None or bucket.rate != rate:  # the policy, or the bots, are others than before
            bucket = self._buckets[key.bot] = Bucket(rate, rate * _BURST_SECONDS)
        return bucket.take(weight, time.monotonic())
