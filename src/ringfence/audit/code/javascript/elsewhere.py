"""Where a name of another file is: by its path, and through files that give on what others give.

It must never take two files of one name for each other, nor go round in circles.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ringfence.audit.code.javascript.report import Reading
from ringfence.audit.code.javascript.values import EVENT

ENDINGS: Final = ("", ".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", "/index.js", "/index.ts", ".mts", ".cts")
"""What a path of another file may end in, where that is left out."""
_HOPS: Final = 6  # files that a name is followed through
_PLACES: Final = 16  # places at which one name is looked for: files that give on all of several others
Key = tuple[str, str]
"""A file and a name in it."""


@dataclass(slots=True)
class Tree:
    """All files that were read, and what each gives on of others."""

    readings: Mapping[str, Reading]
    again: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    known: dict[Key, tuple[Key, ...]] = field(default_factory=dict)


def planted(readings: Mapping[str, Reading]) -> Tree:
    """Note what each file gives on."""
    tree = Tree(readings)
    for path, reading in readings.items():
        again = tree.again.setdefault(path, {})
        for one in reading.crossing.again:
            again.setdefault(one.name, []).append(one.symbol)
    return tree


def targets(tree: Tree, path: str, symbol: str) -> tuple[Key, ...]:
    """List where a name of another file is, as seen from this one: there, or in a file that is given on there."""
    if symbol.startswith(EVENT):
        return ((EVENT, symbol),)
    known = tree.known.get((path, symbol))
    if known is None:
        known = tree.known[path, symbol] = tuple(_followed(tree, path, symbol))
    return known


def _followed(tree: Tree, path: str, symbol: str) -> list[Key]:
    found: list[Key] = []
    wanted = [(path, symbol)]
    for _ in range(_HOPS):
        at = [_target(tree.readings, where, name) for where, name in wanted]
        at = [key for key in dict.fromkeys(at) if key[0] and key not in found]
        found += at
        wanted = [more for file, name in at for more in _onward(tree, file, name)][:_PLACES]
        if not wanted or len(found) >= _PLACES:
            break
    return found


def _onward(tree: Tree, file: str, name: str) -> list[Key]:
    base, mark, number = name.partition("#")
    again = tree.again.get(file, {})
    found = [(file, _plus(symbol, base) + mark + number) for symbol in again.get("", [])]
    first, _, rest = base.partition(".")
    bare = first.removesuffix("()")
    return found + [(file, _plus(symbol, rest) + mark + number) for symbol in again.get(bare, []) if bare]


def _plus(symbol: str, name: str) -> str:
    return f"{symbol}.{name}" if name else symbol


def _target(readings: Mapping[str, Reading], path: str, symbol: str) -> Key:
    """Split `./file.name` into the file's path and the name, as seen from another file."""
    base, _, number = symbol.replace("[]", ".[]").partition("#")
    parts = base.split("/")
    head, tail = "/".join(parts[:-1]), parts[-1]
    pieces = tail.split(".")
    if tail in ("", "..") or set(tail) == {"."}:
        pieces = [tail]
    for cut in range(len(pieces), 0, -1):
        if not head and not pieces[0] and set(tail) != {"."}:
            break
        file = posixpath.normpath(posixpath.join(posixpath.dirname(path), head, ".".join(pieces[:cut])))
        bare = file.removesuffix(".js")
        for ending in ENDINGS:
            for one in (file + ending, bare + ending):
                if one in readings:
                    name = ".".join(pieces[cut:])
                    return one, name + (f"#{number}" if number else "")
    return _aliased(readings, tail, head, number) if head.startswith("./@") else ("", "")


def _aliased(readings: Mapping[str, Reading], tail: str, head: str, number: str) -> Key:
    """Find a file by a path from the project's own directory on: the one file that ends so."""
    pieces = tail.split(".")
    for cut in range(len(pieces), 0, -1):
        file = "/".join((*head.split("/")[2:], ".".join(pieces[:cut])))
        found = [one for one in readings for ending in ENDINGS if ("/" + one).endswith("/" + file + ending)]
        if len(found) == 1:
            return found[0], ".".join(pieces[cut:]) + (f"#{number}" if number else "")
    return "", ""
