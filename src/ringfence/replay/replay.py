"""Go through a journal, entry by entry, with two sets of books: as it was, and as it would have been.

Up to the beginning of what is judged both are one. Everything before it counts: positions, open orders and windows are
what the journal made them, since it began.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from ringfence.errors import Broken, Misconfigured
from ringfence.model.entry import EntryKind
from ringfence.model.facts import Instrument, Switch
from ringfence.model.names import AccountName, Asset, BotName, Symbol
from ringfence.policy.amounts import EXACT
from ringfence.policy.load import load
from ringfence.policy.policy import BotPolicy, Policy
from ringfence.replay import asked
from ringfence.replay.asked import Request
from ringfence.replay.books import Answer, Books
from ringfence.replay.entries import (
    GrantLine,
    InstrumentsLine,
    IntentLine,
    Line,
    LossLine,
    OutcomeLine,
    PolicyLine,
    ReducedLine,
    RefusalLine,
    RefusalsLine,
    StartLine,
    SwitchLine,
    SymbolsLine,
    read,
)
from ringfence.replay.findings import Findings
from ringfence.replay.intents import SIZES, charged, granted, made
from ringfence.replay.judge import Way, judge
from ringfence.replay.lacks import LOSSES, NEVER_TOLD, PRICES, Lack
from ringfence.replay.report import Example, Report
from ringfence.signer.holds import GRANT_MS
from ringfence.signer.intent import WINDOW_MS, State
from ringfence.signer.world import InForce, Position

_REPEATING = "identical_fills"
_ORDERS = ("BUY ", "SELL ", "OCO ", "OTO ", "OTOCO ")
_WORDS_ONLY = "its entry is of an older version, and holds words"
_COUNTED_ONLY = "it came past the first twenty refusals in a second, which are only counted"

_Pinned = dict[AccountName, dict[Symbol, Instrument]]


def replay(entries: Iterable[bytes], candidate: Policy, since: int) -> Report:
    """Judge what was asked from a moment on (ms since 1970); raises `Broken` where the entries do not fit together."""
    going = _Replay(candidate, since)
    with localcontext(EXACT):
        for text in entries:
            going.take(read(text))
    if going.group:
        raise Broken(f"the list of entry {going.group[0].seq} is not whole", hint=_DAMAGED)
    return going.findings.report(candidate, since, going.until)


_DAMAGED = "`ringfence log verify` says whether the journal is damaged"


@dataclass(slots=True)
class _Replay:
    candidate: Policy
    since: int
    until: int = 0
    then: Books = field(default_factory=Books)
    would: Books | None = None  # from the first moment that is judged
    findings: Findings = field(default_factory=Findings)
    group: list[IntentLine] = field(default_factory=list)  # of a list, whose orders come one after the other
    _next: int = 0
    _policy: Policy | None = None
    _pinned: _Pinned = field(default_factory=dict)
    _members: dict[BotName, tuple[Symbol, ...]] = field(default_factory=dict)
    _accounts: dict[BotName, AccountName] = field(default_factory=dict)
    _held: dict[tuple[BotName, Asset], Decimal] = field(default_factory=dict)
    _grants: dict[str, int] = field(default_factory=dict)  # what a person let pass, and until when
    _old: set[int] = field(default_factory=set)  # intents whose outcomes do not say what they lost
    _lossless: int = 0  # until when the window holds fills of such

    def take(self, line: Line) -> None:
        """Take in one entry."""
        if line.seq != self._next:
            raise Broken(f"entry {line.seq} of the journal comes where {self._next} should", hint=_DAMAGED)
        self._next, self.until = line.seq + 1, line.t_wall
        if self.would is None and line.t_wall > self.since:
            self.would = self.then.copy(self._in_force(self.candidate))
        if self.group and not isinstance(line, IntentLine):
            raise Broken(f"the list of entry {self.group[0].seq} is not whole", hint=_DAMAGED)
        try:
            self._dispatch(line)
        except ArithmeticError as error:
            raise Broken(f"entry {line.seq} of the journal does not add up: {error!r}", hint=_DAMAGED) from None

    def _dispatch(self, line: Line) -> None:  # noqa: C901, PLR0912  # one line a kind
        match line:
            case IntentLine():
                self._intent(line)
            case OutcomeLine():
                self._outcome(line)
            case LossLine():
                for books in self._both():
                    books.lose(line.intent, line.more, line.t_wall)
            case RefusalLine():
                self._refusal(line)
            case RefusalsLine():
                self._refusals(line)
            case ReducedLine():
                self._reduced(line)
            case SwitchLine():
                self._switch(line)
            case PolicyLine() | InstrumentsLine() | SymbolsLine():
                self._rules(line)
            case GrantLine():
                self._grants[line.words] = line.t_wall + GRANT_MS
            case StartLine():
                self._start(line)
            case _:
                pass

    def _both(self) -> tuple[Books, ...]:
        return (self.then,) if self.would is None else (self.then, self.would)

    def _intent(self, line: IntentLine) -> None:
        self.group.append(line)
        first = self.group[0]
        if first.form is not None and len(self.group) < SIZES[first.form]:
            return
        lines, self.group = self.group, []
        request = asked.allowed(lines)
        policy = self.then.world.bot(request.bot)
        answer = self._judged(request, granted=granted(lines, policy))
        self._grants.pop(request.words, None)
        if first.seen is None:
            self._old |= {each.seq for each in lines}
        intents = made(lines, policy)
        self._accounts.setdefault(intents[0].bot, request.account)
        for intent in intents:
            self.then.reserve(intent)
        if self.would is not None and answer is not None:
            for intent in charged(intents, answer.charges, self.would.world.bot(request.bot)):
                self.would.reserve(intent)

    def _judged(self, request: Request, *, granted: bool = False) -> Answer | None:
        """Judge a request; the answer that counts under the candidate, None where it refuses."""
        if self.would is None:
            return Answer()
        lacks = self._lacks(request)
        verdict = judge(request, self.then, self.would, lacks, granted=granted)
        self.findings.add(request, verdict, lacks)
        now = self.candidate.bots.get(request.bot)
        self.findings.guessed |= now is not None and not self._had(now)
        if verdict.way in {Way.REFUSE, Way.HOLD}:
            return None
        return verdict.answer or Answer()

    def _lacks(self, request: Request) -> frozenset[Lack]:
        if request.seen is None and request.reference is not None:
            return NEVER_TOLD | PRICES
        return NEVER_TOLD | LOSSES if request.at < self._lossless else NEVER_TOLD

    def _outcome(self, line: OutcomeLine) -> None:
        intent = self.then.known.get(line.intent)
        if intent is None:
            raise Broken(
                f"entry {line.seq} is about order {line.intent}, which the journal does not have", hint=_DAMAGED
            )
        if line.intent in self._old and line.executed > intent.executed:
            self._lossless = line.t_wall + WINDOW_MS
        held = self._held.get((intent.bot, intent.base), Decimal(0))
        self._held[intent.bot, intent.base] = line.position
        fee = intent.side.sign * line.executed - (intent.effect + line.position - held)
        for books in self._both():
            books.settle(line, fee)
        if self.would is not None and self.would.repeats(intent.bot, line.t_wall):
            self.would.world.stops.setdefault(intent.bot, "it repeats itself")
        if line.state is State.FINAL:
            self._old.discard(line.intent)

    def _refusal(self, line: RefusalLine) -> None:
        if line.orders:
            request = asked.refused(line)
            self._judged(request, granted=self._grants.get(request.words, 0) > line.t_wall)
        elif self.would is not None and line.action.startswith(_ORDERS):
            example = Example(line.seq, line.t_wall, line.action, line.reasons[0].text if line.reasons else "")
            self.findings.add_unread(BotName(line.actor), _WORDS_ONLY, example)

    def _refusals(self, line: RefusalsLine) -> None:
        if self.would is not None:
            example = Example(line.seq, line.t_wall, "some may not have been orders", "")
            self.findings.add_unread(BotName(line.actor), _COUNTED_ONLY, example, line.count)

    def _reduced(self, line: ReducedLine) -> None:
        for books in self._both():
            habits = books.ledger.habits(BotName(line.actor))
            for _ in [seq for seq in line.intents if seq in books.known]:
                (habits.amended if line.kind is EntryKind.AMEND else habits.cancelled)(line.t_wall)

    def _switch(self, line: SwitchLine) -> None:
        for books in self._both():
            stops = books.world.stops
            if line.bot is None:
                books.world.position = Position(line.to, line.why, line.t_wall)
            elif line.to is Switch.TRADING:
                stops.pop(line.bot, None)
                books.ledger.habits(line.bot).forgive()
            elif line.by == _REPEATING and books is self.then:  # the candidate's own limit says when, in its books
                stops[line.bot] = line.why

    def _rules(self, line: PolicyLine | InstrumentsLine | SymbolsLine) -> None:
        if isinstance(line, InstrumentsLine):
            self._pinned.setdefault(line.account, {}).update({each.symbol: each for each in line.instruments})
        elif isinstance(line, SymbolsLine):
            self._members[line.bot] = line.symbols
        else:
            self._pinned, self._members = {}, {}
            try:
                self._policy = load(line.text)
            except Misconfigured as error:
                raise Broken(f"the policy of entry {line.seq} cannot be read by this version: {error}") from None
        assert self._policy is not None  # noqa: S101  # instruments follow their policy
        self.then.world.in_force = self._in_force(self._policy)
        if self.would is not None:
            self.would.world.in_force = self._in_force(self.candidate)

    def _in_force(self, policy: Policy) -> InForce:
        pinned = {account: dict(instruments) for account, instruments in self._pinned.items()}
        classes = {bot.name: bot for bot in policy.bots.values() if bot.symbol_class is not None}
        return InForce(policy, pinned, "", 0, 0, {name: self._of_class(bot) for name, bot in classes.items()})

    def _of_class(self, bot: BotPolicy) -> tuple[Symbol, ...]:
        """Say what a class had come to; another than that of the time is taken for all that was traded, less some."""
        known = self._members.get(bot.books, ())
        if bot.symbol_class is None or self._had(bot):
            return known
        barred = bot.symbol_class.barred
        return tuple(symbol for symbol in known or self._pinned.get(bot.account, {}) if symbol not in barred)

    def _had(self, bot: BotPolicy) -> bool:
        """Say whether the policy of the time had the bot's class, or neither has one."""
        was = None if self._policy is None else self._policy.bots.get(bot.name)
        return bot.symbol_class is None or (was is not None and was.symbol_class == bot.symbol_class)

    def _start(self, line: StartLine) -> None:
        self._grants.clear()  # a restart forgets them
        for books in self._both():
            books.restart(self._accounts.items(), line.t_wall)
            books.world.position = Position(line.switch, "", line.t_wall)
