"""Asking all checks: what needs what, what a broken check becomes, and the findings that come of it."""

from collections.abc import Callable

import pytest

from ringfence.audit.checked import Checked, Verdict, tally
from ringfence.audit.finding import Finding, Place, Severity, Unanswered
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed, unknown
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.run import LONGEST, ask, findings, unanswered
from ringfence.audit.host.source import Unseen
from ringfence.audit.rule import Rule
from ringfence.errors import Misconfigured
from tests.audit.host.fake import host

RULES = {f"host/{name}": Rule(f"host/{name}", Severity.HIGH, f"{name} is open", "why", "shut it", "") for name in "abc"}


def check(name: str, answer: Answer | Exception, *needs: str, optional: bool = False) -> Check:
    def said(_: Host, __: Expected) -> Answer:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Check(f"host/{name}", said, tuple(f"host/{need}" for need in needs), optional)


def asked(*checks: Check) -> dict[str, Checked]:
    return {one.rule.removeprefix("host/"): one for one in ask(host(), Expected(), checks, RULES)}


@pytest.mark.parametrize(
    ("answer", "verdict", "evidence"),
    [
        (passed("fine"), Verdict.PASS, "fine"),
        (failed("bad"), Verdict.FAIL, "bad"),
        (unknown("dark"), Verdict.UNKNOWN, "dark"),
        (not_applicable("none"), Verdict.NOT_APPLICABLE, "none"),
        (Unseen("/x: permission denied"), Verdict.UNKNOWN, "/x: permission denied"),
        (KeyError("a secret"), Verdict.UNKNOWN, "the check broke: KeyError"),
        (RecursionError(), Verdict.UNKNOWN, "the check broke: RecursionError"),
        (failed(" two\n  lines\t"), Verdict.FAIL, "two lines"),
        (failed("x" * LONGEST), Verdict.FAIL, "x" * LONGEST),
        (failed("x" * (LONGEST + 1)), Verdict.FAIL, "x" * LONGEST + " …"),
    ],
)
def test_an_answer_is_kept_as_it_is(answer: Answer | Exception, verdict: Verdict, evidence: str) -> None:
    one = asked(check("a", answer))["a"]
    assert (one.verdict, one.evidence, one.severity, one.optional) == (verdict, evidence, Severity.HIGH, False)


@pytest.mark.parametrize(
    ("need", "why"),
    [
        (passed(), ""),
        (not_applicable("none"), ""),
        (failed("bad"), "means nothing while host/a fails"),
        (unknown("dark"), "means nothing while host/a is unknown"),
        (Unseen("dark"), "means nothing while host/a is unknown"),
        (ValueError(), "means nothing while host/a is unknown"),
    ],
)
def test_a_check_means_nothing_without_what_it_needs(need: Answer | Exception, why: str) -> None:
    found = asked(check("b", passed("fine"), "a"), check("a", need))["b"]
    assert (found.verdict, found.evidence) == ((Verdict.UNKNOWN, why) if why else (Verdict.PASS, "fine"))


def test_a_need_of_a_need_reaches_through_and_the_order_is_that_of_the_list() -> None:
    found = asked(check("c", passed(), "b"), check("b", passed(), "a"), check("a", failed("bad")))
    assert list(found) == ["c", "b", "a"]
    assert [one.verdict for one in found.values()] == [Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.FAIL]


def test_a_check_whose_need_nobody_asks_is_unknown() -> None:
    assert asked(check("b", passed(), "a"))["b"].evidence == "means nothing while host/a was not asked"


def test_a_circle_and_two_checks_of_one_rule_are_refused() -> None:
    with pytest.raises(Misconfigured, match="in a circle"):
        asked(check("a", passed(), "b"), check("b", passed(), "a"))
    with pytest.raises(Misconfigured, match="two checks"):
        asked(check("a", passed()), check("a", failed("bad")))


def test_a_failure_becomes_one_finding_with_its_evidence() -> None:
    answers = asked(check("a", failed("port 22", "/etc/x", 3)), check("b", passed()), check("c", unknown("dark")))
    assert findings(answers.values(), RULES) == (
        Finding("host/a", Severity.HIGH, Place("/etc/x", 3), "a is open: port 22", "shut it"),
    )
    assert unanswered(answers.values()) == (Unanswered(Place("host/c"), "dark"),)


def test_a_milder_failure_and_a_better_fix_count_before_the_rules_own() -> None:
    answers = asked(check("a", failed("", severity=Severity.LOW, fix="bolt it"), optional=True))
    assert answers["a"].optional
    (one,) = findings(answers.values(), RULES)
    assert (one.severity, one.fix, one.text) == (Severity.LOW, "bolt it", "a is open")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (failed("3 of them", "/etc/x", 3), failed("4 of them", "/etc/x", 9), True),
        (failed("x", "/proc/12/environ"), failed("x", "/proc/99/environ"), True),
        (failed("x", "/proc/12"), failed("x"), True),
        (failed("x", "/etc/x"), failed("x", "/etc/y"), False),
        (failed("x", "/proc/mounts"), failed("x"), False),
    ],
)
def test_a_finding_is_the_same_from_run_to_run(first: Answer, second: Answer, same: bool) -> None:
    named: Callable[[Answer], str] = lambda one: findings(asked(check("a", one)).values(), RULES)[0].fingerprint  # noqa: E731
    assert (named(first) == named(second)) is same


def test_checks_are_counted_in_words() -> None:
    answers = asked(check("a", failed("x")), check("b", passed()), check("c", passed()))
    assert tally(answers.values()) == "3 checks: 2 passed, 1 failed"
    assert tally([answers["a"]]) == "1 check: 1 failed"
    assert tally([]) == "no check"
