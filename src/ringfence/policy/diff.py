"""What a new policy changes, setting by setting, and which way: the signer asks before it lets a policy in.

Which way a setting goes is declared in `SETTINGS` and nowhere else. One that nobody has declared counts as wider
however it changes: a forgotten line makes an owner wait, and never lets anything through.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum, auto

import msgspec

from ringfence.model.facts import Role
from ringfence.model.order import SelfTrade
from ringfence.policy.amounts import as_percent, plain
from ringfence.policy.load import KINDS
from ringfence.policy.policy import (
    DEFAULT_WAIT_MS,
    AccountLimits,
    AccountPolicy,
    BotPolicy,
    Limits,
    Policy,
    SymbolClass,
    Unlimited,
)
from ringfence.policy.times import as_duration, as_hours, as_moment, open_minutes

ABSENT = "absent"


class Effect(StrEnum):
    """Which way a change goes. What has no order to compare by counts as wider."""

    WIDER = "wider"
    NARROWER = "narrower"


@dataclass(frozen=True, slots=True)
class Change:
    """One setting, as it was and as it would be."""

    what: str
    before: str
    after: str
    effect: Effect


class Way(Enum):
    """What lets more happen. A setting that is left out lets the most happen, whatever its way."""

    MORE = auto()  # a higher value
    LESS = auto()  # a lower one
    ANY = auto()  # nobody can say which: any other value
    ITEMS = auto()  # one item more, in whatever order
    BARRED = auto()  # one item less
    AMOUNTS = auto()  # a higher amount of any item
    TIMES = auto()  # one minute of the week more
    TABLE = auto()  # each setting inside goes its own way
    TABLES = auto()  # the same for each table by its name; one that is new is wider
    NOT = auto()  # not a setting, or a copy of one that is compared where it is written


@dataclass(frozen=True, slots=True)
class Setting:
    """How one field is compared, how its value is written, and what the policy file calls it where not by its name."""

    way: Way
    write: str = ""
    key: str = ""


_ANY, _NOT = Setting(Way.ANY), Setting(Way.NOT)
_AMOUNT, _COUNT, _SHARE = Setting(Way.MORE, "amount"), Setting(Way.MORE), Setting(Way.MORE, "percent")

SETTINGS: Mapping[type[msgspec.Struct], Mapping[str, Setting]] = {
    Policy: {
        "wait_ms": Setting(Way.LESS, "duration", "change.wait"),
        "accounts": Setting(Way.TABLES, key="account"),
        "bots": Setting(Way.TABLES, key="bot"),
        "text": _NOT,
    },
    AccountPolicy: {
        "name": _NOT,
        "exchange": _ANY,
        "currency": _ANY,
        "fee": Setting(Way.LESS, "percent"),  # a lower fee charges orders less, and so lets more of them through
        "self_trade": _ANY,
        "read_share": Setting(Way.MORE, "percent"),
        "limits": Setting(Way.TABLE),
    },
    AccountLimits: {
        **dict.fromkeys(("window_notional", "exposure", "loss_budget"), _AMOUNT),
        **dict.fromkeys(("open_orders", "orders_per_minute"), _COUNT),
    },
    BotPolicy: {
        "name": _NOT,
        "account": _ANY,
        "role": Setting(Way.MORE),
        "symbols": Setting(Way.ITEMS),
        "symbol_class": Setting(Way.TABLE, key="symbols"),
        "kinds": Setting(Way.ITEMS, key="orders"),
        "hours": Setting(Way.TIMES, "hours"),
        "valid_from": Setting(Way.LESS, "moment"),
        "valid_until": Setting(Way.MORE, "moment"),
        "shadow_until": Setting(Way.MORE, "shadow"),
        "guards": _ANY,
        "tunnels": Setting(Way.ITEMS),
        "limits": Setting(Way.TABLE),
        "exchange": _NOT,  # these four are the account's
        "currency": _NOT,
        "fee": _NOT,
        "account_limits": _NOT,
    },
    SymbolClass: {
        "most": _COUNT,
        "venues": Setting(Way.LESS),
        "volume": Setting(Way.LESS, "amount"),
        "listed_ms": Setting(Way.LESS, "duration", "listed"),
        "barred": Setting(Way.BARRED, key="except"),
    },
    Limits: {
        **dict.fromkeys(("collar", "exit_collar", "slow_collar", "order_share"), _SHARE),
        **dict.fromkeys(("order_notional", "window_notional", "exposure", "loss_budget"), _AMOUNT),
        **dict.fromkeys(("symbol_notional", "side_notional", "symbol_exposure"), _AMOUNT),
        **dict.fromkeys(("drawdown_stop", "hold_above"), _AMOUNT),
        **dict.fromkeys(("open_orders", "symbol_orders", "far_orders"), _COUNT),
        **dict.fromkeys(("orders_per_minute", "amends_per_minute", "cancels_per_minute"), _COUNT),
        **dict.fromkeys(("cancels_per_fill", "round_trips", "identical_fills"), _COUNT),
        "order_quantity": Setting(Way.AMOUNTS),
        "order_minimum": Setting(Way.LESS, "amount"),
        "order_lifetime": Setting(Way.MORE, "duration"),
    },
}

_ALL = Decimal("Infinity")
_WORDS = {kind: word for word, kind in KINDS.items()}
_WRITE: Mapping[str, Callable[..., str]] = {
    "": str,
    "amount": plain,
    "percent": as_percent,
    "duration": as_duration,
    "moment": as_moment,
    "shadow": lambda at: as_moment(at) if at else ABSENT,
    "hours": as_hours,
}


@dataclass(frozen=True, slots=True)
class _Point:
    """A setting as text, and where it stands: a lower rank, or a smaller set, lets less happen; None has no order."""

    text: str
    rank: Decimal | frozenset[int] | None = None
    limits: bool = False  # where it is new, it narrows
    bars: bool = False  # and where it goes, it widens


_ITEM = {Way.ITEMS: _Point("allowed"), Way.BARRED: _Point("barred", limits=True, bars=True)}


def diff(old: Policy | None, new: Policy) -> tuple[Change, ...]:
    """List what changes from one policy to the next; `old` is None for the first, which widens everything."""
    before = dict(_points("", old)) if old else {}
    after = dict(_points("", new))
    changes = (_change(name, before.get(name), after.get(name)) for name in dict.fromkeys((*before, *after)))
    return tuple(change for change in changes if change is not None)


def widens(changes: tuple[Change, ...]) -> bool:
    """Say whether any of the changes lets more happen than before."""
    return any(change.effect is Effect.WIDER for change in changes)


def wait_ms(old: Policy | None, new: Policy) -> int:
    """Say how long (ms) a change that widens has to wait; 0: it comes at once and needs no second factor.

    That is so from one rehearsal to the next. `old` None: nobody can read what it is to be compared with.
    """
    if old is not None and old.wait_ms == 0 and new.rehearsal:
        return 0
    return (old.wait_ms if old else 0) or DEFAULT_WAIT_MS


def _change(name: str, before: _Point | None, after: _Point | None) -> Change | None:
    if before is None or after is None:  # the table around it, or the item, is new or gone
        if ABSENT in {point.text for point in (before, after) if point}:
            return None
        if after is None:
            gone = Effect.WIDER if before and before.bars else Effect.NARROWER
            return Change(name, before.text if before else ABSENT, ABSENT, gone)
        return Change(name, ABSENT, after.text, Effect.NARROWER if after.limits else Effect.WIDER)
    if before == after or (before.rank is not None and before.rank == after.rank):
        return None
    return Change(name, before.text, after.text, Effect.NARROWER if _less(after, before) else Effect.WIDER)


def _less(one: _Point, other: _Point) -> bool:
    match one.rank, other.rank:
        case (Decimal() as low, Decimal() as high):
            return low < high
        case (frozenset() as low, frozenset() as high):
            return low < high
        case _:
            return False


def _points(at: str, table: msgspec.Struct) -> Iterator[tuple[str, _Point]]:
    settings = SETTINGS.get(type(table), {})
    for name in table.__struct_fields__:
        setting = settings.get(name, _ANY)
        if setting.way is not Way.NOT:
            yield from _setting(f"{at}{setting.key or name}", setting, getattr(table, name))


def _setting(at: str, setting: Setting, value: object) -> Iterator[tuple[str, _Point]]:
    match setting.way, value:
        case (Way.TABLE, msgspec.Struct()):
            yield from _points(f"{at}.", value)
        case (Way.TABLES, Mapping()):
            for name, table in value.items():
                yield from _points(f"{at}.{name}.", table)
        case (Way.ITEMS | Way.BARRED, tuple()):
            for item in value:
                yield f"{at} {_WORDS.get(item, item)}", _ITEM[setting.way]
        case (Way.AMOUNTS, tuple()):
            # Each symbol of the bot has one, so one that is gone from the table went with its symbol.
            yield at, _Point("a table", Decimal(0))
            for item, amount in value:
                yield f"{at}.{item}", _Point(plain(amount), amount, limits=True)
        case _:
            yield at, _Point(_text(setting, value), _rank(setting.way, value))


def _rank(way: Way, value: object) -> Decimal | frozenset[int] | None:
    match value:
        case None | Unlimited():
            return _ALL
        case tuple() if way is Way.TIMES:
            return open_minutes(value)
        case Role():
            return Decimal(value is Role.TRADE)
        case int() | Decimal() if way in {Way.MORE, Way.LESS}:
            return Decimal(value if way is Way.MORE else -value)
        case _:
            return None


def _text(setting: Setting, value: object) -> str:
    match value:
        case None | ():
            return ABSENT
        case tuple():
            return ", ".join(map(_WRITE[setting.write], value))
        case Unlimited() | Role() | SelfTrade():
            return value.value
        case _:
            return _WRITE[setting.write](value)
