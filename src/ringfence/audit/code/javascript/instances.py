"""What objects of classes hold: the fields that their class fills, and what they inherit.

It must never look at more fields than its limit; a field that is a function is not held.
"""

from typing import Final

from ringfence.audit.code.javascript.reads import Reads
from ringfence.audit.code.javascript.scopes import CLASSES, FUNCTIONS, Index
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import UNKNOWN, Kind, Taint, Value, joined

_HOPS: Final = 200  # how far a line stands inside its class
_FIELDS: Final = 100  # fields of one class, and values of one field, that are looked at
_HELD: Final = frozenset({Kind.WALLET_KEY, Kind.SECRET, Kind.AUTH, Kind.KEYPAIR, Kind.ENVIRONMENT, Kind.FILE})


def class_of(node: Node) -> Node | None:
    """Find the class in which something stands."""
    at: Node | None = node
    for _ in range(_HOPS):
        if at is None or at.type in CLASSES:
            return at
        at = at.parent
    return None


def heirs(index: Index, name: str) -> list[Node]:
    """List the calls of `super(...)` in the classes that extend one of this name."""
    if index.heirs is None:
        index.heirs = {}
        for call in index.called.get("super", []):
            home = class_of(call)
            base = next((kid for kid in home.kids if kid.type == "class_heritage"), None) if home is not None else None
            said = index.source.text(base).removeprefix("extends").split() if base is not None else []
            if said:
                index.heirs.setdefault(said[0].partition("<")[0], []).append(call)
    return index.heirs.get(name, [])


def held(reader: Reads, node: Node) -> frozenset[Taint]:
    """Return the keys that the object carries whose class this stands in, or is."""
    home = class_of(node)
    if home is None or _is_reached(node):
        return frozenset()
    found: set[Taint] = set()
    for values in list(reader.index.fields.values())[:_FIELDS]:
        for value in values[:_FIELDS]:
            if home.start <= value.start < home.end and value.type not in FUNCTIONS:
                found |= {taint for taint in reader.value(value).taints if taint.kind in _HELD or _is_given(taint)}
    return frozenset(found)


def _is_given(taint: Taint) -> bool:
    return taint.kind in (Kind.ARGUMENT, Kind.IMPORTED)


def _is_reached(node: Node) -> bool:
    """Say whether only a field of it is wanted, as nearly always."""
    return node.parent is not None and node.parent.type == "member_expression" and node.field == "object"


def heritage(reader: Reads, node: Node) -> Value:
    """Return what the class extends in which something stands."""
    home = class_of(node)
    base = next((kid for kid in home.kids if kid.type == "class_heritage"), None) if home is not None else None
    while base is not None and base.type in ("class_heritage", "extends_clause"):
        base = base.kids[0] if base.kids else None
    return reader.value(base) if base is not None else UNKNOWN


def made(reader: Reads, classes: tuple[Node, ...]) -> Value:
    """Return an object of one of these classes."""
    return joined(Value(nodes=(one,), taints=held(reader, one)) for one in classes)
