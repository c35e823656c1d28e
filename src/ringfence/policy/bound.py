"""The most that a captured bot can cost in any 24 hours, from the very rules that judge its orders.

Two figures, never one. *Stealable* needs an accomplice on the exchange and no luck; *gambleable* needs the market to
move, and someone who knew. The proofs are in docs/explanation/blast-radius.md, whose names (T1, T2, T4) stand here.
"""

from decimal import ROUND_CEILING, Decimal, localcontext

from ringfence.model.bound import Bound, Term
from ringfence.model.facts import Role
from ringfence.model.order import TRIGGERED, WITH_LIMIT, Kind
from ringfence.policy.amounts import EXACT, as_percent, plain
from ringfence.policy.charge import EXIT_FRESH_SECONDS, FRESH_SECONDS
from ringfence.policy.policy import BotPolicy, Limits
from ringfence.policy.size import Size, move_in, size_of
from ringfence.policy.sweep import SWEEP_SECONDS

_SHOWN = Decimal("0.01")
_SWEPT_AFTER = EXIT_FRESH_SECONDS + SWEEP_SECONDS
_AT_ONCE = frozenset({Kind.MARKET})  # filled as it comes, or not at all


def radius(bot: BotPolicy, *, confined: bool, size: Size | str | None = None) -> tuple[Bound, Bound]:
    """Say what can be stolen, and what can be gambled away, if this bot is taken over now.

    Where no figure holds, the amount is None and the terms, all zero, say why. `confined` must have been proven. `size`
    is the bot's own unless given. A bot that guards another has that one's limits, and any type of order: what it takes
    down it may give away.
    """
    if not confined:
        return _both(bot, "the whole account", "this deployment is not confined: the bot can reach the real key")
    if bot.role is not Role.TRADE or bot.limits is None:
        nothing = Bound(Decimal(0), bot.currency, (Term("nothing", Decimal(0), "this bot may only watch"),))
        return nothing, nothing
    with localcontext(EXACT):
        size = size_of(bot) if size is None else size
        if isinstance(size, str):
            return _both(bot, size, _WHY_NOT[size])
        if size.budget is None and not TRIGGERED.isdisjoint(bot.kinds):
            return _both(
                bot, "loss_budget", "orders that wait for a trigger are held by loss_budget, which is unlimited"
            )
        ways = [_by_size(bot, bot.limits, size), *_by_budget(bot, bot.limits, size)]
        stealable = min(ways, key=lambda terms: sum(term.amount for term in terms))
        if not TRIGGERED.isdisjoint(bot.kinds):
            stealable = ways[-1]  # the limit of one that waits is not within the collar of now, so size says nothing
        return _bound(bot, stealable), _bound(bot, (_market(bot, bot.limits, size),))


_WHY_NOT = {
    "window_notional": "turnover is unlimited, so no figure bounds what it can cost",
    "exposure": "exposure and loss_budget are both unlimited",
}


def _both(bot: BotPolicy, name: str, why: str) -> tuple[Bound, Bound]:
    unbounded = Bound(None, bot.currency, (Term(name, Decimal(0), why),))
    return unbounded, unbounded


def _bound(bot: BotPolicy, terms: tuple[Term, ...]) -> Bound:
    return Bound(sum((term.amount for term in terms), Decimal(0)), bot.currency, terms)


def _by_size(bot: BotPolicy, limits: Limits, size: Size) -> tuple[Term, ...]:
    """T5: every order of the day loses its collar and its fee, and every exit its own."""
    leaving = f"all that can be left, risen by {as_percent(size.move)}, * (exit_collar + fee)"
    return (
        _term("ordinary orders", size.ordinary * (_worst(limits) + bot.fee), "window_notional * (collar + fee)"),
        _term("exits", size.exits * limits.exit_rate(bot.fee), leaving),
        _late(bot, size),
    )


def _by_budget(bot: BotPolicy, limits: Limits, size: Size) -> tuple[tuple[Term, ...], ...]:
    """T4: losses are counted as they happen, so only what nobody has seen yet can lose more than the budget."""
    if size.budget is None:
        return ()
    risen = size.risen * limits.exit_rate(bot.fee)
    terms = (
        _term("loss budget", size.budget, "loss_budget: charged before an order leaves, exits paid up front"),
        _term("risen positions", risen, f"their way out costs more once prices rise {as_percent(size.move)}"),
        _late(bot, size),
        *_waiting(bot, size),
    )
    return (terms,)


def _worst(limits: Limits) -> Decimal:
    """Say what an order loses at most, per unit of its notional: a sale that rests above the market, c / (1 - c)."""
    return limits.collar / (1 - limits.collar)


def _late(bot: BotPolicy, size: Size) -> Term:
    """What an accomplice gains who knows the price sooner than the reference does.

    What may rest, or wait, is in his hands until it is swept, and the venues may be silent meanwhile: each such order
    may lose that much more than was counted, when it was accepted or when its fill was looked at (T6).
    """
    ordinary, exits, why = (
        FRESH_SECONDS,
        EXIT_FRESH_SECONDS,
        f"{FRESH_SECONDS:g} s old, {EXIT_FRESH_SECONDS:g} s for exits",
    )
    if not set(bot.kinds) <= _AT_ONCE:
        ordinary = exits = _SWEPT_AFTER
        why = f"{_SWEPT_AFTER:g} s old before orders that rest are swept"
    late = size.ordinary * move_in(ordinary, size.move) + size.exits * move_in(exits, size.move)
    return _term("late references", min(late, size.market), f"references up to {why}, at {_a_day(size)}")


def _waiting(bot: BotPolicy, size: Size) -> tuple[Term, ...]:
    """What an accomplice gains who triggers a stop by one trade, once the price has moved away from it (T7)."""
    kinds = TRIGGERED & set(bot.kinds)
    if not kinds:
        return ()
    sides = 1 if kinds <= set(WITH_LIMIT) else 2  # one without a limit is always an exit
    gain = min(sides * size.exposed * size.move, size.market)
    why = f"an accomplice may trigger them once the market has moved, by up to {_a_day(size)}"
    return (_term("orders that wait for a trigger", gain, why),)


def _market(bot: BotPolicy, limits: Limits, size: Size) -> Term:
    """T1 and T2, or T8 where a drawdown stop is less."""
    turned = f"{plain(_up(size.turnover))} turned over and {plain(_up(size.exposed))} at stake while the market moves"
    term = _term("market moves", size.market, f"{turned} {as_percent(size.move)}")
    if limits.drawdown_stop is None:
        return term
    open_orders = 2 * size.exposed * (_worst(limits) + bot.fee + move_in(_SWEPT_AFTER, size.move))
    leaving = size.exposed * (limits.exit_rate(bot.fee) + move_in(EXIT_FRESH_SECONDS, size.move))
    after = open_orders + leaving + size.exposed * size.move * Decimal("2.5")
    stopped = _term("drawdown stop", limits.drawdown_stop + after, "drawdown_stop, and what is open and held after it")
    return min(term, stopped, key=lambda each: each.amount)


def _a_day(size: Size) -> str:
    return f"{as_percent(size.move)} a day"


def _term(name: str, amount: Decimal, why: str) -> Term:
    return Term(name, _up(amount), why)


def _up(amount: Decimal) -> Decimal:
    """Round a bound to the cent, never below itself."""
    return amount.quantize(_SHOWN, ROUND_CEILING)
