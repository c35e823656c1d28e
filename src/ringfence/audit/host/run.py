"""Asks a server every check, and puts what they answer into the words that all audits share.

No check can end the audit, and none that broke or could not look is ever taken for one that passed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

import msgspec

from ringfence.audit.checked import Checked, Verdict
from ringfence.audit.finding import Finding, Place, Unanswered
from ringfence.audit.host.answer import Answer, Check, unknown
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.rules import RULE
from ringfence.audit.host.source import Unseen
from ringfence.audit.rule import Rule
from ringfence.errors import Misconfigured

LONGEST: Final = 600
"""Characters of evidence: some lines of a terminal. What a stranger's file says may be longer than anybody reads."""

_PASSING: Final = re.compile(r"/proc/\d+(/|$)")  # where a process stands: another place at the next run


def ask(
    host: Host, expected: Expected, checks: Sequence[Check], rules: Mapping[str, Rule] = RULE
) -> tuple[Checked, ...]:
    """Ask each check, those first that others need; returns them as they are listed. Raises `Misconfigured`."""
    by_rule = {check.rule: check for check in checks}
    if len(by_rule) != len(checks):
        raise Misconfigured("two checks answer for one rule")
    answers = dict[str, Answer]()
    for name in _order(by_rule):
        if name in by_rule:  # a need that nobody asked is unknown below
            answers[name] = _answer(host, expected, by_rule[name], answers)
    return tuple(_checked(check, answers[check.rule], rules[check.rule]) for check in by_rule.values())


def findings(checked: Iterable[Checked], rules: Mapping[str, Rule] = RULE) -> tuple[Finding, ...]:
    """Make a finding of each check that failed: one each, so that rule and place name it from run to run."""
    return tuple(_finding(one, rules[one.rule]) for one in checked if one.verdict is Verdict.FAIL)


def unanswered(checked: Iterable[Checked]) -> tuple[Unanswered, ...]:
    """Say of each check that is unknown why it is."""
    return tuple(
        Unanswered(Place(one.path or one.rule), one.evidence) for one in checked if one.verdict is Verdict.UNKNOWN
    )


def _order(checks: Mapping[str, Check]) -> tuple[str, ...]:
    try:
        return tuple(TopologicalSorter({name: check.needs for name, check in checks.items()}).static_order())
    except CycleError as error:
        raise Misconfigured(f"checks need each other in a circle: {', '.join(error.args[1])}") from None


def _answer(host: Host, expected: Expected, check: Check, answers: Mapping[str, Answer]) -> Answer:
    for need in check.needs:
        why = _missing(answers.get(need))
        if why:
            return unknown(f"means nothing while {need} {why}")
    try:
        return check.ask(host, expected)
    except Unseen as unseen:
        return unknown(str(unseen))
    except Exception as broken:  # noqa: BLE001  # a check that breaks has not passed; its words may be a stranger's
        return unknown(f"the check broke: {type(broken).__name__}")


def _missing(need: Answer | None) -> str:
    if need is None:
        return "was not asked"
    return {Verdict.FAIL: "fails", Verdict.UNKNOWN: "is unknown"}.get(need.verdict, "")


def _checked(check: Check, answer: Answer, rule: Rule) -> Checked:
    return Checked(
        check.rule,
        answer.severity or rule.severity,
        answer.verdict,
        _line(answer.evidence),
        "" if _PASSING.match(answer.path) else answer.path,
        answer.line,
        check.optional,
        answer.fix,
    )


def _line(evidence: str) -> str:
    """Bring evidence into one line of a length that somebody reads."""
    words = " ".join(evidence.split())
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} …"


def _finding(one: Checked, rule: Rule) -> Finding:
    said = f"{rule.title}: {one.evidence}" if one.evidence else rule.title
    found = rule.found(Place(one.path or one.rule, one.line), said)
    return msgspec.structs.replace(found, severity=one.severity, fix=one.fix or rule.fix)
