"""What an expression may be: asked for where a rule wants to know, and followed back from there.

A value is followed through assignments, arguments, returns, object literals and classes of its file, whatever the order
of its lines. It must never take more than its steps, and never recurse deeper than its limit: beyond, it says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ringfence.audit.code.javascript.callees import result
from ringfence.audit.code.javascript.given import CALLERS, element, parameter
from ringfence.audit.code.javascript.literals import module, unescaped
from ringfence.audit.code.javascript.members import member
from ringfence.audit.code.javascript.names import credential
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.scopes import CLASSES, FUNCTIONS, Binding, Index, arguments
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import (
    CLEAN,
    UNKNOWN,
    Kind,
    Taint,
    Value,
    joined,
    named,
    together,
)

STEPS: Final = 400_000
"""How many expressions are looked at for one file: several seconds' worth (a choice of this project)."""
DEPTH: Final = 110
"""How deep one value is followed; each level takes up to eight of the thousand frames that Python allows."""
_BINDINGS: Final = 64  # assignments to one name that are looked at
_SPREAD: Final = 4096  # letters of a text that are spread into an array
_FED: Final = 400  # things put into one value that are looked at
_NEVER: Final = 1 << 30
_TRIES: Final = 4  # how often a value that hangs on itself is worked out anew
_WRITTEN: Final = 12  # characters: a credential that stands in the code is at least as long


@dataclass(slots=True, eq=False)
class Reader:
    """Reads the values of one file, and remembers them."""

    index: Index
    exporting: bool
    memo: dict[int, Value] = field(default_factory=dict)
    calls: dict[int, Called] = field(default_factory=dict)
    busy: dict[int, int] = field(default_factory=dict)
    tries: dict[int, int] = field(default_factory=dict)
    lowest: int = _NEVER
    steps: int = 0
    depth: int = 0
    tired: str = ""

    def value(self, node: Node | None) -> Value:
        """Return what is known of an expression."""
        if node is None:
            return UNKNOWN
        known = self.memo.get(id(node))
        if known is not None:
            return known
        if id(node) in self.busy:
            self.lowest = min(self.lowest, self.busy[id(node)])
            return UNKNOWN
        return UNKNOWN if self._over() else self._new(node)

    def _new(self, node: Node) -> Value:
        """Work a value out; it is kept where it hangs on nothing that is still being worked out."""
        mine, outer = self.depth, self.lowest
        self.busy[id(node)] = mine
        self.depth, self.lowest = mine + 1, _NEVER
        try:
            found = _READ.get(node.type, _nothing)(self, node)
        finally:
            self.depth = mine
            del self.busy[id(node)]
        tries = self.tries[id(node)] = self.tries.get(id(node), 0) + 1
        if self.lowest >= mine or tries >= _TRIES:
            self.memo[id(node)] = found
        self.lowest = min(outer, self.lowest) if self.lowest < mine else outer
        return found

    def _over(self) -> bool:
        self.steps += 1
        if self.steps > STEPS:
            self.tired = "it has more paths than are followed"
        elif self.depth > DEPTH:
            self.tired = "its values are nested deeper than is followed"
        return bool(self.tired) and (self.steps > STEPS or self.depth > DEPTH)

    def call(self, node: Node) -> Called:
        """Return what a call calls."""
        known = self.calls.get(id(node))
        if known is None:
            known = self.calls[id(node)] = _called(self, node)
        return known

    def text(self, node: Node | None) -> str:
        """Return what stands in the file there."""
        return "" if node is None else self.index.source.text(node)

    def head(self, node: Node | None, most: int) -> str:
        """Return the beginning of what stands there: a long chain is not copied for its first name."""
        if node is None:
            return ""
        return self.index.source.data[node.start : min(node.end, node.start + most)].decode("utf-8", "replace")

    def line(self, node: Node) -> int:
        """Count the line on which a node starts."""
        return self.index.source.line(node)

    def returned(self, function: Node) -> Value:
        """Return what a function gives back."""
        body = function.child("body")
        if body is not None and body.type != "statement_block":
            return self.value(body)
        given = self.index.returns.get(id(function), [])
        return joined(self.value(node.kids[0]) for node in given[:_BINDINGS] if node.kids)

    def within(self, function: Node, name: str) -> list[Node]:
        """List the calls of this name that stand inside a function."""
        return [
            call
            for call in self.index.called.get(name, [])[:CALLERS]
            if function.start <= call.start and call.end <= function.end
        ]


