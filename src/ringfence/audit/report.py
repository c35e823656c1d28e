"""What an audit comes to: its findings in order, what is waived or was known before, and the code to exit with."""

import datetime as dt
from collections.abc import Iterable

import msgspec

from ringfence.audit.checked import Checked, Score
from ringfence.audit.finding import Finding, Severity, Unanswered
from ringfence.audit.waivers import Baseline, Waiver

FOUND, UNSEEN = 1, 5
"""Exit codes: something at or above the threshold was found; nothing was, and not everything was looked at."""

FORMAT = 1


class Waived(msgspec.Struct, frozen=True):
    """A finding that somebody has answered for, and how."""

    finding: Finding
    reason: str
    until: dt.date


class Report(msgspec.Struct, frozen=True):
    """Everything that is said about one target.

    `known` counts the findings that the baseline had; `expired` are waivers that no longer hold. `at` is UTC.
    `checks` and `score` are of audits that ask a fixed list of questions; a waiver changes neither.
    """

    audits: tuple[str, ...]
    target: str
    at: dt.datetime
    findings: tuple[Finding, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    waived: tuple[Waived, ...] = ()
    expired: tuple[Waiver, ...] = ()
    known: int = 0
    files: int = 0
    size: int = 0
    notes: tuple[str, ...] = ()
    checks: tuple[Checked, ...] = ()
    score: Score | None = None

    def worst(self, least: Severity) -> tuple[Finding, ...]:
        """Return the findings that are at least so bad."""
        return tuple(one for one in self.findings if one.severity.rank <= least.rank)

    def code(self, least: Severity) -> int:
        """Say what to exit with, where findings from `least` on count."""
        if self.worst(least):
            return FOUND
        return UNSEEN if self.unanswered else 0


def sorted_(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put findings in order, the worst first, and each but once."""
    order = {_key(one): one for one in findings}
    return tuple(order[key] for key in sorted(order))


def settle(
    report: Report, found: Iterable[Finding], waivers: tuple[Waiver, ...], baseline: Baseline | None = None
) -> Report:
    """Take out what somebody has answered for and what was known before; what is waived is still told."""
    today = report.at.date()
    kept, waived, known = list[Finding](), list[Waived](), 0
    for one in sorted_(found):
        waiver = next((each for each in waivers if each.holds(today) and each.covers(one)), None)
        if waiver is not None:
            waived.append(Waived(one, waiver.reason, waiver.until))
        elif baseline is not None and one.fingerprint in baseline.fingerprints:
            known += 1
        else:
            kept.append(one)
    expired = tuple(each for each in waivers if not each.holds(today))
    return msgspec.structs.replace(report, findings=tuple(kept), waived=tuple(waived), expired=expired, known=known)


def _key(one: Finding) -> tuple[int, str, object, str, str]:
    return one.severity.rank, one.rule, one.place, one.subject, one.text
