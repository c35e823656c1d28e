"""Reads SQL, as dumps of databases are written: the columns that are named first say what stands in each row.

What is no row of a table is read as any text.
"""

import re
from collections.abc import Iterable, Iterator

from ringfence.audit.secrets.readers import text
from ringfence.audit.secrets.value import How, Value, Values

_TABLE = r"[\"`\[]?[\w.]{1,80}[\"`\]]?(?:\.[\"`\[]?\w{1,80}[\"`\]]?)?"
_INSERT = re.compile(rf"\bINTO\s{{1,9}}({_TABLE})\s{{0,9}}\(([^()]{{1,4000}})\)\s{{0,9}}VALUES\b", re.IGNORECASE)
_COPY = re.compile(
    rf"^COPY\s{{1,9}}({_TABLE})\s{{0,9}}\(([^()]{{1,4000}})\)\s{{0,9}}FROM\s{{1,9}}stdin;\n", re.MULTILINE
)
# One value of a row: a text, whose quote is written twice or with a backslash in it; anything else up to the comma.
_CELL = re.compile(r"\s*(?:[NEXBnexb]?'((?:[^'\\]|\\.|'')*+)'|([^',()\s][^',()]*+|))\s*+([,)])")
_ROW = re.compile(r"\s*,?\s*\(")
_SHORTEST = 5
_Row = tuple[int, Iterable[tuple[tuple[str, str], str]]]  # where it begins; each cell with its column and table


def read(source: str) -> Values:
    """Read a dump, or a script."""
    for rows in (_inserted(source), _copied(source)):
        line, seen = 1, 0
        for place, row in rows:
            line += source.count("\n", seen, place)
            seen = place
            for names, cell in row:
                if len(cell) >= _SHORTEST:
                    yield Value(cell, line, names, (), How.NAMED, place + 1)
    yield from text.read(source)


def _inserted(source: str) -> Iterator[_Row]:
    at = 0
    while (found := _INSERT.search(source, at)) is not None:
        names, at = _names(found), found.end()
        while (row := _ROW.match(source, at)) is not None:
            cells, at = list[str](), row.end()
            while (one := _CELL.match(source, at)) is not None:
                cells.append((one[1] or "").replace("''", "'"))
                at = one.end()
                if one[3] == ")":
                    yield row.start(), zip(names, cells, strict=False)
                    break
            else:
                break


def _copied(source: str) -> Iterator[_Row]:
    at = 0
    while (found := _COPY.search(source, at)) is not None:
        names, at = _names(found), found.end()
        end = source.find("\n\\.", at)
        for row in source[at : end if end >= 0 else len(source)].split("\n"):
            yield at, zip(names, row.split("\t"), strict=False)
            at += len(row) + 1


def _names(found: re.Match[str]) -> list[tuple[str, str]]:
    return [(_bare(column), _bare(found[1])) for column in found[2].split(",")]


def _bare(name: str) -> str:
    return name.strip().strip('"`[]')
