"""What each bot has reserved, spent and holds, counted from its intents. Pure: time comes as an argument.

The sums here are what the policy's caps are held against, so they err on the closed side: an order counts in full
from the moment it is admitted until its end is known, and what it filled counts for a whole window after that
(docs/explanation/blast-radius.md, T0).
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace

from ringfence.model.decision import Lane
from ringfence.model.facts import Holding, SymbolUsage, Usage
from ringfence.model.names import AccountName, Asset, BotName, Symbol
from ringfence.model.order import Side
from ringfence.policy.rules.pace import is_far
from ringfence.signer.habits import Habits
from ringfence.signer.intent import MINUTE_MS, WINDOW_MS, Intent, State

_ZERO = Decimal(0)


@dataclass(slots=True)
class _Split:
    """One sum of notionals, whole and by symbol and by side."""

    whole: Decimal = _ZERO
    parts: dict[Symbol | Side, Decimal] = field(default_factory=dict)

    def add(self, intent: Intent, notional: Decimal) -> None:
        self.whole += notional
        for part in (intent.symbol, intent.side):
            self.parts[part] = self.parts.get(part, _ZERO) + notional

    def of(self, part: Symbol | Side) -> Decimal:
        return self.parts.get(part, _ZERO)


@dataclass(slots=True)
class _Spent:
    """Final intents still inside the window, with their sums kept as they come and go."""

    queue: deque[tuple[int, Intent | None, Decimal, Decimal]] = field(default_factory=deque)
    notional: _Split = field(default_factory=_Split)
    loss: Decimal = _ZERO

    def add(self, intent: Intent) -> None:
        assert intent.settled_at is not None  # noqa: S101  # FINAL always has its time
        if not intent.executed:
            return
        notional = intent.counted_notional if intent.charge.lane is Lane.ORDINARY else _ZERO
        loss = intent.counted_loss
        self.queue.append((intent.settled_at, intent, notional, loss))
        self.notional.add(intent, notional)
        self.loss += loss

    def lost_more(self, loss: Decimal, now: int) -> None:
        self.queue.append((now, None, _ZERO, loss))
        self.loss += loss

    def trim(self, now: int) -> None:
        while self.queue and self.queue[0][0] <= now - WINDOW_MS:
            _, intent, notional, loss = self.queue.popleft()
            if intent is not None:
                self.notional.add(intent, -notional)
            self.loss -= loss


@dataclass(slots=True)
class _Bot:
    """Everything that counts of one bot; sums over its live intents are kept as they come and go."""

    account: AccountName | None = None
    live: dict[int, Intent] = field(default_factory=dict)
    notional: _Split = field(default_factory=_Split)
    loss: Decimal = _ZERO
    open: dict[tuple[Asset, Side], Decimal] = field(default_factory=dict)
    counts: Counter[Symbol] = field(default_factory=Counter)
    exits: dict[tuple[Asset, Side], Decimal] = field(default_factory=dict)
    spent: _Spent = field(default_factory=_Spent)
    placed: dict[Lane, deque[int]] = field(default_factory=lambda: {lane: deque() for lane in Lane})
    positions: dict[Asset, Decimal] = field(default_factory=dict)
    cash: Decimal = _ZERO
    habits: Habits = field(default_factory=Habits)

    def put(self, intent: Intent) -> None:
        """Count an intent as it is now, in the place of what it was."""
        first = intent.seq if intent.shares is None else intent.shares
        self.account = intent.account
        self._count(first, -1)
        known = self.live.pop(intent.seq, None) is not None
        if intent.state is State.FINAL:
            self.spent.add(intent)
        else:
            self.live[intent.seq] = intent
        self.counts[intent.symbol] += (intent.state is not State.FINAL) - known
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
        leg, remaining = legs[0], sign * max([leg.remaining for leg in legs])
        key = (leg.base, leg.side)
        self.loss += sign * max([leg.counted_loss for leg in legs])
        self.open[key] = self.open.get(key, _ZERO) + remaining
        if leg.charge.lane is Lane.ORDINARY:
            self.notional.add(leg, sign * max([leg.charge.notional for leg in legs]))
        else:
            self.exits[key] = self.exits.get(key, _ZERO) + remaining


class Ledger:
    """All intents that still count, by bot."""

    def __init__(self) -> None:
        self._bots: defaultdict[BotName, _Bot] = defaultdict(_Bot)

    def restore(self, intents: Iterable[Intent]) -> None:
        """Take in what the journal knows at start, in any order; positions are restored apart."""
        found = sorted(intents, key=lambda intent: intent.settled_at or 0)
        for intent in found:
            self._bots[intent.bot].put(intent)
            self._bots[intent.bot].habits.restore(intent)
        for intent in sorted(found, key=lambda intent: intent.at):
            self._bots[intent.placer].placed[intent.charge.lane].append(intent.at)

    def restore_position(self, bot: BotName, account: AccountName, asset: Asset, quantity: Decimal) -> None:
        """Take in a position from the journal at start."""
        self._bots[bot].positions[asset] = quantity
        self._bots[bot].account = self._bots[bot].account or account

    def restore_cash(self, bot: BotName, cash: Decimal) -> None:
        """Take in what a bot's fills had done to the account's currency when the journal was last written."""
        self._bots[bot].cash = cash

    def reserve(self, intent: Intent) -> None:
        """Count a new intent, from before it is sent."""
        self._bots[intent.bot].put(intent)
        self._bots[intent.placer].placed[intent.charge.lane].append(intent.at)

    def update(self, intent: Intent, now: int) -> None:
        """Replace an intent by what has become of it, and move position and cash by the difference."""
        bot = self._bots[intent.bot]
        before = bot.live.get(intent.seq)
        if before is None:
            return
        bot.positions[intent.base] = self.position(intent.bot, intent.base) + intent.effect - before.effect
        bot.cash += intent.cash - before.cash
        bot.put(intent)
        if intent.executed > before.executed:
            bot.habits.filled(intent, now, first=not before.executed)

    def lose(self, bot: BotName, seq: int, more: Decimal, now: int) -> None:
        """Count more of a fill as lost than was known when it was taken in."""
        counted = self._bots[bot]
        intent = counted.live.get(seq)
        if intent is None:
            counted.spent.lost_more(more, now)
        else:
            counted.put(replace(intent, slipped=intent.slipped + more))

    def live(self, bot: BotName | None = None) -> list[Intent]:
        """Every intent that may still fill, of one bot or of all."""
        bots = self._bots.values() if bot is None else (self._bots[bot],)
        return [intent for each in bots for intent in each.live.values()]

    def find(self, seq: int, bot: BotName) -> Intent | None:
        """Return a live intent."""
        return self._bots[bot].live.get(seq)

    def bots(self, account: AccountName) -> list[BotName]:
        """Every bot that has traded on an account, in the policy or not."""
        return [name for name, bot in self._bots.items() if bot.account == account]

    def habits(self, bot: BotName) -> Habits:
        """How a bot has been behaving."""
        return self._bots[bot].habits

    def position(self, bot: BotName, asset: Asset) -> Decimal:
        """What the bot's own fills have made of an asset; signed, base units."""
        return self._bots[bot].positions.get(asset, _ZERO)

    def positions(self, bot: BotName) -> dict[Asset, Decimal]:
        """Everything that a bot holds or is short of, base units by asset."""
        return {asset: quantity for asset, quantity in self._bots[bot].positions.items() if quantity}

    def cash(self, bot: BotName) -> Decimal:
        """What the bot's own fills have made of the account's currency, fees paid."""
        return self._bots[bot].cash

    def assets(self, bot: BotName) -> frozenset[Asset]:
        """Every base asset in which the bot holds something or has an order that may fill."""
        held = [asset for asset, quantity in self._bots[bot].positions.items() if quantity]
        return frozenset([*held, *(asset for (asset, _), quantity in self._bots[bot].open.items() if quantity)])

    def usage(self, bot: BotName, now: int) -> Usage:
        """Count what a bot has used and reserved at a moment."""
        counted = self._bots[bot]
        counted.spent.trim(now)
        live, spent = counted.notional, counted.spent.notional
        return Usage(
            window_notional=spent.whole + live.whole,
            window_loss=counted.spent.loss + counted.loss,
            open_orders=len(counted.live),
            orders_last_minute=counted.recent(Lane.ORDINARY, now),
            exits_last_minute=counted.recent(Lane.EXIT, now),
            bought=spent.of(Side.BUY) + live.of(Side.BUY),
            sold=spent.of(Side.SELL) + live.of(Side.SELL),
        )

    def guarding(self, guard: BotName, ward: BotName, now: int) -> Usage:
        """Count what a guard has of its own beside its ward's money: its pace, and the orders that it has open."""
        own = self._bots[guard]
        return replace(
            self.usage(ward, now),
            open_orders=sum(intent.placer == guard for intent in self._bots[ward].live.values()),
            orders_last_minute=own.recent(Lane.ORDINARY, now),
            exits_last_minute=own.recent(Lane.EXIT, now),
        )

    def symbol_usage(self, bot: BotName, symbol: Symbol, far_from: Decimal | None, now: int) -> SymbolUsage:
        """Count what a bot has used of one symbol; `far_from` is the price from which orders may be far."""
        counted = self._bots[bot]
        notional = counted.spent.notional.of(symbol) + counted.notional.of(symbol)
        far = None if far_from is None else self._far(bot, symbol, far_from)
        return SymbolUsage(notional, counted.counts[symbol], far, counted.habits.round_trips(symbol, now))

    def _far(self, bot: BotName, symbol: Symbol, price: Decimal) -> int:
        orders = [intent.charge.order for intent in self._bots[bot].live.values()]
        return sum(order.symbol == symbol and is_far(order, price) for order in orders)

    def holding(self, bot: BotName, asset: Asset) -> Holding:
        """What a bot holds of an asset, and what its open orders may still add or take."""
        counted = self._bots[bot]
        sums = [part.get((asset, side), _ZERO) for part in (counted.open, counted.exits) for side in Side]
        return Holding(self.position(bot, asset), *sums)
