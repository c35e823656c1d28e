"""JSON with comments and trailing commas, as freqtrade's reader takes it, and where in the text each value stands.

A name that an object has twice is refused, since which of them counts depends on the reader; or each is told, where
that is asked for.
"""

import json
import re
from dataclasses import dataclass

from ringfence.errors import Misconfigured

_GAP = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TEXT = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_BARE = re.compile(r"[-+.\w]+")
_DEEPEST = 32  # a configuration of freqtrade is six deep
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Text:
    """A string; the span has its quotes."""

    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Bare:
    """A number, true, false or null."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Member:
    """One name of an object, where it stands, and its value."""

    name: Text
    value: "Node"


@dataclass(frozen=True, slots=True)
class Table:
    """An object."""

    start: int
    end: int
    members: tuple[Member, ...]

    def member(self, name: str) -> Member | None:
        """Find a member by its name."""
        return next((one for one in self.members if one.name.value == name), None)

    def get(self, name: str) -> "Node | None":
        """Find a value by its name."""
        found = self.member(name)
        return None if found is None else found.value


@dataclass(frozen=True, slots=True)
class Rows:
    """An array."""

    start: int
    end: int
    rows: tuple["Node", ...]


Node = Text | Bare | Table | Rows


def begin_of(text: str) -> int:
    """Say where the text begins, after a byte order mark if there is one."""
    return len(_BOM) if text.startswith(_BOM) else 0


def line_of(text: str, at: int) -> int:
    """Say in which line, from 1, a character stands."""
    return text.count("\n", 0, at) + 1


def parse(name: str, text: str, *, twice: bool = False) -> Table:
    """Read a document whose root is an object; raises `Misconfigured` with the line.

    With `twice` an object may have a name more than once, and has a member for each.
    """
    reader = _Reader(name, text, twice)
    at = reader.skip(begin_of(text))
    root = reader.node(at, 0)
    end = reader.skip(root.end)
    if end != len(text):
        raise reader.wrong(end, "something comes after the end")
    if not isinstance(root, Table):
        raise reader.wrong(at, "an object was expected")
    return root


def texts(node: Node) -> tuple[Text, ...]:
    """List every string value below a node."""
    match node:
        case Text():
            return (node,)
        case Bare():
            return ()
        case Rows(rows=rows):
            return tuple(text for row in rows for text in texts(row))
        case Table(members=members):
            return tuple(text for one in members for text in texts(one.value))


@dataclass(frozen=True, slots=True)
class _Reader:
    name: str
    text: str
    twice: bool

    def wrong(self, at: int, why: str) -> Misconfigured:
        return Misconfigured(f"{self.name}: line {line_of(self.text, at)}: {why}")

    def skip(self, at: int) -> int:
        found = _GAP.match(self.text, at)
        return at if found is None else found.end()

    def node(self, at: int, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self.wrong(at, f"more than {_DEEPEST} levels deep")
        match self.text[at : at + 1]:
            case '"':
                return self.string(at)
            case "{":
                return self.table(at, depth)
            case "[":
                return self.rows(at, depth)
        found = _BARE.match(self.text, at)
        if found is None:
            raise self.wrong(at, "a value was expected")
        return Bare(at, found.end())

    def string(self, at: int) -> Text:
        found = _TEXT.match(self.text, at)
        try:
            if found is not None:
                return Text(at, found.end(), str(json.loads(found[0])))
        except ValueError:
            pass
        raise self.wrong(at, "this is no string")

    def table(self, at: int, depth: int) -> Table:
        members, here = list[Member](), self.skip(at + 1)
        names = set[str]()
        while self.text[here : here + 1] != "}":
            if self.text[here : here + 1] != '"':
                raise self.wrong(here, "a name was expected")
            name = self.string(here)
            if name.value in names and not self.twice:
                raise self.wrong(here, f"{name.value!r} is there twice; take one of them out")
            names.add(name.value)
            colon = self.skip(name.end)
            if self.text[colon : colon + 1] != ":":
                raise self.wrong(colon, "a colon was expected")
            value = self.node(self.skip(colon + 1), depth + 1)
            members.append(Member(name, value))
            here = self.after(value.end, "}")
        return Table(at, here + 1, tuple(members))

    def rows(self, at: int, depth: int) -> Rows:
        rows, here = list[Node](), self.skip(at + 1)
        while self.text[here : here + 1] != "]":
            rows.append(self.node(here, depth + 1))
            here = self.after(rows[-1].end, "]")
        return Rows(at, here + 1, tuple(rows))

    def after(self, at: int, closing: str) -> int:
        """Come to the next member or the end: a comma, or what closes; a comma may come before what closes."""
        here = self.skip(at)
        match self.text[here : here + 1]:
            case ",":
                return self.skip(here + 1)
            case found if found == closing:
                return here
        raise self.wrong(here, f"a comma or {closing} was expected")
