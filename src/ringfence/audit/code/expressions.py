"""Reading what is made of other expressions: sums, texts, tables, lists. Nothing is run."""

import ast
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Final, cast

from ringfence.audit.code import folding
from ringfence.audit.code.called import Call
from ringfence.audit.code.known import is_ours
from ringfence.audit.code.lookups import DECODED, HIDEABLE, MANY, PIECED, SHORT, Lookups
from ringfence.audit.code.values import (
    CLEAN,
    FEW,
    GAP,
    LONG,
    NOTHING,
    UNKNOWN,
    Taint,
    Value,
    also,
    either,
    merge,
    spelt,
    taints_of,
    type_of_const,
)


class Expressions(Lookups):
    """The part of the reader that reads expressions."""

    def _joined(self, node: ast.JoinedStr) -> Value:
        pieces: list[str] = []
        taints: list[Taint] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                pieces.append(str(part.value).replace(GAP, "\ufffd"))
                continue
            value = self.eval(cast(ast.FormattedValue, part).value)
            spec = cast(ast.FormattedValue, part).format_spec
            pieces.append(spelt(value))
            taints += [] if _cuts(spec) else taints_of(value)
        text = "".join(pieces)
        if is_hidden(text, pieces):
            self.told_in_pieces(text)
            taints.append(PIECED)
        if "://" in text:
            self.text_seen(text, node.lineno)
        return Value(text if len(text) <= LONG else UNKNOWN, taints=merge(taints) if taints else ())

    def _binary(self, node: ast.BinOp) -> Value:
        # a long sum leans to the left: it is read without a call for each of its thousands of pieces
        chain: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            chain.append(left)
            left = left.left
        value = self.eval(left)
        for part in reversed(chain):
            value = self.operate(part.op, value, self.eval(part.right))
        if isinstance(value.const, str) and "://" in value.const:
            self.text_seen(value.const, node.lineno)
        return value

    def operate(self, op: ast.operator, left: Value, right: Value) -> Value:
        """Read one operation."""
        taints = (
            merge((*taints_of(left), *taints_of(right)))
            if left.taints or right.taints or left.items or right.items or right.elements
            else ()
        )
        if isinstance(op, ast.Mod) and isinstance(left.const, (str, bytes)):
            args = list(right.elements) if right.elements is not None else [right]
            return Value(
                folding.percent(spelt(left), [arg.const if arg.const is not UNKNOWN else spelt(arg) for arg in args]),
                taints=taints,
            )
        if isinstance(op, ast.Div) and (
            isinstance(left.const, str) or isinstance(right.const, str) or "Path" in left.ref
        ):
            return Value(f"{spelt(left).rstrip('/')}/{spelt(right)}", taints=taints)
        if isinstance(op, ast.Add):
            return self._added(left, right, taints)
        const = _number(op, left, right)
        extra = (DECODED,) if isinstance(op, ast.BitXor) and const is UNKNOWN else ()
        return Value(const, taints=(*taints, *extra))

    def _added(self, left: Value, right: Value, taints: tuple[Taint, ...]) -> Value:
        if left.elements is not None and right.elements is not None:
            return Value(elements=(*left.elements, *right.elements)[:MANY], taints=merge((*left.taints, *right.taints)))
        texts = isinstance(left.const, str) or isinstance(right.const, str) or _PLACE.search(left.ref) is not None
        const = folding.add(spelt(left) if texts else left.const, spelt(right) if texts else right.const)
        whole = isinstance(left.const, (str, bytes)) and isinstance(right.const, (str, bytes))
        hidden = whole and is_hidden(const, (spelt(left), spelt(right)))
        if hidden:
            self.told_in_pieces(const)
        return Value(const, taints=merge((*taints, PIECED)) if hidden else taints, clean=left.clean and right.clean)

    def _either(self, node: ast.BoolOp) -> Value:
        found = NOTHING
        for part in node.values:
            found = either(found, self.eval(part))
        return found

    def _if(self, node: ast.IfExp) -> Value:
        self.eval(node.test)
        return either(self.eval(node.body), self.eval(node.orelse))

    def _compare(self, node: ast.Compare) -> Value:
        self.eval(node.left)
        for part in node.comparators:
            self.eval(part)
        return CLEAN

    def _unary(self, node: ast.UnaryOp) -> Value:
        value = self.eval(node.operand)
        if isinstance(node.op, ast.Not):
            return Value(not value.const, clean=True) if isinstance(value.const, bool) else CLEAN
        if isinstance(value.const, int) and isinstance(node.op, ast.USub):
            return Value(-value.const)
        if isinstance(value.const, int) and isinstance(node.op, ast.Invert):
            return Value(~value.const)
        return value

    def _dict(self, node: ast.Dict) -> Value:
        items: dict[str, Value] = {}
        loose: list[Taint] = []
        for key, part in zip(node.keys, node.values, strict=True):
            value = self.eval(part)
            name = self.eval(key).text if key is not None else None
            if name is not None and len(items) < MANY:
                items[name] = value
            elif key is None and value.items is not None:
                items.update(value.items)
                loose += value.taints
            else:
                loose += taints_of(value)
        if "urls" in items or "hostname" in items:
            self.table_seen(items, node.lineno)
        return Value(items=items, taints=merge(loose))

    @abstractmethod
    def table_seen(self, items: dict[str, Value], line: int) -> None:
        """Look at a table of options that names hosts."""

    def _list(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        found: list[Value] = []
        for part in node.elts:
            if isinstance(part, ast.Starred):
                value = self.eval(part.value)
                found += value.elements if value.elements is not None else [element_of(value)]
            else:
                found.append(self.eval(part))
        return Value(elements=tuple(found[:MANY]))

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
        return self._each(node.generators, [node.elt], 0)

    def _dict_comprehension(self, node: ast.DictComp) -> Value:
        return self._each(node.generators, [node.value, node.key], 0)

    def _each(self, generators: list[ast.comprehension], results: list[ast.expr], at: int) -> Value:
        if at == len(generators):
            values = [self.eval(result) for result in results]
            return (
                values[0] if len(values) == 1 else Value(taints=merge(t for value in values for t in taints_of(value)))
            )
        this = generators[at]
        source = iterated(self.eval(this.iter))
        elements = elements_of(source)
        if (
            elements is not None
            and len(generators) == 1
            and len(results) == 1
            and len(elements) <= (FEW if this.ifs else MANY)
        ):
            return Value(elements=tuple(self._one(this.target, element, results[0]) for element in elements))
        self.bind_target(this.target, element_of(source))
        for test in this.ifs:
            self.eval(test)
        inner = self._each(generators, results, at + 1)
        return Value(taints=taints_of(inner), clean=inner.clean)

    def _one(self, target: ast.expr, element: Value, result: ast.expr) -> Value:
        self.bind_target(target, element)
        return self.eval(result)

    @abstractmethod
    def bind_target(self, target: ast.expr, value: Value) -> None:
        """Let a target stand for a value."""

    def _lambda(self, node: ast.Lambda) -> Value:
        return self.define(node, f"<lambda@{node.lineno}.{node.col_offset}>")

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.eval(node.value)
        self.bind(node.target.id, value)
        return value

    def _inner(self, node: ast.Await | ast.Starred | ast.FormattedValue) -> Value:
        return self.eval(node.value)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Value:
        if node.value is not None:
            value = self.eval(node.value)
            if self.scope.function is not None:
                self.notes.flow(value, f"@:{self.scope.function.qual}()", node.lineno, words="yielded")
        return NOTHING

    @abstractmethod
    def call(self, node: ast.Call) -> Value:
        """Read a call."""

    @abstractmethod
    def result(self, call: Call) -> Value:
        """Say what a call gives."""

    @abstractmethod
    def carried(self, call: Call) -> tuple[Taint, ...]:
        """Everything that is in what a call is given, and in what it is called on."""

    @abstractmethod
    def file_taints(self, path: Value, line: int) -> tuple[Taint, ...]:
        """Say what a file of that path holds."""

    readers: ClassVar[Mapping[type[ast.expr], Callable[..., Value]]] = {
        ast.Constant: lambda self, node: self.constant(node),
        ast.Name: Lookups.name,
        ast.Attribute: Lookups.attribute_of,
        ast.Subscript: Lookups.subscript,
        ast.Call: lambda self, node: self.call(node),
        ast.JoinedStr: _joined,
        ast.BinOp: _binary,
        ast.BoolOp: _either,
        ast.IfExp: _if,
        ast.Compare: _compare,
        ast.UnaryOp: _unary,
        ast.Dict: _dict,
        ast.List: _list,
        ast.Tuple: _list,
        ast.Set: _list,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.GeneratorExp: _comprehension,
        ast.DictComp: _dict_comprehension,
        ast.Lambda: _lambda,
        ast.NamedExpr: _walrus,
        ast.Await: _inner,
        ast.Starred: _inner,
        ast.FormattedValue: _inner,
        ast.Yield: _yield,
        ast.YieldFrom: _yield,
    }


_PLACE: Final = re.compile(r"(?:url|uri|host|base|endpoint|server|root|domain|api)$", re.IGNORECASE)
"""How the names end of what a path is added to."""


def is_hidden(result: object, pieces: "list[str] | tuple[str, ...]") -> bool:
    """Say whether a word that nobody hides was put together so that no piece shows it."""
    if not isinstance(result, str) or len(result) > 100:  # noqa: PLR2004
        return False
    if "withdraw" in result.lower():
        return not any("withdraw" in piece.lower() for piece in pieces)
    return result in HIDEABLE and result not in pieces


def elements_of(value: Value) -> tuple[Value, ...] | None:
    """Give the elements of what is gone through, where they are known."""
    if value.elements is not None:
        return value.elements
    if isinstance(value.const, str) and GAP not in value.const and len(value.const) <= MANY:
        return tuple(Value(char) for char in value.const)
    if isinstance(value.const, bytes) and len(value.const) <= MANY:
        return tuple(Value(number) for number in value.const)
    return None


def iterated(value: Value) -> Value:
    """Give what is gone through: an object of the project by what its `__iter__` gives."""
    if not value.ref.endswith("()") or not (value.ref.startswith(":") or is_ours(value.ref)):
        return value
    return also(value, Taint(f"@{value.ref}.__iter__()", "what it gives one by one"))


def element_of(value: Value) -> Value:
    """Give what one element may be."""
    if value.elements:
        found = NOTHING
        for item in value.elements[:8]:
            found = either(found, item)
        return Value(
            found.const,
            found.ref,
            merge((*found.taints, *value.taints)),
            found.items,
            found.elements,
            found.others,
            found.clean,
        )
    if value.items is not None:
        return Value(taints=taints_of(value))
    # what is gone through by name is chosen from; of the environment thieves choose, of a section people
    kept = tuple(taint for taint in value.taints if taint.kind != "config")
    return Value(taints=kept, clean=value.clean, ref=f"{value.ref}[]" if value.ref else "")


def _cuts(spec: ast.expr | None) -> bool:
    if not isinstance(spec, ast.JoinedStr) or len(spec.values) != 1 or not isinstance(spec.values[0], ast.Constant):
        return False
    width = str(spec.values[0].value).partition(".")[2]
    return width.isdigit() and int(width) <= SHORT


def _number(op: ast.operator, left: Value, right: Value) -> type_of_const:
    one, other = left.const, right.const
    if isinstance(one, int) and isinstance(other, int):
        return folding.arithmetic(type(op).__name__, one, other)
    if isinstance(op, ast.Mult) and isinstance(one, (str, bytes)) and isinstance(other, int):
        return folding.times(one, other)
    return UNKNOWN
