"""Everything one decision needs, in one place: ledger, world, keys, journal, courier. It holds; others act."""

import base64
import hashlib
import hmac
import time
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from ringfence.dialects.dialect import Answer
from ringfence.dialects.registry import dialect_of
from ringfence.errors import Broken
from ringfence.ipc.messages import Outcome
from ringfence.journal.emergency import Emergency
from ringfence.journal.store import Store
from ringfence.model.action import Action, Follow, Forbidden, Place, Placing, Read
from ringfence.model.decision import Charge, Code, Decision, Reason
from ringfence.model.entry import EntryKind, Value
from ringfence.model.names import AccountName, BotName, ClientId, ExchangeId, KeyId, OrderId
from ringfence.model.reply import Limited, Reply
from ringfence.policy.engine import decide, decide_all
from ringfence.signer import records
from ringfence.signer.carrier import Carrier
from ringfence.signer.clock import Timeline, wall_ms
from ringfence.signer.decoys import Decoys
from ringfence.signer.holds import Holds
from ringfence.signer.intent import Intent, State, Unsure, Worst, unsure
from ringfence.signer.keyring import BotKey, Keyring
from ringfence.signer.ledger import Ledger
from ringfence.signer.refusals import Refusal, Refusals
from ringfence.signer.world import World
from ringfence.signer.writer import Writer
from ringfence.vault.secret import Secret

_EPOCH_2020_MS = 1_577_836_800_000  # forty bits of milliseconds from here last until 2054
_KEPT_ALARMS = 100
_MAX_ALARM = 500


