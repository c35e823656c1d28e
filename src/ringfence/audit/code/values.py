"""What an expression may be, as far as reading tells: a constant, a name elsewhere, and where its content came from.

Values never hold anything but text and numbers that stand in the source; nothing here is looked up or run.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

import msgspec

PART: Final = "!part"
"""How a symbol ends of which only a named part is meant: what is in the whole need not be in that."""

CLEANED: Final = "!clean"
"""How a symbol ends of which no secret is left: it was signed with, or hashed."""

GAP: Final = "\0"
"""Stands in a text on both sides of where an unknown piece would come from."""

HOLE: Final = "\0?\0"
"""An unknown piece of which nothing more is known."""

FEW: Final = 8  # a value is followed from this many origins, a way has as many stations: nobody reads more
LONG: Final = 200_000  # characters: longer texts are not put together (a book of code is 100 kB)


TOLD: Final = 500  # characters of a text that other files are told of: a URL or a name, not a document
ITEMS: Final = 200  # entries of one table that are followed by name: a longer one is filled by a loop
ROUNDS: Final = 2000  # elements that are gone through one by one: decoders of names and URLs have fewer
LONG_NAME: Final = 300  # characters of a dotted name: longer ones name nothing that could be resolved


class Unknown(Enum):
    """No constant."""

    VALUE = "unknown"


UNKNOWN: Final = Unknown.VALUE

type_of_const = str | bytes | int | float | bool | None | Unknown


class Taint(msgspec.Struct, frozen=True):
    """Where content came from: a kind (or `@symbol`, to be resolved later), a name for people, and the way so far."""

    kind: str
    label: str
    way: tuple[tuple[int, str], ...] = ()


class Value(msgspec.Struct, frozen=True):
    """What reading knows of a value.

    `ref` is the dotted name that it stands for; `:name` is a name of this module, `name()` what a call of it gives.
    `others` are further constants that it may be. `clean` says that no secret is left in it, whatever it is called.
    """

    const: type_of_const = UNKNOWN
    ref: str = ""
    taints: tuple[Taint, ...] = ()
    items: Mapping[str, "Value"] | None = None
    elements: tuple["Value", ...] | None = None
    others: tuple[type_of_const, ...] = ()
    clean: bool = False

    @property
    def text(self) -> str | None:
        """The constant, where it is text."""
        if isinstance(self.const, str):
            return self.const
        return self.const.decode("utf-8", "replace") if isinstance(self.const, bytes) else None

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that it may be; a gap for one that is not known."""
        every = [const for const in (self.const, *self.others) if isinstance(const, (str, bytes))]
        return tuple(item if isinstance(item, str) else item.decode("utf-8", "replace") for item in every) or (
            spelt(self),
        )

    def has(self, *kinds: str) -> bool:
        """Say whether content of one of these kinds is in it."""
        return any(taint.kind in kinds for taint in self.taints)


def spelt(value: Value) -> str:
    """Write it as text, with a hole in it where it is not known."""
    if isinstance(value.const, str):
        return value.const
    if isinstance(value.const, (int, float)):
        return str(value.const)
    if isinstance(value.const, bytes):
        return value.const.decode("utf-8", "replace")
    return f"{GAP}{value.ref}{GAP}" if value.ref and len(value.ref) < LONG_NAME else HOLE


NOTHING: Final = Value()
CLEAN: Final = Value(clean=True)


def const(value: type_of_const) -> Value:
    """A constant."""
    return Value(value)


def merge(taints: Iterable[Taint]) -> tuple[Taint, ...]:
    """Put origins together, each once, and not more than a few."""
    seen: dict[tuple[str, str], Taint] = {}
    for taint in taints:
        seen.setdefault((taint.kind, taint.label), taint)
    found = tuple(seen.values())
    if len(found) <= FEW:
        return found
    return tuple(sorted(found, key=lambda taint: taint.kind.startswith("@"))[: FEW * 2])


def taints_of(value: Value) -> tuple[Taint, ...]:
    """Everything that is in a value or in what it holds."""
    if value.items is None and value.elements is None:
        return value.taints
    inner = (*(value.items or {}).values(), *(value.elements or ()))
    if all(held.items is None and held.elements is None for held in inner):
        return merge([*value.taints, *(taint for held in inner for taint in held.taints)])
    found, todo, seen = list[Taint](), [value], set[int]()
    while todo:  # tables that hold the same table twice, and that one twice, are looked through once
        held = todo.pop()
        if id(held) not in seen:
            seen.add(id(held))
            found += held.taints
            todo += reversed((*(held.items or {}).values(), *(held.elements or ())))
    return merge(found)


def either(one: Value, other: Value, deep: int = 2) -> Value:
    """What may be the one or the other, and of what they hold the same, as deep as that is told apart."""
    if one is other or other is NOTHING:
        return one
    if one is NOTHING:
        return other
    consts = [item for item in (one.const, *one.others, other.const, *other.others) if item is not UNKNOWN]
    kept = list(dict.fromkeys(consts))[:FEW]
    return Value(
        const=kept[0] if kept else UNKNOWN,
        ref=one.ref or other.ref,
        taints=merge([*one.taints, *other.taints]) if one.taints or other.taints else (),
        items=_either_entry(one.items, other.items, deep),
        elements=_either_element(one.elements, other.elements, deep),
        others=tuple(kept[1:]),
        clean=one.clean and other.clean,
    )


def _either_element(
    one: tuple[Value, ...] | None, other: tuple[Value, ...] | None, deep: int
) -> tuple[Value, ...] | None:
    if one is None or other is None or one is other:
        return one if one is not None else other
    if len(one) != len(other) or len(one) > FEW or not deep:
        return one or other
    return tuple(either(first, second, deep - 1) for first, second in zip(one, other, strict=True))


def _either_entry(
    one: Mapping[str, Value] | None, other: Mapping[str, Value] | None, deep: int
) -> Mapping[str, Value] | None:
    if one is None or other is None or one is other:
        return one if one is not None else other
    if len(one) + len(other) > ITEMS or not deep:
        return one or other
    both = {name: either(one[name], other[name], deep - 1) for name in one.keys() & other.keys()}
    return {**other, **one, **both}


def also(value: Value, taint: Taint) -> Value:
    """Add an origin behind those that a value has."""
    taints = merge((*value.taints, taint))
    return Value(value.const, value.ref, taints, value.items, value.elements, value.others, value.clean)


def through(taints: tuple[Taint, ...], line: int, text: str) -> tuple[Taint, ...]:
    """Add a station to the way of each."""
    return tuple(msgspec.structs.replace(t, way=(*t.way, (line, text))) if len(t.way) < FEW else t for t in taints)
