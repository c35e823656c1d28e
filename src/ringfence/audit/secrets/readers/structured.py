"""Reads JSON (with comments, and what is nearly JSON): the path of names to each string, and its line.

It takes the text apart in one pass with a stack of its own, so depth costs memory and no recursion, and a file that is
cut off or not quite JSON still gives what stands in it.
"""

import json
import re
from collections.abc import Iterator

import msgspec

from ringfence.audit.secrets.readers import text
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
_ITEM = 3  # boxes around one: the file, its object, a list
_SPACED = re.compile(r"[\s=:&?]")


class Leaf(msgspec.Struct, frozen=True):
    """One string of the file: the names to it, innermost first, the number of its container, and its line.

    `item` is the number of what holds it in a list right below the top; 0 elsewhere.
    """

    text: str
    names: tuple[str, ...]
    group: int
    line: int
    comment: bool = False
    item: int = 0


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
                item = boxes[_ITEM].number if len(boxes) > _ITEM else 0
                yield Leaf(box.waits, box.names(), box.number, line, item=item)


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
        yield from values_of(leaf)


def values_of(leaf: Leaf) -> Values:
    """Read one string."""
    if leaf.comment:
        yield from text.read_words(leaf.text, leaf.line, leaf.names)
        return
    yield Value(leaf.text, leaf.line, leaf.names, (), How.NAMED if leaf.names else How.PLACED, leaf.group)
    if _SPACED.search(leaf.text):  # a command, an address, a log line inside a string: all of it is on one line here
        yield from text.read_words(leaf.text.replace("\n", " \u2028 "), leaf.line, leaf.names)
