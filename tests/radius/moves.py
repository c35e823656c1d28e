"""What a captured bot and its accomplice can do, one move at a time: data, to be repeated and changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from ringfence.model.action import ListForm, Place, PlaceList
from ringfence.model.names import BotName, Symbol
from ringfence.model.order import TRIGGERED, WITH_LIMIT, Kind, Order, Side, Tif
from ringfence.policy.policy import BotPolicy
from ringfence.policy.size import size_of
from ringfence.signer.intent import Intent
from tests.radius.bench import Bench
from tests.radius.venue import STEP, TICK

_PARTS = (1.0, 0.99, 0.96, 0.91, 0.83, 0.7, 0.55, 0.4, 0.25, 0.12, 0.05, 0.02)  # of a size, until one passes
_PLAIN = frozenset({Kind.LIMIT, Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT_LIMIT})


def scale(bot: BotPolicy) -> float:
    """Say what a bot may hold at most, which orders here are sized by."""
    size = size_of(bot)
    return 1000.0 if isinstance(size, str) else float(min(size.held, size.ordinary))


@dataclass(frozen=True, slots=True)
class Leg:
    """One order: `size` in parts of what the bot may hold, `reach` in collars beyond the price, on the side that harms.

    `trigger` is how far that lies from the price, as a fraction.
    """

    side: Side
    kind: Kind = Kind.MARKET
    size: float = 1.0
    reach: float = 1.0
    trigger: float = 0.0
    tif: Tif = Tif.GTC

    def order(self, bench: Bench, who: BotPolicy, symbol: Symbol, size: float, *, leaving: bool = False) -> Order:
        """Make the order as the bot sends it now."""
        assert who.limits is not None
        now = float(bench.reference(symbol))
        quantity = Decimal(f"{size * scale(who) / now:.8f}").quantize(STEP, ROUND_DOWN)
        waits = self.kind in TRIGGERED
        trigger = Decimal(f"{now * (1 + self.trigger):.8f}").quantize(TICK) if waits else None
        anchor = bench.reference(symbol) if trigger is None else trigger
        collar = who.limits.exit_collar if leaving else who.limits.collar
        price = anchor * (1 + self.side.sign * Decimal(str(self.reach)) * collar)
        price = price.quantize(TICK, ROUND_DOWN if self.side is Side.BUY else ROUND_CEILING)
        limit = None if self.kind in WITH_LIMIT else price
        tif = self.tif if self.kind in _PLAIN else None
        return Order(symbol, self.side, self.kind, quantity, None, limit, tif, None, trigger=trigger)


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass."""

    seconds: float

    def play(self, run: "Run") -> bool:
        run.bench.wait(self.seconds)
        return True


@dataclass(frozen=True, slots=True)
class Send:
    """Send one order; the accomplice fills a `share` of it as it comes, the answer is `lost` for so many seconds.

    `shrinks`: where it is refused, try less.
    """

    bot: int
    symbol: int
    leg: Leg
    share: float = 1.0
    lost: float = 0.0
    shrinks: bool = True

    def play(self, run: "Run") -> bool:
        name, who, symbol = run.target(self.bot, self.symbol)
        for part in _PARTS if self.shrinks else _PARTS[:1]:
            action = Place(self.leg.order(run.bench, who, symbol, self.leg.size * part))
            if run.bench.send(name, action, self.share, self.lost) is not None:
                return True
        return False


@dataclass(frozen=True, slots=True)
class SendList:
    """Send a list of orders."""

    bot: int
    symbol: int
    form: ListForm
    legs: tuple[Leg, ...]

    def play(self, run: "Run") -> bool:
        name, who, symbol = run.target(self.bot, self.symbol)
        for part in _PARTS:
            orders = tuple(leg.order(run.bench, who, symbol, leg.size * part) for leg in self.legs)
            if run.bench.send(name, PlaceList(self.form, orders, None)) is not None:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Leave:
    """Give away what an exit may take, at once or by an order that rests or waits."""

    bot: int
    symbol: int
    share: float = 1.0
    kind: Kind = Kind.MARKET
    reach: float = 1.0
    trigger: float = 0.0
    lost: float = 0.0

    def play(self, run: "Run") -> bool:
        name, who, symbol = run.target(self.bot, self.symbol)
        side = Side.SELL if run.bench.position(name, symbol) > 0 else Side.BUY
        room = run.bench.room(name, symbol, side).quantize(STEP, ROUND_DOWN)
        if room <= 0:
            return False
        made = Leg(side, self.kind, 1.0, self.reach, self.trigger).order(run.bench, who, symbol, 1.0, leaving=True)
        order = Order(symbol, side, made.kind, room, None, made.price, made.tif, None, trigger=made.trigger)
        return run.bench.send(name, Place(order), self.share, self.lost) is not None


