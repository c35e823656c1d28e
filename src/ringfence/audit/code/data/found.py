"""What is found in one file of data: said once for each line and subject, at most `MOST` of one rule."""

from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from ringfence.audit.code.rules import RULE
from ringfence.audit.code.summary import MOST
from ringfence.audit.finding import Finding, Place, Severity, Unanswered

_LONG: Final = 120  # characters of a stranger's text that are repeated


@dataclass(slots=True)
class Found:
    """What has been found so far in the file of this path."""

    path: str
    findings: dict[tuple[str, int, str], Finding] = field(default_factory=dict)
    unanswered: dict[str, Unanswered] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def say(self, rule: str, line: int, subject: str, text: str = "", severity: Severity | None = None) -> None:
        """Take a finding down; `text` follows the rule's title, and a severity of its own replaces the rule's."""
        subject = _printable(subject)
        if (rule, line, subject) in self.findings or self.counts.get(rule, 0) >= MOST:
            return
        self.counts[rule] = self.counts.get(rule, 0) + 1
        one = RULE[f"code/{rule}"]
        finding = one.found(Place(self.path, line), f"{one.title}: {_printable(text or subject)}", subject)
        self.findings[rule, line, subject] = replace(finding, severity=severity or one.severity)

    def hides(self, line: int, subject: str, what: str) -> None:
        """Take down that the file holds code that it does not look like."""
        self.say("code-in-data", line, subject)
        finding = self.findings["code-in-data", line, subject]
        self.findings["code-in-data", line, subject] = replace(
            finding, text=f"holds code and does not look like it: {what}"
        )

    def take(self, finding: Finding, line: int) -> None:
        """Take down what a reader of code found in a text that this file hides, as standing on that line."""
        moved = replace(finding, place=Place(self.path, line), way=())
        self.findings.setdefault((finding.rule, line, finding.subject), moved)

    def skipped(self, why: str) -> None:
        """Take down what was not looked at."""
        self.unanswered.setdefault(why, Unanswered(Place(self.path), why))


def _printable(text: str) -> str:
    """Shorten a stranger's text; halves of characters, which JSON may hold, cannot be told to anybody."""
    return text[:_LONG].encode("utf-8", "replace").decode()
