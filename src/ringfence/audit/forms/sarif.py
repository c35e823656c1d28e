"""SARIF 2.1.0 (OASIS), as code hosts and editors read it."""

from urllib.parse import quote

from ringfence.audit.checked import tally
from ringfence.audit.finding import Finding, Place, Severity, Step, Unanswered
from ringfence.audit.report import Report
from ringfence.audit.rule import Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# What code hosts sort by: a score as CVSS has it (GitHub, "SARIF support for code scanning").
_SCORE = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}

Json = dict[str, object]


def sarif(report: Report, rules: tuple[Rule, ...], version: str) -> Json:
    """Write a report as a SARIF log of one run."""
    named = {one.rule for one in report.findings} | {one.finding.rule for one in report.waived}
    driver: Json = {
        "name": "ringfence",
        "version": version,
        "rules": [_rule(one) for one in rules if one.id in named],
    }
    waived = [_result(one.finding) | {"suppressions": [_suppression(one.reason)]} for one in report.waived]
    run: Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one) for one in report.findings] + waived,
        "invocations": [_invocation(report)],
    }
    if report.checks:
        run["properties"] = _checks(report)
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _checks(report: Report) -> Json:
    """Say how the checks came out: a result is a finding, and those that passed are none."""
    told: Json = {"checks": tally(report.checks)}
    if report.score is not None:
        told |= {"score": report.score.points, "grade": report.score.grade}
    return told


def _rule(rule: Rule) -> Json:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": {"security-severity": _SCORE[rule.severity], "tags": ["security"]} | _reference(rule),
    }


def _reference(rule: Rule) -> Json:
    return {"reference": rule.reference} if rule.reference else {}


def _result(one: Finding) -> Json:
    said = ". ".join(filter(None, (one.text, one.fix, one.stopped)))
    result: Json = {
        "ruleId": one.rule,
        "level": _LEVEL[one.severity],
        "message": {"text": said},
        "locations": [_location(one.place)],
        "partialFingerprints": {"ringfence/v1": one.fingerprint},
    }
    if one.way:
        result["codeFlows"] = [{"threadFlows": [{"locations": [_step(step) for step in one.way]}]}]
    return result


def _step(step: Step) -> Json:
    return {"location": _location(step.place) | {"message": {"text": step.text}}}


def _location(place: Place) -> Json:
    physical: Json = {"artifactLocation": {"uri": _uri(place.path)}}
    if place.line:
        physical["region"] = {"startLine": place.line}
    return {"physicalLocation": physical}


def _invocation(report: Report) -> Json:
    return {
        "executionSuccessful": not report.unanswered,
        "endTimeUtc": f"{report.at:%Y-%m-%dT%H:%M:%SZ}",
        "toolExecutionNotifications": [_notification(one) for one in report.unanswered],
    }


def _notification(one: Unanswered) -> Json:
    return {"level": "warning", "message": {"text": f"not looked at: {one.why}"}, "locations": [_location(one.place)]}


def _suppression(reason: str) -> Json:
    return {"kind": "external", "status": "accepted", "justification": reason}


def _uri(path: str) -> str:
    return quote(path.encode("utf-8", "backslashreplace"), safe="/!")
