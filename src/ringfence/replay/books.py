"""The signer's books at a moment of the past, under one policy: its own ledger, and its own facts of each moment.

There are two of them in a replay: as it was, and as it would have been.
"""

from collections import deque
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace

from ringfence.model.action import Placing
from ringfence.model.decision import Charge, Code, Decision, Reason
from ringfence.model.facts import Reference, Role
from ringfence.model.names import AccountName, BotName, OrderId, Symbol
from ringfence.model.reply import Report
from ringfence.policy.engine import decide_all
from ringfence.replay.asked import Request
from ringfence.replay.entries import OutcomeLine
from ringfence.replay.lacks import Lack, without
from ringfence.signer.intent import WINDOW_MS, Intent, State, Worst, settle
from ringfence.signer.ledger import Ledger
from ringfence.signer.market import MAX_PRICE_AGE, Market
from ringfence.signer.world import InForce, World

_VENUES = 3  # a reference that is told as one price is taken for a median
_TOLD = Worst(None, certain=True)  # what a fill has lost comes from the entry, and is not looked for again
_BY_WORTH = frozenset({Code.EXPOSURE, Code.LOSS_BUDGET, Code.ACCOUNT_LIMIT})


@dataclass(slots=True)
class Then(Market):
    """The prices of one moment, on a clock whose zero is that moment; `missing` collects what was asked in vain."""

    others: dict[Symbol, Decimal | None] = field(default_factory=dict)
    missing: set[Symbol] = field(default_factory=set)

    def fresh(self, symbol: Symbol) -> Reference | None:
        """Return what may still value something."""
        own = self.references.get(symbol)
        if own is not None:
            return own if -own.at <= MAX_PRICE_AGE else None
        if symbol not in self.others:
            self.missing.add(symbol)
        price = self.others.get(symbol)
        return None if price is None else Reference(symbol, price, price, _VENUES, 0.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a policy says of a request: the charges where it is allowed, else why not; `unsure`: why it cannot tell."""

    charges: tuple[Charge, ...] = ()
    because: tuple[Reason, ...] = ()
    held: bool = False
    unsure: str = ""

    @property
    def codes(self) -> frozenset[Code]:
        """Why it is refused or held; empty where it is allowed."""
        return frozenset(reason.code for reason in self.because)


@dataclass(slots=True)
class Books:
    """What a signer knows of its bots; `known` are the intents that still count, by number."""

    world: World = field(default_factory=World)
    ledger: Ledger = field(default_factory=Ledger)
    known: dict[int, Intent] = field(default_factory=dict)
    _ended: deque[tuple[int, int]] = field(default_factory=deque)

    def copy(self, in_force: InForce) -> "Books":
        """Return books that go on from here on their own, under another policy.

        A bot that was stopped for repeating itself stays so where that policy would stop one too.
        """
        limits = {name: bot.limits for name, bot in in_force.policy.bots.items()}
        stops = {bot: why for bot, why in self.world.stops.items() if getattr(limits.get(bot), "identical_fills", None)}
        world = World(position=self.world.position, in_force=in_force, stops=stops)
        return Books(world, deepcopy(self.ledger), dict(self.known), deque(self._ended))

    def ask(self, request: Request, action: Placing, lacks: frozenset[Lack], *, granted: bool) -> Answer:
        """Ask the policy about one reading of a request, without the limits that cannot be judged."""
        bot = self.world.bot(request.bot)
        if bot is None or bot.account != request.account:
            return Answer(because=(Reason(Code.NO_POLICY, f"the policy does not name the bot {request.bot}"),))
        market = _prices(request)
        self.world.market = market
        judged = without(bot, lacks)
        symbol = request.first.symbol
        facts = self.world.facts(judged, Role.TRADE, symbol, self.ledger, request.at, granted=granted)
        decided = decide_all(action, replace(facts, now=0.0), judged)
        missing = {each for each in market.missing if self.world.holds(bot.account, each, self.ledger)}
        return _answer(decided, missing)

    def reserve(self, intent: Intent) -> None:
        """Count a new intent."""
        self.known[intent.seq] = intent
        self.ledger.reserve(intent)

    def settle(self, line: OutcomeLine, fee: Decimal) -> None:
        """Take in how an order stands, and what of its fee the base asset paid; one that is not counted stays so."""
        before, now = self.known.get(line.intent), line.t_wall
        if before is None:
            return
        after = settle(before, _report(before, line, fee), now, _TOLD)
        after = replace(after, slipped=max(before.slipped, line.slipped))
        self.known[line.intent] = after
        self.ledger.update(after, now)
        if after.state is State.FINAL:
            self._ended.append((now, line.intent))
        while self._ended and self._ended[0][0] <= now - WINDOW_MS:
            self.known.pop(self._ended.popleft()[1], None)

    def lose(self, seq: int, more: Decimal, now: int) -> None:
        """Count more of an order's fills as lost."""
        intent = self.known.get(seq)
        if intent is not None:
            self.known[seq] = replace(intent, slipped=intent.slipped + more)
            self.ledger.lose(intent.bot, seq, more, now)

    def restart(self, accounts: Iterable[tuple[BotName, AccountName]], now: int) -> None:
        """Begin anew from what a restart finds: the intents that count, and the positions."""
        before, self.ledger = self.ledger, Ledger()
        self.known = {
            seq: intent for seq, intent in self.known.items() if intent.settled_at is None or _counts(intent, now)
        }
        self.ledger.restore(self.known.values())
        for bot, account in accounts:
            for asset, quantity in before.positions(bot).items():
                self.ledger.restore_position(bot, account, asset, quantity)

    def repeats(self, name: BotName, now: int) -> bool:
        """Say whether a bot does the same more often than its policy has it."""
        bot = self.world.bot(name)
        most = None if bot is None or bot.limits is None else bot.limits.identical_fills
        return most is not None and self.ledger.habits(name).identical(now) > most


def _report(intent: Intent, line: OutcomeLine, fee: Decimal) -> Report:
    """Put an outcome as the exchange had put it."""
    return Report(
        symbol=intent.symbol,
        order_id=OrderId(line.order_id or ""),
        client_id=intent.client_id,
        quantity=intent.quantity if line.quantity is None else line.quantity,
        executed=line.executed,
        executed_quote=line.executed_quote,
        final=line.state is State.FINAL,
        fees=((intent.base, fee),),
    )


def _counts(intent: Intent, now: int) -> bool:
    return intent.settled_at is not None and intent.settled_at > now - WINDOW_MS


def _prices(request: Request) -> Then:
    """Lay out what an entry says of prices."""
    seen, symbol = request.seen, request.first.symbol
    if seen is not None:
        sell = seen.buy if seen.sell is None else seen.sell
        reference = Reference(symbol, seen.buy, sell, seen.venues, -seen.age / 1000, seen.slow)
        return Then(references={symbol: reference}, others=dict(seen.others))
    if request.reference is None:
        return Then()
    return Then(references={symbol: Reference(symbol, request.reference, request.reference, _VENUES, 0.0)})


def _answer(decided: Decision | tuple[Charge, ...], missing: set[Symbol]) -> Answer:
    """Take an answer; where it goes by the price of something that the entry does not have, it is none."""
    if not isinstance(decided, Decision):
        return Answer(charges=decided)
    sure = tuple(reason for reason in decided.because if not missing or reason.code not in _BY_WORTH)
    if sure:
        return Answer(because=sure, held=decided.held)
    names = ", ".join(sorted(missing))
    return Answer(because=decided.because, unsure=f"what {names} was worth at that moment is not in the journal")
