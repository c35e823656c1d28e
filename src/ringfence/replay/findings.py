"""Collects verdicts one by one, and adds them up."""

from collections import Counter
from dataclasses import dataclass, field

from ringfence.model.names import BotName
from ringfence.policy.policy import Policy
from ringfence.replay.asked import Request
from ringfence.replay.judge import Verdict, Way
from ringfence.replay.lacks import WHY, Lack, setting
from ringfence.replay.report import DIFFERENT, Example, Report, Row, Unasked, bots_of

_GUESS = (
    "bot {bot}: from entry {entry} on its totals are a guess: an order would have passed that was refused, and nobody"
    " knows how it would have filled"
)
_DRIFT = Unasked("instrument-drift", "how the exchange traded a symbol at the time is not in the journal")
_CLASS = Unasked("symbols by class", "what another class came to is in no entry; it is taken for all that was traded")
_LIFETIME = Unasked("order_lifetime", "orders leave the book as they did")


@dataclass(slots=True)
class Findings:
    """What has been found so far; `guessed`: what a class of the candidate came to is not known."""

    guessed: bool = False
    _ways: Counter[tuple[BotName, Way]] = field(default_factory=Counter)
    _rows: dict[tuple[Way, str, BotName], tuple[int, Example]] = field(default_factory=dict)
    _guesses: dict[BotName, int] = field(default_factory=dict)
    _lacks: set[Lack] = field(default_factory=set)

    def add(self, request: Request, verdict: Verdict, lacks: frozenset[Lack]) -> None:
        """Take in one verdict; an order that is past two limits counts for both."""
        self._ways[request.bot, verdict.way] += 1
        self._lacks |= lacks
        if verdict.way is Way.CANNOT:
            self._count(verdict.way, verdict.why, request.bot, Example(request.seq, request.at, request.words, ""))
        for reason in verdict.because if verdict.way in DIFFERENT else ():
            example = Example(request.seq, request.at, request.words, reason.text)
            self._count(verdict.way, str(reason.code), request.bot, example)
        if verdict.way is Way.ALLOW:
            self._guesses.setdefault(request.bot, request.seq)

    def add_unread(self, bot: BotName, why: str, example: Example, many: int = 1) -> None:
        """Take in refusals of which the entries do not say what was asked."""
        self._ways[bot, Way.CANNOT] += many
        self._count(Way.CANNOT, why, bot, example, many)

    def report(self, candidate: Policy, since: int, until: int) -> Report:
        """Add all up; most frequent first."""
        rows = [Row(way, what, bot, many, first) for (way, what, bot), (many, first) in self._rows.items()]
        rows.sort(key=lambda row: (-row.orders, row.first.entry))
        return Report(
            since=since,
            until=until,
            bots=bots_of((bot, way, many) for (bot, way), many in self._ways.items()),
            limits=tuple(row for row in rows if row.way in DIFFERENT),
            cannot=tuple(row for row in rows if row.way is Way.CANNOT),
            not_judged=tuple(self._unasked(candidate)),
            notes=tuple(_GUESS.format(bot=bot, entry=entry) for bot, entry in self._guesses.items()),
        )

    def _count(self, way: Way, what: str, bot: BotName, example: Example, many: int = 1) -> None:
        known, first = self._rows.get((way, what, bot), (0, example))
        self._rows[way, what, bot] = (known + many, first)

    def _unasked(self, candidate: Policy) -> list[Unasked]:
        bots = candidate.bots.values()
        lacking = [lack for lack in Lack if lack in self._lacks and any(setting(bot, lack) is not None for bot in bots)]
        aged = any(bot.limits is not None and bot.limits.order_lifetime is not None for bot in bots)
        told = [Unasked(lack.value, WHY[lack]) for lack in lacking] + ([_LIFETIME] if aged else [])
        return [*told, *([_CLASS] if self.guessed else []), _DRIFT]
