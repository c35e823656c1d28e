"""What each bot has reserved, spent and holds, counted from its intents. Pure: time comes as an argument.

The sums here are what the policy's caps are held against, so they err on the closed side: an order counts in full
from the moment it is admitted until its end is known, and what it filled counts for a whole window after that
(docs/explanation/blast-radius.md, T0).
"""

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from ringfence.model.decision import Charge, Lane
from ringfence.model.facts import Holding, Usage
from ringfence.model.names import AccountName, Asset, BotName, ClientId, ExchangeId, OrderId, Symbol
from ringfence.model.order import Side
from ringfence.model.reply import Report
from ringfence.policy.charge import cost

WINDOW_MS = 24 * 3600 * 1000  # a window that slides: docs/explanation/attacks.md, S36
MINUTE_MS = 60 * 1000
_ZERO = Decimal(0)


class State(StrEnum):
    """How far an intent has come. Only FINAL releases what it did not fill."""

    RESERVED = "reserved"  # durable, perhaps sent, no answer that can be believed yet
    OPEN = "open"  # the exchange has it, and it may still fill
    FINAL = "final"  # it can fill no more


class Intent(msgspec.Struct, frozen=True):
    """One order that was allowed: the charge it was admitted with, and what has become of it.

    `charge.order` is what was sent, `quantity`, `price` and `client_id` are its own; times are timeline ms.
    `content` digests what the bot meant, `digest` how it signed that. `list_name` and `list_id` name the list that it
    is part of; `shares` is the intent just before it, where only one of the two can fill.
    """

    seq: int
    bot: BotName
    account: AccountName
    exchange: ExchangeId
    base: Asset
    charge: Charge
    quantity: Decimal
    price: Decimal
    client_id: ClientId
    fee: Decimal
    at: int
    content: str
    digest: str
    state: State = State.RESERVED
    order_id: OrderId | None = None
    executed: Decimal = _ZERO
    executed_quote: Decimal = _ZERO
    base_fee: Decimal = _ZERO
    settled_at: int | None = None
    list_name: ClientId | None = None
    list_id: OrderId | None = None
    shares: int | None = None

    @property
    def symbol(self) -> Symbol:
        """What it trades."""
        return self.charge.order.symbol

    @property
    def side(self) -> Side:
        """Which way the money goes."""
        return self.charge.order.side

    @property
    def remaining(self) -> Decimal:
        """What may still fill."""
        return _ZERO if self.state is State.FINAL else self.quantity - self.executed

    @property
    def effect(self) -> Decimal:
        """What its fills have done to the bot's position in the base asset."""
        return self.side.sign * self.executed - self.base_fee

    @property
    def counted_notional(self) -> Decimal:
        """What it counts for in the window: all of it while it may fill, then what did."""
        if self.state is not State.FINAL:
            return self.charge.notional
        return self.executed * max(self.price, self.charge.reference)

    @property
    def counted_loss(self) -> Decimal:
        """What it counts for in the loss budget: the worst while it may fill, then what was really lost."""
        if self.state is not State.FINAL:
            return self.charge.loss
        slippage = self.side.sign * (self.executed_quote - self.executed * self.charge.reference)
        return max(_ZERO, slippage) + self.fee * self.executed_quote


def settle(intent: Intent, report: Report, now: int) -> Intent:
    """Take in how the exchange says an order stands. What it filled never shrinks, and FINAL never reopens.

    The order itself may have been made smaller, and then reserves less.
    """
    if intent.state is State.FINAL or report.executed < intent.executed:
        return intent
    if report.quantity < intent.quantity:
        intent = _smaller(intent, report.quantity)
    return replace(
        intent,
        state=State.FINAL if report.final else State.OPEN,
        order_id=report.order_id,
        list_id=report.list_id,
        executed=report.executed,
        executed_quote=report.executed_quote,
        base_fee=_base_fee(intent, report),
        settled_at=now if report.final else None,
    )


def _smaller(intent: Intent, quantity: Decimal) -> Intent:
    order = replace(intent.charge.order, quantity=quantity)
    notional, loss = cost(order, intent.charge.reference, intent.fee)
    return replace(intent, quantity=quantity, charge=replace(intent.charge, order=order, notional=notional, loss=loss))


def drop(intent: Intent, now: int) -> Intent:
    """Close an order that the exchange certainly does not have."""
    return intent if intent.state is State.FINAL else replace(intent, state=State.FINAL, settled_at=now)


def _base_fee(intent: Intent, report: Report) -> Decimal:
    """Fees paid in the base asset; where the exchange does not say, a buy is taken to have paid the full rate."""
    if report.fees is not None:
        return sum((amount for asset, amount in report.fees if asset == intent.base), _ZERO)
    return intent.fee * report.executed if intent.side is Side.BUY else _ZERO


@dataclass(slots=True)
class _Spent:
    """Final intents still inside the window, with their sums kept as they come and go."""

    queue: deque[tuple[int, Decimal, Decimal]] = field(default_factory=deque)
    notional: Decimal = _ZERO
    loss: Decimal = _ZERO

    def add(self, intent: Intent) -> None:
        assert intent.settled_at is not None  # noqa: S101  # FINAL always has its time
        notional = intent.counted_notional if intent.charge.lane is Lane.ORDINARY else _ZERO
        self.queue.append((intent.settled_at, notional, intent.counted_loss))
        self.notional += notional
        self.loss += intent.counted_loss

    def trim(self, now: int) -> None:
        while self.queue and self.queue[0][0] <= now - WINDOW_MS:
            _, notional, loss = self.queue.popleft()
            self.notional -= notional
            self.loss -= loss


