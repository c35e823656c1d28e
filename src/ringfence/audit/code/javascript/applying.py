"""What functions of the file give for the very arguments of one call: helpers that put names and texts together.

It must never apply a large function, nor one to many elements: limits keep the work small.
"""

import re
from typing import Final

from ringfence.audit.code.javascript.carrying import after
from ringfence.audit.code.javascript.reads import Called, Reads
from ringfence.audit.code.javascript.scopes import FUNCTIONS
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import Kind, Taint, Value, joined

_LISTED: Final = re.compile(r"(?:readdir|glob|readdirp|walk|klaw)\w{0,8}(?:\.\w{1,12}){0,3}$")
_KEYFILE: Final = re.compile(
    r"\.env\b|id_rsa|id_ed25519|keystore|wallet\.dat|\.pem\b|mnemonic|id\.json|\.key\b|private[_-]?key|credentials",
    re.IGNORECASE,
)
_SIZE: Final = 2000  # bytes of a helper
_ITEMS: Final = 256  # elements that a function is applied to: a text that was taken apart has about as many
_GIVEN: Final = 16  # arguments of one call


def helped(reader: Reads, called: Called, functions: list[Node]) -> Value | None:
    """Return what a helper gives for the arguments of this call, where they are written out."""
    if len(functions) != 1 or not _is_small(functions[0]):
        return None
    given = arguments(reader, called)
    if not any(value.texts or value.items is not None for value in given) or len(given) > _GIVEN:
        return None
    return _told(reader.applied(functions[0], given))


def arguments(reader: Reads, called: Called) -> tuple[Value, ...]:
    """List what a call is given, with arrays that are spread into it taken apart."""
    found: list[Value] = []
    for one in called.arguments:
        value = reader.value(one)
        found += value.items if one.type == "spread_element" and value.items is not None else [value]
    return tuple(found)


def chosen(reader: Reads, called: Called) -> Value | None:
    """Return which files of a listing a filter picks, where it names those that hold keys."""
    if called.method not in ("filter", "find") or not any(_LISTED.search(name) for name in called.names):
        return None
    said = reader.head(called.arguments[0], _SIZE) if called.arguments else ""
    found = _KEYFILE.search(said)
    if found is None or "!" in said[max(found.start() - 30, 0) : found.start()]:
        return None
    return Value(names=after(called), taints=frozenset({Taint(Kind.FILE, found[0], reader.line(called.node))}))


def walked(reader: Reads, called: Called) -> Value | None:
    """Return what `map`, `flatMap`, `filter`, `find` or `reduce` makes of an array that is written out."""
    items = called.owner.items
    if called.method not in _WALKS or items is None or len(items) > _ITEMS or not called.arguments:
        return None
    functions = [node for node in reader.value(called.arguments[0]).nodes if node.type in FUNCTIONS]
    if called.method == "filter":
        return called.owner
    if called.method == "find":
        return joined(items)
    if len(functions) != 1 or not _is_small(functions[0]):
        return None
    if called.method.startswith("reduce"):
        start = tuple(reader.value(one) for one in called.arguments[1:2])
        return _reduced(reader, functions[0], start, items if called.method == "reduce" else items[::-1])
    made = tuple(_applied(reader, functions[0], item, at) for at, item in enumerate(items))
    if any(not one.texts and one.items is None and not one.nodes for one in made):
        return None
    taints = frozenset(taint for one in made for taint in one.taints) | called.owner.taints
    return Value(items=made, taints=taints, decoded=any(one.decoded for one in made))


def _applied(reader: Reads, function: Node, item: Value, at: int) -> Value:
    return reader.applied(function, (item, Value((str(at),))))


def _reduced(reader: Reads, function: Node, start: tuple[Value, ...], items: tuple[Value, ...]) -> Value | None:
    if not start and not items:
        return None
    value, rest = (start[0], items) if start else (items[0], items[1:])
    for at, item in enumerate(rest):
        value = reader.applied(function, (value, item, Value((str(at),))))
        if not value.texts and value.items is None:
            return None
    return value


def _told(value: Value) -> Value | None:
    return value if value.text is not None or value.items is not None else None


def _is_small(function: Node) -> bool:
    return function.end - function.start < _SIZE


_WALKS: Final = frozenset({"filter", "find", "flatMap", "map", "reduce", "reduceRight"})
