"""Reads: counted, not committed one by one; their answers lose whatever echoes the real key."""

import time

from ringfence.dialects.dialect import Answer
from ringfence.dialects.registry import dialect_of
from ringfence.errors import Misread
from ringfence.model.action import Read
from ringfence.model.decision import Code, Reason
from ringfence.model.names import BotName
from ringfence.model.reply import Limited
from ringfence.policy.engine import decide
from ringfence.signer.desk import BUSY, Desk
from ringfence.signer.keyring import AccountKey, BotKey
from ringfence.signer.lanes import Bucket

# A bot may use three fifths of what the exchange gives an account a minute; the rest is the owner's, for cancels,
# errands and halts (docs/explanation/attacks.md, S25).
_SHARE = 0.6
_BURST_SECONDS = 20.0


class Reads:
    """Carries signed reads, each bot within its share of the exchange's weight."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._buckets: dict[BotName, Bucket] = {}

    async def read(self, key: BotKey, action: Read, request: str) -> Answer:
        """Carry one read and hand its answer back, scrubbed."""
        desk, dialect = self._desk, dialect_of(key.exchange)
        if not self._affordable(key, action):
            return dialect.refuse(BUSY)
        bot = desk.world.bot(key.bot)
        if bot is None:
            reason = Reason(Code.NO_POLICY, f"no policy in force names the bot {key.bot}")
            return desk.refuse(key, f"READ {action.what}", request, (reason,))
        decision = decide(action, desk.world.facts(bot, key.role, action, desk.ledger, desk.timeline.now()), bot)
        if not decision.allowed:
            return desk.refuse(key, f"READ {action.what}", request, decision.because)
        account = desk.keyring.accounts[key.account]
        try:
            wire = dialect.write(action, desk.world.instruments(key.account), desk.stamp(key.account))
        except Misread as error:
            return desk.refuse(key, f"READ {action.what}", request, (Reason(Code.UNKNOWN, str(error)),))
        outcome = await desk.carrier.carry(account, dialect.sign(wire, account.key, account.secret.view()))
        if outcome.status is None:
            return dialect.refuse(Reason(Code.UPSTREAM, f"the exchange did not answer: {outcome.error}"))
        match dialect.hear(action, outcome.status, outcome.body, {}):
            case Limited(seconds, _):
                desk.back_off(key.account, seconds)
            case _:
                pass
        return Answer(outcome.status, scrub(outcome.body, account))

    def _affordable(self, key: BotKey, action: Read) -> bool:
        dialect = dialect_of(key.exchange)
        if self._desk.waiting_out(key.account):
            return False
        rate = dialect.weight_per_minute * _SHARE / 60
        bucket = self._buckets.setdefault(key.bot, Bucket(rate, rate * _BURST_SECONDS))
        return bucket.take(dialect.weight(action), time.monotonic())


def scrub(body: bytes, account: AccountKey) -> bytes:
    """Blank out the real key's public half wherever an answer echoes it (attacks.md, S53)."""
    echo = account.key.encode()
    return body.replace(echo, b"*" * len(echo)) if echo in body else body
