"""The way of one order: admit it in one transaction, sign, send once, bind, and only then answer."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from ringfence.dialects.dialect import Answer, Dialect
from ringfence.dialects.registry import dialect_of
from ringfence.errors import Broken
from ringfence.ipc.messages import Outcome
from ringfence.journal.store import Store
from ringfence.model.action import Place
from ringfence.model.decision import Charge, Code, Decision, Reason
from ringfence.model.entry import EntryKind, Value
from ringfence.model.names import BotName
from ringfence.model.reply import Accepted, Limited, Missing, Rejected, Told, Unclear
from ringfence.signer import records
from ringfence.signer.desk import BUSY, Desk, fingerprint, no
from ringfence.signer.errands import Errands
from ringfence.signer.keyring import BotKey
from ringfence.signer.ledger import Intent, drop, settle
from ringfence.signer.writer import Busy

# How long a bot waits for an outcome that the exchange did not tell, while an errand asks for it.
RESOLVE_SECONDS = 5.0
# A request is fresh for a minute at most (serve.py), and its time may be ahead of ours: twice that is enough.
REPLAY_MS = 120_000


class Signed(msgspec.Struct, frozen=True):
    """A bot's request as far as it identifies itself: digests of what was signed and of what it means (hex)."""

    digest: str
    content: str
    request: str


class Repeated(msgspec.Struct, frozen=True):
    """This was asked before; the first answer counts."""

    seq: int


