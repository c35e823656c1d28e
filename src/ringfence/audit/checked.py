"""Checks and what they came to, for audits that ask a fixed list of questions, and the score that they make.

A check that could not be looked at is here as itself: it must never be counted as one that passed.
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from ringfence.audit.finding import Severity


class Verdict(StrEnum):
    """How a check came out."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


class Checked(msgspec.Struct, frozen=True):
    """One check and what it came to.

    `severity` is what this failure is, or what a failure would be. `evidence` is what was seen, or why nothing was;
    `path` and `line` are where, empty where there is no place. `optional` is hygiene: it is listed, and does not count.
    """

    rule: str
    severity: Severity
    verdict: Verdict
    evidence: str = ""
    path: str = ""
    line: int = 0
    optional: bool = False
    fix: str = ""


class Score(msgspec.Struct, frozen=True):
    """How well it stands: 0 to 100, a grade from A to F, and why the points are held down, empty where they are not."""

    points: int
    grade: str
    held: str = ""

    def __str__(self) -> str:
        """Write it in a line."""
        return f"{self.points} of 100, grade {self.grade}{f' ({self.held})' if self.held else ''}"


def tally(checks: Iterable[Checked]) -> str:
    """Count checks by how they came out, in words."""
    counts = Counter(one.verdict for one in checks)
    total = counts.total()
    parts = (
        (counts[Verdict.PASS], "passed"),
        (counts[Verdict.FAIL], "failed"),
        (counts[Verdict.UNKNOWN], "unknown"),
        (counts[Verdict.NOT_APPLICABLE], "not applicable"),
    )
    said = ", ".join(f"{count} {word}" for count, word in parts if count)
    return f"{total} check{'s' * (total != 1)}: {said}" if total else "no check"
