"""What a check answers: it holds, it fails, it could not be seen, or there is nothing to ask. Never a guess."""

from collections.abc import Callable
from dataclasses import dataclass

from ringfence.audit.checked import Verdict as Verdict  # noqa: PLC0414  # known by this name to the checks
from ringfence.audit.finding import Severity
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host


@dataclass(frozen=True, slots=True)
class Answer:
    """One check's answer. `evidence` is what was seen, in one line; `path` and `line` are where.

    `severity` is set where this failure is milder than the rule's worst. `fix` is set where a better one is known than
    the rule's own.
    """

    verdict: Verdict
    evidence: str
    path: str = ""
    line: int = 0
    severity: Severity | None = None
    fix: str = ""


def passed(evidence: str = "", path: str = "") -> Answer:
    """It holds."""
    return Answer(Verdict.PASS, evidence, path)


def failed(evidence: str, path: str = "", line: int = 0, severity: Severity | None = None, fix: str = "") -> Answer:
    """It fails, and this is what was seen."""
    return Answer(Verdict.FAIL, evidence, path, line, severity, fix)


def unknown(why: str, path: str = "") -> Answer:
    """It could not be looked at."""
    return Answer(Verdict.UNKNOWN, why, path)


def not_applicable(why: str) -> Answer:
    """There is nothing to ask on this server."""
    return Answer(Verdict.NOT_APPLICABLE, why)


@dataclass(frozen=True, slots=True)
class Check:
    """One question: the rule it is about, what asks it, and the checks without which its answer means nothing.

    `ask` raises `Unseen` where it could not look. `optional` marks hygiene: it is listed, and does not count.
    """

    rule: str
    ask: Callable[[Host, Expected], Answer]
    needs: tuple[str, ...] = ()
    optional: bool = False
