"""Reads Python: assignments, arguments, dictionaries, tuples, defaults and comparisons, with constants folded.

It parses and never compiles or runs. A file that does not parse, or is nested too deep, is `Unread`.
"""

import ast
import re
import warnings
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from ringfence.audit.secrets.dummy import random_looking
from ringfence.audit.secrets.readers import text
from ringfence.audit.secrets.readers.folding import Folder, summands
from ringfence.audit.secrets.value import How, Lines, Unread, Value, Values

_BEGINS = re.compile(r"(?: {4}|\t)?(?:async[ \t]+def|def|class)\b|(?!(?:else|elif|except|finally)\b)[A-Za-z_@]")
_INNER = re.compile(r"[\s:=&?,]")
_NAME = re.compile(r"[A-Za-z_][\w. -]{1,60}")
_SHORTEST = 5
_NAMES = 4
_MAY_BE_TEXT = (ast.Constant, ast.BinOp, ast.JoinedStr, ast.Call)
_PLACED = (ast.expr, ast.stmt)
_HOLD_NOTHING = (ast.Name, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
Names = tuple[str, ...]
Job = tuple[ast.AST, Names, int, How]


def read(source: str, lines_of: Lines | None = None) -> Values:
    """Read a module, a cell or a stub; only what is around some lines where they are told."""
    lines = source.split("\n")
    if lines_of is None:
        yield from _tree(parsed(source), 0, None)
        yield from _comments(lines, None)
        return
    code = {line for line in lines_of.exact if not _is_comment(lines, line)}
    yield from _parts(lines, code, lines_of.around, source)
    yield from _comments(lines, lines_of.around)


def _is_comment(lines: list[str], number: int) -> bool:
    return not 0 < number <= len(lines) or lines[number - 1].lstrip()[:1] in {"#", ""}


def _parts(lines: list[str], code: AbstractSet[int], wanted: AbstractSet[int], source: str) -> Values:
    """Parse the functions and statements that the lines are in, each by itself; all of it where that fails."""
    try:
        trees = [_standing_alone(lines[first - 1 : end - 1], first - 1) for first, end in _spans(lines, code)]
    except Unread:
        trees = [(parsed(source), 0)]
    in_order = sorted(wanted)
    for tree, above in trees:
        yield from _tree(tree, above, wanted, in_order)


def _spans(lines: list[str], code: AbstractSet[int]) -> Iterator[tuple[int, int]]:
    """Give the first line of each part, and the first after it; no line is looked at twice."""
    first, end = 1, 1
    for line in sorted(code):
        if line < end:
            continue
        first = next((at for at in range(line, end - 1, -1) if _BEGINS.match(lines[at - 1])), 1)
        end = next((at for at in range(line + 1, len(lines) + 1) if _BEGINS.match(lines[at - 1])), len(lines) + 1)
        yield first, end


def _standing_alone(lines: list[str], above: int) -> tuple[ast.Module, int]:
    """Parse a part as a module, a method as what stands under an `if`; with the number of lines above its first."""
    if lines and lines[0][:1].isspace():
        return parsed("if 1:\n" + "\n".join(lines)), above - 1
    return parsed("\n".join(lines)), above


def _tree(tree: ast.Module, above: int, wanted: AbstractSet[int] | None, in_order: Sequence[int] = ()) -> Values:
    walk = _Walk(Folder(tree), above, wanted, in_order)
    try:
        yield from walk.run(tree)
    except RecursionError as deep:
        raise Unread("it is nested too deep") from deep


def parsed(source: str) -> ast.Module:
    """Parse a text that nobody trusts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in a stranger's file is no news of ours
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as broken:
        raise Unread("it does not parse as Python") from broken


def _comments(lines: list[str], wanted: AbstractSet[int] | None) -> Values:
    """Read what follows a number sign: a comment, or a string's rest, which has been read already and is the same."""
    numbers = range(1, len(lines) + 1)
    for number in numbers if wanted is None else sorted(number for number in wanted if number in numbers):
        start = lines[number - 1].find("#")
        if start >= 0:
            yield from text.read_words(lines[number - 1][start + 1 :], number)


class _Walk:
    """Goes through a tree without recursion."""

    def __init__(self, folder: Folder, above: int, wanted: AbstractSet[int] | None, in_order: Sequence[int]) -> None:
        self._fold = folder
        self._above = above
        self._wanted = wanted
        self._lines = in_order
        self._groups = 0

    def run(self, tree: ast.AST) -> Values:
        """Give the values in the order of the text, nearly."""
        jobs: deque[Job] = deque([(tree, (), 0, How.PLACED)])
        while jobs:
            node, names, group, how = jobs.popleft()
            if isinstance(node, _HOLD_NOTHING) or self._is_elsewhere(node):
                continue
            if isinstance(node, _MAY_BE_TEXT):
                folded = self._fold.text(node)
                if folded is not None:
                    yield from self._emit(folded, node, Value("", node.lineno + self._above, names, (), how, group))
                    continue
            jobs.extendleft(reversed(list(self._below(node, names, group))))

    def _is_elsewhere(self, node: ast.AST) -> bool:
        """Say whether nothing that is wanted stands in a node."""
        if self._wanted is None or not isinstance(node, _PLACED):
            return False
        after = bisect_left(self._lines, node.lineno + self._above)
        return after >= len(self._lines) or self._lines[after] > (node.end_lineno or node.lineno) + self._above

    def _emit(self, folded: str, node: ast.expr, value: Value) -> Values:
        """Give a text as a value, and where it has words or lines, those; `value` is the rest of it."""
        made = not isinstance(node, ast.Constant)
        if len(folded) < _SHORTEST:
            return
        spans = "\n" in folded
        if not spans:
            yield replace(value, text=folded, made=made)
        if spans or _INNER.search(folded):
            in_order = not made and (node.end_lineno or node.lineno) - node.lineno >= folded.count("\n")
            words = folded if in_order else folded.replace("\n", " \u2028 ")
            for one in text.read_words(words, value.line, value.names, self._wanted):
                yield replace(one, group=value.group, made=made)

    def _below(self, node: ast.AST, names: Names, group: int) -> Iterator[Job]:
        """List what is in a node, each with its names."""
        match node:
            case ast.Assign(targets=[target, *_], value=value):
                yield from self._assigned(target, value, names)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                yield from self._assigned(target, value, names)
            case ast.Call():
                yield from self._call(node, names)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._function(node)
            case ast.expr():
                yield from self._expression(node, names, group)
            case _:
                number = self._next() if isinstance(node, ast.ClassDef) else group
                yield from ((one, names, number, How.PLACED) for one in ast.iter_child_nodes(node))

    def _expression(self, node: ast.expr, names: Names, group: int) -> Iterator[Job]:
        match node:
            case ast.Dict(keys=keys, values=values):
                yield from self._table(keys, values, names)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                number = self._next()
                yield from ((item, names, number, How.NAMED if names else How.PLACED) for item in items)
            case ast.Compare():
                yield from self._compared([node.left, *node.comparators], names, group)
            case ast.BinOp(op=ast.Add()):
                yield from ((one, names, group, How.PLACED) for one in summands(node))
            case ast.Attribute(value=value) | ast.Subscript(value=value):  # an index is a name, not a value
                yield (value, names, group, How.PLACED)
            case _:
                yield from ((one, names, group, How.PLACED) for one in ast.iter_child_nodes(node))

    def _compared(self, sides: list[ast.expr], names: Names, group: int) -> Iterator[Job]:
        """A variable names what it is compared with; a call does not."""
        named = (_names_of(one) for one in sides if not isinstance(one, ast.Call))
        called = next((one for one in named if one), ())
        yield from ((one, (*called, *names)[:_NAMES], group, How.NAMED) for one in sides)

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
            before = text_of if text_of and _NAME.fullmatch(text_of) and not random_looking(text_of) else ""
        option = (self._fold.text(node.args[0]) or "").lstrip("-") if node.args else ""
        for word in node.keywords:
            own = (word.arg,) if word.arg else ()
            if word.arg == "default" and _NAME.fullmatch(option):  # `add_argument("--api-secret", default=...)`
                own = (option,)
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
