"""What only takes away: it costs nothing, waits for nobody, and passes while halted, under overload, without a journal.

A bot may touch its own orders and no others, so that a hostile one cannot take the owner's stops off the book
(docs/explanation/attacks.md, S27). Cancel-all is therefore one cancel for each of its own orders.
"""

import asyncio

from ringfence.dialects.dialect import Answer
from ringfence.dialects.registry import dialect_of
from ringfence.ipc.messages import Outcome
from ringfence.model.action import Amend, Cancel, CancelAll, CancelList, Reducing
from ringfence.model.decision import Code, Reason
from ringfence.model.entry import EntryKind, Value
from ringfence.model.facts import Role
from ringfence.model.order import OrderRef
from ringfence.signer.desk import Desk
from ringfence.signer.errands import Errands
from ringfence.signer.intent import Intent
from ringfence.signer.keyring import BotKey
from ringfence.signer.orders import Signed

_OK = 200
_UNKNOWN = 500  # from here on: it may or may not have been done


class Cancels:
    """Takes bots' orders off the book, or makes them smaller."""

    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk = desk
        self._errands = errands

    async def reduce(self, key: BotKey, action: Reducing, signed: Signed) -> Answer:
        """Do it to the bot's own order or orders; the answer is what the exchange said of them."""
        intents = self._own(key, action)
        reason = _WATCH if key.role is not Role.TRADE else _unfit(action, intents)
        if reason is not None:
            return self._desk.refuse(key, _words(action), signed.request, (reason,))
        fields: dict[str, Value] = {"intents": [intent.seq for intent in intents], "request": signed.request}
        if isinstance(action, Amend):
            fields["quantity"] = str(action.quantity)
        await self._desk.urgent(EntryKind.AMEND if isinstance(action, Amend) else EntryKind.CANCEL, key.bot, fields)
        habits, now = self._desk.ledger.habits(key.bot), self._desk.timeline.now()
        for _ in intents:
            (habits.amended if isinstance(action, Amend) else habits.cancelled)(now)
        outcomes = await self._carry(key, action, intents)
        done = [outcome.body for outcome in outcomes if outcome.status == _OK]
        unclear = next((outcome for outcome in outcomes if (outcome.status or _UNKNOWN) >= _UNKNOWN), None)
        if isinstance(action, CancelAll) and done and unclear is None:
            return Answer(_OK, b"[" + b",".join(done) + b"]")
        told = unclear or outcomes[0]  # a bot that hears of some must not take the others for gone
        if told.status is not None:
            return Answer(told.status, told.body, told.retry_after)
        if not told.sent:
            return dialect_of(key.exchange).refuse(Reason(Code.NOT_SENT, f"it was not sent: {told.error}"))
        lost = Reason(Code.UPSTREAM, f"what became of it is not known: {told.error}")
        return dialect_of(key.exchange).refuse(lost)

    async def _carry(self, key: BotKey, action: Reducing, intents: list[Intent]) -> list[Outcome]:
        if isinstance(action, Amend):
            return [await self._errands.amend(intents[0], action.quantity)]
        if isinstance(action, CancelList):
            return [await self._errands.cancel_list(intents)]
        name = action.new_client_id if isinstance(action, Cancel) else None
        if name is not None and dialect_of(key.exchange).is_own_client_id(name):
            name = None  # a bot's cancel must not carry an id that only we give
        heard = await asyncio.gather(*(self._errands.cancel(intent, name) for intent in intents))
        return [outcome for outcome, _ in heard]

    def _own(self, key: BotKey, action: Reducing) -> list[Intent]:
        """List the bot's own orders that are meant, while they may still fill.

        One that is over has nothing to cancel, and asking the exchange again and again would use up what the owner
        needs (docs/explanation/attacks.md, S25).
        """
        policy = self._desk.world.bot(key.bot)
        books = key.bot if policy is None else policy.books
        live = [intent for intent in self._desk.ledger.live(books) if intent.placer == key.bot]
        match action:
            case CancelAll(symbol):
                return [intent for intent in live if intent.symbol == symbol]
            case CancelList():
                return [intent for intent in live if _listed(intent, action)]
            case Cancel() | Amend():
                return [intent for intent in live if _fits(intent, action.ref)]


def _fits(intent: Intent, ref: OrderRef) -> bool:
    by_order = ref.order_id is None or ref.order_id == intent.order_id
    by_client = ref.client_id is None or ref.client_id == intent.client_id
    return by_order and by_client and intent.symbol == ref.symbol


def _listed(intent: Intent, action: CancelList) -> bool:
    by_id = action.list_id is None or action.list_id == intent.list_id
    by_name = action.client_id is None or action.client_id == intent.list_name
    return by_id and by_name and intent.list_name is not None and intent.symbol == action.symbol


def _unfit(action: Reducing, intents: list[Intent]) -> Reason | None:
    """Say why it cannot be done to these orders, or None. An order keeps its id, and can only become smaller."""
    if not intents:
        return _NOT_YOURS
    if not isinstance(action, Amend):
        return None
    if action.client_id not in {None, intents[0].client_id}:
        return Reason(Code.AMEND, f"an order keeps its client id here, and this one is {intents[0].client_id}")
    if action.quantity >= intents[0].quantity:
        return Reason(Code.AMEND, f"an order can only become smaller, and this one is of {intents[0].quantity}")
    return None


def _words(action: Reducing) -> str:
    match action:
        case CancelAll(symbol):
            return f"CANCEL ALL {symbol}"
        case CancelList(symbol, list_id, client_id):
            return f"CANCEL LIST {list_id or client_id} {symbol}"
        case Cancel(ref):
            return f"CANCEL {ref.order_id or ref.client_id} {ref.symbol}"
        case Amend(ref, quantity):
            return f"AMEND {ref.order_id or ref.client_id} {ref.symbol} to {quantity}"


_WATCH = Reason(Code.ROLE, "this key may only read")
_NOT_YOURS = Reason(Code.NOT_YOURS, "no open order of this bot is meant by that")
