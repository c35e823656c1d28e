"""Fills in variables as compose does: $NAME, ${NAME}, and with :- - :? ? :+ + what to take otherwise.

A variable that no file sets is empty, as compose makes it, and the value is marked `open`, since a shell may set it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ringfence.audit.bot.node import FILLED, Node, Odd, Rows, Scalar, Table

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OTHERWISE: Final = re.compile(r":?[-?+]")
_DEEPEST: Final = 8
_LONGEST: Final = 65_536
_MOST: Final = 8 << 20  # characters of a whole file, filled in
_KNOWN: Final = {"HOME": "~", "PWD": "."}  # set by every shell, and by no file


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    open: bool = False


def filled(value: Scalar, known: Mapping[str, Node]) -> Scalar:
    """Fill in one value; raises `Odd` for what compose refuses."""
    if "$" not in value.text:
        return value
    part = _Reader(value, known).all(value.text, 0)
    return replace(value, text=part.text, open=value.open or part.open, tag=FILLED)


def everywhere(node: Table, known: Mapping[str, Node]) -> Table:
    """Fill in every value of a table; names are left alone. What an anchor puts in two places stays one."""
    return _Filler(known).table(node)


class _Filler:
    def __init__(self, known: Mapping[str, Node]) -> None:
        self._known = known
        self._made: dict[int, Node] = {}
        self._size = 0

    def table(self, found: Table) -> Table:
        return replace(found, rows={name: self._node(value) for name, value in found.rows.items()})

    def _node(self, node: Node) -> Node:
        if id(node) not in self._made:
            self._made[id(node)] = self._fill(node)
        return self._made[id(node)]

    def _fill(self, node: Node) -> Node:
        match node:
            case Scalar():
                done = filled(node, self._known)
                self._size += len(done.text)
                if self._size > _MOST:
                    raise Odd(node.place, f"has more than {_MOST:,} characters once its variables are filled in")
                return done
            case Rows(items=items):
                return replace(node, items=tuple(map(self._node, items)))
            case Table():
                return self.table(node)


class _Reader:
    def __init__(self, value: Scalar, known: Mapping[str, Node]) -> None:
        self._value = value
        self._known = known

    def all(self, text: str, depth: int) -> _Part:
        if depth > _DEEPEST:
            raise self._odd()
        parts, at, is_open = list[str](), 0, False
        while (found := text.find("$", at)) >= 0:
            parts.append(text[at:found])
            part, at = self._one(text, found + 1, depth)
            parts.append(part.text)
            is_open |= part.open
        whole = "".join((*parts, text[at:]))
        if len(whole) > _LONGEST:
            raise self._odd()
        return _Part(whole, is_open)

    def _one(self, text: str, at: int, depth: int) -> tuple[_Part, int]:
        match text[at : at + 1]:
            case "$":
                return _Part("$"), at + 1
            case "{":
                end = _closing(text, at + 1)
                if end < 0:
                    raise self._odd()
                return self._braced(text[at + 1 : end], depth), end + 1
        name = _NAME.match(text, at)
        if name is None:
            return _Part("$"), at
        return self._set(name[0]) or _Part("", open=True), name.end()

    def _braced(self, inner: str, depth: int) -> _Part:
        name = _NAME.match(inner)
        if name is None:
            raise self._odd()
        value = self._set(name[0])
        rest = inner[name.end() :]
        if not rest:
            return value or _Part("", open=True)
        how = _OTHERWISE.match(rest)
        if how is None:
            raise self._odd()
        is_there = value is not None and (bool(value.text) or ":" not in how[0])
        match how[0][-1]:
            case "+":
                return self.all(rest[how.end() :], depth + 1) if is_there else _Part("", open=value is None)
            case "?":
                return value if value is not None and is_there else _Part("", open=True)
            case _:
                return value if value is not None and is_there else self.all(rest[how.end() :], depth + 1)

    def _set(self, name: str) -> _Part | None:
        found = self._known.get(name)
        if isinstance(found, Scalar):
            return _Part(found.text, found.open)
        return _Part(_KNOWN[name]) if name in _KNOWN else None

    def _odd(self) -> Odd:
        return Odd(self._value.place, "has a variable that compose cannot fill in")


def _closing(text: str, at: int) -> int:
    depth = 1
    while at < len(text):
        if text.startswith("${", at):
            depth += 1
            at += 1
        elif text[at] == "}":
            depth -= 1
            if not depth:
                return at
        at += 1
    return -1
