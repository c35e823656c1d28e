"""The way of one order: admit it in one transaction, sign, send once, bind, and only then answer."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from ringfence.dialects.dialect import Answer, Dialect
from ringfence.dialects.registry import dialect_of
from ringfence.errors import Broken
from ringfence.ipc.messages import Outcome
from ringfence.journal.store import Store
from ringfence.model.action import Place, PlaceList, Placing
from ringfence.model.decision import Charge, Code, Decision, Lane, Reason
from ringfence.model.entry import EntryKind, Value
from ringfence.model.names import BotName
from ringfence.model.reply import Accepted, Limited, Listed, Missing, Rejected, Report, Told, Unclear
from ringfence.signer import records
from ringfence.signer.desk import BUSY, Desk, fingerprint, no
from ringfence.signer.errands import Errands
from ringfence.signer.holds import held, unnamed
from ringfence.signer.intent import Intent, drop, settle
from ringfence.signer.keyring import BotKey
from ringfence.signer.refusals import Refusal
from ringfence.signer.writer import Busy
from ringfence.signer.written import allowed, describe, orders_of, refused

# How long a bot waits for an outcome that the exchange did not tell, while an errand asks for it.
RESOLVE_SECONDS = 5.0
# A request is fresh for a minute at most (serve.py), and its time may be ahead of ours: twice that is enough.
REPLAY_MS = 120_000
_LOST = Reason(Code.REPLAY, "this order was sent before, and its answer was lost; query it instead")


class Signed(msgspec.Struct, frozen=True):
    """A bot's request as far as it identifies itself: digests of what was signed and of what it means (hex)."""

    digest: str
    content: str
    request: str


class Repeated(msgspec.Struct, frozen=True):
    """This was asked before; the first answer counts."""

    seq: int


class Admitted(msgspec.Struct, frozen=True):
    """What will be sent, and an intent for each order of it; all have their reservation, and their ids."""

    action: Placing
    intents: tuple[Intent, ...]


