"""What a rule says when it finds something, and what code can do: both with their place.

It must never repeat a text of the file that could be a secret: names and hosts alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ringfence.audit.code.capability import Capability, Power
from ringfence.audit.code.javascript.evaluate import Reader
from ringfence.audit.code.javascript.report import Awaited, Drained, End, Written
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import Kind, Taint
from ringfence.audit.code.rules import RULE
from ringfence.audit.finding import Finding, Place, Step

_MOST: Final = 200  # findings of one file: more are not read, and a hostile file could make millions


@dataclass(slots=True, eq=False)
class Finds:
    """Collects what is found in one file."""

    reader: Reader
    findings: dict[tuple[str, int, str], Finding] = field(default_factory=dict)
    capabilities: set[Capability] = field(default_factory=set)
    drained: list[Drained] = field(default_factory=list)
    awaited: list[Awaited] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    served: list[str] = field(default_factory=list)

    def place(self, line: int) -> Place:
        """Return the place of a line of the file."""
        return Place(self.reader.index.source.path, line)

    def say(self, rule: str, node: Node, text: str = "", subject: str = "", taints: tuple[Taint, ...] = ()) -> None:
        """Say that a rule found something there, and where what it is about came from."""
        line = self.reader.line(node)
        stations = dict.fromkeys(Step(self.place(one.line), one.what[:80]) for one in taints[:4] if one.line)
        way = (*stations, Step(self.place(line), RULE[f"code/{rule}"].title)) if stations else ()
        if len(self.findings) < _MOST:
            found = RULE[f"code/{rule}"].found(self.place(line), text, subject, way)
            self.findings.setdefault((rule, line, subject), found)

    def can(self, power: Power, what: str, node: Node) -> None:
        """Note what the code is able to do, once for each thing."""
        if (
            all((known.power, known.what) != (power, what) for known in self.capabilities)
            or len(self.capabilities) == 0
        ):
            self.capabilities.add(Capability(power, what, self.place(self.reader.line(node))))

    def end(self, end: End, node: Node, taints: Iterable[Taint], host: str = "") -> None:
        """Note where what comes from a caller or from another file ends: what it carries is known there."""
        place = self.place(self.reader.line(node))
        for taint in sorted(taints):
            if taint.kind is Kind.ARGUMENT:
                self.drained.append(Drained(taint.what, host, place, end))
            elif taint.kind is Kind.IMPORTED:
                self.awaited.append(Awaited(taint.what, host, place, end, taint.line))
