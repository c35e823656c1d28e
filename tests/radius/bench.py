"""A signer without processes: its own decisions and its own books, driven through simulated time against the venue.

Real: what is decided (`decide_all`), what is counted (`World`, `Market`, `Ledger`, `Desk.update`, `settle`, `unsure`),
what is swept (`overdue`) and what stops a bot (`Guard`). Played here: who asks when, which is `errands.py`: a poll each
five seconds, a look at what is overdue, cancels on their way. What is stolen is read off the exchange's trades.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from msgspec.structs import replace

from ringfence.ipc.messages import Quote, Quotes
from ringfence.journal.emergency import Emergency
from ringfence.model.action import Place, PlaceList, Placing
from ringfence.model.decision import Charge, Decision
from ringfence.model.facts import Facts
from ringfence.model.names import BotName, ClientId, Symbol
from ringfence.model.order import TRIGGERED, Order, Side
from ringfence.paper.refused import Refused
from ringfence.policy.engine import decide_all
from ringfence.policy.policy import BotPolicy, Policy
from ringfence.policy.sweep import overdue
from ringfence.signer.clock import Timeline
from ringfence.signer.desk import Desk
from ringfence.signer.guard import Guard
from ringfence.signer.intent import WINDOW_MS, Intent, State, drop, settle
from ringfence.signer.keyring import Keyring
from ringfence.signer.refusals import Refusals
from ringfence.signer.world import InForce, World
from ringfence.signer.writer import Writer
from ringfence.vault.secret import Secret
from tests.radius.paths import LENGTH, Path
from tests.radius.venue import Venue, instrument

EPOCH = 1_800_000_000_000  # a Friday, 08:00 UTC
POLL_MS, CANCEL_MS = 5_000, 4_000  # a look each second here, and the rest of the five seconds (A7) on the way
_SECOND = 1_000
_STRIDES = (3600, 600, 100, 20)


@dataclass(slots=True)
class Clock:
    """Simulated milliseconds since a window began."""

    ms: int = 0

    def boot(self) -> int:
        """The machine has been running for a while."""
        return 10_000_000 + self.ms


CLOCK = Clock()


class Simulated(Timeline):
    """The timeline on that clock."""

    def __init__(self) -> None:
        pass

    def now(self) -> int:
        return EPOCH + CLOCK.ms


class Quiet(Writer):
    """A journal that nobody reads: what it would keep over a restart, `Books` keeps."""

    def __init__(self) -> None:
        self.broken = None

    def queue(self, work: object) -> None:
        pass

    def note(self, kind: object, actor: str, fields: object) -> None:
        pass


@dataclass(slots=True)
class Books(Desk):
    """The signer's desk, and every intent as its journal would have it."""

    kept: dict[int, Intent] = field(default_factory=dict)

    def update(self, intent: Intent, cause: str, answer: object = None) -> None:
        Desk.update(self, intent, cause)
        self.kept[intent.seq] = intent

    def _write_slippage(self, seq: int, more: Decimal) -> None:
        self.kept[seq] = replace(self.kept[seq], slipped=self.kept[seq].slipped + more)


Judge = Callable[[Placing, Facts, BotPolicy], Decision | tuple[Charge, ...]]


def books(world: World) -> Books:
    """Open the books of a new day."""
    quiet, keys = Quiet(), Keyring({}, {})
    return Books(quiet, cast("Emergency", None), keys, cast("Secret", None), Simulated(), Refusals(quiet), world=world)


