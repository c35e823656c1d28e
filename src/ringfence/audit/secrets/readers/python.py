"""Reads Python: assignments, arguments, dictionaries, tuples, defaults and comparisons, with constants folded.

It parses and never compiles or runs. A file that does not parse, or is nested too deep, is `Unread`.
"""

import ast
import re
import warnings
from collections import deque
from collections.abc import Iterator

from ringfence.audit.secrets.readers import text
from ringfence.audit.secrets.readers.folding import Folder, summands
from ringfence.audit.secrets.value import How, Unread, Value, Values

_COMMENT = re.compile(r"#[^\n]*[A-Za-z0-9+/_-]{8}")
_INNER = re.compile(r"[\s:=&?,]")
_NAME = re.compile(r"[A-Za-z_][\w. -]{1,60}")
_SHORTEST = 5
_NAMES = 4
Names = tuple[str, ...]
Job = tuple[ast.AST, Names, int, How]


def read(source: str) -> Values:
    """Read a module, a cell or a stub."""
    tree = parsed(source)
    walk = _Walk(Folder(tree))
    try:
        yield from walk.run(tree)
    except RecursionError as deep:
        raise Unread("it is nested too deep") from deep
    yield from _comments(source)


def parsed(source: str) -> ast.Module:
    """Parse a text that nobody trusts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in a stranger's file is no news of ours
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as broken:
        raise Unread("it does not parse as Python") from broken


def _comments(source: str) -> Values:
    """Read what follows a number sign: a comment, or a string's rest, which has been read already and is the same."""
    if "#" not in source:
        return
    for number, line in enumerate(source.split("\n"), 1):
        start = line.find("#")
        if start >= 0 and any(map(str.isdigit, line[start:])):
            yield from text.read_words(line[start + 1 :], number)


class _Walk:
    """Goes through a tree without recursion."""

    def __init__(self, folder: Folder) -> None:
        self._fold = folder
        self._groups = 0

    def run(self, tree: ast.AST) -> Values:
        """Give the values in the order of the text, nearly."""
        jobs: deque[Job] = deque([(tree, (), 0, How.PLACED)])
        while jobs:
            node, names, group, how = jobs.popleft()
            if isinstance(node, ast.Constant | ast.BinOp | ast.JoinedStr | ast.Call):
                folded = self._fold.text(node)
                if folded is not None:
                    yield from _emit(folded, node, names, group, how, made=not isinstance(node, ast.Constant))
                    continue
            jobs.extendleft(reversed(list(self._below(node, names, group))))

    def _below(self, node: ast.AST, names: Names, group: int) -> Iterator[Job]:
        """List what is in a node, each with its names."""
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from self._assigned(targets[0], value, names)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                yield from self._assigned(target, value, names)
            case ast.Call():
                yield from self._call(node, names)
            case ast.Dict(keys=keys, values=values):
                yield from self._table(keys, values, names)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                number = self._next()
                yield from ((item, names, number, How.NAMED if names else How.PLACED) for item in items)
            case ast.Compare(left=left, comparators=others):
                called = _names_of(left) or next((name for one in others if (name := _names_of(one))), ())
                yield from ((one, (*called, *names)[:_NAMES], group, How.NAMED) for one in (left, *others))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._function(node)
            case ast.ClassDef(body=body):
                number = self._next()
                yield from ((one, (), number, How.PLACED) for one in (*node.decorator_list, *node.bases, *body))
            case ast.BinOp(op=ast.Add()):
                yield from ((one, names, group, How.PLACED) for one in summands(node))
            case ast.Subscript(value=value):  # an index is a name, not a value
                yield (value, names, group, How.PLACED)
            case _:
                yield from ((one, names, group, How.PLACED) for one in ast.iter_child_nodes(node))

    def _next(self) -> int:
        self._groups += 1
        return self._groups

    def _assigned(self, target: ast.expr, value: ast.expr, names: Names) -> Iterator[Job]:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            number = self._next()
            for one, item in zip(target.elts, value.elts, strict=False):
                yield (item, (*_names_of(one), *names)[:_NAMES], number, How.NAMED)
            return
        yield (value, (*_names_of(target), *names)[:_NAMES], 0, How.NAMED)

    def _call(self, node: ast.Call, names: Names) -> Iterator[Job]:
        """An argument is called by its keyword; else by the name before it, as in `setattr(bot, "secret", value)`."""
        called, number, before = _names_of(node.func), self._next(), ""
        outer = (*called, *names)[:_NAMES]
        yield (node.func, names, 0, How.PLACED)
        for item in node.args:
            text_of = self._fold.text(item)
            own = (before,) if before else ()
            yield (item, (*own, *outer)[:_NAMES], number, How.NAMED if own else How.PLACED)
            before = text_of if text_of and _NAME.fullmatch(text_of) else ""
        for word in node.keywords:
            own = (word.arg,) if word.arg else ()
            yield (word.value, (*own, *outer)[:_NAMES], number, How.NAMED if own else How.PLACED)

    def _table(self, keys: list[ast.expr | None], values: list[ast.expr], names: Names) -> Iterator[Job]:
        number = self._next()
        for key, value in zip(keys, values, strict=True):
            own = (self._fold.text(key) if key is not None else None) or "".join(_names_of(key)[:1])
            yield (value, (own[:80], *names)[:_NAMES] if own else names, number, How.NAMED if own else How.PLACED)
            if key is not None and self._fold.text(key) is not None and not _NAME.fullmatch(own):
                yield (key, names, number, How.PLACED)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Job]:
        number, places = self._next(), [*node.args.posonlyargs, *node.args.args]
        for place, default in zip(places[len(places) - len(node.args.defaults) :], node.args.defaults, strict=True):
            yield (default, (place.arg, node.name), number, How.NAMED)
        for place, wanted in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if wanted is not None:
                yield (wanted, (place.arg, node.name), number, How.NAMED)
        yield from ((one, (node.name,), 0, How.PLACED) for one in (*node.decorator_list, *node.body))


def _names_of(node: ast.AST | None) -> Names:
    """Say what an expression is called, innermost first: `bot.exchange.secret` is secret, exchange, bot."""
    names: list[str] = []
    while node is not None and len(names) < _NAMES:
        match node:
            case ast.Name(id=name):
                return (*names, name)
            case ast.Attribute(attr=name, value=node):
                names.append(name)
            case ast.Subscript(slice=ast.Constant(value=str() as name), value=node):
                names.append(name[:80])
            case ast.Call(func=node) | ast.Subscript(value=node) | ast.Starred(value=node) | ast.Await(value=node):
                pass
            case _:
                break
    return tuple(names)


def _emit(folded: str, node: ast.expr, names: Names, group: int, how: How, *, made: bool) -> Values:  # noqa: PLR0913
    if len(folded) < _SHORTEST:
        return
    spans = "\n" in folded
    if not spans:
        yield Value(folded, node.lineno, names, (), how, group, made)
    if spans or _INNER.search(folded):
        in_order = not made and (node.end_lineno or node.lineno) - node.lineno >= folded.count("\n")
        for value in text.read_words(folded if in_order else folded.replace("\n", " \u2028 "), node.lineno, names):
            yield Value(value.text, value.line, value.names, value.near, value.how, group, made)
