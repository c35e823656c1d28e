"""Tests of the readers of data: what runs, hides code or sends a bot elsewhere, and what only looks so."""

from ringfence.audit.code.data.read import read
from ringfence.audit.finding import Severity


def found(path: str, data: bytes | str) -> set[str]:
    """List the rules that a file of data is found by."""
    return set(severities(path, data))


def severities(path: str, data: bytes | str) -> dict[str, Severity]:
    """List the rules that a file of data is found by, each with its worst."""
    reading = read(path, data.encode() if isinstance(data, str) else data)
    worst = dict[str, Severity]()
    for one in sorted(reading.findings if reading else (), key=lambda each: -each.severity.rank):
        worst[one.rule.removeprefix("code/")] = one.severity
    return worst


def lines(path: str, data: bytes | str) -> list[int]:
    """List the lines on which something is found."""
    reading = read(path, data.encode() if isinstance(data, str) else data)
    return [one.place.line for one in reading.findings] if reading else []


def unanswered(path: str, data: bytes) -> list[str]:
    """List what was not looked at."""
    reading = read(path, data)
    return [one.why for one in reading.unanswered] if reading else []
