"""Reads any text, line by line: assignments, flags, headers, quoted strings, words. The reader for what no other reads.

It serves shell scripts and histories, dotenv, ini and TOML, JavaScript and other code, logs, notes, and the strings and
comments that other readers find in theirs. It takes time in proportion to the text, whatever the text is.
"""

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from ringfence.audit.secrets.dummy import random_looking
from ringfence.audit.secrets.value import How, Value, Values

_PIECE = re.compile(
    r"""
    <(?P<tag>[A-Za-z_][\w:.-]{0,60})>
  | (?<![\w+/-])(?:\\{0,4}["'`]|\$env:)?(?P<name>[A-Za-z_$][\w.$-]{0,79})(?:\\{0,4}["'`\]]){0,3}[ \t]{0,40}
    (?:=>|:=|\?=|\+=|:(?!//)|=(?!=))[ \t]{0,80}
  | \\{0,4}(?P<q>["'`])(?P<s>[^\n]{1,512}?)\\{0,4}(?P=q)
  | (?P<word>[^\s"'`,;(){}\[\]<>|&=:?\\]++(?:={1,2}(?=[\s"'`,;)}\]<&|\\]|$))?)
    """,
    re.VERBOSE,
)
_ASSIGNED = re.compile(r"[^\s\"'`,;(){}\[\]<>\\][^\s\"'`,;){}\]<>]{0,500}")
_ATOM = re.compile(r"[^\s\"'`,;(){}\[\]<>\\=:&?]{1,500}")  # inside an assigned text: no character is read three times
_LONG_LINE = 4000  # characters; of a longer line, as minified code has, only what is around the places is read
_LEFT, _RIGHT = 200, 600
_REMARK = re.compile(r"^\s*(?:\*|/\*)|//")
_CALL = re.compile(r"[\w.:]+\(|(?:new|await)\b")
_INNER = re.compile(r"[\s:=&?,;({\[]")
_JOINED = re.compile(
    r"""(?:["'`][^"'`\n\\]{1,200}["'`](?:\s{0,80}\+\s{0,80}|\\\n\s{0,80}|)(?=["'`])){1,40}["'`][^"'`\n\\]{1,200}["'`]"""
)
_JOINT = re.compile(r"""["'`](?:\s{0,80}\+\s{0,80}|\\\n\s{0,80}|)["'`]""")
_SECTION = re.compile(r"\s*\[+\s*([\w.:\"' -]{1,80})\s*\]+\s*(?:#.*)?$")
# A block of Terraform, which begins with what it is and what it is called.
_BLOCK = re.compile(r"\s*[a-z]\w{0,20}\s{1,9}(?:\"[\w.-]{1,80}\"\s{1,9})?\"([\w.-]{1,80})\"\s{0,9}\{\s*$")
_TYPE = frozenset({"str", "string", "String", "const", "let", "var", "export", "static", "final", "char"})
_KEPT = 6  # words before a value that may name it
_SHORTEST_WORD = 8  # a word of prose is none, unless a name says so; Deribit's key has 8 characters
_LONGEST = 1024  # no key in one piece is longer; PEM blocks are found by their own form
_SHORTEST = 5
_LONG_NAME = 32
_UNLIKE_PROSE = re.compile(r"\d|[a-z][A-Z].{0,80}[a-z][A-Z]")
_TRAILING = ".!?*~"


def read(
    text: str,
    wanted: AbstractSet[int] | None = None,
    *,
    joined: bool = True,
    code: bool = False,
    spots: Sequence[int] = (),
) -> Values:
    """Read a text; only the `wanted` lines of it where they are told; `joined` where it has texts in pieces.

    In `code` only what is quoted or remarked is a value. `spots` are the places that matter in long lines.
    """
    lines, at = _Lines(code=code), 0
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        heading = _SECTION.match(line) if "[" in line and line[:40].lstrip().startswith("[") else None
        if heading is None and line[-1:] == "{":
            heading = _BLOCK.match(line)
        if heading:
            section = (heading[1],)
        elif line == "}":
            section = ()
        if wanted is None or number in wanted:
            for part in _parts(line, at, spots):
                yield from lines.read(part, number, section)
        at += len(line) + 1
    if joined:
        yield from _joined(text)


def _parts(line: str, at: int, spots: Sequence[int]) -> Iterator[str]:
    """Cut a long line down to what is around the spots."""
    if len(line) <= _LONG_LINE or not spots:
        yield line
        return
    done = 0
    for spot in spots[bisect_left(spots, at) : bisect_right(spots, at + len(line))]:
        start, end = max(done, spot - at - _LEFT), min(len(line), spot - at + _RIGHT)
        if start < end:
            yield line[start:end]
            done = end


