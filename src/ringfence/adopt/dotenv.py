"""Files of environment variables, as shells and Docker read them, and where in the text each value stands."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ringfence.adopt.edits import Edit, newline_of
from ringfence.errors import Misconfigured
from ringfence.jsonc import begin_of
from ringfence.pointing.answer import variables

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*"""
    r"""(?:'(?P<single>[^'\n]*)'|"(?P<double>[^"\n]*)"|(?P<bare>(?:[^\s#'"][^\r\n]*?)?))"""
    r"""[ \t]*(?:[ \t]\#[^\r\n]*)?\r?$""",
    re.MULTILINE,
)
_QUOTES = {"single": "'", "double": '"'}


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable; the span is the value's, without its quotes; `quote` is what stands around it."""

    name: str
    value: str
    start: int
    end: int
    quote: str = ""

    def changed(self, value: str) -> Edit:
        """Set it to another value, in the quotes that it has; raises `Misconfigured` where they do not hold it."""
        if self.quote and (self.quote in value or (self.quote == '"' and set(value) & set("$`\\"))):
            raise Misconfigured(f"the value of {self.name} does not fit into its quotes", hint="take the quotes away")
        return Edit(self.start, self.end, value if self.quote else shlex.quote(value))


def parse(text: str) -> tuple[Variable, ...]:
    """List the variables of a file; a line that is none says nothing."""
    return tuple(_variable(line) for line in _LINE.finditer(text, begin_of(text)))


def _variable(line: re.Match[str]) -> Variable:
    group = next((name for name in _QUOTES if line[name] is not None), "bare")
    start, end = line.span(group)
    return Variable(line["name"], line[group], start, end, _QUOTES.get(group, ""))


def merged(text: str, wanted: Mapping[str, str]) -> Iterator[Edit]:
    """Yield the edits that make a file set these variables; new ones come at its end."""
    known = {one.name for one in parse(text)}
    for one in parse(text):
        if one.name in wanted:
            yield one.changed(wanted[one.name])
    fresh = {name: value for name, value in wanted.items() if name not in known}
    if fresh:
        end = newline_of(text)
        gap = "" if not text or text.endswith("\n") else end
        yield Edit(len(text), len(text), gap + variables(fresh).replace("\n", end) + end)
