"""The most that a captured bot can cost in any 24 hours, from the limits that judge its orders.

Two figures, never one. *Stealable* needs an accomplice on the exchange and no luck; *gambleable* needs the market to
move, and someone who knew. The proofs are in docs/explanation/blast-radius.md, whose names (T1, T2, T4) stand here.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal, localcontext

from ringfence.model.bound import Bound, Term
from ringfence.model.facts import Role
from ringfence.model.order import TRIGGERED, Kind
from ringfence.policy.amounts import EXACT, as_percent, plain
from ringfence.policy.charge import EXIT_FRESH_SECONDS, FRESH_SECONDS
from ringfence.policy.policy import BotPolicy, Limits, Unlimited

STRESS_MOVE = Decimal("0.10")  # a choice, not a limit of markets (docs/explanation/blast-radius.md, A6)
_DAY_SECONDS = 86_400
_SHOWN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Size:
    """What the market can work on: N ordinary turnover, E exposure as it may have risen, all turnover, the move."""

    ordinary: Decimal
    exposed: Decimal
    move: Decimal

    @property
    def exits(self) -> Decimal:
        """The worth of all exits: they close what was held, or what ordinary orders opened since, at risen prices."""
        return self.exposed + self.ordinary * (1 + self.move)

    @property
    def turnover(self) -> Decimal:
        """All that can trade, at the lowest price of the day, which is how T2 counts it."""
        return self.ordinary + self.ordinary + self.exposed

    @property
    def market(self) -> Decimal:
        """T1 and T2, whichever is less; positions may swing from one side of the cap to the other."""
        return min(self.turnover * self.move, self.move / 2 * (self.turnover + 2 * self.exposed))


def radius(bot: BotPolicy, *, confined: bool) -> tuple[Bound, Bound]:
    """Say what can be stolen, and what can be gambled away, if this bot is taken over now.

    Where no figure holds, the amount is None and the terms, all zero, say why. `confined` must have been proven.
    """
    if not confined:
        return _both(bot, "the whole account", "this deployment is not confined: the bot can reach the real key")
    if bot.role is not Role.TRADE or bot.limits is None:
        nothing = Bound(Decimal(0), bot.currency, (Term("nothing", Decimal(0), "this bot may only watch"),))
        return nothing, nothing
    with localcontext(EXACT):
        if isinstance(bot.limits.window_notional, Unlimited):
            return _both(bot, "window_notional", "turnover is unlimited, so no figure bounds what it can cost")
        if _waits(bot) and isinstance(bot.limits.loss_budget, Unlimited):
            return _both(
                bot, "loss_budget", "orders that wait for a trigger are held by loss_budget, which is unlimited"
            )
        exposed = _exposed(bot, bot.limits)
        if exposed is None:
            return _both(bot, "exposure", "exposure and loss_budget are both unlimited")
        size = _Size(bot.limits.window_notional, exposed * (1 + STRESS_MOVE), STRESS_MOVE)
        stealable = (*_slippage(bot, bot.limits, size), _waiting(bot, size))
        return _bound(bot, stealable), _bound(bot, (_market(size),))


def _both(bot: BotPolicy, name: str, why: str) -> tuple[Bound, Bound]:
    unbounded = Bound(None, bot.currency, (Term(name, Decimal(0), why),))
    return unbounded, unbounded


def _bound(bot: BotPolicy, terms: tuple[Term, ...]) -> Bound:
    return Bound(sum((term.amount for term in terms), Decimal(0)), bot.currency, terms)


def _waits(bot: BotPolicy) -> bool:
    """Say whether its orders may wait for a trigger: the limit of such a one is not within the collar of now."""
    return not TRIGGERED.isdisjoint(bot.kinds)


def _exposed(bot: BotPolicy, limits: Limits) -> Decimal | None:
    """Say how much can be at stake: the cap, or what the loss budget can pay the way out of, whichever is less."""
    budget, rate = limits.loss_budget, limits.exit_rate(bot.fee)
    caps = (limits.exposure, budget if isinstance(budget, Unlimited) else budget / rate)
    return min((cap for cap in caps if not isinstance(cap, Unlimited)), default=None)


def _slippage(bot: BotPolicy, limits: Limits, size: _Size) -> tuple[Term, ...]:
    """T4: what is paid beyond the reference, and in fees; by size or by budget, whichever is less."""
    exit_rate = limits.exit_rate(bot.fee)
    entering = size.ordinary * (limits.collar + bot.fee)
    leaving = size.exits * exit_rate
    by_size = (
        _term("ordinary orders", entering, "window_notional * (collar + fee)"),
        _term("exits", leaving, f"all that can be left, risen by {as_percent(size.move)}, * (exit_collar + fee)"),
    )
    if isinstance(limits.loss_budget, Unlimited):
        return by_size
    risen = size.exposed - size.exposed / (1 + size.move)
    by_budget = (
        _term("loss budget", limits.loss_budget, "loss_budget: charged before an order leaves, exits paid up front"),
        _term(
            "risen positions", risen * exit_rate, f"their way out costs more once prices rise {as_percent(size.move)}"
        ),
    )
    return by_budget if _waits(bot) else min(by_size, by_budget, key=lambda terms: sum(term.amount for term in terms))


def _waiting(bot: BotPolicy, size: _Size) -> Term:
    """Say what an accomplice gains where the market leaves the reference that an order was judged by.

    An order that rests is a free option until it is swept: nobody sweeps it, so the whole move is his. One that does
    not rest can only be late by the age of its reference, in which a price moves by the square root of time.
    """
    if set(bot.kinds) - {Kind.MARKET}:
        why = f"an accomplice may pick them once the market has moved, by up to {as_percent(size.move)} a day"
        return _term("resting orders", size.market, why)
    late = size.ordinary * _move_in(FRESH_SECONDS, size) + size.exits * _move_in(EXIT_FRESH_SECONDS, size)
    ages = f"{FRESH_SECONDS:g} s old, {EXIT_FRESH_SECONDS:g} s for exits"
    why = f"references up to {ages}, at {as_percent(size.move)} a day"
    return _term("late references", min(late, size.market), why)


def _move_in(seconds: float, size: _Size) -> Decimal:
    share = Decimal(seconds) / _DAY_SECONDS
    return size.move * share.sqrt(Context(prec=30))


def _market(size: _Size) -> Term:
    why = f"{plain(_up(size.turnover))} turned over and {plain(_up(size.exposed))} at stake while the market moves"
    return _term("market moves", size.market, f"{why} {as_percent(size.move)}")


def _term(name: str, amount: Decimal, why: str) -> Term:
    return Term(name, _up(amount), why)


def _up(amount: Decimal) -> Decimal:
    """Round a bound to the cent, never below itself."""
    return amount.quantize(_SHOWN, ROUND_CEILING)
