"""The tree of a JavaScript, TypeScript or broken Python file, in plain values: grown once, walked without recursion.

It must never run what it reads, and never grow beyond its limits: what is too large is said to be so.
"""

import dataclasses
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_typescript
from tree_sitter import Language, Parser, Tree, TreeCursor

BYTES: Final = 4 * 1024 * 1024
"""What is read of one file: larger sources are bundles, which nobody writes or reviews (a choice of this project)."""
NODES: Final = 900_000
"""How large a tree may be: 4 MB of minified text, at five bytes a node."""

_STEPS: Final = 2_000
_BYTES_A_STEP: Final = (
    50  # of the parser's steps: minified text takes one for 68 bytes, text that is no program one for 21
)
_CHUNK: Final = 64 * 1024

_JAVASCRIPT: Final = Language(tree_sitter_javascript.language())
_TYPESCRIPT: Final = Language(tree_sitter_typescript.language_typescript())
_PYTHON: Final = Language(tree_sitter_python.language())
_TSX: Final = Language(tree_sitter_typescript.language_tsx())

_PYTHONIC: Final = (".py", ".pyw")
_LEAVES: Final = frozenset({"string", "regex", "number"})
_SKIPPED: Final = frozenset(
    {
        "ambient_declaration",
        "comment",
        "hash_bang_line",
        "html_comment",
        "interface_declaration",
        "type_alias_declaration",
        "type_annotation",
        "type_arguments",
        "type_parameters",
    }
)
# A long method in which none of these words stands can neither take, send nor run anything; it is kept unopened.
_WORTH: Final = re.compile(
    rb"\b(?:require|import|process|global(?:This)?|window|document|navigator|eval|Function|constructor|fetch|exec\w*|spawn"
    rb"|fork|env|log|console)\b|axios|http|[sS]ocket|child_|atob|Buffer|[cC]harCode|\\x|\\u|[sS]ecret|SECRET"
    rb"|[pP]riv(?!ate(?:Get|Post|Put|Delete|Patch|V\d|_))|PRIV|(?i:mnemonic)|\b[sS]eed|[pP]assw|[wW]ithdraw|[tT]ransfer|[pP]rox"
    rb"|[cC]lipboard|\burls\b|hostname|\.(?:read|write|send|post|emit|push)\w*\s?\(\s?['\"`]|['\"`]\s?\+\s?['\"`]|\.reverse\("
)
_LONG: Final = 300
_LARGE: Final = 64 * 1024
_ENTERED: Final = frozenset({"method_definition"})


@dataclass(slots=True, eq=False)
class Node:
    """One piece of a program: its grammar's name for it, where it stands, and what it is to its parent."""

    type: str
    field: str
    start: int
    end: int
    parent: "Node | None"
    kids: list["Node"] = dataclasses.field(default_factory=list)

    def child(self, name: str) -> "Node | None":
        """Return the child that plays this part."""
        for kid in self.kids:
            if kid.field == name:
                return kid
        return None

    def under(self) -> Iterator["Node"]:
        """Walk it and everything under it, in the order of the text."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.kids))


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read as a tree."""

    path: str
    data: bytes
    root: Node
    lines: list[int]
    whole: bool

    def text(self, node: Node) -> str:
        """Return what stands in the file there."""
        return self.data[node.start : node.end].decode("utf-8", "replace")

    def line(self, node: Node) -> int:
        """Count the line on which it starts, from 1."""
        return bisect_right(self.lines, node.start)


class TooLarge(Exception):
    """The file is beyond the limits of what is read."""


def grow(path: str, data: bytes) -> Source:
    """Read a file; TooLarge where it is beyond the limits."""
    if len(data) > BYTES:
        raise TooLarge(f"the file is larger than {BYTES // 1024 // 1024} MB")
    tree = _parsed(_parser(path), data)
    root, whole = _copied(tree, data, frozenset() if path.endswith(_PYTHONIC) else _LEAVES)
    lines = [0, *(found.end() for found in re.finditer(rb"\n", data))]
    return Source(path, data, root, lines, whole)


def _parser(path: str) -> Parser:
    if path.endswith(_PYTHONIC):
        return Parser(_PYTHON)
    if path.endswith((".ts", ".mts", ".cts")):
        return Parser(_TYPESCRIPT)
    return Parser(_TSX if path.endswith(".tsx") else _JAVASCRIPT)


def _parsed(parser: Parser, data: bytes) -> Tree:
    """Parse within a number of steps, which the parser counts in its own measure: a clock would differ by the day."""
    steps, most = 0, _STEPS + len(data) // _BYTES_A_STEP

    def is_enough(_: int, __: bool) -> bool:  # noqa: FBT001 - as the parser calls it
        nonlocal steps
        steps += 1
        return steps > most

    try:
        return parser.parse(lambda start, _: data[start : start + _CHUNK], progress_callback=is_enough)
    except ValueError as stopped:
        raise TooLarge("it takes too long to parse") from stopped


def _copied(tree: Tree, data: bytes, leaves: frozenset[str]) -> tuple[Node, bool]:
    cursor = tree.walk()
    root = Node("program", "", 0, len(data), None)
    count = 0
    home: Node = root
    if not cursor.goto_first_child():
        return root, not tree.root_node.has_error
    while True:
        count += 1
        if count > NODES:
            raise TooLarge(f"the program has more than {NODES} parts")
        inner = _one(cursor, home, data, leaves)
        if inner is not None and cursor.goto_first_child():
            home = inner
            continue
        while not cursor.goto_next_sibling():
            if home.parent is None or not cursor.goto_parent():
                return root, not tree.root_node.has_error
            home = home.parent


def _one(cursor: TreeCursor, home: Node, data: bytes, leaves: frozenset[str]) -> Node | None:
    """Copy the node under the cursor; return it where its children are wanted."""
    seen = cursor.node
    if seen is None:
        return None
    kind = seen.type
    if not seen.is_named:
        if cursor.field_name == "operator" or kind == "default":
            home.kids.append(Node(kind, "operator", seen.start_byte, seen.end_byte, home))
        return None
    if kind in _SKIPPED:
        return None
    node = Node(kind, cursor.field_name or "", seen.start_byte, seen.end_byte, home)
    home.kids.append(node)
    return None if kind in leaves or _dull(node, data) else node


def _dull(node: Node, data: bytes) -> bool:
    if node.type not in _ENTERED or len(data) < _LARGE or node.end - node.start < _LONG:
        return False
    return _WORTH.search(data, node.start, node.end) is None
