"""What expressions give: literals, sums, choices, arrays and objects.

It must never evaluate more than texts and whole numbers.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ringfence.audit.code.javascript.literals import unescaped
from ringfence.audit.code.javascript.names import credential, of_another
from ringfence.audit.code.javascript.reads import Reads
from ringfence.audit.code.javascript.scopes import FUNCTIONS
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import CLEAN, UNKNOWN, Kind, Taint, Value, joined, together

_SPREAD: Final = 4096  # letters of a text that are spread into an array


def string(reader: Reads, node: Node) -> Value:
    """Return a text as it is written."""
    return Value((unescaped(reader.text(node)[1:-1]),))


def template(reader: Reads, node: Node) -> Value:
    """Return the text of a template, with holes where a part is not known."""
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


def _literal(reader: Reads, start: int, end: int) -> list[Value]:
    if end <= start:
        return []
    text = reader.index.source.data[start:end].decode("utf-8", "replace")
    return [Value((unescaped(text),))]


def number(reader: Reads, node: Node) -> Value:
    """Return a number as a text."""
    text = reader.text(node).replace("_", "")
    try:
        return Value((str(int(text, 0)),))
    except ValueError:
        return Value((text,))


def binary(reader: Reads, node: Node) -> Value:
    """Return what two parts give."""
    operator = reader.text(node.child("operator"))
    if operator == "+":
        return together(reader.value(part) for part in _spine(reader, node))
    left, right = node.child("left"), node.child("right")
    if operator in ("||", "??", "&&"):
        values = [reader.value(right)] if operator == "&&" else [reader.value(left), reader.value(right)]
        return joined(values)
    return _computed(operator, reader.value(left), reader.value(right))


_WHOLE: Final[Mapping[str, Callable[[int, int], int]]] = {
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "^": lambda one, other: one ^ other,
    "&": lambda one, other: one & other,
    "|": lambda one, other: one | other,
    ">>": lambda one, other: one >> other,
    "%": lambda one, other: one % other if other else 0,
}
_DIGITS: Final = 8  # of a number that is computed with: codes of letters have fewer


def _computed(operator: str, left: Value, right: Value) -> Value:
    """Compute with whole numbers that are written out; a balance stays one, less or more of it."""
    action = _WHOLE.get(operator)
    if action is None:
        return CLEAN
    one, other = left.text, right.text
    decoded = left.decoded or right.decoded
    if _is_number(one) and _is_number(other) and one is not None and other is not None:
        result = action(int(one), min(int(other), _DIGITS * 8) if operator == ">>" else int(other))
        return Value((str(result),), decoded=decoded, taints=left.taints | right.taints)
    kept = {taint for taint in left.taints | right.taints if taint.kind is Kind.BALANCE or operator == "^"}
    return Value(taints=frozenset(kept), clean=True)


def _is_number(text: str | None) -> bool:
    return text is not None and len(text) < _DIGITS and text.isascii() and text.isdecimal()


def _spine(reader: Reads, node: Node) -> list[Node]:
    """List the parts of a long sum: it leans to the left, however deep."""
    parts: list[Node] = []
    at: Node | None = node
    while at is not None and at.type == "binary_expression" and reader.text(at.child("operator")) == "+":
        right = at.child("right")
        if right is not None:
            parts.append(right)
        at = at.child("left")
    return [*([at] if at is not None else []), *reversed(parts)]


def unary(reader: Reads, node: Node) -> Value:
    """Return what one part gives behind a sign."""
    if reader.text(node.child("operator")) in ("+", "-", "~"):
        return Value(taints=reader.value(node.child("argument")).taints)
    return CLEAN


def ternary(reader: Reads, node: Node) -> Value:
    """Return what either branch gives."""
    return joined((reader.value(node.child("consequence")), reader.value(node.child("alternative"))))


def last(reader: Reads, node: Node) -> Value:
    """Return what its last part gives."""
    return reader.value(node.kids[-1]) if node.kids else UNKNOWN


def first(reader: Reads, node: Node) -> Value:
    """Return what its first part gives."""
    return reader.value(node.kids[0]) if node.kids else UNKNOWN


def assignment(reader: Reads, node: Node) -> Value:
    """Return what is assigned."""
    return reader.value(node.child("right"))


def literal(reader: Reads, node: Node) -> Value:
    """Return an object literal."""
    taints: set[Taint] = set(_paired(reader, node))
    for kid in node.kids:
        inner = kid.child("value") if kid.type == "pair" else kid
        if inner is not None and inner.type not in FUNCTIONS:
            taints |= reader.value(inner).taints
    return Value(nodes=(node,), taints=frozenset(taints))


def _paired(reader: Reads, node: Node) -> list[Taint]:
    """Say what a key and a secret that stand side by side are: an exchange's, whatever their variables are called."""
    named = [(kid, credential(reader.text(kid.child("key")).strip("'\""))) for kid in node.kids if kid.type == "pair"]
    if not {Kind.AUTH, Kind.SECRET} <= {kind for _, kind in named}:
        return []
    return [
        Taint(kind, reader.text(kid.child("key"))[:60], reader.line(kid))
        for kid, kind in named
        if kind is not None and _is_variable(reader, kid.child("value"))
    ]


def _is_variable(reader: Reads, node: Node | None) -> bool:
    """Say whether a value is read from a variable of the environment that is not another service's."""
    names = reader.value(node).names
    return any(name.startswith("process.env.") and not of_another(name[len("process.env.") :]) for name in names)


def array(reader: Reads, node: Node) -> Value:
    """Return an array literal."""
    items = tuple(item for kid in node.kids for item in _spread(reader, kid))
    taints = frozenset(taint for item in items for taint in item.taints)
    return Value(items=items, taints=taints, decoded=any(item.decoded for item in items))


def _spread(reader: Reads, node: Node) -> tuple[Value, ...]:
    value = reader.value(node)
    if node.type != "spread_element":
        return (value,)
    if value.items is not None:
        return value.items
    text = value.text
    if text is None or len(text) > _SPREAD:
        return (value,)
    return tuple(Value((letter,), taints=value.taints, decoded=value.decoded) for letter in text)
