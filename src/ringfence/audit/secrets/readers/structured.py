"""Reads JSON (with comments, and what is nearly JSON) and notebooks: the path of names to each string, and its line.

It takes the text apart in one pass with a stack of its own, so depth costs memory and no recursion, and a file that is
cut off or not quite JSON still gives what stands in it.
"""

import json
import re
from collections.abc import Iterator

import msgspec

from ringfence.audit.secrets.readers import python, text
from ringfence.audit.secrets.value import How, Unread, Value, Values

_TOKEN = re.compile(
    r"""
    "(?P<text>[^"\\]*+(?:\\.[^"\\]*+)*+)(?:"|\\?\Z)
  | '(?P<single>[^'\\\n]*+(?:\\.[^'\\\n]*+)*+)(?:'|\\?(?=\n)|\\?\Z)
  | (?P<comment>//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)|\#[^\n]*+)
  | (?P<mark>[{}\[\],:])
  | (?P<bare>[^\s"'{}\[\],:]++)
    """,
    re.VERBOSE,
)
_DEEPEST = 2000  # names kept; a configuration of freqtrade is six deep
_NAMES = 4  # names told to the judge
_SPACED = re.compile(r"[\s=:&?]")
_PICTURES = ("image/", "application/vnd", "application/javascript", "text/html")
_CODE = "source"


class Leaf(msgspec.Struct, frozen=True):
    """One string of the file: the names to it, innermost first, the number of its container, and its line."""

    text: str
    names: tuple[str, ...]
    group: int
    line: int
    comment: bool = False


class _Box:
    """An object or a list that is open."""

    def __init__(self, number: int, outer: tuple[str, ...], *, named: bool) -> None:
        self.number = number
        self.outer = outer
        self.named = named
        self.name = ""
        self.waits = ""

    def names(self) -> tuple[str, ...]:
        return (self.name, *self.outer)[:_NAMES] if self.name else self.outer


def leaves(source: str) -> Iterator[Leaf]:
    """Give each string that is a value, and each comment."""
    boxes, counted, line, seen = [_Box(0, (), named=True)], 0, 1, 0
    for token in _TOKEN.finditer(source):
        line, seen = line + source.count("\n", seen, token.start()), token.start()
        box = boxes[-1]
        if token["mark"]:
            counted += _mark(token["mark"], boxes, counted + 1)
        elif token["comment"]:
            yield Leaf(token["comment"], box.names(), box.number, line, comment=True)
        else:
            box.waits = _text_of(token)
            if box.name or not box.named:
                yield Leaf(box.waits, box.names(), box.number, line)


def _mark(mark: str, boxes: list[_Box], number: int) -> int:
    """Open, close or name. A string before a colon is a name, and is one until the next comma."""
    box = boxes[-1]
    if mark in "{[" and len(boxes) < _DEEPEST:
        boxes.append(_Box(number, box.names(), named=mark == "{"))
        return 1
    if mark in "}]" and len(boxes) > 1:
        boxes.pop()
    elif mark == ":" and box.named and not box.name:
        box.name = box.waits[:80]
    elif mark == ",":
        box.name = ""
    return 0


def _text_of(token: re.Match[str]) -> str:
    if token["text"] is not None:
        return _unescaped(token["text"])
    return token["single"] if token["single"] is not None else token["bare"]


def _unescaped(raw: str) -> str:
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return raw


def read(source: str) -> Values:
    """Read a JSON file."""
    if source.lstrip()[:1] not in {"{", "[", "/", '"', "#"}:
        raise Unread("it does not begin as JSON does")
    for leaf in leaves(source):
        yield from _values(leaf)


def _values(leaf: Leaf) -> Values:
    if leaf.comment:
        yield from text.read_words(leaf.text, leaf.line, leaf.names)
        return
    yield Value(leaf.text, leaf.line, leaf.names, (), How.NAMED if leaf.names else How.PLACED, leaf.group)
    if _SPACED.search(leaf.text):  # a command, an address, a log line inside a string: all of it is on one line here
        yield from text.read_words(leaf.text.replace("\n", " \u2028 "), leaf.line, leaf.names)


def read_notebook(source: str) -> Values:
    """Read a notebook: the cells' code as code, what they printed as text; a line is the line in the .ipynb."""
    if not source.lstrip().startswith("{"):
        raise Unread("it does not begin as a notebook does")
    cell: list[Leaf] = []
    for leaf in leaves(source):
        if any(name.startswith(_PICTURES) for name in leaf.names):
            continue
        if cell and leaf.group != cell[0].group:
            yield from _cell(cell)
            cell = []
        if _is_lines(leaf):
            cell.append(leaf)
        else:
            yield from _values(leaf)
    yield from _cell(cell)


def _is_lines(leaf: Leaf) -> bool:
    return bool(leaf.names) and leaf.names[0] in {_CODE, "text", "text/plain", "traceback"}


def _cell(cell: list[Leaf]) -> Values:
    """Read the lines of a cell as one text: each stands on a line of its own in the file."""
    joined, lines = "", list[int]()
    for leaf in cell:
        lines += [leaf.line] * leaf.text.count("\n")
        joined += leaf.text
    lines.append(cell[-1].line if cell else 0)
    group = cell[0].group if cell else 0
    for value in _as_code(joined) if cell and cell[0].names[0] == _CODE else text.read(joined):
        at = lines[min(value.line, len(lines)) - 1]
        yield msgspec.structs.replace(value, line=at, group=hash((group, value.group)))


def _as_code(joined: str) -> Values:
    try:
        yield from list(python.read(re.sub(r"(?m)^[ \t]*[%!?].*$", "", joined)))
    except Unread:
        yield from text.read(joined)
    else:
        commands = "\n".join(line if line.lstrip()[:1] in {"%", "!"} else "" for line in joined.split("\n"))
        yield from text.read(commands)
