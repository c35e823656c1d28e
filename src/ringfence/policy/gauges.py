"""What each limit would have had to be for one past order to pass, given what happened before it. Pure.

A gauge counts as its rule does (policy/rules), from fills alone: an order begins with its first fill and ends with its
last. One that is refused is not taken, so it counts for nothing after.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from ringfence.model.names import Symbol
from ringfence.model.order import Side
from ringfence.policy.past import PastOrder, start_of
from ringfence.policy.rules.pace import exit_share

MINUTE_MS, DAY_MS = 60_000, 86_400_000
_ZERO = Decimal(0)
_SAME = Decimal("0.01")  # as the signer's: docs/explanation/attacks.md, I6
_EXIT_PART = 5  # an exit's share of a count, as policy/rules/pace.py has it


class Gauge(Protocol):
    """One limit's count."""

    def need(self, order: PastOrder) -> Decimal | None:
        """Say how much the limit must be for an order to pass now; None where it does not judge it."""
        ...

    def take(self, order: PastOrder) -> None:
        """Count an order that passed."""
        ...


@dataclass(slots=True)
class Alone:
    """What needs nothing but the order itself; None for what adds no risk where `exits` pass."""

    of: Callable[[PastOrder], Decimal | None]
    exits: bool = True

    def need(self, order: PastOrder) -> Decimal | None:
        """Measure the order."""
        return None if self.exits and order.exits else self.of(order)

    def take(self, order: PastOrder) -> None:
        """Keep nothing."""


@dataclass(slots=True)
class Window:
    """The worth of 24 hours, of all orders or by a part of them."""

    part: Callable[[PastOrder], str] = lambda _: ""
    _ends: list[tuple[int, int, str, Decimal]] = field(default_factory=list)
    _sums: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    _count: int = 0

    def need(self, order: PastOrder) -> Decimal | None:
        """Add the order to its part of the window."""
        while self._ends and self._ends[0][0] <= order.at - DAY_MS:
            _, _, part, worth = heapq.heappop(self._ends)
            self._sums[part] -= worth
        return None if order.exits else self._sums[self.part(order)] + order.worth

    def take(self, order: PastOrder) -> None:
        """Count it until a day after its last fill."""
        if not order.exits:
            self._count += 1
            heapq.heappush(self._ends, (order.last, self._count, self.part(order), order.worth))
            self._sums[self.part(order)] += order.worth


class Exposure:
    """The worth of what is held, of all symbols or of the order's own: rebuilt, so that it never was below zero."""

    def __init__(self, orders: Iterable[PastOrder], *, alone: bool = False) -> None:
        orders = tuple(orders)
        self._alone = alone
        self._held: dict[Symbol, Decimal] = start_of(orders)
        self._prices = {order.symbol: order.price for order in reversed(orders)}

    def need(self, order: PastOrder) -> Decimal | None:
        """Value what a purchase leads to, at the last price of each symbol; a sale takes the exposure down."""
        self._prices[order.symbol] = order.price
        if order.side is Side.SELL:
            return None
        own = self._held[order.symbol] * order.price + order.worth
        others = (self._held[each] * self._prices[each] for each in self._held if each != order.symbol)
        return own if self._alone else own + sum(others, _ZERO)

    def take(self, order: PastOrder) -> None:
        """Move the position; what was not bought cannot be sold."""
        self._held[order.symbol] = max(_ZERO, self._held[order.symbol] + order.change)


@dataclass(slots=True)
class Pace:
    """Orders of a minute, each lane by itself."""

    _times: tuple["deque[int]", "deque[int]"] = field(default_factory=lambda: (deque(), deque()))

    def need(self, order: PastOrder) -> Decimal | None:
        """Count this one too; exits have a part of the limit, and never too few."""
        times = self._times[order.exits]
        _forget(times, order.at - MINUTE_MS)
        count = len(times) + 1
        if order.exits:
            return Decimal(1 if count <= exit_share(1) else count * _EXIT_PART)
        return Decimal(count)

    def take(self, order: PastOrder) -> None:
        """Count it for a minute."""
        self._times[order.exits].append(order.at)


@dataclass(slots=True)
class RoundTrips:
    """How often in 24 hours a sale has followed a purchase of the order's symbol, and the one that this may begin."""

    _last: dict[Symbol, Side] = field(default_factory=dict)
    _trips: defaultdict[Symbol, "deque[int]"] = field(default_factory=lambda: defaultdict(deque))

    def need(self, order: PastOrder) -> Decimal | None:
        """Count what has come round before it."""
        _forget(self._trips[order.symbol], order.at - DAY_MS)
        return None if order.exits else Decimal(len(self._trips[order.symbol]) + 1)

    def take(self, order: PastOrder) -> None:
        """Note which way it went."""
        if order.side is Side.SELL and self._last.get(order.symbol) is Side.BUY:
            self._trips[order.symbol].append(order.at)
        self._last[order.symbol] = order.side


@dataclass(slots=True)
class Identical:
    """How many orders of one symbol, side and size have filled within a minute."""

    _recent: "deque[PastOrder]" = field(default_factory=deque)

    def need(self, order: PastOrder) -> Decimal | None:
        """Count those like it, itself too."""
        while self._recent and self._recent[0].at <= order.at - MINUTE_MS:
            self._recent.popleft()
        return Decimal(1 + sum(_like(order, other) for other in self._recent))

    def take(self, order: PastOrder) -> None:
        """Remember it for a minute."""
        self._recent.append(order)


@dataclass(frozen=True, slots=True)
class Judged:
    """One order that a gauge has judged: what it needed, and whether it was refused."""

    order: PastOrder
    need: Decimal
    refused: bool


def replay(gauge: Gauge, orders: Iterable[PastOrder], cap: Decimal | None) -> list[Judged]:
    """Let orders come again, oldest first, under a limit; without one all pass."""
    judged: list[Judged] = []
    for order in orders:
        need = gauge.need(order)
        refused = need is not None and cap is not None and need > cap
        if need is not None:
            judged.append(Judged(order, need, refused))
        if not refused:
            gauge.take(order)
    return judged


def _like(order: PastOrder, other: PastOrder) -> bool:
    same = (order.symbol, order.side) == (other.symbol, other.side)
    return same and abs(order.quantity - other.quantity) <= _SAME * order.quantity


def _forget(times: "deque[int]", until: int) -> None:
    while times and times[0] <= until:
        times.popleft()