def _called(reader: Reader, node: Node) -> Called:
    callee = node.child("function") or node.child("constructor")
    while callee is not None and callee.type in ("parenthesized_expression", "non_null_expression") and callee.kids:
        callee = callee.kids[-1]
    value = reader.value(callee)
    given = arguments(node)
    owner, method, hidden = UNKNOWN, "", value.pieced
    if callee is not None and callee.type in ("member_expression", "subscript_expression"):
        owner = reader.value(callee.child("object"))
        method = _key(reader, callee)
        index = reader.value(callee.child("index"))
        hidden = hidden or ((index.pieced or index.decoded) and bool(method))
        if method in ("call", "apply") and (owner.names or owner.nodes) and owner.names != ("Reflect",):
            return _applied(node, owner, given, method)
    if value.names == ("Reflect.apply",) and len(given) > 2:  # noqa: PLR2004 - function, this, arguments
        return _applied(node, reader.value(given[0]), given[1:], "apply")
    return Called(node, value, owner, method, tuple(given), node.type == "new_expression", hidden, _plain(value))


def _plain(value: Value) -> tuple[str, ...]:
    return tuple(name.replace("()", "") for name in value.names)


def _applied(node: Node, owner: Value, given: list[Node], how: str) -> Called:
    rest = given[1:]
    if how == "apply" and rest and rest[0].type == "array":
        rest = rest[0].kids
    last = owner.names[0].rpartition(".")[2] if owner.names else ""
    return Called(node, owner, UNKNOWN, last, tuple(rest), new=False, names=_plain(owner))


def _key(reader: Reader, node: Node) -> str:
    if node.type == "member_expression":
        return reader.text(node.child("property")).lstrip("#")
    return reader.value(node.child("index")).text or ""


def _nothing(_: Reader, __: Node) -> Value:
    return UNKNOWN


def _string(reader: Reader, node: Node) -> Value:
    return Value((unescaped(reader.text(node)[1:-1]),))


def _template(reader: Reader, node: Node) -> Value:
    parts: list[Value] = []
    at = node.start + 1
    for kid in node.kids:
        if kid.type != "template_substitution":
            continue
        parts += _literal(reader, at, kid.start)
        parts.append(reader.value(kid.kids[0]) if kid.kids else UNKNOWN)
        at = kid.end
    parts += _literal(reader, at, node.end - 1)
    return together(parts)


def _literal(reader: Reader, start: int, end: int) -> list[Value]:
    if end <= start:
        return []
    text = reader.index.source.data[start:end].decode("utf-8", "replace")
    return [Value((unescaped(text),))]


def _number(reader: Reader, node: Node) -> Value:
    text = reader.text(node).replace("_", "")
    try:
        return Value((str(int(text, 0)),))
    except ValueError:
        return Value((text,))


def _identifier(reader: Reader, node: Node) -> Value:
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


def _with_fed(reader: Reader, value: Value, fed: list[tuple[str, Node]]) -> Value:
    if not fed:
        return value
    more = [reader.value(node) for _, node in fed[:_FED]]
    taints = value.taints | {taint for one in more for taint in one.taints}
    return Value(value.texts, value.names, value.nodes, value.items, taints, value.decoded, value.pieced)


def _bound(reader: Reader, binding: Binding) -> Value:
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
        value = member(reader, value, key, binding.node)
    return value


def _member(reader: Reader, node: Node) -> Value:
    held = reader.value(node.child("object"))
    key = reader.text(node.child("property")).lstrip("#")
    owner = node.child("object")
    if owner is not None and owner.type == "this":
        held = joined(reader.value(value) for value in reader.index.fields.get(key, [])[:_FED])
        methods = tuple(reader.index.methods.get(key, [])[:4])
        found = joined((held, Value(nodes=methods))) if methods else held
        return by_name(found, f"this.{key}" if credential(key) else key, reader.line(node))
    return member(reader, held, key, node)