class Orders:
    """Places orders, one coroutine each; the decisions themselves happen one after the other in the writer."""

    def __init__(self, desk: Desk, errands: Errands, recent: Iterable[Intent]) -> None:
        self._desk = desk
        self._errands = errands
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._signed: OrderedDict[str, Intent] = OrderedDict()
        for intent in sorted(recent, key=lambda intent: intent.at):
            self._signed[intent.digest] = intent

    async def place(self, key: BotKey, action: Placing, signed: Signed) -> Answer:
        """Carry the orders of one request through; always answers."""
        try:
            admission = await self._desk.writer.write(lambda store: self._admit(store, key, action, signed), key.bot)
        except Busy:
            return dialect_of(key.exchange).refuse(BUSY)
        except Broken as error:
            return dialect_of(key.exchange).refuse(Reason(Code.JOURNAL, str(error)))
        match admission:
            case Decision():
                return dialect_of(key.exchange).refuse(admission.because[0])
            case Repeated(seq):
                return await self._first_answer(key, seq)
            case Admitted():
                return await self._send(key, admission)

    def known(self, signed: Signed) -> Reason | None:
        """Say why a request is not to be begun again: its order was sent before. None where it was not."""
        return _LOST if signed.digest in self._signed else None

    def _admit(self, store: Store, key: BotKey, action: Placing, signed: Signed) -> Decision | Repeated | Admitted:
        """Decide, and reserve or write the refusal down, inside the transaction that makes it durable."""
        repeat = self._repeat(store, key, action, signed)
        if isinstance(repeat, Repeated):
            return repeat
        meant = content_of(key.bot, unnamed(action))
        decided = repeat or self._decide(key, action, meant)
        if not isinstance(decided, Decision):
            self._desk.holds.use(meant)
            return self._reserve(store, key, action, signed, decided)
        decided = self._held(key, action, meant, decided) if decided.held else decided
        words = refused(key.account, action, self._seen(key, action))
        now, because = self._desk.timeline.now(), decided.because
        self._desk.refusals.add(Refusal(now, key.bot, describe(action), signed.request, because, words), store)
        return decided

    def _reserve(
        self, store: Store, key: BotKey, action: Placing, signed: Signed, charges: tuple[Charge, ...]
    ) -> Admitted:
        """Write down what is allowed, and count it from now on."""
        sent, seen = self._sent(key, action, charges), self._seen(key, action)
        answer = asyncio.get_running_loop().create_future()
        intents: list[Intent] = []
        for index, (charge, asked) in enumerate(zip(charges, orders_of(action), strict=True)):
            named = {"account": key.account, "exchange": key.exchange, "request": signed.request}
            entry = allowed(charge, asked, sent, {} if index else seen)
            seq = store.append(EntryKind.INTENT, key.bot, named | entry)
            intent = self._intent(key, charge, signed, seq)
            if isinstance(sent, PlaceList):
                shares = intents[-1].seq if intents and sent.form.pair == index - 1 else None
                intent = replace(intent, list_name=sent.client_id, shares=shares)
            records.add_intent(store, intent)
            self._desk.ledger.reserve(intent)
            self._desk.in_flight.add(seq)
            self._answers[seq] = answer
            intents.append(intent)
        self._remember_signed(intents[0])
        noted = tuple(reason for charge in charges for reason in charge.noted)
        if noted:
            now, asked_for = self._desk.timeline.now(), describe(action)
            self._desk.refusals.note(Refusal(now, key.bot, asked_for, signed.request, noted, shadow=True))
        return Admitted(sent, tuple(intents))

    def _seen(self, key: BotKey, action: Placing) -> dict[str, Value]:
        """Say what prices the decision went by."""
        return self._desk.world.seen(key.bot, orders_of(action)[0].symbol, self._desk.ledger)

    def _repeat(self, store: Store, key: BotKey, action: Placing, signed: Signed) -> Decision | Repeated | None:
        first = self._signed.get(signed.digest)
        if first is not None:
            if first.content != signed.content:
                return no(Code.REPLAY, "this signature was used before, for something else")
            return Repeated(first.seq)
        ids = [order.client_id for order in orders_of(action) if order.client_id is not None]
        if len(set(ids)) != len(ids):
            return no(Code.CLIENT_ID, "two orders of one list have the same client id")
        named = [*ids, action.client_id] if isinstance(action, PlaceList) and action.client_id is not None else ids
        if any(map(dialect_of(key.exchange).is_own_client_id, named)):
            return no(Code.CLIENT_ID, f"one of {', '.join(named)} has the form that only ringfence gives")
        for client_id in ids:
            known = records.by_client_id(store, key.account, client_id)
            if known is not None:
                if known.placer == key.bot and known.content == signed.content:
                    return Repeated(known.seq)
                return no(Code.CLIENT_ID, f"client id {client_id} was used before, for another order")
        return None

    def _remember_signed(self, intent: Intent) -> None:
        """Know a signature again for as long as the request that carries it could still pass for fresh."""
        self._signed[intent.digest] = intent
        while next(iter(self._signed.values())).at < intent.at - REPLAY_MS:
            self._signed.popitem(last=False)

    def _held(self, key: BotKey, action: Placing, meant: str, decided: Decision) -> Decision:
        """Remember what waits for a person, and say how it is allowed."""
        desk, why, now = self._desk, decided.because[0], self._desk.timeline.now()
        waiting = held(key.bot, meant, describe(action), why.text, now)
        desk.holds.note(waiting)
        if desk.holds.worth_telling(key.bot, now):
            desk.alarm(f"bot {key.bot} waits for a person: {waiting.words}; `ringfence hold allow {waiting.id}`")
        text = f"{why.text}; it is held as {waiting.id}, and may be sent again once it is allowed"
        return replace(decided, because=(Reason(why.code, text),))

    def _decide(self, key: BotKey, action: Placing, meant: str) -> Decision | tuple[Charge, ...]:
        """Refuse while nothing can be carried; else ask the policy, and let only exits pass while a fact is missing."""
        desk = self._desk
        if not desk.carrier.up:
            return no(Code.NOT_SENT, "the courier is not running, so nothing can be sent")
        away = desk.waiting_out(key.account)
        if away:
            return no(Code.BUSY, f"the exchange asked for {away} s without requests")
        decided = desk.price(key, action, granted=desk.holds.allows(meant, desk.timeline.now()))
        if isinstance(decided, Decision) or all(charge.lane is Lane.EXIT for charge in decided):
            return decided
        skewed = desk.world.skewed(key.account)
        if skewed is not None:
            return no(Code.WARM_UP, f"only exits are placed: {skewed}")
        unfit = desk.unfit.get(desk.keyring.accounts[key.account].key, "what it may do is not known yet")
        if unfit:
            return no(Code.KEY_RIGHTS, f"only exits are placed with the real key of account {key.account}: {unfit}")
        return decided

    def _sent(self, key: BotKey, action: Placing, charges: tuple[Charge, ...]) -> Placing:
        """Say what leaves: the orders as they were priced, and a list under a name."""
        if isinstance(action, Place):
            return Place(charges[0].order)
        orders = tuple(charge.order for charge in charges)
        name = action.client_id or self._desk.name(key, f"{orders[0].symbol}|{action.form}")
        return PlaceList(action.form, orders, name)

    def _intent(self, key: BotKey, charge: Charge, signed: Signed, seq: int) -> Intent:
        order, bot = charge.order, self._desk.world.bot(key.bot)
        assert bot is not None and order.quantity and order.price and order.client_id  # noqa: S101, PT018  # decided
        base = self._desk.world.instruments(key.account)[order.symbol].base
        names = (seq, bot.books, key.account, key.exchange, base)
        order_is = (charge, order.quantity, order.price, order.client_id, bot.fee)
        by = None if bot.guards is None else key.bot
        return Intent(*names, *order_is, self._desk.timeline.now(), signed.content, signed.digest, by=by)

    async def _send(self, key: BotKey, admitted: Admitted) -> Answer:
        try:
            answer = await self._carry(key, admitted)
        finally:
            self._desk.in_flight.difference_update([intent.seq for intent in admitted.intents])
        for intent in admitted.intents:
            waiting = self._answers.pop(intent.seq)  # from now on a repeat finds it in the journal's database
            if not waiting.done():
                waiting.set_result(answer)
        return answer

    async def _carry(self, key: BotKey, admitted: Admitted) -> Answer:
        desk, dialect = self._desk, dialect_of(key.exchange)
        account = desk.keyring.accounts[key.account]
        world, stamp = desk.world, desk.stamp(key.account)
        wire = dialect.write(admitted.action, world.instruments(key.account), stamp, world.self_trade(key.account))
        outcome = await desk.carrier.carry(account, dialect.sign(wire, account.key, account.signer))
        if outcome.sent:
            return await self._hear(dialect, admitted, outcome)
        answer = dialect.refuse(Reason(Code.NOT_SENT, f"the order was not sent: {outcome.error}"))
        self._drop(admitted, f"not sent: {outcome.error}", answer)
        return answer

    async def _hear(self, dialect: Dialect, admitted: Admitted, outcome: Outcome) -> Answer:
        desk, intents = self._desk, admitted.intents
        answer = Answer(outcome.status or 0, outcome.body, outcome.retry_after)
        match desk.hear(intents[0].exchange, intents[0].account, admitted.action, outcome):
            case Accepted(report) if self._settle(intents, (report,), answer):
                return answer
            case Listed(reports) if self._settle(intents, reports, answer):
                return answer
            case Rejected():
                self._drop(admitted, "rejected", answer)
                return answer
            case Limited():
                self._drop(admitted, "limited", answer)
                return answer
            case Accepted() | Listed() | Missing() | Told() | Unclear():
                pass
        answer = await self._unknown(dialect, intents)
        seqs = [intent.seq for intent in intents]
        desk.writer.queue(lambda store: records.add_answer(store, seqs, answer))
        return answer

    def _settle(self, intents: tuple[Intent, ...], reports: tuple[Report, ...], answer: Answer) -> bool:
        """Take in how every order stands; False where a report is not of the order that it should be of."""
        desk, now = self._desk, self._desk.timeline.now()
        pairs = list(zip(intents, reports, strict=True))
        if any(report.client_id != intent.client_id or report.symbol != intent.symbol for intent, report in pairs):
            return False
        known = [(desk.ledger.find(intent.seq, intent.bot) or intent, report) for intent, report in pairs]
        settled = [settle(intent, report, now, desk.worst(intent)) for intent, report in known]  # an event was sooner
        if not all(map(desk.bind, settled)):
            desk.alarm(f"{intents[0].exchange} answered {intents[0].seq} with an order id that another intent has")
            return False
        for intent in settled:
            desk.update(intent, "answer", answer)
        return True

    def _drop(self, admitted: Admitted, cause: str, answer: Answer) -> None:
        """Close orders that the exchange certainly does not have."""
        for intent in admitted.intents:
            self._desk.update(drop(intent, self._desk.timeline.now()), cause, answer)

    async def _unknown(self, dialect: Dialect, intents: tuple[Intent, ...]) -> Answer:
        """Ask how an order stands before the bot is told; its reservation stays as long as nobody knows.

        Of a list no single answer says it all, so the bot is told at once that nothing is known yet.
        """
        self._desk.in_flight.difference_update([intent.seq for intent in intents])
        resolved = [self._errands.resolve(intent) for intent in intents]
        answer = None
        if len(resolved) == 1:
            with contextlib.suppress(TimeoutError):
                answer = await asyncio.wait_for(asyncio.shield(resolved[0]), RESOLVE_SECONDS)
        if answer is not None:
            return answer
        names = ", ".join([intent.client_id for intent in intents])
        return dialect.refuse(Reason(Code.UPSTREAM, f"the outcome of {names} is not known yet; it stays reserved"))

    async def _first_answer(self, key: BotKey, seq: int) -> Answer:
        pending = self._answers.get(seq)
        if pending is not None:
            return await asyncio.shield(pending)
        stored = await self._desk.writer.read(lambda store: records.find_answer(store, seq))
        if stored is not None:
            return stored
        return dialect_of(key.exchange).refuse(_LOST)


def content_of(bot: BotName, action: object) -> str:
    """Digest what a request means, so that the same words are recognised whenever they are signed."""
    return fingerprint(bot.encode(), type(action).__name__.encode(), msgspec.json.encode(action)).hex()
