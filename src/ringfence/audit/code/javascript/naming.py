"""What a name stands for: by what it is bound to, by what is put into it later, and by how it is called.

It must never follow more bindings of one name than its limit.
"""

from typing import Final

from ringfence.audit.code.javascript.given import element, parameter
from ringfence.audit.code.javascript.literals import module
from ringfence.audit.code.javascript.members import member, method
from ringfence.audit.code.javascript.names import credential
from ringfence.audit.code.javascript.reads import Reads
from ringfence.audit.code.javascript.scopes import Binding
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import UNKNOWN, Kind, Taint, Value, joined, named

_BINDINGS: Final = 64  # assignments to one name that are looked at
_FED: Final = 400  # things put into one value that are looked at
_LONGEST: Final = 120  # letters of a name that is put together
_WRITTEN: Final = 12  # characters: a credential that stands in the code is at least as long


def identifier(reader: Reads, node: Node) -> Value:
    """Return what a name stands for, and what it is filled with elsewhere."""
    name = reader.text(node)
    home = reader.index.scope(node).home(name)
    bindings = home.bound.get(name, []) if home is not None else []
    if home is None or not bindings:
        value = named(name)
    else:
        values = [_bound(reader, binding) for binding in bindings[:_BINDINGS]]
        value = _with_fed(reader, joined(values), home.fed.get(name, []))
    return by_name(value, name, reader.line(node))


def by_name(value: Value, name: str, line: int) -> Value:
    """Add what a value's name says of it, where nothing else is known."""
    kind = credential(name)
    if kind is None or value.clean or value.nodes or value.has(Kind.WALLET_KEY, Kind.SECRET, Kind.AUTH, Kind.FILE):
        return value
    if value.texts and all(len(text) < _WRITTEN for text in value.texts):
        return value
    return Value(
        value.texts,
        value.names,
        value.nodes,
        value.items,
        value.taints | {Taint(kind, name, line)},
        value.decoded,
        value.pieced,
    )


def _with_fed(reader: Reads, value: Value, fed: list[tuple[str, Node]]) -> Value:
    if not fed:
        return value
    more = [reader.value(node) for _, node in fed[:_FED]]
    taints = value.taints | {taint for one in more for taint in one.taints}
    return Value(value.texts, value.names, value.nodes, value.items, taints, value.decoded, value.pieced)


def _bound(reader: Reads, binding: Binding) -> Value:
    match binding.how:
        case "import":
            return named(module(binding.name))
        case "function" | "class":
            return Value(nodes=(binding.node,)) if binding.node is not None else UNKNOWN
        case "parameter":
            value = parameter(reader, binding)
        case "element":
            value = element(reader.value(binding.node))
        case "key":
            held = reader.value(binding.node)
            value = Value(taints=frozenset(held.has(Kind.ENVIRONMENT, Kind.LISTING)))
        case _:
            value = reader.value(binding.node)
    for key in binding.path:
        computed = reader.index.computed.get(key)
        if computed is None:
            value = member(reader, value, key, binding.node)
        else:
            value = _taken(reader, value, reader.value(computed), binding.node)
    return value


def field_of(reader: Reads, node: Node) -> Value:
    """Return what is known of `object.key`."""
    held = reader.value(node.child("object"))
    key = reader.text(node.child("property")).lstrip("#")
    owner = node.child("object")
    if owner is not None and owner.type == "this":
        held = joined(reader.value(value) for value in reader.index.fields.get(key, [])[:_FED])
        found = joined((held, *(method(reader, one) for one in reader.index.methods.get(key, [])[:4])))
        return by_name(found, f"this.{key}" if credential(key) else key, reader.line(node))
    return member(reader, held, key, node)


def subscript(reader: Reads, node: Node) -> Value:
    """Return what is known of `object[key]`."""
    held, index = reader.value(node.child("object")), reader.value(node.child("index"))
    if index.text is None:
        return element(held) if not index.has(Kind.ENVIRONMENT) else Value(taints=held.taints | index.taints)
    return _taken(reader, held, index, node)


def _taken(reader: Reads, held: Value, index: Value, node: Node | None) -> Value:
    """Return a field whose name was worked out: it is called so even of what is not known."""
    name = index.text or ""
    found = member(reader, held, name, node)
    if not (index.pieced or index.decoded) or found.nodes or not 0 < len(name) <= _LONGEST:
        return found
    if not found.names:
        return Value(names=(f"?.{name}",), taints=found.taints, pieced=True)
    return Value(found.texts, found.names, found.nodes, found.items, found.taints, found.decoded, pieced=True)
