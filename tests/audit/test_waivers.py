"""Waivers and baselines: who answers for a finding, until when, and that nothing else goes with it."""

import datetime as dt

import msgspec
import pytest

from ringfence.audit import waivers
from ringfence.audit.finding import Finding, Place, Severity, Unanswered
from ringfence.audit.report import FOUND, UNSEEN, Report, settle
from ringfence.errors import Misconfigured

TODAY = dt.date(2026, 11, 28)
AT = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
FOUND_ONE = Finding("code/tls-off", Severity.HIGH, Place("tests/a.py", 3), "verify=False", subject="example.invalid")
EMPTY = Report(("code",), "bot", AT)


def waiver(text: str) -> tuple[waivers.Waiver, ...]:
    """Read one waiver."""
    return waivers.read("waivers.toml", f"[[waiver]]\n{text}", TODAY)


GOOD = 'rule = "code/tls-off"\npath = "tests/*"\nreason = "a fake exchange"\nuntil = '


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('rule = "code/tls-off"\npath = "*"\nuntil = 2027-01-01', "reason"),
        ('rule = "code/tls-off"\npath = "*"\nreason = " "\nuntil = 2027-01-01', "gives no reason"),
        ('rule = "code/tls-off"\nreason = "x"\nuntil = 2027-01-01', "names neither"),
        ('reason = "x"\nuntil = 2027-01-01', "names neither"),
        ('finding = "aa"\nrule = "code/tls-off"\npath = "*"\nreason = "x"\nuntil = 2027-01-01', "names neither"),
        ('rule = "code/tls-off"\npath = "*"\nreason = "x"', "until"),
        ('rule = "code/tls-off"\npath = "*"\nreason = "x"\nuntil = "soon"', "date"),
        (f"{GOOD}2027-11-30", "more than 366 days"),
        (f"{GOOD}2027-01-01\nseverity = 'low'", "severity"),
        ("= 1", "waivers.toml"),
    ],
)
def test_a_waiver_without_reason_target_or_end_is_refused(text: str, why: str) -> None:
    with pytest.raises(Misconfigured, match=why) as told:
        waiver(text)
    assert "[[waiver]]" in (told.value.hint or "")


@pytest.mark.parametrize(("until", "kept"), [("2026-11-28", 0), ("2026-11-27", 1), ("2027-11-29", 0)])
def test_a_waiver_holds_to_the_end_of_its_day(until: str, kept: int) -> None:
    report = settle(EMPTY, [FOUND_ONE], waiver(f"{GOOD}{until}"))
    assert len(report.findings) == kept
    assert len(report.waived) == 1 - kept
    assert len(report.expired) == kept


@pytest.mark.parametrize(
    "other",
    [
        msgspec.structs.replace(FOUND_ONE, rule="code/withdraw-call"),
        msgspec.structs.replace(FOUND_ONE, place=Place("src/tests/a.py")),
        msgspec.structs.replace(FOUND_ONE, place=Place("Tests/a.py")),
    ],
)
def test_a_waiver_covers_its_rule_at_its_paths_alone(other: Finding) -> None:
    assert settle(EMPTY, [other], waiver(f"{GOOD}2027-01-01")).findings == (other,)


def test_a_finding_can_be_waived_by_its_fingerprint_wherever_its_line_goes() -> None:
    one = waiver(f'finding = "{FOUND_ONE.fingerprint}"\nreason = "x"\nuntil = 2027-01-01')
    moved = msgspec.structs.replace(FOUND_ONE, place=Place("tests/a.py", 99))
    another = msgspec.structs.replace(FOUND_ONE, subject="another.invalid")
    report = settle(EMPTY, [moved, another], one)
    assert report.findings == (another,)
    assert [each.finding for each in report.waived] == [moved]


def test_a_baseline_takes_out_what_was_known_and_nothing_new() -> None:
    data = msgspec.json.encode({"findings": [FOUND_ONE]})
    new = msgspec.structs.replace(FOUND_ONE, place=Place("src/b.py"))
    report = settle(EMPTY, [FOUND_ONE, new], (), waivers.baseline("old.json", data))
    assert (report.findings, report.known) == ((new,), 1)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"findings": [1]}', b'{"nothing": 1}'])
def test_what_is_no_report_is_no_baseline(data: bytes) -> None:
    with pytest.raises(Misconfigured, match="is no report"):
        waivers.baseline("old.json", data)


@pytest.mark.parametrize(
    ("found", "gaps", "least", "code"),
    [
        ((), (), Severity.HIGH, 0),
        ((FOUND_ONE,), (), Severity.HIGH, FOUND),
        ((FOUND_ONE,), (), Severity.CRITICAL, 0),
        ((), (Unanswered(Place("x"), "y"),), Severity.HIGH, UNSEEN),
        ((FOUND_ONE,), (Unanswered(Place("x"), "y"),), Severity.HIGH, FOUND),
        ((FOUND_ONE,), (Unanswered(Place("x"), "y"),), Severity.CRITICAL, UNSEEN),
    ],
)
def test_the_exit_code_tells_found_from_not_looked(
    found: tuple[Finding, ...], gaps: tuple[Unanswered, ...], least: Severity, code: int
) -> None:
    report = settle(msgspec.structs.replace(EMPTY, unanswered=gaps), found, ())
    assert report.code(least) == code


def test_findings_come_worst_first_and_each_once() -> None:
    low = msgspec.structs.replace(FOUND_ONE, severity=Severity.LOW)
    worst = msgspec.structs.replace(FOUND_ONE, severity=Severity.CRITICAL, place=Place("z.py", 9))
    assert settle(EMPTY, [low, FOUND_ONE, worst, FOUND_ONE], ()).findings == (worst, FOUND_ONE, low)
