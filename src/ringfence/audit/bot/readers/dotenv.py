"""Reads files of environment variables as compose, python-dotenv and shells do: the last of a name counts.

Single quotes are taken as they are; in double quotes and bare values variables of the same file are filled in.
"""

import re
from collections.abc import Mapping
from typing import Final

from ringfence.audit.bot.node import Node, Odd, Scalar, Table
from ringfence.audit.bot.readers import variables
from ringfence.audit.finding import Place

_HEAD: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.\-]*)[ \t]*(?:=|:(?=[ \t]))[ \t]*", re.ASCII)
_ALONE: Final = re.compile(r"[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.\-]*[ \t]*(?:#.*)?$", re.ASCII)
_SINGLE: Final = re.compile(r"'([^']*)'")
_DOUBLE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_REST: Final = re.compile(r"[ \t]*(?:#[^\n]*)?(?=\n|$)")
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t"}


def read(path: str, text: str) -> Table:
    """Read a file; raises `Odd` for a line that is no variable, since nobody can tell what a bot takes it for."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    rows: dict[str, Node] = {}
    twice = list[tuple[Place, str]]()
    at, line = 0, 1
    while at < len(text):
        end = _to_line_end(text, at)
        said = text[at:end]
        if not said.strip() or said.lstrip().startswith("#") or _ALONE.fullmatch(said):
            at, line = end + 1, line + 1
            continue
        head = _HEAD.match(text, at)
        if head is None:
            raise Odd(Place(path, line), "is no line of an environment file")
        value, end = _value(path, line, text, head.end(), rows)
        if head[1] in rows:
            twice.append((Place(path, line), head[1]))
        rows[head[1]] = value
        line += text.count("\n", at, end) + 1
        at = end + 1
    return Table(rows, Place(path), twice=tuple(twice))


def _value(path: str, line: int, text: str, at: int, rows: Mapping[str, Node]) -> tuple[Scalar, int]:
    place = Place(path, line)
    for pattern in (_SINGLE, _DOUBLE):
        quoted = pattern.match(text, at)
        rest = _REST.match(text, quoted.end()) if quoted else None
        if quoted is not None and rest is not None:
            if pattern is _SINGLE:
                return Scalar(quoted[1], place), rest.end()
            plain = _ESCAPE.sub(
                lambda found: _LETTERS.get(found[1], found[0] if found[1] == "$" else found[1]), quoted[1]
            )
            return variables.filled(Scalar(plain, place), rows), rest.end()
    if text[at : at + 1] in {"'", '"'}:
        raise Odd(place, "has quotes that do not close")
    end = _to_line_end(text, at)
    bare = re.split(r"(?:^|[ \t])#", text[at:end], maxsplit=1)[0].strip()
    return variables.filled(Scalar(bare, place), rows), end


def _to_line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
