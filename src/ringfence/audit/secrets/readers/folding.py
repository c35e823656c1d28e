"""Works out what texts a Python expression joins, where it can be told without running anything."""

import ast
from collections.abc import Iterator, Sequence

_LONGEST = 100_000  # a longer text is built by a program that makes work for us
_DEEPEST = 200
_HOLD_STATEMENTS = ("body", "orelse", "finalbody", "handlers", "cases")


class Folder:
    """Folds constants, with what each name of a module was set to where it was set once."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._names: dict[str, str] | None = None

    def text(self, node: ast.AST | None, depth: int = 0) -> str | None:
        """Return the text that an expression is, or None where only running would tell."""
        if depth > _DEEPEST:
            return None
        match node:
            case ast.Constant(value=str() | bytes() as value):
                return value if isinstance(value, str) else value.decode("latin-1")
            case ast.Name(id=name) if depth:
                return self._constant(name)
            case ast.BinOp():
                return self._joined(node, depth)
            case ast.JoinedStr(values=parts):
                return self._all(parts, depth)
        return self._inner(node, depth)

    def _inner(self, node: ast.AST | None, depth: int) -> str | None:
        match node:
            case ast.FormattedValue(value=value, format_spec=None):
                return self.text(value, depth + 1)
            case ast.Call(func=ast.Attribute(attr=attr, value=value), args=args):
                return self._called(attr, value, args, depth)
        return None

    def _constant(self, name: str) -> str | None:
        if self._names is None:
            self._names = _constants(self._tree)
        return self._names.get(name)

    def _joined(self, node: ast.BinOp, depth: int) -> str | None:
        parts = summands(node)
        return self._all(parts, depth) if len(parts) > 1 else None

    def _all(self, parts: Sequence[ast.AST], depth: int, between: str = "") -> str | None:
        texts: list[str] = []
        for part in parts:
            folded = self.text(part, depth + 1)
            if folded is None:
                return None
            texts.append(folded)
        whole = between.join(texts)
        return whole if len(whole) <= _LONGEST else None

    def _called(self, attr: str, value: ast.expr, args: list[ast.expr], depth: int) -> str | None:
        """Fold `"".join([...])` and what only strips, changes the case of, or encodes a text."""
        if attr == "join" and len(args) == 1 and isinstance(args[0], ast.List | ast.Tuple):
            between = self.text(value, depth + 1)
            return None if between is None else self._all(args[0].elts, depth, between)
        if attr in {"strip", "encode", "decode"} and not args:
            return self.text(value, depth + 1)
        return None


def summands(node: ast.expr) -> list[ast.expr]:
    """List what a sum adds up. It goes down the left side in a loop: a long sum is deep there."""
    parts: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts.append(node.right)
        node = node.left
    return [node, *reversed(parts)]


def _constants(tree: ast.Module) -> dict[str, str]:
    """Collect the names that are set to a text, and never to another."""
    found: dict[str, str] = {}
    changed: set[str] = set()
    for node in _statements(tree):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Constant):
            continue
        value = node.value.value
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            match target, value:
                case ast.Name(id=name), str() if found.setdefault(name, value) != value:
                    changed.add(name)
    return {name: value for name, value in found.items() if name not in changed}


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Go through the statements of a tree and not through what they are made of, which holds none."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for held in _HOLD_STATEMENTS:
            waiting += getattr(node, held, ())