class Orders:
    """Places orders, one coroutine each; the decisions themselves happen one after the other in the writer."""

    def __init__(self, desk: Desk, errands: Errands, recent: Iterable[Intent]) -> None:
        self._desk = desk
        self._errands = errands
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._signed: OrderedDict[str, Intent] = OrderedDict()
        for intent in sorted(recent, key=lambda intent: intent.at):
            self._signed[intent.digest] = intent

    async def place(self, key: BotKey, action: Place, signed: Signed) -> Answer:
        """Carry one order through; always answers."""
        try:
            admission = await self._desk.writer.write(lambda store: self._admit(store, key, action, signed), key.bot)
        except Busy:
            return dialect_of(key.exchange).refuse(BUSY)
        except Broken as error:
            return dialect_of(key.exchange).refuse(Reason(Code.JOURNAL, str(error)))
        match admission:
            case Decision():
                return self._desk.refuse(key, describe(action), signed.request, admission.because)
            case Repeated(seq):
                return await self._first_answer(key, seq)
            case Intent():
                return await self._send(key, admission)

    def _admit(self, store: Store, key: BotKey, action: Place, signed: Signed) -> Decision | Repeated | Intent:
        """Decide and reserve, inside the transaction that makes it durable."""
        repeat = self._repeat(store, key, action, signed)
        if repeat is not None:
            return repeat
        now = self._desk.timeline.now()
        decision = self._decide(key, action)
        if decision.charge is None:
            return decision
        charge = self._named(key, decision.charge)
        seq = store.append(EntryKind.INTENT, key.bot, _entry(key, charge, signed))
        intent = self._intent(key, charge, signed, seq, now)
        records.add_intent(store, intent)
        self._remember_signed(intent)
        self._desk.ledger.reserve(intent)
        self._desk.in_flight.add(intent.seq)
        self._answers[intent.seq] = asyncio.get_running_loop().create_future()
        return intent

    def _repeat(self, store: Store, key: BotKey, action: Place, signed: Signed) -> Decision | Repeated | None:
        first = self._signed.get(signed.digest)
        if first is not None:
            if first.content != signed.content:
                return no(Code.REPLAY, "this signature was used before, for something else")
            return Repeated(first.seq)
        client_id = action.order.client_id
        if client_id is None:
            return None
        if dialect_of(key.exchange).is_own_client_id(client_id):
            return no(Code.CLIENT_ID, f"client id {client_id} has the form that only ringfence gives")
        known = records.by_client_id(store, key.account, client_id)
        if known is None:
            return None
        if known.bot == key.bot and known.content == signed.content:
            return Repeated(known.seq)
        return no(Code.CLIENT_ID, f"client id {client_id} was used before, for another order")

    def _remember_signed(self, intent: Intent) -> None:
        """Know a signature again for as long as the request that carries it could still pass for fresh."""
        self._signed[intent.digest] = intent
        while next(iter(self._signed.values())).at < intent.at - REPLAY_MS:
            self._signed.popitem(last=False)

    def _decide(self, key: BotKey, action: Place) -> Decision:
        """Refuse while an order could not be carried or would be stamped wrongly; else ask the policy."""
        desk = self._desk
        if not desk.carrier.up:
            return no(Code.UPSTREAM, "the courier is not running, so nothing can be sent")
        skewed = desk.world.skewed(key.account)
        if skewed is not None:
            return no(Code.WARM_UP, skewed)
        away = desk.waiting_out(key.account)
        if away:
            return no(Code.BUSY, f"the exchange asked for {away} s without requests")
        return desk.judge(key, action)

    def _named(self, key: BotKey, charge: Charge) -> Charge:
        """Give an order an id of our own where the bot sent none."""
        order = charge.order
        if order.client_id is not None:
            return charge
        token = self._desk.token(f"{key.exchange}|{order.symbol}|{order.side}")
        return replace(charge, order=replace(order, client_id=dialect_of(key.exchange).client_id(token)))

    def _intent(self, key: BotKey, charge: Charge, signed: Signed, seq: int, now: int) -> Intent:
        order, bot = charge.order, self._desk.world.bot(key.bot)
        assert bot is not None and order.quantity and order.price and order.client_id  # noqa: S101, PT018  # decided
        base = self._desk.world.instruments(key.account)[order.symbol].base
        names = (seq, key.bot, key.account, key.exchange, base)
        return Intent(
            *names, charge, order.quantity, order.price, order.client_id, bot.fee, now, signed.content, signed.digest
        )

    async def _send(self, key: BotKey, intent: Intent) -> Answer:
        try:
            answer = await self._carry(key, intent)
        finally:
            self._desk.in_flight.discard(intent.seq)
        self._answers.pop(intent.seq).set_result(answer)  # from now on a repeat finds it in the journal's database
        return answer

    async def _carry(self, key: BotKey, intent: Intent) -> Answer:
        desk, dialect = self._desk, dialect_of(key.exchange)
        account = desk.keyring.accounts[key.account]
        wire = dialect.write(Place(intent.charge.order), desk.world.instruments(key.account), desk.stamp(key.account))
        outcome = await desk.carrier.carry(account, dialect.sign(wire, account.key, account.secret.view()))
        if outcome.sent:
            return await self._hear(dialect, intent, outcome)
        answer = dialect.refuse(Reason(Code.UPSTREAM, f"the order was not sent: {outcome.error}"))
        desk.update(drop(intent, desk.timeline.now()), f"not sent: {outcome.error}", answer)
        return answer

    async def _hear(self, dialect: Dialect, intent: Intent, outcome: Outcome) -> Answer:
        desk, now = self._desk, self._desk.timeline.now()
        answer = Answer(outcome.status or 0, outcome.body)
        symbols = desk.world.symbols(intent.account)
        match dialect.hear(Place(intent.charge.order), answer.status, answer.body, symbols):
            case Accepted(report) if report.client_id == intent.client_id and report.symbol == intent.symbol:
                settled = settle(intent, report, now)
                if desk.bind(settled):
                    desk.update(settled, "answer", answer)
                    return answer
                desk.alarm(f"{intent.exchange} answered intent {intent.seq} with an order id that another intent has")
            case Rejected():
                desk.update(drop(intent, now), "rejected", answer)
                return answer
            case Limited(seconds, _):
                desk.back_off(intent.account, outcome.retry_after or seconds)
                desk.update(drop(intent, now), "limited", answer)
                return answer
            case Accepted() | Missing() | Told() | Unclear():
                pass
        answer = await self._unknown(dialect, intent)
        desk.writer.queue(lambda store: records.add_answer(store, intent.seq, answer))
        return answer

    async def _unknown(self, dialect: Dialect, intent: Intent) -> Answer:
        """Ask how the order stands before the bot is told; its reservation stays as long as nobody knows."""
        self._desk.in_flight.discard(intent.seq)
        resolved = self._errands.resolve(intent)
        try:
            answer = await asyncio.wait_for(asyncio.shield(resolved), RESOLVE_SECONDS)
        except TimeoutError:
            answer = None
        if answer is not None:
            return answer
        return dialect.refuse(
            Reason(Code.UPSTREAM, f"the outcome of order {intent.client_id} is not known yet; it stays reserved")
        )

    async def _first_answer(self, key: BotKey, seq: int) -> Answer:
        pending = self._answers.get(seq)
        if pending is not None:
            return await asyncio.shield(pending)
        stored = await self._desk.writer.read(lambda store: records.find_answer(store, seq))
        if stored is not None:
            return stored
        return dialect_of(key.exchange).refuse(
            Reason(Code.REPLAY, "this order was sent before, and its answer was lost; query it instead")
        )


def describe(action: Place) -> str:
    """Say an order in one line."""
    order = action.order
    size = f"{order.quantity}" if order.quantity is not None else f"{order.quote} (quote)"
    at = "" if order.price is None else f" at {order.price}"
    return f"{order.side} {size} {order.symbol} {order.kind}{at}"


def content_of(bot: BotName, action: object) -> str:
    """Digest what a request means, so that the same words are recognised whenever they are signed."""
    return fingerprint(bot.encode(), type(action).__name__.encode(), msgspec.json.encode(action)).hex()


def _entry(key: BotKey, charge: Charge, signed: Signed) -> dict[str, Value]:
    order = charge.order
    return {
        "account": key.account,
        "exchange": key.exchange,
        "symbol": order.symbol,
        "side": order.side.value,
        "type": order.kind.value,
        "tif": "" if order.tif is None else order.tif.value,
        "quantity": str(order.quantity),
        "price": str(order.price),
        "client_id": order.client_id,
        "lane": charge.lane.value,
        "reference": str(charge.reference),
        "notional": str(charge.notional),
        "loss": str(charge.loss),
        "request": signed.request,
    }
