"""What an expression may be: asked for where a rule wants to know, and followed back from there.

A value is followed through assignments, arguments, returns, object literals and classes of its file, whatever the order
of its lines. It must never take more than its steps, and never recurse deeper than its limit: beyond, it says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ringfence.audit.code.javascript import expressions, naming
from ringfence.audit.code.javascript.callees import result
from ringfence.audit.code.javascript.calling import called
from ringfence.audit.code.javascript.given import CALLERS
from ringfence.audit.code.javascript.instances import held, heritage
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.scopes import CLASSES, FUNCTIONS, Index
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import UNKNOWN, Value, joined

STEPS: Final = 400_000
"""How many expressions are looked at for one file: several seconds' worth (a choice of this project)."""
DEPTH: Final = 110
"""How deep one value is followed; each level takes up to eight of the thousand frames that Python allows."""
FRAMES: Final = 4
"""How many calls within calls are worked out for their own arguments."""
APPLIED: Final = 600
"""How many expressions are looked at for one such call: a helper by hand has tens."""
SPENT: Final = 60_000
"""How many are looked at for all such calls of one file."""
_BINDINGS: Final = 64  # assignments to one name that are looked at
_NEVER: Final = 1 << 30
_TRIES: Final = 4  # how often a value that hangs on itself is worked out anew


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
    most: int = STEPS
    frames: Mapping[int, tuple[Value, ...]] = field(default_factory=dict)
    spent: list[int] = field(default_factory=lambda: [0])

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
        if self.steps > self.most:
            self.tired = "it has more paths than are followed"
        elif self.depth > DEPTH:
            self.tired = "its values are nested deeper than is followed"
        return bool(self.tired) and (self.steps > self.most or self.depth > DEPTH)

    def call(self, node: Node) -> Called:
        """Return what a call calls."""
        known = self.calls.get(id(node))
        if known is None:
            known = self.calls[id(node)] = called(self, node)
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

    def applied(self, function: Node, given: tuple[Value, ...]) -> Value:
        """Return what a function gives back for these arguments alone; unknown where that takes too long."""
        if id(function) in self.frames or len(self.frames) >= FRAMES or self.spent[0] >= SPENT:
            return UNKNOWN
        inner = Reader(self.index, self.exporting, depth=self.depth + 2, most=APPLIED, spent=self.spent)
        inner.frames = {**self.frames, id(function): given}
        found = inner.returned(function)
        self.spent[0] += inner.steps + 1
        return UNKNOWN if inner.tired else found

    def within(self, function: Node, name: str) -> list[Node]:
        """List the calls of this name that stand inside a function."""
        return [
            call
            for call in self.index.called.get(name, [])[:CALLERS]
            if function.start <= call.start and call.end <= function.end
        ]


def _nothing(_: Reader, __: Node) -> Value:
    return UNKNOWN


def _itself(_: Reader, node: Node) -> Value:
    return Value(nodes=(node,))


def _this(reader: Reader, node: Node) -> Value:
    return Value(names=("this",), taints=held(reader, node))


def _super(reader: Reader, node: Node) -> Value:
    return heritage(reader, node)


def _import(_: Reader, __: Node) -> Value:
    return Value(names=("import",))


def _call(reader: Reader, node: Node) -> Value:
    return result(reader, reader.call(node))


_READ: Final[dict[str, Callable[[Reader, Node], Value]]] = {
    "array": expressions.array,
    "as_expression": expressions.first,
    "assignment_expression": expressions.assignment,
    "augmented_assignment_expression": expressions.assignment,
    "await_expression": expressions.last,
    "binary_expression": expressions.binary,
    "call_expression": _call,
    "identifier": naming.identifier,
    "import": _import,
    "member_expression": naming.field_of,
    "new_expression": _call,
    "non_null_expression": expressions.first,
    "number": expressions.number,
    "object": expressions.literal,
    "parenthesized_expression": expressions.last,
    "satisfies_expression": expressions.first,
    "sequence_expression": expressions.last,
    "shorthand_property_identifier": naming.identifier,
    "spread_element": expressions.last,
    "string": expressions.string,
    "subscript_expression": naming.subscript,
    "super": _super,
    "template_string": expressions.template,
    "ternary_expression": expressions.ternary,
    "this": _this,
    "type_assertion": expressions.last,
    "unary_expression": expressions.unary,
    "yield_expression": expressions.last,
    **dict.fromkeys(FUNCTIONS | CLASSES, _itself),
}
