"""The most that all bots of one account can cost together, were all of them taken over. Pure."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from msgspec.structs import replace

from ringfence.model.bound import Bound, Term
from ringfence.model.facts import Role
from ringfence.policy.bound import radius
from ringfence.policy.policy import UNLIMITED, AccountPolicy, BotPolicy, Cap, Limits, Unlimited
from ringfence.policy.size import size_of


def account_radius(account: AccountPolicy, bots: Iterable[BotPolicy], *, confined: bool) -> tuple[Bound, Bound]:
    """Say what can be stolen from an account, and what gambled away; the bots are those of this account.

    Either the sum of what each can cost, or what the account's own limits leave, whichever is less.
    """
    known = tuple(bots)
    traders = tuple(
        _with_guards(bot, known) for bot in known if bot.role is Role.TRADE and bot.limits and bot.guards is None
    )
    each = [(bot, radius(bot, confined=confined)) for bot in traders]
    sums = tuple(_sum(account, [(bot, bounds[which]) for bot, bounds in each]) for which in (0, 1))
    widest, cheapest = _as_one(account, traders, max), _as_one(account, traders, min)
    if widest is None or cheapest is None or not confined:
        return sums[0], sums[1]
    # A budget pays for the way out of more where leaving is cheap, and leaving costs more where the collar is wide.
    together = radius(widest, confined=True, size=size_of(cheapest))
    return _less(sums[0], together[0]), _less(sums[1], together[1])


def _with_guards(bot: BotPolicy, bots: Iterable[BotPolicy]) -> BotPolicy:
    """See a bot and those that guard it as one: they share its books, and bring more types of orders."""
    kinds = [kind for each in bots if bot.name in (each.name, each.guards) for kind in each.kinds]
    return replace(bot, kinds=tuple(dict.fromkeys(kinds)))


def _sum(account: AccountPolicy, bounds: list[tuple[BotPolicy, Bound]]) -> Bound:
    for bot, bound in bounds:
        if bound.amount is None:
            return Bound(
                None, account.currency, tuple(replace(t, name=f"bot {bot.name}: {t.name}") for t in bound.terms)
            )
    amounts = [(bot.name, bound.amount or Decimal(0)) for bot, bound in bounds]
    terms = tuple(Term(f"bot {name}", amount, "as its own limits have it") for name, amount in amounts)
    nothing = (Term("nothing", Decimal(0), "no bot of this account may trade"),)
    return Bound(sum((amount for _, amount in amounts), Decimal(0)), account.currency, terms or nothing)


def _as_one(
    account: AccountPolicy, traders: tuple[BotPolicy, ...], leaves: Callable[[Iterable[Decimal]], Decimal]
) -> BotPolicy | None:
    """See all bots as one, which has the account's caps and the widest collar of any; None where it has no caps.

    `leaves` picks its exit collar from theirs.
    """
    limits = [bot.limits for bot in traders if bot.limits is not None]
    caps = (account.limits.window_notional, account.limits.exposure, account.limits.loss_budget)
    if not limits or all(cap is None for cap in caps):
        return None
    return replace(
        traders[0],
        symbols=tuple(dict.fromkeys(symbol for bot in traders for symbol in bot.symbols)),
        kinds=tuple(dict.fromkeys(kind for bot in traders for kind in bot.kinds)),
        limits=Limits(
            collar=max(each.collar for each in limits),
            exit_collar=leaves(each.exit_collar for each in limits),
            order_notional=UNLIMITED,
            window_notional=_cap(caps[0], [each.window_notional for each in limits]),
            exposure=_cap(caps[1], [each.exposure for each in limits]),
            loss_budget=_cap(caps[2], [each.loss_budget for each in limits]),
            open_orders=1,
            orders_per_minute=1,
        ),
    )


def _cap(cap: Decimal | None, own: list[Cap]) -> Cap:
    known = [each for each in own if not isinstance(each, Unlimited)]
    total: Cap = sum(known, Decimal(0)) if len(known) == len(own) else UNLIMITED
    if cap is None or isinstance(total, Unlimited):
        return total if cap is None else cap
    return min(cap, total)


def _less(one: Bound, other: Bound) -> Bound:
    if one.amount is None or other.amount is None:
        return one if other.amount is None else other
    return min(one, other, key=lambda bound: bound.amount or Decimal(0))
