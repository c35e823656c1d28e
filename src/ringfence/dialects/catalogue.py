"""What stands beside a dialect as data: its private routes by what they do, the reads it describes, and how it refuses.

Classes of routes are the same words for every exchange.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Literal, TypeVar, assert_never

import msgspec

from ringfence.dialects.orders import Names
from ringfence.dialects.rights import Rights
from ringfence.dialects.table import Cost, Form, Native, Route, Several, Type, Whole
from ringfence.model.action import AccountChange, Action, ListForm, Transfer, Undescribed, Withdraw
from ringfence.model.decision import Code

_CHANGES = frozenset({"address", "apikey", "account", "risk", "deposit_address"})

T = TypeVar("T")


class _Type(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["native", "whole", "form", "list"]
    pattern: str = ""
    most: int = 0
    least: int = 0
    bare: bool = False


class _Read(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ask: str
    weight: int
    one: int | None = None
    steps: tuple[tuple[int, int], ...] = ()
    host: str | None = None
    fields: Mapping[str, str] = {}


class _Reads(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    types: Mapping[str, _Type]
    signed: Mapping[str, _Read]
    market: Mapping[str, _Read]


class _Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ccxt: str
    status: int
    code: int
    reasons: tuple[Code, ...]
    says: str | None = None


class _Refusals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    answer: tuple[_Refusal, ...]


class _Leg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    leg: str
    side: str
    quantity: str


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    legs: tuple[_Leg, ...]


class _Orders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    paths: Mapping[str, str]
    manner: Mapping[str, str]
    alone: Names
    part: Mapping[str, str | tuple[str, ...]]
    lists: Mapping[ListForm, _List]
    old: Mapping[str, Names]


class OrderNames(msgspec.Struct, frozen=True):
    """How an exchange's requests for orders are spelled: `legs` and `list_paths` by kind of list."""

    paths: Mapping[str, str]
    manner: Mapping[str, "re.Pattern[str]"]
    alone: Names
    legs: Mapping[ListForm, tuple[Names, ...]]
    list_paths: Mapping[ListForm, str]
    old: Mapping[str, Names]


Routes = Mapping[tuple[str, str], Route]


def classes(package: str) -> Mapping[tuple[str, str], str]:
    """Map method and path of every route to its class; where two classes name one, the first counts."""
    found: dict[tuple[str, str], str] = {}
    for kind, hosts in _load(package, "routes.toml", dict[str, dict[str, tuple[str, ...]]]).items():
        for routes in hosts.values():
            for route in routes:
                method, _, path = route.partition(" ")
                found.setdefault((method, path), kind)
    return found


def classed(method: str, path: str, kind: str) -> Action:
    """Say what a route that no reader describes would do; no rule permits any of it."""
    route = f"{method} {path}"
    match kind.partition(".")[0]:
        case "withdraw":
            return Withdraw(route)
        case "transfer":
            return Transfer(route, kind)
        case change if change in _CHANGES:
            return AccountChange(route, kind)
        case _:
            return Undescribed(route, kind)


def described(package: str) -> tuple[Routes, Routes]:
    """Return the described reads by method and path: the signed ones, and those of the market."""
    reads = _load(package, "reads.toml", _Reads)
    types = {name: _type(given) for name, given in reads.types.items()}
    return _routes(reads.signed, types), _routes(reads.market, types)


def order_names(package: str) -> OrderNames:
    """Return how requests for orders are spelled."""
    told = _load(package, "orders.toml", _Orders)
    legs = {form: tuple([_named(told.part, leg) for leg in of.legs]) for form, of in told.lists.items()}
    manner = {name: re.compile(pattern, re.ASCII) for name, pattern in told.manner.items()}
    list_paths = {form: of.path for form, of in told.lists.items()}
    return OrderNames(told.paths, manner, told.alone, legs, list_paths, told.old)


def _named(part: Mapping[str, str | tuple[str, ...]], leg: _Leg) -> Names:
    """Put a leg's name into the names of its parts."""
    names = {
        what: name.format(leg=leg.leg) if isinstance(name, str) else [each.format(leg=leg.leg) for each in name]
        for what, name in part.items()
    }
    return msgspec.convert({**names, "side": leg.side, "quantity": leg.quantity}, Names)


def rights(package: str) -> Rights:
    """Return what its keys may do, and what to click."""
    return _load(package, "rights.toml", Rights)


def refusals(package: str) -> Mapping[Code, tuple[int, int, str]]:
    """Map each of our reasons to an HTTP status, the exchange's code, and words to add."""
    rows = _load(package, "refusals.toml", _Refusals).answer
    return {
        reason: (row.status, row.code, f" ({row.says})" if row.says else "") for row in rows for reason in row.reasons
    }


def _load(package: str, name: str, kind: type[T]) -> T:
    return msgspec.toml.decode(files(package).joinpath(name).read_text("utf-8"), type=kind)


def _routes(reads: Mapping[str, _Read], types: Mapping[str, Type]) -> Routes:
    found: dict[tuple[str, str], Route] = {}
    for what, read in reads.items():
        method, _, path = read.ask.partition(" ")
        fields = {name: types[of] for name, of in read.fields.items()}
        cost = Cost(read.weight, read.one, read.steps)
        found[method, path] = Route(what, method, path, cost, fields, read.host)
    return found


def _type(given: _Type) -> Type:
    pattern = re.compile(given.pattern, re.ASCII)
    match given.kind:
        case "native":
            return Native(pattern)
        case "whole":
            return Whole(given.most, given.least)
        case "form":
            return Form(pattern)
        case "list":
            return Several(pattern, given.most, given.bare)
        case _:
            assert_never(given.kind)
