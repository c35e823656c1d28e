"""What a new policy changes, setting by setting and in money, so that its owner can see what is being widened."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ringfence.model.bound import Bound
from ringfence.model.facts import Role
from ringfence.policy.amounts import as_percent, plain
from ringfence.policy.bound import radius
from ringfence.policy.load import KINDS
from ringfence.policy.policy import BotPolicy, Cap, Limits, Policy, Unlimited

ABSENT = "absent"


class Effect(StrEnum):
    """Which way a change goes. What has no order to compare by counts as wider."""

    WIDER = "wider"
    NARROWER = "narrower"
    FIGURE = "figure"  # what it comes to in money: a consequence, not a setting


@dataclass(frozen=True, slots=True)
class Change:
    """One setting or figure, as it was and as it would be."""

    what: str
    before: str
    after: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class _Setting:
    """A setting as text, and where it stands: a higher rank lets more happen; None is not comparable."""

    text: str
    rank: Decimal | None = None


def diff(old: Policy | None, new: Policy, *, confined: bool) -> tuple[Change, ...]:
    """List what changes from one policy to the next; `old` is None for the first, which widens everything."""
    before = dict(_settings(old)) if old else {}
    after = dict(_settings(new))
    names = dict.fromkeys((*before, *after))
    settings = (_change(name, before.get(name), after.get(name)) for name in names)
    return (*(change for change in settings if change is not None), *_figures(old, new, confined=confined))


def widens(changes: tuple[Change, ...]) -> bool:
    """Say whether any of the changes lets more happen than before."""
    return any(change.effect is Effect.WIDER for change in changes)


def _change(name: str, before: _Setting | None, after: _Setting | None) -> Change | None:
    if before == after:
        return None
    if after is None:
        return Change(name, before.text if before else ABSENT, ABSENT, Effect.NARROWER)
    if before is None:
        return Change(name, ABSENT, after.text, Effect.WIDER)
    less = before.rank is not None and after.rank is not None and after.rank < before.rank
    return Change(name, before.text, after.text, Effect.NARROWER if less else Effect.WIDER)


def _settings(policy: Policy) -> Iterator[tuple[str, _Setting]]:
    for account in policy.accounts.values():
        at = f"account.{account.name}"
        yield f"{at}.exchange", _Setting(account.exchange)
        yield f"{at}.currency", _Setting(account.currency)
        # A lower fee charges orders less, and so lets more of them through.
        yield f"{at}.fee", _Setting(as_percent(account.fee), -account.fee)
    for bot in policy.bots.values():
        yield from _bot(f"bot.{bot.name}", bot)


def _bot(at: str, bot: BotPolicy) -> Iterator[tuple[str, _Setting]]:
    yield f"{at}.account", _Setting(bot.account)
    yield f"{at}.role", _Setting(bot.role.value, Decimal(bot.role is Role.TRADE))
    for symbol in bot.symbols:
        yield f"{at}.symbols {symbol}", _Setting("allowed")
    for word in (word for word, kind in KINDS.items() if kind in bot.kinds):
        yield f"{at}.orders {word}", _Setting("allowed")
    if bot.limits is not None:
        yield from _limits(f"{at}.limits", bot.limits)


def _limits(at: str, limits: Limits) -> Iterator[tuple[str, _Setting]]:
    for name, collar in (("collar", limits.collar), ("exit_collar", limits.exit_collar)):
        yield f"{at}.{name}", _Setting(as_percent(collar), collar)
    caps: tuple[tuple[str, Cap], ...] = (
        ("order_notional", limits.order_notional),
        ("window_notional", limits.window_notional),
        ("exposure", limits.exposure),
        ("loss_budget", limits.loss_budget),
    )
    for name, cap in caps:
        yield f"{at}.{name}", _cap(cap)
    for name, count in (("open_orders", limits.open_orders), ("orders_per_minute", limits.orders_per_minute)):
        yield f"{at}.{name}", _Setting(str(count), Decimal(count))


def _cap(cap: Cap) -> _Setting:
    return _Setting(cap.value, Decimal("Infinity")) if isinstance(cap, Unlimited) else _Setting(plain(cap), cap)


def _figures(old: Policy | None, new: Policy, *, confined: bool) -> Iterator[Change]:
    before = _radii(old, confined=confined) if old else {}
    after = _radii(new, confined=confined)
    for name in dict.fromkeys((*before, *after)):
        was, will = before.get(name, ABSENT), after.get(name, ABSENT)
        if was != will:
            yield Change(name, was, will, Effect.FIGURE)


def _radii(policy: Policy, *, confined: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for bot in policy.bots.values():
        stealable, gambleable = radius(bot, confined=confined)
        found[f"bot.{bot.name} stealable in a day"] = _say(stealable)
        found[f"bot.{bot.name} gambleable in a day"] = _say(gambleable)
    return found


def _say(bound: Bound) -> str:
    return "the whole account" if bound.amount is None else f"{plain(bound.amount)} {bound.currency}"
