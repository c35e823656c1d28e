"""What is noted down while a file is read: findings, flows, calls, capabilities. It judges nothing."""

from dataclasses import dataclass, field
from typing import Final

from ringfence.audit.code.capability import Capability, Power
from ringfence.audit.code.rules import RULE
from ringfence.audit.code.summary import MOST, Called, Flow
from ringfence.audit.code.values import ITEMS, Taint, Value, taints_of
from ringfence.audit.finding import Finding, Place, Step, Unanswered

_MOST_FLOWS: Final = 50_000  # of one file: a thousand times what the largest client module has


@dataclass(slots=True)
class Notes:
    """Notes on one file. While `muted` nothing is taken down; while `inside` is set, everything stands on that line."""

    path: str
    findings: dict[tuple[str, int, str], Finding] = field(default_factory=dict)
    flows: dict[Flow, None] = field(default_factory=dict)
    calls: dict[Called, None] = field(default_factory=dict)
    capabilities: dict[tuple[Power, str], Capability] = field(default_factory=dict)
    unanswered: list[Unanswered] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    muted: int = 0
    inside: int = 0
    replaced: set[str] = field(default_factory=set)
    packed: dict[str, Taint] = field(default_factory=dict)

    def add(self, name: str, line: int, text: str = "", subject: str = "", way: tuple[Step, ...] = ()) -> None:
        """Take a finding down, once for each line and subject."""
        if self.muted:
            return
        line = self.inside or line
        count = self.counts.get(name, 0)
        if (name, line, subject) in self.findings or count >= MOST:
            return
        self.counts[name] = count + 1
        rule = RULE[f"code/{name}"]
        whole = f"{rule.title}: {text}" if text else ""
        self.findings[name, line, subject] = rule.found(Place(self.path, line), whole, subject, way)

    def aloud(self, name: str, line: int, text: str, subject: str) -> None:
        """Take a finding down although nothing else is: what a function does with what it is given here."""
        muted, self.muted = self.muted, 0
        self.add(name, line, text, subject)
        self.muted = muted

    def flow(
        self, value: Value, sink: str, line: int, urls: tuple[str, ...] = (), role: str = "", words: str = ""
    ) -> None:
        """Take down that what is in a value reaches a place."""
        for taint in taints_of(value):
            self.passed(taint, sink, line, urls, role, words)

    def passed(
        self, taint: Taint, sink: str, line: int, urls: tuple[str, ...] = (), role: str = "", words: str = ""
    ) -> None:
        """Take down one origin that reaches a place."""
        if self.muted or len(self.flows) >= _MOST_FLOWS or sink == taint.kind:
            return
        self.flows[Flow(taint.kind, taint.label, sink, self.inside or line, urls, role, words, taint.way)] = None

    def called(self, function: str, line: int, given: tuple[tuple[str, str], ...]) -> None:
        """Take down which texts a function is given."""
        if not self.muted and len(self.calls) < _MOST_FLOWS:
            self.calls[Called(function, self.inside or line, given)] = None

    def able(self, power: Power, what: str, line: int) -> None:
        """Take down something that the file is able to do, at its first place."""
        if not self.muted and len(what) <= ITEMS:
            self.capabilities.setdefault((power, what), Capability(power, what, Place(self.path, self.inside or line)))

    def saw(self, event: str, line: int) -> None:
        """Remember that something happened that means something only together with other things."""
        if not self.muted:
            self.seen.setdefault(event, self.inside or line)

    def skipped(self, why: str, line: int = 0) -> None:
        """Take down what was not looked at."""
        self.unanswered.append(Unanswered(Place(self.path, self.inside or line), why))
