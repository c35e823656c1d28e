"""Cancels: they cost nothing, wait for nobody, and pass while halted, under overload, and with a broken journal.

A bot may cancel its own orders and no others, so that a hostile one cannot take the owner's stops off the book
(docs/explanation/attacks.md, S27). Cancel-all is therefore one cancel for each of its own orders.
"""

import asyncio

from ringfence.dialects.dialect import Answer
from ringfence.dialects.registry import dialect_of
from ringfence.ipc.messages import Outcome
from ringfence.model.action import Cancel, CancelAll
from ringfence.model.decision import Code, Reason
from ringfence.model.entry import EntryKind
from ringfence.model.facts import Role
from ringfence.model.order import OrderRef
from ringfence.signer.desk import Desk
from ringfence.signer.errands import Errands, ref
from ringfence.signer.keyring import BotKey
from ringfence.signer.ledger import Intent
from ringfence.signer.orders import Signed


class Cancels:
    """Takes bots' orders off the book."""

    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk = desk
        self._errands = errands

    async def cancel(self, key: BotKey, action: Cancel, signed: Signed) -> Answer:
        """Cancel one order of the bot's own."""
        intent = self._own(key, action.ref)
        text = f"CANCEL {action.ref.order_id or action.ref.client_id} {action.ref.symbol}"
        if key.role is not Role.TRADE:
            return self._desk.refuse(key, text, signed.request, (_WATCH,))
        if intent is None:
            return self._desk.refuse(key, text, signed.request, (_NOT_YOURS,))
        await self._record(key, [intent], signed)
        outcome, _ = await self._errands.cancel(intent, Cancel(ref(intent), action.new_client_id))
        return self._answer(key, outcome)

    async def cancel_all(self, key: BotKey, action: CancelAll, signed: Signed) -> Answer:
        """Cancel every order of the bot's own in one symbol; the answer lists what the exchange cancelled."""
        text = f"CANCEL ALL {action.symbol}"
        if key.role is not Role.TRADE:
            return self._desk.refuse(key, text, signed.request, (_WATCH,))
        intents = [intent for intent in self._desk.ledger.live(key.bot) if intent.symbol == action.symbol]
        if not intents:
            return self._desk.refuse(key, text, signed.request, (_NONE_OPEN,))
        await self._record(key, intents, signed)
        outcomes = [outcome for outcome, _ in await asyncio.gather(*(self._errands.cancel(i) for i in intents))]
        done = [outcome.body for outcome in outcomes if outcome.status == 200]  # noqa: PLR2004  # HTTP OK
        if not done:
            return self._answer(key, outcomes[0])
        return Answer(200, b"[" + b",".join(done) + b"]")

    def _own(self, key: BotKey, named: OrderRef) -> Intent | None:
        """Return the bot's own order that a reference names, while it may still fill.

        One that is over has nothing to cancel, and asking the exchange again and again would use up what the owner
        needs (docs/explanation/attacks.md, S25).
        """
        for intent in self._desk.ledger.live(key.bot):
            by_order = named.order_id is None or named.order_id == intent.order_id
            by_client = named.client_id is None or named.client_id == intent.client_id
            if by_order and by_client and intent.symbol == named.symbol:
                return intent
        return None

    async def _record(self, key: BotKey, intents: list[Intent], signed: Signed) -> None:
        seqs = [intent.seq for intent in intents]
        await self._desk.urgent(EntryKind.CANCEL, key.bot, {"intents": [*seqs], "request": signed.request})

    def _answer(self, key: BotKey, outcome: Outcome) -> Answer:
        if outcome.status is not None:
            return Answer(outcome.status, outcome.body)
        return dialect_of(key.exchange).refuse(
            Reason(Code.UPSTREAM, f"the cancel's outcome is unknown: {outcome.error}")
        )


_WATCH = Reason(Code.ROLE, "this key may only read")
_NOT_YOURS = Reason(Code.NOT_YOURS, "no open order of this bot has that id")
_NONE_OPEN = Reason(Code.NOT_YOURS, "this bot has no open orders in that symbol")