@dataclass(slots=True)
class _Bot:
    """Everything that counts of one bot; sums over its live intents are kept as they come and go."""

    live: dict[int, Intent] = field(default_factory=dict)
    notional: Decimal = _ZERO
    loss: Decimal = _ZERO
    open: dict[tuple[Asset, Side], Decimal] = field(default_factory=dict)
    spent: _Spent = field(default_factory=_Spent)
    placed: dict[Lane, deque[int]] = field(default_factory=lambda: {lane: deque() for lane in Lane})
    positions: dict[Asset, Decimal] = field(default_factory=dict)

    def put(self, intent: Intent) -> None:
        """Count an intent as it is now, in the place of what it was."""
        first = intent.seq if intent.shares is None else intent.shares
        self._count(first, -1)
        self.live.pop(intent.seq, None)
        if intent.state is State.FINAL:
            self.spent.add(intent)
        else:
            self.live[intent.seq] = intent
        self._count(first, 1)

    def recent(self, lane: Lane, now: int) -> int:
        times = self.placed[lane]
        while times and times[0] <= now - MINUTE_MS:
            times.popleft()
        return len(times)

    def _count(self, seq: int, sign: int) -> None:
        """Count what is live of an intent and, where one follows of which only one can fill, the larger of both."""
        first, second = self.live.get(seq), self.live.get(seq + 1)
        legs = [leg for leg in (first, second) if leg is not None and (leg is first or leg.shares == seq)]
        if not legs:
            return
        leg = legs[0]
        if leg.charge.lane is Lane.ORDINARY:
            self.notional += sign * max([leg.charge.notional for leg in legs])
        self.loss += sign * max([leg.charge.loss for leg in legs])
        key = (leg.base, leg.side)
        self.open[key] = self.open.get(key, _ZERO) + sign * max([leg.remaining for leg in legs])


class Ledger:
    """All intents that still count, by bot."""

    def __init__(self) -> None:
        self._bots: defaultdict[BotName, _Bot] = defaultdict(_Bot)

    def restore(self, intents: Iterable[Intent]) -> None:
        """Take in what the journal knows at start, in any order; positions are restored apart."""
        found = sorted(intents, key=lambda intent: intent.settled_at or 0)
        for intent in found:
            self._bots[intent.bot].put(intent)
        for intent in sorted(found, key=lambda intent: intent.at):
            self._bots[intent.bot].placed[intent.charge.lane].append(intent.at)

    def restore_position(self, bot: BotName, asset: Asset, quantity: Decimal) -> None:
        """Take in a position from the journal at start."""
        self._bots[bot].positions[asset] = quantity

    def reserve(self, intent: Intent) -> None:
        """Count a new intent, from before it is sent."""
        self._bots[intent.bot].put(intent)
        self._bots[intent.bot].placed[intent.charge.lane].append(intent.at)

    def update(self, intent: Intent) -> None:
        """Replace an intent by what has become of it, and move the position by the difference."""
        bot = self._bots[intent.bot]
        before = bot.live.get(intent.seq)
        if before is None:
            return
        bot.positions[intent.base] = self.position(intent.bot, intent.base) + intent.effect - before.effect
        bot.put(intent)

    def live(self, bot: BotName | None = None) -> list[Intent]:
        """Every intent that may still fill, of one bot or of all."""
        bots = self._bots.values() if bot is None else (self._bots[bot],)
        return [intent for each in bots for intent in each.live.values()]

    def find(self, seq: int, bot: BotName) -> Intent | None:
        """Return a live intent."""
        return self._bots[bot].live.get(seq)

    def position(self, bot: BotName, asset: Asset) -> Decimal:
        """What the bot's own fills have made of an asset; signed, base units."""
        return self._bots[bot].positions.get(asset, _ZERO)

    def assets(self, bot: BotName) -> frozenset[Asset]:
        """Every base asset in which the bot holds something or has an order that may fill."""
        held = [asset for asset, quantity in self._bots[bot].positions.items() if quantity]
        return frozenset([*held, *(asset for (asset, _), quantity in self._bots[bot].open.items() if quantity)])

    def usage(self, bot: BotName, now: int) -> Usage:
        """Count what a bot has used and reserved at a moment."""
        counted = self._bots[bot]
        counted.spent.trim(now)
        return Usage(
            window_notional=counted.spent.notional + counted.notional,
            window_loss=counted.spent.loss + counted.loss,
            open_orders=len(counted.live),
            orders_last_minute=counted.recent(Lane.ORDINARY, now),
            exits_last_minute=counted.recent(Lane.EXIT, now),
        )

    def holding(self, bot: BotName, asset: Asset) -> Holding:
        """What a bot holds of an asset, and what its open orders may still add or take."""
        counted = self._bots[bot]
        buys, sells = (counted.open.get((asset, side), _ZERO) for side in (Side.BUY, Side.SELL))
        return Holding(self.position(bot, asset), open_buys=buys, open_sells=sells)