def read_words(text: str, line: int, names: tuple[str, ...] = (), wanted: AbstractSet[int] | None = None) -> Values:
    """Read a string or a comment that stands in another file, whose first line is `line`."""
    lines = _Lines()
    for number, one in enumerate(text.split("\n"), line):
        if wanted is None or number in wanted:
            yield from lines.read(one, number, names)


def _joined(text: str) -> Values:
    """Read what is written in pieces once more, in one."""
    for found in _JOINED.finditer(text):
        start = max(text.rfind("\n", 0, found.start()) + 1, found.start() - 400)
        glued = text[start : found.start()] + _JOINT.sub("", found[0])
        line = text.count("\n", 0, found.start()) + 1
        for value in _Lines().read(glued.replace("\n", " "), line, ()):
            if value.text in glued and value.text not in found[0]:
                yield Value(value.text, line, value.names, value.near, value.how, value.group, made=True)


class _Lines:
    """Reads one line after the other, and remembers a name that waits for its value and the words before."""

    def __init__(self, *, code: bool = False) -> None:
        self.name = ""
        self._code = code
        self._said = 0  # from here on, a word of the line is a remark, or the line is no code
        self._until = 0  # up to here an assigned text has been given
        self.near: deque[str] = deque(maxlen=_KEPT)
        self._last = 0
        self._number = 0
        self._outer: tuple[str, ...] = ()

    def read(self, line: str, number: int, outer: tuple[str, ...]) -> Values:
        """Give the values of a line. What stood last on the line before may name the first of them."""
        if number > self._last + 2:
            self.name = ""
            self.near.clear()
        self._last, self._number, self._outer, self._until = number, number, outer, 0
        remark = _REMARK.search(line) if self._code else None
        self._said = (remark.start() if remark else len(line)) if self._code else 0
        place = 0
        while (piece := _PIECE.search(line, place)) is not None:
            kind = piece.lastgroup
            if kind == "s":
                yield from self._quoted(piece["s"])
                place = piece.start("s") if _INNER.search(piece["s"]) else piece.end()
            elif kind == "word":
                yield from self._word(piece["word"], said=piece.start() >= self._said)
                place = piece.end()
            else:
                yield from self._named(piece, line)
                place = self._after

    def _named(self, piece: re.Match[str], line: str) -> Values:
        """Take a name, and the value after it where that has no quotes."""
        name = piece["name"] or piece["tag"]
        self._after = piece.end()
        if len(name) >= _LONG_NAME and random_looking(name):  # padding looks like an assignment
            yield from self._word(piece[0].strip(), said=piece.start() >= self._said)
            return
        self.name = "" if name in _TYPE else name
        self.near.append(name)
        bare = (_ATOM if piece.end() < self._until else _ASSIGNED).match(line, piece.end())
        if not self.name or piece["tag"] or piece.end() < self._said:
            return
        if bare is not None and _CALL.match(bare[0]):  # what a call is given is no value of the name's
            self.name = ""
        elif bare is not None:
            inner = _INNER.search(bare[0])
            yield self._value(bare[0], How.NAMED)
            self._until = max(self._until, bare.end())
            self._after = piece.end() if inner else bare.end()
            self.name = ""

    def _quoted(self, text: str) -> Values:
        if self.name:
            yield self._value(text, How.NAMED)
            self.name = ""
        elif not re.search(r"\s", text):
            if len(text) >= _SHORTEST:
                yield self._value(text, How.PLACED)
            if not random_looking(text):
                self.near.append(text[:80])

    def _word(self, word: str, *, said: bool) -> Values:
        word = word.rstrip(_TRAILING)
        flag = word.lstrip("-")
        if self.name and said:
            yield self._value(word, How.NAMED)
            self.name = ""
        elif flag != word and flag[:1].isalpha() and len(flag) < _LONG_NAME:
            self.name = flag
        elif said and _SHORTEST_WORD <= len(word) <= _LONGEST and _UNLIKE_PROSE.search(word):
            yield self._value(word, How.LOOSE)
            if random_looking(word):
                return
        if word[:1].isalnum() or flag[:1].isalnum():
            self.near.append(word[:80])

    def _value(self, text: str, how: How) -> Value:
        names, near = (self.name, *self._outer) if self.name else self._outer, tuple(self.near)
        if how is How.NAMED or random_looking(text):
            self.near.clear()  # they have named this one
        return Value(text, self._number, names, near, how)
