"""What a policy lets a bot do, as sizes and prices that attacks are made of. Pure."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from ringfence.drill.venue import QUOTE
from ringfence.errors import Misconfigured
from ringfence.policy.bound import radius
from ringfence.policy.load import KINDS
from ringfence.policy.policy import BotPolicy, Cap, Limits, Unlimited

_NEARLY = Decimal("0.9")  # just within a collar, whatever the reference price does in its last digits
_SMALLEST = Decimal(8)  # above the least of the rehearsal exchange, 5 USDT (paper/instruments.py), fees and steps
_ABOVE = Decimal("1.05")  # just above a least size, whatever is rounded
_PLENTY = Decimal(500)  # an order where nothing limits it
_POOR, _RICH = Decimal(10_000), Decimal(2_000_000)
STEP = Decimal("0.001")  # of every symbol that is listed for a drill
_STEPS = {"BTCUSDT": Decimal("0.00001"), "ETHUSDT": Decimal("0.0001"), "VIAUSDT": Decimal("0.1")}


@dataclass(frozen=True, slots=True)
class Means:
    """One bot's limits. A cap that is None is unlimited; `stealable` is None where no figure bounds it."""

    limits: Limits
    fee: Decimal
    kinds: frozenset[str]
    symbol: str
    stealable: Decimal | None

    @property
    def window(self) -> Decimal | None:
        """The worth of all orders of 24 hours."""
        return _number(self.limits.window_notional)

    @property
    def exposure(self) -> Decimal | None:
        """The worth of what it holds and may come to hold."""
        return _number(self.limits.exposure)

    @property
    def order(self) -> Decimal:
        """The most that one order may come to by every limit on one, or a plenty."""
        limits = self.limits
        share = None if limits.order_share is None else limits.order_share * _POOR
        return min(_numbers(_number(limits.order_notional), limits.hold_above, share), default=_PLENTY)

    @property
    def least(self) -> Decimal:
        """The least that one order may come to."""
        return max(_SMALLEST, (self.limits.order_minimum or Decimal(0)) * _ABOVE)

    @property
    def budget(self) -> Decimal | None:
        """What orders may lose in 24 hours, charged before they leave."""
        return _number(self.limits.loss_budget)

    @property
    def paid(self) -> Decimal | None:
        """The worth of positions whose way in and out the loss budget can pay."""
        rate = self.limits.collar + self.fee + self.limits.exit_rate(self.fee)
        return None if self.budget is None else self.budget / rate

    @property
    def modest(self) -> Decimal:
        """The worth of an order of which several pass; raises `Misconfigured` where none could be placed at all."""
        limits = self.limits
        windows = _numbers(self.window, limits.symbol_notional, limits.side_notional)
        exposures = _numbers(self.exposure, limits.symbol_exposure, self.paid)
        shares = [(self.order, 2), *((cap, 12) for cap in windows), *((cap, 8) for cap in exposures)]
        if min(cap for cap, _ in shares) * _NEARLY < self.least:
            raise Misconfigured(
                f"the policy allows no order of {self.least.normalize():f} {QUOTE}, the least that can be tried here",
                hint="drill a copy of the policy whose amounts are larger: --policy FILE",
            )
        return max(min(cap / share for cap, share in shares), self.least)

    @property
    def wealth(self) -> Decimal:
        """What the account holds: more than the bot may use."""
        caps = _numbers(self.exposure, _number(self.limits.order_notional))
        return min(max(_POOR, *(2 * cap for cap in caps)), _RICH)

    @property
    def high(self) -> Decimal:
        """How many times the reference a buy may just be priced at."""
        return 1 + self.limits.collar * _NEARLY

    @property
    def low(self) -> Decimal:
        """How many times the reference a sale that takes a position down may just be priced at."""
        return 1 - self.limits.exit_collar * _NEARLY

    def allows(self, *kinds: str) -> bool:
        """Say whether one of these types of order may be used, in a policy's words."""
        return not self.kinds.isdisjoint(kinds)


def means(bot: BotPolicy) -> Means:
    """Read a trading bot's policy."""
    if bot.limits is None:
        raise Misconfigured(f"bot {bot.name} only watches")
    symbols = [symbol.replace("/", "") for symbol in bot.symbols]
    words = {kind: word for word, kind in KINDS.items()}
    symbol = "ETHUSDT" if "ETHUSDT" in symbols else symbols[0]
    stealable = radius(bot, confined=True)[0].amount
    return Means(bot.limits, bot.fee, frozenset(words[kind] for kind in bot.kinds), symbol, stealable)


def quantity(symbol: str, worth: Decimal, price: Decimal) -> Decimal:
    """How much of a coin a worth buys, in whole steps, one at least."""
    step = _STEPS.get(symbol, STEP)
    return max((worth / price).quantize(step, ROUND_DOWN), step)


def whole_steps(symbol: str, amount: Decimal) -> Decimal:
    """Round an amount of a coin down to what can be traded."""
    return amount.quantize(_STEPS.get(symbol, STEP), ROUND_DOWN)


def _numbers(*caps: Decimal | None) -> list[Decimal]:
    return [cap for cap in caps if cap is not None]


def _number(cap: Cap) -> Decimal | None:
    return None if isinstance(cap, Unlimited) else cap
