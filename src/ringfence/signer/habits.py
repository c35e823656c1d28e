"""How a bot has been behaving: its cancels, amendments, fills and round trips. Pure: time comes as an argument.

What of it only memory knows is taken from the intents at start, on the closed side: an order that ended unfilled counts
as cancelled.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile

import msgspec

from ringfence.model.facts import Pace
from ringfence.model.names import Symbol
from ringfence.model.order import Side
from ringfence.signer.intent import MINUTE_MS, WINDOW_MS, Intent, State

HOUR_MS = 60 * MINUTE_MS
_SAME = Decimal("0.01")  # fills whose quantities differ by no more than this part are identical (attacks.md, I6)


class Fill(msgspec.Struct, frozen=True):
    """That an order began to fill: when, and what it was."""

    at: int
    symbol: Symbol
    side: Side
    quantity: Decimal

    def like(self, other: "Fill") -> bool:
        """Say whether another fill is the same again."""
        same = (self.symbol, self.side) == (other.symbol, other.side)
        return same and abs(self.quantity - other.quantity) <= _SAME * self.quantity


@dataclass(slots=True)
class Habits:
    """What one bot has done lately; everything older than it counts for is forgotten."""

    cancels: deque[int] = field(default_factory=deque)
    amends: deque[int] = field(default_factory=deque)
    fills: deque[Fill] = field(default_factory=deque)
    _last: dict[Symbol, Side] = field(default_factory=dict)
    _trips: defaultdict[Symbol, deque[int]] = field(default_factory=lambda: defaultdict(deque))

    def restore(self, intent: Intent) -> None:
        """Take in what one intent of the journal shows, in the order in which they ended."""
        ended = intent.settled_at or intent.at
        if intent.executed:
            self._note(intent, ended)
        if intent.state is State.FINAL and intent.executed < intent.quantity:
            self.cancels.append(ended)

    def cancelled(self, now: int) -> None:
        """Count a cancel that the bot asked for."""
        self.cancels.append(now)

    def amended(self, now: int) -> None:
        """Count an amendment that the bot asked for."""
        self.amends.append(now)

    def filled(self, intent: Intent, now: int, *, first: bool) -> None:
        """Count a fill; an order that fills in parts is one."""
        if first:
            self._note(intent, now)

    def forgive(self) -> None:
        """Forget the fills that a person has looked at, so that they stop nothing again."""
        self.fills.clear()

    def pace(self, now: int) -> Pace:
        """Say how it has been behaving up to a moment."""
        while self.fills and self.fills[0].at <= now - HOUR_MS:
            self.fills.popleft()
        return Pace(
            amends_last_minute=_since(self.amends, now, MINUTE_MS, MINUTE_MS),
            cancels_last_minute=_since(self.cancels, now, HOUR_MS, MINUTE_MS),
            cancels_last_hour=_since(self.cancels, now, HOUR_MS, HOUR_MS),
            fills_last_hour=len(self.fills),
        )

    def round_trips(self, symbol: Symbol, now: int) -> int:
        """Say how often in 24 hours a sale has followed a purchase of one symbol."""
        return _since(self._trips[symbol], now, WINDOW_MS, WINDOW_MS)

    def identical(self, now: int) -> int:
        """Say how many fills of the last minute are like the last one, itself included."""
        recent = takewhile(lambda fill: fill.at > now - MINUTE_MS, reversed(self.fills))
        return sum(self.fills[-1].like(fill) for fill in recent)

    def _note(self, intent: Intent, at: int) -> None:
        self.fills.append(Fill(at, intent.symbol, intent.side, intent.quantity))
        if intent.side is Side.SELL and self._last.get(intent.symbol) is Side.BUY:
            self._trips[intent.symbol].append(at)
        self._last[intent.symbol] = intent.side


def _since(times: deque[int], now: int, kept: int, within: int) -> int:
    """Forget what is older than `kept`, and count what is younger than `within` (both milliseconds)."""
    while times and times[0] <= now - kept:
        times.popleft()
    if within == kept:
        return len(times)
    return sum(1 for _ in takewhile(lambda at: at > now - within, reversed(times)))
