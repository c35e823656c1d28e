"""Reads notebooks: code as code, and what it printed as text, called by the name of what was printed."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from ringfence.audit.secrets.readers import python, text
from ringfence.audit.secrets.readers.structured import Leaf, leaves, values_of
from ringfence.audit.secrets.value import How, Unread, Value, Values

_PICTURES: Final = ("image/", "application/vnd", "application/javascript", "text/html")
_CODE: Final = "source"
_PRINTED: Final = frozenset({"text", "text/plain", "traceback"})
_SHOWN: Final = re.compile(r"""(?m)^[ \t]*(?:print|pprint|display)\(([\w.\[\]"']{1,200})\)[ \t]*;?[ \t]*$""")
_LAST: Final = re.compile(r"""\n([A-Za-z_][\w.\[\]"']{0,200})\s*\Z""")
_WORD: Final = re.compile(r"\w{1,80}")
_QUOTES: Final = "\"'"
_LONGEST: Final = 400  # characters of a line that is one value: no key has more
_LINES: Final = 200  # lines that are put beside what was shown


def read(source: str) -> Values:
    """Read a notebook; a line is the line in the file."""
    if not source.lstrip().startswith("{"):
        raise Unread("it does not begin as a notebook does")
    told = (leaf for leaf in leaves(source) if not any(name.startswith(_PICTURES) for name in leaf.names))
    for _, cell in itertools.groupby(told, key=_cell_of):
        yield from _cell(cell)


def _cell_of(leaf: Leaf) -> int:
    return leaf.item


def _cell(cell: Iterable[Leaf]) -> Values:
    """Read one cell: what it printed stands before its code in the file, and is called by what the code says."""
    code, printed = list[Leaf](), list[list[Leaf]]()
    for (_, name), run in itertools.groupby(cell, key=_place):
        if name == _CODE:
            code += run
        elif name in _PRINTED:
            printed.append(list(run))
        else:
            for leaf in run:
                yield from values_of(leaf)
    yield from _lines(code)
    for lines in printed:
        yield from _lines(lines)
    yield from _named("".join(leaf.text for leaf in code), printed)


def _place(leaf: Leaf) -> tuple[int, str]:
    return leaf.group, leaf.names[0] if leaf.names else ""


def _lines(leaves_: Sequence[Leaf]) -> Values:
    """Read lines as one text: each stands on a line of its own in the file."""
    if not leaves_:
        return
    joined, lines = "".join(leaf.text for leaf in leaves_), list(_numbers(leaves_))
    for value in _as_code(joined) if leaves_[0].names[0] == _CODE else text.read(joined):
        at = lines[min(value.line, len(lines)) - 1]
        yield msgspec.structs.replace(value, line=at, group=hash((leaves_[0].group, value.group)))


def _numbers(leaves_: Sequence[Leaf]) -> Iterator[int]:
    """Yield the line of the file for each line of the text."""
    for leaf in leaves_:
        yield from itertools.repeat(leaf.line, leaf.text.count("\n"))
    yield leaves_[-1].line


def _as_code(joined: str) -> Values:
    try:
        yield from list(python.read(re.sub(r"(?m)^[ \t]*[%!?].*$", "", joined)))
    except Unread:
        yield from text.read(joined)
    else:
        commands = "\n".join(line if line.lstrip()[:1] in {"%", "!"} else "" for line in joined.split("\n"))
        yield from text.read(commands)


def _named(code: str, printed: Iterable[Sequence[Leaf]]) -> Values:
    """Name what was shown, where as many lines came out as names went in."""
    shown = [found[1] for found in itertools.islice(_SHOWN.finditer(code), _LINES)]
    last = _LAST.search("\n" + code[-_LONGEST:])
    for run in printed:
        lines = [line for line in _texts(run) if line[0]]
        whole = run[0].names[0] == "text/plain"
        names = ([last[1]] if last else []) if whole else shown
        if len(names) != len(lines):
            continue
        for name, (line, number) in zip(names, lines, strict=True):
            words = tuple(reversed(_WORD.findall(name)))
            yield Value(line.strip(_QUOTES), number, words, (), How.NAMED, hash((run[0].group, number)))


def _texts(run: Sequence[Leaf]) -> list[tuple[str, int]]:
    joined = "".join(leaf.text for leaf in run)[: _LINES * _LONGEST]
    return [
        (line.strip() if len(line) < _LONGEST else "", number)
        for line, number in zip(joined.split("\n"), _numbers(run), strict=False)
    ]