class Bench:
    """One run: a policy, a path for each symbol, and the venue; attackers call it."""

    def __init__(self, policy: Policy, paths: Mapping[Symbol, Path]) -> None:
        CLOCK.ms = 0
        self.policy, self.paths = policy, paths
        (self.account,) = policy.accounts.values()
        coins = {symbol: instrument(symbol) for symbol in paths}
        self.venue = Venue(coins, self.account.fee)
        self.desk = books(World(in_force=InForce(policy, {self.account.name: coins}, "", 1, EPOCH)))
        self.guard = Guard(self.desk)
        self.judge: Judge = decide_all
        self.lag, self.silent = 0.0, False
        self.at_venue: dict[int, int] = {}  # intents by number, to the exchange's orders
        self.bot_of: dict[int, BotName] = {}  # the other way, to who sent them
        self.last_chance: Callable[[Intent], None] | None = None  # asked just before a cancel arrives
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._seq, self._dues, self._polled = 0, 0, 0
        self._swept: dict[int, int] = {}
        self._stands: dict[int, int] = {}
        self._tick()

    @property
    def now(self) -> int:
        """Milliseconds since the run began."""
        return CLOCK.ms

    @property
    def second(self) -> float:
        """The same in seconds."""
        return CLOCK.ms / _SECOND

    def bot(self, name: BotName) -> BotPolicy:
        """A bot of the policy."""
        return self.policy.bots[name]

    def price(self, symbol: Symbol) -> Decimal:
        """What the market says now."""
        return self.paths[symbol].at(self.second)

    def reference(self, symbol: Symbol) -> Decimal:
        """What the signer takes for that."""
        known = self.desk.world.market.references.get(symbol)
        return self.price(symbol) if known is None else known.buy

    def position(self, name: BotName, symbol: Symbol) -> Decimal:
        """What the signer knows that a bot holds."""
        return self.desk.ledger.position(self.bot(name).books, self.venue.instruments[symbol].base)

    def room(self, name: BotName, symbol: Symbol, side: Side) -> Decimal:
        """How much of a position an exit may take down."""
        held = self.desk.ledger.holding(self.bot(name).books, self.venue.instruments[symbol].base)
        return held.position - held.open_sells if side is Side.SELL else -held.position - held.open_buys

    def working(self, name: BotName | None = None) -> list[Intent]:
        """What still stands at the exchange, by the exchange's word, oldest first."""
        self._stands = {seq: order for seq, order in self._stands.items() if self.venue.order(order).open}
        known = [self.desk.kept[seq] for seq in self._stands]
        return [intent for intent in known if name in (None, intent.bot)]

    def decided(self, name: BotName, action: Placing) -> Decision | tuple[Charge, ...]:
        """Ask, and send nothing."""
        bot, symbol = self.bot(name), (action.order if isinstance(action, Place) else action.orders[0]).symbol
        facts = self.desk.world.facts(bot, bot.role, symbol, self.desk.ledger, EPOCH + self.now)
        return self.judge(action, facts, bot)

    def send(self, name: BotName, action: Placing, share: float = 0.0, lost: float = 0.0) -> list[int] | None:
        """Ask for orders, and send them; None where that is refused.

        The accomplice stands in the way of a single one with a `share` of its size. The answer gets `lost` for so many
        seconds.
        """
        decided = self.decided(name, action)
        if isinstance(decided, Decision):
            return None
        intents = self._admit(name, action, decided)
        orders = self.sent(action, intents)
        bait = self.venue.bait(orders[0], share, self.now) if share and len(orders) == 1 else 0
        try:
            if isinstance(action, PlaceList):
                placed = self.venue.place_list(
                    replace(action, orders=orders, client_id=ClientId(f"l{self._seq}")), self.now
                )
            else:
                placed = [self.venue.place(orders[0], self.now)]
        except Refused:
            for intent in intents:
                self.desk.update(drop(intent, EPOCH + self.now), "rejected")
            return None
        finally:
            self.venue.unbait(bait, self.now)
        for intent, order in zip(intents, placed, strict=True):
            self.at_venue[intent.seq], self.bot_of[order.order_id] = order.order_id, name
            self._stands[intent.seq] = order.order_id
            if lost:
                self.unanswered(intent.seq, lost)
            else:
                self.learn(intent.seq, fees=True)
        return [intent.seq for intent in intents]

    def sent(self, action: Placing, intents: list[Intent]) -> tuple[Order, ...]:
        """Say what leaves: the orders as they were priced."""
        return tuple(intent.charge.order for intent in intents)

    def unanswered(self, seq: int, seconds: float) -> None:
        """Learn later what became of an order; until then it is unknown, and reserved."""
        self.later(seconds, lambda: self.learn(seq))

    def _admit(self, name: BotName, action: Placing, charges: tuple[Charge, ...]) -> list[Intent]:
        bot, intents = self.bot(name), list[Intent]()
        for index, priced in enumerate(charges):
            self._seq += 1
            own = ClientId(f"c{self._seq}")
            charge = replace(priced, order=replace(priced.order, client_id=own))
            quantity, limit = charge.order.quantity, charge.order.price
            assert quantity is not None
            assert limit is not None
            base = self.venue.instruments[charge.order.symbol].base
            names = (self._seq, bot.books, self.account.name, self.account.exchange, base)
            shares = None
            if isinstance(action, PlaceList):
                shares = intents[-1].seq if intents and action.form.pair == index - 1 else None
            intent = Intent(
                *names,
                charge,
                quantity,
                limit,
                own,
                bot.fee,
                EPOCH + self.now,
                "",
                "",
                shares=shares,
                by=None if bot.books == name else name,
            )
            self.desk.ledger.reserve(intent)
            self.desk.kept[intent.seq] = intent
            intents.append(intent)
        return intents

    def learn(self, seq: int, *, fees: bool = False) -> None:
        """Hear how an order stands, and count it."""
        known = self.desk.kept[seq]
        current = self.desk.ledger.find(seq, known.bot)
        if current is None:
            return
        report = self.venue.report(self.at_venue[seq], fees=fees)
        unchanged = current.state is State.OPEN and not report.final
        if unchanged and (report.executed, report.quantity) == (current.executed, current.quantity):
            return
        self.desk.update(settle(current, report, EPOCH + self.now, self.desk.worst(current)), "heard")

    def cancel(self, seq: int, after: float = 0.0) -> None:
        """Take an order off the book; a fill may come first."""
        if seq not in self.at_venue:
            return
        if after:
            self.later(after, lambda: self._arrive(seq))
        else:
            self._arrive(seq)

    def _arrive(self, seq: int) -> None:
        known = self.desk.kept[seq]
        if self.last_chance is not None and self.venue.order(self.at_venue[seq]).open:
            self.last_chance(known)
        self.venue.cancel(self.at_venue[seq], self.now)
        for other in [seq, seq - 1, seq + 1, seq - 2, seq + 2]:  # the others of a list went with it
            if other in self.at_venue:
                self.learn(other)

    def amend(self, seq: int, share: float) -> None:
        """Make an order smaller; how it stands is heard at once."""
        if seq in self.at_venue:
            quantity = (self.desk.kept[seq].quantity * Decimal(str(share))).quantize(Decimal("0.0001"))
            self.venue.amend(self.at_venue[seq], quantity, self.now)
            self.learn(seq)

    def restart(self) -> None:
        """End the signer, and begin again from what its journal holds."""
        old, now = self.desk, EPOCH + self.now
        world = World(in_force=old.world.in_force, peaks=dict(old.world.peaks), stops=dict(old.world.stops))
        world.market.restore({symbol: anchor.price for symbol, anchor in old.world.market.anchors.items()})
        self.desk = books(world)
        self.guard = Guard(self.desk)
        self.desk.kept = old.kept
        counting = [one for one in old.kept.values() if one.settled_at is None or one.settled_at > now - WINDOW_MS]
        self.desk.ledger.restore(counting)
        for name in self.policy.bots:
            for asset, quantity in old.ledger.positions(name).items():
                self.desk.ledger.restore_position(name, self.account.name, asset, quantity)
            self.desk.ledger.restore_cash(name, old.ledger.cash(name))

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something in a while."""
        self._dues += 1
        heapq.heappush(self._due, (self.now + round(seconds * _SECOND), self._dues, work))

    def wait(self, seconds: float) -> None:
        """Let time pass, in steps as fine as anything that is open needs."""
        end = min(LENGTH * _SECOND, self.now + max(0, round(seconds * _SECOND)))
        while self.now < end:
            CLOCK.ms += self._stride(end - self.now)
            self._tick()

    def _stride(self, left: int) -> int:
        live = self.desk.ledger.live()
        far = min([left, *[due - self.now for due, _, _ in self._due[:1]], *self._knots()])
        if self.desk.unsure or any(map(self._unheard, live)):
            return min(left, _SECOND)
        stands = [one for one in live if one.charge.order.kind not in TRIGGERED]
        if not stands:
            return max(1, far)
        coarse = next((stride for stride in _STRIDES if not self._may_be_swept(stands, stride)), 1)
        return max(1, min(far, (1 if self.silent else coarse) * _SECOND))

    def _knots(self) -> list[int]:
        """When each path bends next: with a drawdown stop a bot's best result may be there."""
        if not any(
            bot.limits is not None and bot.limits.drawdown_stop is not None for bot in self.policy.bots.values()
        ):
            return []
        return [round(path.next_knot(self.second) * _SECOND) - self.now for path in self.paths.values()]

    def _unheard(self, intent: Intent) -> bool:
        order = self.venue.order(self.at_venue[intent.seq])
        return not order.open or order.executed != intent.executed

    def _may_be_swept(self, live: list[Intent], seconds: float) -> bool:
        for symbol, path in self.paths.items():
            mine = [one for one in live if one.symbol == symbol]
            if not mine:
                continue
            low, high = path.span(self.second - 40, self.second + seconds)
            for one in mine:
                limit, collar = float(one.price), float(one.charge.collar)
                if limit > low * (1 + collar) if one.side is Side.BUY else limit < high * (1 - collar):
                    return True
        return False

    def _tick(self) -> None:
        while self._due and self._due[0][0] <= self.now:
            heapq.heappop(self._due)[2]()
        self.quote()
        live = self.desk.ledger.live()
        if self.now - self._polled >= POLL_MS and any(one.state is State.OPEN for one in live):
            self._poll(live)
        self._sweep()
        self.guard.look()

    def quote(self) -> None:
        """Let the venues speak, as late as the attacker likes."""
        if self.silent:
            return
        quotes = []
        for symbol in self.paths:
            price = self.told(symbol, self.second - self.lag)
            quotes.append(Quote(symbol, price, price, 3, CLOCK.boot() / 1000 - self.lag))
        self.desk.world.market.take(Quotes(tuple(quotes)), EPOCH + self.now)

    def told(self, symbol: Symbol, second: float) -> Decimal:
        """Say what the venues say of a moment."""
        return self.paths[symbol].at(second)

    def _poll(self, live: list[Intent]) -> None:
        self._polled = self.now
        for intent in live:
            if intent.state is State.OPEN:
                self.learn(intent.seq)
        self.desk.looked[self.account.name] = EPOCH + self.now

    def sweeps(self, intent: Intent) -> bool:
        """Say whether it is looked whether an order is overdue: one of unknown outcome may stand in the book too."""
        return intent.seq in self.at_venue

    def _sweep(self) -> None:
        for intent in self.desk.ledger.live():
            if not self.sweeps(intent) or self._swept.get(intent.seq, -1) >= self.now:
                continue
            reference, limits = self.desk.world.market.known(intent.symbol), self.bot(intent.bot).limits
            why = overdue(intent.charge, reference, limits, CLOCK.boot() / 1000, EPOCH + self.now - intent.at)
            if why is not None:
                self._swept[intent.seq] = self.now + CANCEL_MS
                self.cancel(intent.seq, CANCEL_MS / 1000)