@dataclass(slots=True)
class Desk:
    """The signer's whole state. Only the event loop's thread touches it."""

    writer: Writer
    emergency: Emergency
    keyring: Keyring
    client_id_key: Secret
    timeline: Timeline
    refusals: Refusals
    ledger: Ledger = field(default_factory=Ledger)
    world: World = field(default_factory=World)
    holds: Holds = field(default_factory=Holds)
    decoys: Decoys = field(default_factory=Decoys)
    carrier: Carrier = field(default_factory=Carrier)
    in_flight: set[int] = field(default_factory=set)
    bound: dict[tuple[AccountName, OrderId], int] = field(default_factory=dict)
    backoff: dict[AccountName, float] = field(default_factory=dict)
    looked: dict[AccountName, int] = field(default_factory=dict)  # when open orders were last compared (timeline ms)
    unsure: deque[Unsure] = field(default_factory=deque)
    unfit: dict[KeyId, str] = field(default_factory=dict)  # a key that is not there was not told of yet
    alarms: list[tuple[int, str]] = field(default_factory=list)
    _last_token: int = 0

    def alarm(self, text: str, *, instead: str = "") -> None:
        """Raise an alarm: the owner sees it in `status`, `instead` of an earlier one, and it is written down."""
        text = text.encode("ascii", "replace").decode()[:_MAX_ALARM]  # an exchange may have a say in it
        if any(known == text for _, known in self.alarms[-5:]):
            return
        kept = [one for one in self.alarms[-_KEPT_ALARMS:] if one[1] != instead]
        self.alarms = [*kept, (self.timeline.now(), text)]
        self.writer.note(EntryKind.ALARM, "signer", {"text": text})

    def refuse(self, key: BotKey, action: str, request: str, reasons: tuple[Reason, ...]) -> Answer:
        """Write a refusal down and say no in the exchange's own shape."""
        self.refusals.add(Refusal(self.timeline.now(), key.bot, action, request, reasons))
        return dialect_of(key.exchange).refuse(reasons[0])

    def judge(self, key: BotKey, action: Read | Follow | Forbidden) -> Decision:
        """Ask the policy in force about one request that places nothing; without one, the answer is no."""
        bot = self.world.bot(key.bot)
        if bot is None or bot.account != key.account:
            return no(Code.NO_POLICY, f"no policy in force names the bot {key.bot}")
        return decide(action, self.world.facts(bot, key.role, None, self.ledger, self.timeline.now()), bot)

    def price(self, key: BotKey, action: Placing, *, granted: bool = False) -> Decision | tuple[Charge, ...]:
        """Ask the policy in force about orders, all or none: what each will be and reserves, with an id of its own.

        `granted`: a person has allowed just these.
        """
        bot = self.world.bot(key.bot)
        if bot is None or bot.account != key.account:
            return no(Code.NO_POLICY, f"no policy in force names the bot {key.bot}")
        symbol = action.order.symbol if isinstance(action, Place) else action.orders[0].symbol
        facts = self.world.facts(bot, key.role, symbol, self.ledger, self.timeline.now(), granted=granted)
        decided = decide_all(action, facts, bot)
        return decided if isinstance(decided, Decision) else tuple([self._named(key, charge) for charge in decided])

    def _named(self, key: BotKey, charge: Charge) -> Charge:
        """Give an order an id of our own where the bot sent none."""
        order = charge.order
        if order.client_id is not None:
            return charge
        return replace(charge, order=replace(order, client_id=self.name(key, f"{order.symbol}|{order.side}")))

    def name(self, key: BotKey, what: str) -> ClientId:
        """Make an id that says what it is for, and that only we can make."""
        return dialect_of(key.exchange).client_id(self.token(f"{key.exchange}|{what}"))

    def waiting_out(self, account: AccountName) -> int:
        """Seconds that the exchange has asked us to stay away, 0 where it has not."""
        return max(0, round(self.backoff.get(account, 0.0) - time.monotonic() + 0.5))

    def hear(self, exchange: ExchangeId, account: AccountName, action: Action, outcome: Outcome) -> Reply:
        """Say what an outcome means; where the exchange asks for fewer requests, stay away as long as it asks."""
        status, symbols = outcome.status or 0, self.world.symbols(account)
        reply = dialect_of(exchange).hear(action, status, outcome.body, symbols)
        if isinstance(reply, Limited):
            self.backoff[account] = time.monotonic() + (outcome.retry_after or reply.seconds)
        return reply

    def stamp(self, account: AccountName) -> int:
        """The time to write into a request to the exchange."""
        return self.world.stamp(account, wall_ms())

    def token(self, intent_text: str) -> str:
        """Make 24 characters that only we can make: 40 bits that never repeat, and 80 of an HMAC over them.

        The 40 bits are timeline milliseconds, pushed on where two would be equal. What this proves and what it does
        not is in docs/explanation/sources.md, Formats and cryptography.
        """
        self._last_token = max(self._last_token + 1, self.timeline.now() - _EPOCH_2020_MS)
        number = self._last_token.to_bytes(5, "big")
        mac = hmac.digest(self.client_id_key.view(), b"clid1|" + intent_text.encode() + b"|" + number, "sha256")
        return base64.b32encode(number + mac[:10]).decode().lower()

    def bind(self, intent: Intent) -> bool:
        """Bind an exchange's order id to its intent, 1:1; False where it is bound to another already."""
        if intent.order_id is None:
            return True
        return self.bound.setdefault((intent.account, intent.order_id), intent.seq) == intent.seq

    def worst(self, intent: Intent) -> Worst:
        """Say against which reference since the last look at an order its new fills have lost most."""
        return self.world.market.worst(intent.symbol, intent.side, self._last_look(intent))

    def _last_look(self, intent: Intent) -> int:
        """Say since when an order may have filled unseen; one that was never answered has never been looked at."""
        return intent.at if intent.state is State.RESERVED else max(intent.at, self.looked.get(intent.account, 0))

    def look_again(self) -> None:
        """Hold fills against the references that have come in since they were taken in."""
        now = self.timeline.now()
        while self.unsure and self.unsure[0].due <= now:
            fill = self.unsure.popleft()
            more = fill.more(self.world.market.worst(fill.symbol, fill.side, fill.since))
            if more:
                self.ledger.lose(fill.bot, fill.seq, more, now)
                self._write_slippage(fill.seq, more)

    def _write_slippage(self, seq: int, more: Decimal) -> None:
        self.writer.queue(lambda store: records.add_slippage(store, seq, more))

    def update(self, intent: Intent, cause: str, answer: Answer | None = None) -> None:
        """Take in what has become of an intent, and what its bot is told: in memory now, in the journal soon."""
        before = self.ledger.find(intent.seq, intent.bot)
        if before not in (None, intent):
            self.ledger.update(intent, self.timeline.now())
            position, cash = self.ledger.position(intent.bot, intent.base), self.ledger.cash(intent.bot)
            moved = (before.effect, before.cash) != (intent.effect, intent.cash)
            holds = records.Holds(position, cash) if moved else None
            more: dict[str, Value] = {"position": str(position), "cause": cause}
            more |= {"quantity": str(intent.quantity)} if before.quantity != intent.quantity else {}
            self.writer.queue(lambda store: _write_outcome(store, intent, holds, more, answer))
            self.stop_if_repeating(intent.bot)
            again = unsure(before, intent, self._last_look(before), self.timeline.now())
            if again is not None:
                self.unsure.append(again)
        elif answer is not None:
            self.writer.queue(lambda store: records.add_answer(store, [intent.seq], answer))

    async def urgent(self, kind: EntryKind, actor: str, fields: dict[str, Value]) -> None:
        """Write down what must happen even when the journal cannot: then it goes to the emergency file."""
        try:
            await self.writer.write(lambda store: store.append(kind, actor, fields))
        except Broken:
            text = {"at": self.timeline.now(), "kind": str(kind), "actor": actor, **fields}
            self.record(msgspec.json.encode(text))

    def stop(self, bot: BotName, why: str, by: str) -> None:
        """Let a bot only leave from now on, `by` a limit, until a person lets it go on; the first reason stands."""
        if bot in self.world.stops:
            return
        self.world.stops[bot] = why
        kept = dict(self.world.stops)
        self.writer.queue(lambda store: records.write_stop(store, bot, why, by, kept))
        self.alarm(f"bot {bot} may only leave: {why}; `ringfence resume {bot}` lets it go on")

    def stop_if_repeating(self, bot: BotName) -> None:
        """Stop a bot that does the same again and again, as a thief's loop does (docs/explanation/attacks.md, I6)."""
        policy = self.world.bot(bot)
        most = None if policy is None or policy.limits is None else policy.limits.identical_fills
        count = 0 if most is None else self.ledger.habits(bot).identical(self.timeline.now())
        if most is not None and count > most:
            self.stop(bot, f"{count} identical fills within a minute; {most} at most", "identical_fills")

    def record(self, text: bytes) -> None:
        """Write into the emergency file; a stop that cannot even be recorded there still happens."""
        try:
            self.emergency.record(text)
        except Broken as error:
            self.alarm(f"nothing can be written down any more: {error}")


def _write_outcome(
    store: Store, intent: Intent, holds: records.Holds | None, more: dict[str, Value], answer: Answer | None
) -> None:
    more |= {"slipped": str(intent.slipped)} if intent.slipped else {}
    entry = store.append(
        EntryKind.OUTCOME,
        intent.bot,
        {
            "intent": intent.seq,
            "state": intent.state.value,
            "order_id": intent.order_id,
            "executed": str(intent.executed),
            "executed_quote": str(intent.executed_quote),
            **more,
        },
    )
    records.update_intent(store, intent, holds, entry, answer)


def fingerprint(*parts: bytes) -> bytes:
    """SHA-256 over length-prefixed parts."""
    return hashlib.sha256(b"".join([len(part).to_bytes(4, "big") + part for part in parts])).digest()


def no(code: Code, text: str) -> Decision:
    """Refuse before any rule is asked."""
    return Decision(allowed=False, because=(Reason(code, text),))


BUSY = Reason(Code.BUSY, "too many requests are waiting; slow down")
