"""A toy market with an accomplice on the other side, and the books of one bot, kept by hand.

It fills whatever policy lets through at the worst price the order allows, whenever the attacker likes. What the bot
lost is worked out from the trades alone, never from the charges that policy made. One step is an hour.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from msgspec.structs import replace

from ringfence.model.action import Place
from ringfence.model.decision import Charge, Decision, Lane
from ringfence.model.facts import Facts, Holding, Usage
from ringfence.model.order import Kind, Order, Side
from ringfence.policy.charge import EXIT_FRESH_SECONDS
from ringfence.policy.engine import decide
from ringfence.policy.policy import BotPolicy
from ringfence.policy.size import STRESS_MOVE, move_in
from ringfence.policy.sweep import SWEEP_SECONDS
from tests.policy.world import CALM, REFERENCE

WINDOW = 24
ZERO = Decimal(0)


class Flaw(Enum):
    """One broken control, each of which has cost somebody money."""

    NONE = "none"
    CALENDAR = "the window starts anew at midnight"
    NOT_RESERVED = "open orders are not counted"
    RELEASED = "an order of unknown outcome is taken for rejected"
    REFUNDED = "a cancelled order is released before it is known to be cancelled"
    UNCONVERTED = "market orders leave without a limit"
    EXITS_FORGOTTEN = "what exits lose is not counted"
    NOT_SWEPT = "nobody takes an order off the book that the price has left behind"


@dataclass(slots=True)
class Working:
    """An order that was let through; `filled` is the step it filled at, None while it is open; `lost` what it lost."""

    charge: Charge
    sent: Order
    filled: int | None = None
    lost: Decimal = ZERO
    forgotten: bool = False  # the books no longer know it; the market does


@dataclass(frozen=True, slots=True)
class Trade:
    """What happened, as the market saw it."""

    step: int
    side: Side
    quantity: Decimal
    price: Decimal
    reference: Decimal

    def lost(self, fee: Decimal) -> Decimal:
        """Say what it lost against the price of its time, and in fees."""
        slippage = self.side.sign * (self.price - self.reference)
        return self.quantity * max(ZERO, slippage) + fee * self.quantity * self.price


Judge = Callable[[Place, Facts, BotPolicy], Decision]


@dataclass(slots=True)
class Street:
    """The market, the books, and whoever decides."""

    bot: BotPolicy
    path: Sequence[Decimal]
    flaw: Flaw = Flaw.NONE
    judge: Judge = decide
    step: int = 0
    orders: list[Working] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)

    @property
    def reference(self) -> Decimal:
        """The price now."""
        return self.path[self.step]

    @property
    def position(self) -> Decimal:
        """What the bot holds, as the market knows it."""
        return sum((trade.side.sign * trade.quantity for trade in self.trades), ZERO)

    @property
    def open_exits(self) -> Decimal:
        """The part of the open orders that was let through as exits."""
        return _quantity(one for one in self.orders if one.filled is None and one.charge.lane is Lane.EXIT)

    def submit(self, order: Order) -> Working | None:
        """Ask for an order; None where policy refuses it."""
        charge = self.judge(Place(order), self.facts(), self.bot).charge
        if charge is None:
            return None
        working = Working(charge, order if self.flaw is Flaw.UNCONVERTED else charge.order)
        self.orders.append(working)
        return working

    def fill(self, working: Working) -> None:
        """Fill an order at the worst price that it allows; without a limit, at fifty times its worth."""
        side = working.sent.side
        quantity = working.charge.order.quantity or ZERO
        price = working.sent.price
        if working.sent.kind is Kind.MARKET:
            price = self.reference * (50 if side is Side.BUY else Decimal("0.02"))
        assert price is not None
        working.filled = self.step
        trade = Trade(self.step, side, quantity, price, self._reference_of(working))
        working.lost = trade.lost(self.bot.fee)
        self.trades.append(trade)

    def _reference_of(self, working: Working) -> Decimal:
        """Say at which price an order filled, at the latest: when it had left its collar and was not swept yet."""
        if not working.sent.rests or working.sent.price is None or self.flaw is Flaw.NOT_SWEPT:
            return self.reference
        collar, late = working.charge.collar, move_in(EXIT_FRESH_SECONDS + SWEEP_SECONDS, STRESS_MOVE)
        if working.sent.side is Side.BUY:
            return max(self.reference, working.sent.price / (1 + collar) * (1 - late))
        return min(self.reference, working.sent.price / (1 - collar) * (1 + late))

    def lose_the_reply(self, working: Working) -> None:
        """Leave the books without an answer to an order; sound books keep it reserved."""
        working.forgotten = self.flaw is Flaw.RELEASED

    def ask_to_cancel(self, working: Working) -> None:
        """Ask the market to cancel; the order may still fill first, so sound books keep it."""
        working.forgotten = self.flaw is Flaw.REFUNDED

    def facts(self) -> Facts:
        """Gather what the books say now."""
        known = [one for one in self.orders if not one.forgotten]
        waiting = [one for one in known if one.filled is None]
        reserved = [] if self.flaw is Flaw.NOT_RESERVED else waiting
        counted = reserved + [one for one in known if one.filled is not None and self._counts(one.filled)]
        usage = Usage(
            window_notional=_sum(one.charge.notional for one in counted if one.charge.lane is Lane.ORDINARY),
            window_loss=_sum(
                one.charge.loss if one.filled is None else one.lost
                for one in counted
                if one.charge.lane is Lane.ORDINARY or self.flaw is not Flaw.EXITS_FORGOTTEN
            ),
            open_orders=len(waiting),
            orders_last_minute=0,
            exits_last_minute=0,
            bought=ZERO,
            sold=ZERO,
        )
        done = [one for one in known if one.filled is not None]
        holding = Holding(
            position=_sum(one.sent.side.sign * (one.charge.order.quantity or ZERO) for one in done),
            open_buys=_quantity(one for one in reserved if one.sent.side is Side.BUY),
            open_sells=_quantity(one for one in reserved if one.sent.side is Side.SELL),
        )
        now = float(self.step * 3600)
        reference = replace(REFERENCE, buy=self.reference, sell=self.reference, at=now)
        return replace(CALM, now=now, reference=reference, usage=usage, holding=holding)

    def worst_window(self, fee: Decimal) -> Decimal:
        """Say the most that any window lost, against the prices of its fills and in fees."""
        costs = [(trade.step, trade.lost(fee)) for trade in self.trades]
        starts = range(len(self.path))
        return max(_sum(cost for step, cost in costs if start <= step < start + WINDOW) for start in starts)

    def total(self, fee: Decimal) -> Decimal:
        """Say what it all cost against having sent nothing, at the last price."""
        last = self.path[-1]
        return _sum(
            trade.side.sign * trade.quantity * (trade.price - last) + fee * trade.quantity * trade.price
            for trade in self.trades
        )

    def _counts(self, filled: int) -> bool:
        if self.flaw is Flaw.CALENDAR:
            return filled // WINDOW == self.step // WINDOW
        return filled > self.step - WINDOW


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def _quantity(orders: Iterable[Working]) -> Decimal:
    return _sum(one.charge.order.quantity or ZERO for one in orders)
