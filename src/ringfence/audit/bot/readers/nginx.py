"""Reads nginx's configuration into directives and blocks; what a file includes is not followed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ringfence.audit.bot.node import Odd
from ringfence.audit.finding import Place

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]+|#[^\n]*|(?P<mark>[{};])|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|"""
    r"""(?P<bare>(?:\\.|\$\{[^}\n]*\}|[^\s{};"'#\\]|(?<=[^\s{};])[#"'])+)""",
    re.DOTALL,
)
_DEEPEST: Final = 16
_MOST: Final = 50_000


@dataclass(slots=True)
class Directive:
    """One directive; `inner` are those of its block, and None where it has none."""

    words: tuple[str, ...]
    place: Place
    inner: "list[Directive] | None" = None

    @property
    def name(self) -> str:
        """Its first word."""
        return self.words[0] if self.words else ""


@dataclass(slots=True)
class _State:
    blocks: list[list[Directive]] = field(default_factory=lambda: [[]])
    words: list[str] = field(default_factory=list)
    line: int = 0


def read(path: str, text: str) -> list[Directive]:
    """Read a file; raises `Odd`."""
    state = _State()
    for kind, word, line in _tokens(path, text):
        place = Place(path, state.line or line)
        if kind != "mark":
            state.words.append(word)
            state.line = state.line or line
            continue
        if word == "}":
            if len(state.blocks) == 1 or state.words:
                raise Odd(place, "is no configuration of nginx")
            state.blocks.pop()
            continue
        made = Directive(tuple(state.words), place, [] if word == "{" else None)
        state.blocks[-1].append(made)
        if made.inner is not None:
            state.blocks.append(made.inner)
        if len(state.blocks) > _DEEPEST:
            raise Odd(place, f"is more than {_DEEPEST} levels deep")
        state.words, state.line = [], 0
    if len(state.blocks) != 1 or state.words:
        raise Odd(Place(path), "is no configuration of nginx: something is not closed")
    return state.blocks[0]


def _tokens(path: str, text: str) -> Iterator[tuple[str, str, int]]:
    at, line, count = 0, 1, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or count > _MOST:
            raise Odd(Place(path, line), "is no configuration of nginx")
        if found.lastgroup:
            count += 1
            yield found.lastgroup, found[found.lastgroup], line
        line += text.count("\n", at, found.end())
        at = found.end()
