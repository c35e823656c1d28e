"""Cancels: they cost nothing, wait for nobody, and pass while halted, under overload, and with a broken journal.

A bot may cancel its own orders and no others, so that a hostile one cannot take the owner's stops off the book
(docs/explanation/attacks.md, S27). Cancel-all is therefore one cancel for each of its own orders.
"""

import asyncio

from ringfence.dialects.dialect import Answer
from ringfence.dialects.registry import dialect_of
from ringfence.model.action import Cancel, CancelAll
from ringfence.model.decision import Code, Reason
from ringfence.model.entry import EntryKind, Value
from ringfence.model.facts import Role
from ringfence.model.order import OrderRef
from ringfence.signer.desk import Desk
from ringfence.signer.errands import Errands
from ringfence.signer.keyring import BotKey
from ringfence.signer.ledger import Intent
from ringfence.signer.orders import Signed


class Cancels:
    """Takes bots' orders off the book."""

    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk = desk
        self._errands = errands

    async def cancel(self, key: BotKey, action: Cancel | CancelAll, signed: Signed) -> Answer:
        """Cancel one order of the bot's own, or all of a symbol; the answer is what the exchange said of them."""
        intents = self._own(key, action)
        reason = _WATCH if key.role is not Role.TRADE else None if intents else _NOT_YOURS
        if reason is not None:
            return self._desk.refuse(key, f"CANCEL {_words(action)}", signed.request, (reason,))
        fields: dict[str, Value] = {"intents": [intent.seq for intent in intents], "request": signed.request}
        await self._desk.urgent(EntryKind.CANCEL, key.bot, fields)
        name = action.new_client_id if isinstance(action, Cancel) else None
        if name is not None and dialect_of(key.exchange).is_own_client_id(name):
            name = None  # a bot's cancel must not carry an id that only we give
        heard = await asyncio.gather(*(self._errands.cancel(intent, name) for intent in intents))
        outcomes = [outcome for outcome, _ in heard]
        done = [outcome.body for outcome in outcomes if outcome.status == 200]  # noqa: PLR2004  # HTTP OK
        if isinstance(action, CancelAll) and done:
            return Answer(200, b"[" + b",".join(done) + b"]")
        if outcomes[0].status is not None:
            return Answer(outcomes[0].status, outcomes[0].body)
        lost = Reason(Code.UPSTREAM, f"the cancel's outcome is unknown: {outcomes[0].error}")
        return dialect_of(key.exchange).refuse(lost)

    def _own(self, key: BotKey, action: Cancel | CancelAll) -> list[Intent]:
        """List the bot's own orders that are meant, while they may still fill.

        One that is over has nothing to cancel, and asking the exchange again and again would use up what the owner
        needs (docs/explanation/attacks.md, S25).
        """
        live = self._desk.ledger.live(key.bot)
        if isinstance(action, CancelAll):
            return [intent for intent in live if intent.symbol == action.symbol]
        return [intent for intent in live if _fits(intent, action.ref)]


def _fits(intent: Intent, ref: OrderRef) -> bool:
    by_order = ref.order_id is None or ref.order_id == intent.order_id
    by_client = ref.client_id is None or ref.client_id == intent.client_id
    return by_order and by_client and intent.symbol == ref.symbol


def _words(action: Cancel | CancelAll) -> str:
    if isinstance(action, CancelAll):
        return f"ALL {action.symbol}"
    return f"{action.ref.order_id or action.ref.client_id} {action.ref.symbol}"


_WATCH = Reason(Code.ROLE, "this key may only read")
_NOT_YOURS = Reason(Code.NOT_YOURS, "no open order of this bot is meant by that")
