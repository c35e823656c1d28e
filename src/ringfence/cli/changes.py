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
from ringfence.policy.policy import AccountLimits, BotPolicy, Limits, Policy, Unlimited
from ringfence.policy.times import as_duration

ABSENT = "absent"
_ALL = Decimal("Infinity")
_MORE_IS_LESS = frozenset({"order_minimum"})  # the higher, the less happens
_FRACTIONS = frozenset({"collar", "exit_collar", "slow_collar", "order_share"})


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
    limits: bool = False  # where it is new, it narrows


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
    if before == after or {ABSENT} == {each.text for each in (before, after) if each is not None}:
        return None
    if after is None:
        return Change(name, before.text if before else ABSENT, ABSENT, Effect.NARROWER)
    if before is None:
        return Change(name, ABSENT, after.text, Effect.NARROWER if after.limits else Effect.WIDER)
    less = before.rank is not None and (after.rank < before.rank if after.rank is not None else before.rank == _ALL)
    return Change(name, before.text, after.text, Effect.NARROWER if less else Effect.WIDER)


def _settings(policy: Policy) -> Iterator[tuple[str, _Setting]]:
    for account in policy.accounts.values():
        at = f"account.{account.name}"
        yield f"{at}.exchange", _Setting(account.exchange)
        yield f"{at}.currency", _Setting(account.currency)
        # A lower fee charges orders less, and so lets more of them through.
        yield f"{at}.fee", _Setting(as_percent(account.fee), -account.fee)
        yield from _limits(f"{at}.limits", account.limits)
    for bot in policy.bots.values():
        yield from _bot(f"bot.{bot.name}", bot)


def _bot(at: str, bot: BotPolicy) -> Iterator[tuple[str, _Setting]]:
    yield f"{at}.account", _Setting(bot.account)
    yield f"{at}.role", _Setting(bot.role.value, Decimal(bot.role is Role.TRADE))
    for symbol in bot.symbols:
        yield f"{at}.symbols {symbol}", _Setting("allowed")
    for word in (word for word, kind in KINDS.items() if kind in bot.kinds):
        yield f"{at}.orders {word}", _Setting("allowed")
    for name, times in (("hours", bot.hours), ("valid_from", bot.valid_from), ("valid_until", bot.valid_until)):
        # Nobody says which of two times lets more happen: another is wider, and only none at all is the widest.
        yield f"{at}.{name}", _Setting(str(times), None) if times else _Setting(ABSENT, _ALL)
    if bot.limits is not None:
        yield from _limits(f"{at}.limits", bot.limits)


def _limits(at: str, limits: Limits | AccountLimits) -> Iterator[tuple[str, _Setting]]:
    """Say each limit and where it stands; one that is left out lets the most happen."""
    for name in limits.__struct_fields__:
        yield from _limit(f"{at}.{name}", name, getattr(limits, name))


def _limit(at: str, name: str, value: object) -> Iterator[tuple[str, _Setting]]:
    match value:
        case None:
            yield at, _Setting(ABSENT, Decimal(0) if name in _MORE_IS_LESS else _ALL)
        case Unlimited():
            yield at, _Setting(value.value, _ALL)
        case tuple():
            yield at, _Setting("a table", Decimal(0))
            for symbol, quantity in value:
                yield f"{at}.{symbol}", _Setting(plain(quantity), quantity, limits=True)
        case int():
            yield at, _Setting(as_duration(value) if name == "order_lifetime" else str(value), Decimal(value))
        case Decimal():
            text = as_percent(value) if name in _FRACTIONS else plain(value)
            yield at, _Setting(text, -value if name in _MORE_IS_LESS else value)


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