def _subscript(reader: Reader, node: Node) -> Value:
    held, index = reader.value(node.child("object")), reader.value(node.child("index"))
    if index.text is None:
        return element(held) if not index.has(Kind.ENVIRONMENT) else Value(taints=held.taints | index.taints)
    found = member(reader, held, index.text, node)
    if not (index.pieced or index.decoded) or not found.names:
        return found
    return Value(found.texts, found.names, found.nodes, found.items, found.taints, found.decoded, pieced=True)


def _binary(reader: Reader, node: Node) -> Value:
    operator = reader.text(node.child("operator"))
    if operator == "+":
        return together(reader.value(part) for part in _spine(reader, node))
    left, right = node.child("left"), node.child("right")
    if operator in ("||", "??", "&&"):
        values = [reader.value(right)] if operator == "&&" else [reader.value(left), reader.value(right)]
        return joined(values)
    return CLEAN


def _spine(reader: Reader, node: Node) -> list[Node]:
    """List the parts of a long sum: it leans to the left, however deep."""
    parts: list[Node] = []
    at: Node | None = node
    while at is not None and at.type == "binary_expression" and reader.text(at.child("operator")) == "+":
        right = at.child("right")
        if right is not None:
            parts.append(right)
        at = at.child("left")
    return [*([at] if at is not None else []), *reversed(parts)]


def _unary(reader: Reader, node: Node) -> Value:
    if reader.text(node.child("operator")) in ("+", "-", "~"):
        return Value(taints=reader.value(node.child("argument")).taints)
    return CLEAN


def _ternary(reader: Reader, node: Node) -> Value:
    return joined((reader.value(node.child("consequence")), reader.value(node.child("alternative"))))


def _last(reader: Reader, node: Node) -> Value:
    return reader.value(node.kids[-1]) if node.kids else UNKNOWN


def _first(reader: Reader, node: Node) -> Value:
    return reader.value(node.kids[0]) if node.kids else UNKNOWN


def _assignment(reader: Reader, node: Node) -> Value:
    return reader.value(node.child("right"))


def _object(reader: Reader, node: Node) -> Value:
    taints: set[Taint] = set()
    for kid in node.kids:
        inner = kid.child("value") if kid.type == "pair" else kid
        if inner is not None and inner.type not in FUNCTIONS:
            taints |= reader.value(inner).taints
    return Value(nodes=(node,), taints=frozenset(taints))


def _array(reader: Reader, node: Node) -> Value:
    items = tuple(item for kid in node.kids for item in _spread(reader, kid))
    taints = frozenset(taint for item in items for taint in item.taints)
    return Value(items=items, taints=taints, decoded=any(item.decoded for item in items))


def _spread(reader: Reader, node: Node) -> tuple[Value, ...]:
    value = reader.value(node)
    if node.type != "spread_element":
        return (value,)
    if value.items is not None:
        return value.items
    text = value.text
    if text is None or len(text) > _SPREAD:
        return (value,)
    return tuple(Value((letter,), taints=value.taints, decoded=value.decoded) for letter in text)


def _itself(_: Reader, node: Node) -> Value:
    return Value(nodes=(node,))


def _this(_: Reader, __: Node) -> Value:
    return Value(names=("this",))


def _import(_: Reader, __: Node) -> Value:
    return Value(names=("import",))


def _call(reader: Reader, node: Node) -> Value:
    return result(reader, reader.call(node))


_READ: Final[dict[str, Callable[[Reader, Node], Value]]] = {
    "array": _array,
    "as_expression": _first,
    "assignment_expression": _assignment,
    "augmented_assignment_expression": _assignment,
    "await_expression": _last,
    "binary_expression": _binary,
    "call_expression": _call,
    "identifier": _identifier,
    "import": _import,
    "member_expression": _member,
    "new_expression": _call,
    "non_null_expression": _first,
    "number": _number,
    "object": _object,
    "parenthesized_expression": _last,
    "satisfies_expression": _first,
    "sequence_expression": _last,
    "shorthand_property_identifier": _identifier,
    "spread_element": _last,
    "string": _string,
    "subscript_expression": _subscript,
    "template_string": _template,
    "ternary_expression": _ternary,
    "this": _this,
    "type_assertion": _last,
    "unary_expression": _unary,
    "yield_expression": _last,
    **dict.fromkeys(FUNCTIONS | CLASSES, _itself),
}
