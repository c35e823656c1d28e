"""Reads JSON as freqtrade does: comments, commas at the end, and of a name that stands twice the last.

Plain JSON of other bots is a part of it, and json of Python takes the last as well.
"""

from bisect import bisect_right

from ringfence import jsonc
from ringfence.audit.bot.node import NULL, STRING, Node, Odd, Rows, Scalar, Table
from ringfence.audit.finding import Place
from ringfence.errors import Misconfigured

_BARE = frozenset({"true", "false", "null", "NaN", "Infinity", "-Infinity"})


def read(path: str, text: str) -> Table:
    """Read a file whose root is an object; raises `Odd`."""
    try:
        root = jsonc.parse(path, text, twice=True)
    except Misconfigured as error:
        raise Odd(Place(path), f"is no JSON that a bot could read: {str(error).removeprefix(f'{path}: ')}") from None
    reader = _Reader(path, text)
    return reader.table(root)


class _Reader:
    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._ends = [at for at, letter in enumerate(text) if letter == "\n"]

    def node(self, node: jsonc.Node) -> Node:
        match node:
            case jsonc.Text(start=start, value=value):
                return Scalar(value, self._place(start), STRING)
            case jsonc.Bare(start=start, end=end):
                return self._bare(self._text[start:end], self._place(start))
            case jsonc.Rows(start=start, rows=rows):
                return Rows(tuple(map(self.node, rows)), self._place(start))
            case jsonc.Table():
                return self.table(node)

    def table(self, found: jsonc.Table) -> Table:
        rows: dict[str, Node] = {}
        twice = list[tuple[Place, str]]()
        for one in found.members:
            if one.name.value in rows:
                twice.append((self._place(one.name.start), one.name.value))
            rows[one.name.value] = self.node(one.value)
        return Table(rows, self._place(found.start), twice=tuple(twice))

    def _bare(self, word: str, place: Place) -> Scalar:
        if word not in _BARE:
            try:
                float(word)
            except ValueError:
                raise Odd(place, "is no JSON: neither a number nor true, false or null") from None
        return Scalar(word, place, NULL if word == "null" else "")

    def _place(self, at: int) -> Place:
        return Place(self._path, bisect_right(self._ends, at - 1) + 1)