@dataclass(frozen=True, slots=True)
class Fill:
    """Have the accomplice take what stands in the book: all of it, or only what harms now."""

    share: float = 1.0
    harmful: bool = False

    def play(self, run: "Run") -> bool:
        done = False
        for intent in run.bench.working():
            if not self.harmful or run.harms(intent):
                run.bench.venue.fill(run.bench.at_venue[intent.seq], self.share, run.bench.now)
                done = True
        return done


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take an order off the book, the newest first; all where `which` is None. The cancel is on its way for a while."""

    which: int | None = None
    after: float = 0.0

    def play(self, run: "Run") -> bool:
        found = run.bench.working()
        chosen = found if self.which is None else found[-1 - self.which :][:1]
        for intent in chosen:
            run.bench.cancel(intent.seq, self.after)
        return bool(chosen)


@dataclass(frozen=True, slots=True)
class Amend:
    """Make the newest order smaller."""

    share: float

    def play(self, run: "Run") -> bool:
        found = run.bench.working()
        for intent in found[-1:]:
            run.bench.amend(intent.seq, self.share)
        return bool(found)


@dataclass(frozen=True, slots=True)
class Print:
    """Print one trade at the trigger of each order that waits, so that it is set off."""

    harmful: bool = True

    def play(self, run: "Run") -> bool:
        done = False
        for intent in run.bench.working():
            order = intent.charge.order
            stands = run.bench.venue.order(run.bench.at_venue[intent.seq])
            if order.trigger is not None and not stands.working and (not self.harmful or run.harms(intent)):
                run.bench.venue.print(order.symbol, order.trigger, run.bench.now)
                done = True
        return done


@dataclass(frozen=True, slots=True)
class Delay:
    """Let quotes come late from now on, or not at all."""

    lag: float = 0.0
    silent: bool = False

    def play(self, run: "Run") -> bool:
        run.bench.lag, run.bench.silent = self.lag, self.silent
        run.bench.quote()
        return True


@dataclass(frozen=True, slots=True)
class Restart:
    """The signer ends, and begins again."""

    def play(self, run: "Run") -> bool:
        run.bench.restart()
        return True


Move = Wait | Send | SendList | Leave | Fill | Cancel | Amend | Print | Delay | Restart


@dataclass(slots=True)
class Run:
    """One attack under way, with what has been done so far."""

    bench: Bench
    moves: list[Move] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bench.last_chance = self._beat

    def do(self, move: Move) -> bool:
        """Make a move; False where it came to nothing."""
        self.moves.append(move)
        return move.play(self)

    def replay(self, moves: Sequence[Move]) -> "Run":
        """Do what another run did, or something like it."""
        for move in moves:
            self.do(move)
        return self

    def target(self, bot: int, symbol: int) -> tuple[BotName, BotPolicy, Symbol]:
        """Say which bot is meant, and which of its symbols."""
        names = tuple(self.bench.policy.bots)
        who = self.bench.policy.bots[names[bot % len(names)]]
        return who.name, who, who.symbols[symbol % len(who.symbols)]

    def targets(self) -> list[tuple[int, int]]:
        """List every bot with each of its symbols."""
        bots = enumerate(self.bench.policy.bots.values())
        return [(bot, symbol) for bot, each in bots for symbol in range(len(each.symbols))]

    def kinds(self, bot: int) -> frozenset[Kind]:
        """What a bot may send."""
        return frozenset(self.target(bot, 0)[1].kinds)

    def harms(self, intent: Intent) -> bool:
        """Say whether an order's limit is on the wrong side of the market now."""
        return intent.side.sign * (intent.price - self.bench.price(intent.symbol)) > 0

    def _beat(self, intent: Intent) -> None:
        """Fill an order just before its cancel arrives, where that harms."""
        if self.harms(intent):
            self.bench.venue.fill(self.bench.at_venue[intent.seq], 1.0, self.bench.now)
