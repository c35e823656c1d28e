"""How well a server stands, as a number: what it does right out of what could be right, by weight.

What is unknown counts as failed: a server that lets nobody look is no safer for it. Weights, caps and grades are this
project's own judgement: the weights follow the severities, and one open door is not made good by many shut windows.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from ringfence.audit.checked import Checked, Score, Verdict
from ringfence.audit.finding import Severity

WEIGHT: Final[Mapping[Severity, int]] = {
    Severity.CRITICAL: 10,
    Severity.HIGH: 5,
    Severity.MEDIUM: 2,
    Severity.LOW: 1,
    Severity.INFO: 0,
}
"""What a check counts, by what its failure is."""

CAP: Final[Mapping[Severity, int]] = {Severity.CRITICAL: 40, Severity.HIGH: 70}
"""The most points that there are while a check of that severity does not pass."""

GRADES: Final = ((90, "A"), (80, "B"), (70, "C"), (60, "D"), (0, "F"))
"""From how many points on there is which grade."""


def score(checks: Iterable[Checked]) -> Score | None:
    """Add the checks up; None where nothing counts: no number says that nothing was asked."""
    counted = [one for one in checks if not one.optional and one.verdict is not Verdict.NOT_APPLICABLE]
    total = sum(WEIGHT[one.severity] for one in counted)
    if not total:
        return None
    held = sum(WEIGHT[one.severity] for one in counted if one.verdict is Verdict.PASS)
    points = 100 * held // total
    for severity, cap in CAP.items():
        open_ = [one for one in counted if one.severity is severity and one.verdict is not Verdict.PASS]
        if open_ and points > cap:
            return Score(cap, _grade(cap), _why(severity, open_))
    return Score(points, _grade(points))


def _why(severity: Severity, open_: list[Checked]) -> str:
    failed = sum(one.verdict is Verdict.FAIL for one in open_)
    parts = ((failed, "failed"), (len(open_) - failed, "unknown"))
    said = " and ".join(f"{count} {word}" for count, word in parts if count)
    return f"not more while a {severity.value} check is open: {said}"


def _grade(points: int) -> str:
    return next(grade for least, grade in GRADES if points >= least)
