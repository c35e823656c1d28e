"""Requests that the signer starts itself: how an unknown order stands, what still rests, cancels, the venue's time.

Nothing here adds risk: an errand reads, or takes an order off the book.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from decimal import Decimal
from functools import partial

from ringfence.dialects.dialect import Answer, Wire
from ringfence.dialects.registry import dialect_of
from ringfence.errors import Misread
from ringfence.ipc.messages import Outcome
from ringfence.model.action import Amend, Cancel, CancelList, Place, Read
from ringfence.model.decision import Code, Lane, Reason
from ringfence.model.entry import EntryKind
from ringfence.model.facts import Role, Switch
from ringfence.model.names import AccountName, ClientId
from ringfence.model.order import OrderRef
from ringfence.model.reply import Accepted, Limited, Listed, Missing, Reply, Report, Told
from ringfence.policy.sweep import overdue
from ringfence.signer.clock import boot_ms
from ringfence.signer.desk import Desk
from ringfence.signer.guard import Guard
from ringfence.signer.intent import Intent, State, drop, settle
from ringfence.signer.questions import Questions, needs_equity

_Work = Callable[[AccountName], Coroutine[object, object, object]]

_TICK_SECONDS = 0.5
# An order that nobody knows may still arrive while its timestamp is fresh: our window is 5 s, the clock correction
# at most 1 s, and as much again for a slow exchange. "Missing" before that proves nothing.
_ARRIVAL_MS = 10_000
_QUERY_AFTER_MS = 500
_POLL_SECONDS = 5.0  # open orders of a whole account cost 80 of 6,000 a minute on Binance: 16 % at this rate
_TIME_SECONDS = 30.0
_TIME_RETRY_SECONDS = 1.0
_SWEEP_AGAIN_MS = 3_000  # a cancel that was not answered by then is sent again
_BALANCES_SECONDS = 60.0  # 20 of 6,000 a minute on Binance
_PINNED_SECONDS = 900.0  # how an exchange trades changes a few times a year, and announced; 20 of 6,000 on Binance
_RIGHTS_SECONDS = 3600.0  # a key may be given more rights on the exchange's site at any time


class Errands:
    """Runs beside the bots' requests, with the same keys and the same courier."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._resolving: dict[int, asyncio.Task[Answer | None]] = {}
        self._running: dict[str, asyncio.Task[object]] = {}
        self._due: dict[str, float] = {}
        self._swept: dict[int, int] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._guard = Guard(desk)
        self.questions = Questions(desk, self.send)

    async def run(self) -> None:
        """Look for something to do, for ever."""
        while True:
            for account in self._desk.keyring.accounts:
                self._ask_around(account)
                self._settle_up(account)
                self._sweep(account)
            self._guard.look()
            await asyncio.sleep(_TICK_SECONDS)

    def _ask_around(self, account: AccountName) -> None:
        """Begin what is asked of an exchange now and then."""
        desk = self._desk
        self._every(_TIME_SECONDS, f"time {account}", account, self._time)
        for role in (Role.TRADE, Role.WATCH) if account in desk.keyring.watching else (Role.TRADE,):
            known = desk.keyring.key(account, role).key in desk.unfit
            seconds, which = (_RIGHTS_SECONDS, "") if known else (_POLL_SECONDS, "first ")
            ask = partial(self.questions.rights, role=role)
            self._every(seconds, f"{which}rights to {role} {account}", account, ask)
        if desk.world.instruments(account):
            self._every(_PINNED_SECONDS, f"instruments {account}", account, self.questions.instruments)
        if needs_equity(desk, account):
            self._every(_BALANCES_SECONDS, f"balances {account}", account, self.questions.balances)

    async def _time(self, account: AccountName) -> None:
        if not await self.questions.time(account):
            self._due[f"time {account}"] = time.monotonic() + _TIME_RETRY_SECONDS

    def _settle_up(self, account: AccountName) -> None:
        """Begin to find out how orders stand, and to take off the book what the owner's switch wants off."""
        live = self._live(account)
        if any(intent.state is State.OPEN for intent in live):
            self._every(_POLL_SECONDS, f"poll {account}", account, self._poll)
        if any(intent.state is State.OPEN for intent in self.unwanted(account)):
            self._every(_POLL_SECONDS, f"cancel {account}", account, self.cancel_unwanted)
        for intent in live:
            lost = intent.state is State.RESERVED and intent.seq not in self._desk.in_flight
            if lost and self._desk.timeline.now() - intent.at > _QUERY_AFTER_MS:
                self.resolve(intent)

    def resolve(self, intent: Intent) -> "asyncio.Task[Answer | None]":
        """Ask until it is known how an order stands; the answer is what the exchange said in the end."""
        task = self._resolving.get(intent.seq)
        if task is None:
            task = asyncio.create_task(self._resolve(intent), name=f"resolve {intent.seq}")
            self._resolving[intent.seq] = task
            task.add_done_callback(lambda _: self._resolving.pop(intent.seq, None))
        return task

    async def cancel(self, intent: Intent, name: ClientId | None = None) -> tuple[Outcome, Reply]:
        """Take one order off the book, by its exchange id where it is known, else by ours; `name` is the cancel's."""
        outcome, reply = await self.send(intent.account, Cancel(ref(intent), name))
        match reply:
            case Accepted(report):
                self.settle(intent, report, "cancel")
                await asyncio.gather(*(self._query(other) for other in self._with(intent)))  # they went with it
            case Missing():
                self.resolve(intent)  # filled, or never arrived: only a query tells which
            case _:
                pass
        return outcome, reply

    async def cancel_list(self, intents: list[Intent]) -> Outcome:
        """Take a whole list off the book, by the name that we gave it or took for it."""
        first = intents[0]
        outcome, reply = await self.send(first.account, CancelList(first.symbol, None, first.list_name))
        match reply:
            case Listed(reports):
                known = {report.client_id: report for report in reports}
                for intent in intents:
                    if intent.client_id in known:
                        self.settle(intent, known[intent.client_id], "cancel")
            case Limited():
                pass
            case _:
                for intent in intents:
                    self.resolve(intent)
        return outcome

    async def amend(self, intent: Intent, quantity: Decimal) -> Outcome:
        """Make one order smaller, under the id that it has; a query then tells how it stands."""
        outcome, _ = await self.send(intent.account, Amend(ref(intent), quantity, intent.client_id))
        if outcome.sent:
            self.resolve(intent)
        return outcome

    async def send(
        self, account: AccountName, action: Read | Amend | Cancel | CancelList, role: Role = Role.TRADE
    ) -> tuple[Outcome, Reply]:
        """Write an action that adds nothing, sign it and have it carried; the outcome, and what it means."""
        desk, exchange = self._desk, self._desk.keyring.accounts[account].exchange
        wire = dialect_of(exchange).write(action, desk.world.instruments(account), desk.stamp(account))
        outcome = await self._signed(account, wire, role)
        return outcome, desk.hear(exchange, account, action, outcome)

    def unwanted(self, account: AccountName | None = None) -> list[Intent]:
        """List the orders that are to leave the book: all while halted, else what adds risk of who may only leave."""
        world, accounts = self._desk.world, self._desk.keyring.accounts if account is None else (account,)
        cancels = world.position.switch is not Switch.TRADING and world.position.cancel
        if not cancels and not world.stops:
            return []
        live = [intent for intent in self._desk.ledger.live() if intent.account in accounts]
        if cancels and world.position.switch is Switch.HALTED:
            return live
        adding = [intent for intent in live if intent.charge.lane is Lane.ORDINARY]
        return [intent for intent in adding if cancels or intent.bot in world.stops]

    async def cancel_unwanted(self, account: AccountName | None = None) -> None:
        """Cancel what the switch wants off the book; what slips through is caught by the next round."""
        await asyncio.gather(*(self.cancel(intent) for intent in self.unwanted(account)))

    def _sweep(self, account: AccountName) -> None:
        """Begin to take off the book what must leave it; what does not go is begun again."""
        desk, now = self._desk, self._desk.timeline.now()
        if not desk.carrier.up or desk.waiting_out(account):
            return
        self._swept = {seq: until for seq, until in self._swept.items() if until > now}
        for intent in self._live(account):
            if intent.seq in desk.in_flight or intent.seq in self._swept:
                continue
            policy, reference = desk.world.bot(intent.bot), desk.world.market.known(intent.symbol)
            limits = None if policy is None else policy.limits
            why = overdue(intent.charge, reference, limits, boot_ms() / 1000, now - intent.at)
            if why is not None:
                self._swept[intent.seq] = now + _SWEEP_AGAIN_MS
                desk.writer.note(EntryKind.ERRAND, "signer", {"cancel": intent.seq, "bot": intent.bot, "why": why})
                self._spawn(self.cancel(intent))

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resolve(self, intent: Intent) -> Answer | None:
        """Ask at least once: an event may have told us how the order stands, and whoever waits wants an answer."""
        delay, current = 0.2, self._desk.ledger.find(intent.seq, intent.bot) or intent
        while (answer := await self._query(current)) is None:
            known = self._desk.ledger.find(intent.seq, intent.bot)
            if known is None or (known.order_id is not None and intent.state is State.RESERVED):
                return None
            await asyncio.sleep(delay)
            delay, current = min(delay * 2, 5.0), known
        return answer

    async def _query(self, intent: Intent) -> Answer | None:
        """Ask once, unless we are to be quiet; an answer where the order is now known, or known to be nowhere."""
        if self._desk.waiting_out(intent.account):
            return None
        dialect = dialect_of(intent.exchange)
        instruments = self._desk.world.instruments(intent.account)
        wire = dialect.query(ref(intent), instruments, self._desk.stamp(intent.account))
        started = self._desk.timeline.now()
        outcome = await self._signed(intent.account, wire)
        match self._desk.hear(intent.exchange, intent.account, Place(intent.charge.order), outcome):
            case Accepted(report) if self.settle(intent, report, "query"):
                return Answer(outcome.status or 0, outcome.body)
            case Missing() if started - intent.at > _ARRIVAL_MS:
                self._desk.update(drop(intent, self._desk.timeline.now()), "never arrived")
                return dialect.refuse(Reason(Code.NOT_SENT, "the order did not reach the exchange"))
            case _:
                return None

    async def _poll(self, account: AccountName) -> None:
        """Compare what rests at the exchange with what we think rests there."""
        key = self._desk.keyring.accounts[account]
        dialect = dialect_of(key.exchange)
        before, began = (
            [intent for intent in self._live(account) if intent.state is State.OPEN],
            self._desk.timeline.now(),
        )
        outcome, reply = await self.send(account, Read("open-orders"))
        if not isinstance(reply, Told):
            return
        try:
            reports = dialect.reports(outcome.body, self._desk.world.symbols(account))
        except Misread as error:
            self._desk.alarm(f"{key.exchange} listed open orders that cannot be read: {error}")
            return
        resting = {report.order_id: report for report in reports}
        missed = False
        for intent in before:
            report = resting.get(intent.order_id) if intent.order_id is not None else None
            if report is None:
                missed |= await self._query(intent) is None
            elif (report.executed, report.quantity) != (intent.executed, intent.quantity):
                self.settle(intent, report, "poll")
        if not missed:  # what was not told may have filled before now, at a price of before
            self._desk.looked[account] = began

    async def _signed(self, account: AccountName, wire: Wire, role: Role = Role.TRADE) -> Outcome:
        key = self._desk.keyring.key(account, role)
        signed = dialect_of(key.exchange).sign(wire, key.key, key.signer)
        return await self._desk.carrier.carry(key, signed)

    def settle(self, intent: Intent, report: Report, cause: str) -> bool:
        """Take in how an order stands; False where that cannot be of this order."""
        current = self._desk.ledger.find(intent.seq, intent.bot)
        if current is None:
            return True
        if report.client_id != intent.client_id or report.symbol != intent.symbol:
            self._desk.alarm(f"asked for order {intent.client_id}, heard of {report.client_id}")
            return False
        settled = settle(current, report, self._desk.timeline.now(), self._desk.worst(current))
        if not self._desk.bind(settled):
            self._desk.alarm(f"order {report.order_id} answers to intent {intent.seq} and to another")
            return False
        self._desk.update(settled, cause)
        return True

    def _live(self, account: AccountName) -> list[Intent]:
        return [intent for intent in self._desk.ledger.live() if intent.account == account]

    def _with(self, intent: Intent) -> list[Intent]:
        """List the other orders of the list that an order is part of."""
        if intent.list_name is None:
            return []
        return [other for other in self._live(intent.account) if other.list_name == intent.list_name]

    def _every(self, seconds: float, name: str, account: AccountName, work: _Work) -> None:
        """Start a repeating errand where its time has come, the last one is done, and it can be carried."""
        away = not self._desk.carrier.up or self._desk.waiting_out(account)
        if away or name in self._running or self._due.get(name, 0.0) > time.monotonic():
            return
        self._due[name] = time.monotonic() + seconds
        self._running[name] = asyncio.create_task(work(account), name=name)
        self._running[name].add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[object]") -> None:
        del self._running[task.get_name()]
        if not task.cancelled() and task.exception() is not None:
            self._desk.alarm(f"errand {task.get_name()} failed: {type(task.exception()).__name__}")


def ref(intent: Intent) -> OrderRef:
    """Name an order the way that cannot be confused: by the exchange's id once it is bound."""
    if intent.order_id is not None:
        return OrderRef(intent.symbol, intent.order_id, None)
    return OrderRef(intent.symbol, None, intent.client_id)
