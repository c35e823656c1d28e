"""The forms of a report: SARIF as somebody else's models read it, and a page that nothing in a file name can steer."""

import datetime as dt
import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sarif_pydantic import Sarif

from ringfence.audit.checked import Checked, Score, Verdict
from ringfence.audit.finding import Finding, Place, Severity, Step, Unanswered
from ringfence.audit.forms.page import page
from ringfence.audit.forms.sarif import sarif
from ringfence.audit.report import Report, Waived
from ringfence.audit.rule import Rule

RULES = (
    Rule("code/key-sent", Severity.CRITICAL, "a key is sent away", "Whoever gets it has the account.", "look", "x"),
    Rule("code/tls-off", Severity.HIGH, "TLS is not checked", "Anybody on the way can read it.", "check it", "x"),
    Rule("code/never", Severity.LOW, "never found", "", "", "x"),
)
SENT = Finding(
    "code/key-sent",
    Severity.CRITICAL,
    Place("bot/a b.py", 7),
    "the secret is posted to evil.example",
    "delete the bot",
    "evil.example",
    (Step(Place("bot/c.py", 2), "reads exchange.secret"), Step(Place("bot/a b.py", 7), "posts it")),
    "the bot never has the key",
)
PLAIN = Finding("code/tls-off", Severity.HIGH, Place("x.py"), "verify=False")
REPORT = Report(
    ("code",),
    "/home/bot",
    dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC),
    (SENT, PLAIN),
    (Unanswered(Place("big.log"), "changed while it was read"),),
    (Waived(PLAIN, "a fake exchange", dt.date(2027, 1, 1)),),
)
NASTY = "<script>alert(1)</script>\n\x1b[31m\u202e\"' onload=x&amp;"


def told(report: Report) -> Sarif:
    """Write SARIF, and read it by models that are not ours."""
    return Sarif.model_validate(json.loads(json.dumps(sarif(report, RULES, "1.0"))))


def test_each_finding_is_a_result_with_its_place_and_its_way() -> None:
    (run,) = told(REPORT).runs
    first, *_ = run.results or []
    assert first.rule_id == "code/key-sent"
    assert first.level == "error"
    assert first.message.text == f"{SENT.text}. {SENT.fix}. {SENT.stopped}"
    place = (first.locations or [])[0].physical_location
    assert place is not None
    assert place.artifact_location is not None
    assert place.artifact_location.uri == "bot/a%20b.py"
    assert place.region is not None
    assert place.region.start_line == 7
    flow = (first.code_flows or [])[0].thread_flows[0].locations
    assert [one.location.message.text for one in flow if one.location and one.location.message] == [
        "reads exchange.secret",
        "posts it",
    ]


def test_what_is_waived_is_told_as_suppressed_with_the_reason() -> None:
    (run,) = json.loads(json.dumps(sarif(REPORT, RULES, "1.0")))["runs"]
    suppressed = [one.get("suppressions") for one in run["results"]]
    assert suppressed == [
        None,
        None,
        [{"kind": "external", "status": "accepted", "justification": "a fake exchange"}],
    ]


def test_only_the_rules_that_found_something_are_listed() -> None:
    (run,) = told(REPORT).runs
    assert [rule.id for rule in run.tool.driver.rules or []] == ["code/key-sent", "code/tls-off"]


def test_what_was_not_looked_at_makes_the_run_no_success() -> None:
    (run,) = told(REPORT).runs
    (invocation,) = run.invocations or []
    assert invocation.execution_successful is False
    assert "changed while it was read" in json.dumps(sarif(REPORT, RULES, "1.0"))


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_has_a_level_that_sarif_knows(severity: Severity) -> None:
    one = Finding("code/tls-off", severity, Place("x"), "y")
    (run,) = told(Report(("code",), "x", REPORT.at, (one,))).runs
    assert (run.results or [])[0].level in {"error", "warning", "note"}


class Seen(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags = set[str]()
        self.attributes = set[str]()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(report: Report) -> Seen:
    """Read a page."""
    parser = Seen()
    parser.feed(page(report, RULES))
    return parser


def test_the_page_has_the_finding_its_reason_its_way_and_what_was_not_looked_at() -> None:
    text = seen(REPORT).text
    for words in (SENT.text, "Whoever gets it has the account.", "reads exchange.secret", "delete the bot",
                  "Behind Ringfence: the bot never has the key", "changed while it was read", "a fake exchange",
                  SENT.fingerprint):  # fmt: skip
        assert words in text


@given(st.text(max_size=60) | st.just(NASTY))
def test_nothing_that_a_stranger_chose_becomes_a_tag_or_an_attribute(text: str) -> None:
    plain = seen(REPORT)
    one = Finding("code/tls-off", Severity.HIGH, Place(text, 1), text, text, text, (Step(Place(text), text),), text)
    gap = Unanswered(Place(text), text)
    found = seen(Report(("code",), text, REPORT.at, (SENT, one), (gap,), REPORT.waived, notes=(text,)))
    assert found.tags == plain.tags
    assert found.attributes == plain.attributes


ASKED = Report(
    ("host",),
    "vps",
    REPORT.at,
    checks=(
        Checked("code/tls-off", Severity.HIGH, Verdict.PASS, "all is checked"),
        Checked("code/never", Severity.LOW, Verdict.UNKNOWN, "permission denied", optional=True),
    ),
    score=Score(70, "C", "not more while a high check is open"),
)


def test_checks_and_their_score_are_on_the_page_and_in_sarif() -> None:
    text = seen(ASKED).text
    for words in (
        "Score: 70 of 100, grade C (not more while",
        "all is checked",
        "unknown, optional",
        "2 checks: 1 passed",
    ):
        assert words in text
    (run,) = json.loads(json.dumps(sarif(ASKED, RULES, "1.0")))["runs"]
    assert run["properties"] == {"checks": "2 checks: 1 passed, 1 unknown", "score": 70, "grade": "C"}
    assert told(ASKED).runs[0].results == []


def test_an_audit_without_checks_says_nothing_of_them() -> None:
    assert "Checks" not in seen(REPORT).text
    assert "Score" not in seen(REPORT).text
    assert "properties" not in json.loads(json.dumps(sarif(REPORT, RULES, "1.0")))["runs"][0]


def test_where_a_rule_comes_from_is_told() -> None:
    rule = Rule("code/tls-off", Severity.HIGH, "t", "w", "f", "x", reference="CIS <1.2>")
    assert '<p class="dim">CIS &lt;1.2&gt;</p>' in page(REPORT, (rule,))
    (run,) = json.loads(json.dumps(sarif(REPORT, (rule,), "1.0")))["runs"]
    assert run["tool"]["driver"]["rules"][0]["properties"]["reference"] == "CIS <1.2>"
    (run,) = json.loads(json.dumps(sarif(REPORT, RULES, "1.0")))["runs"]
    assert all("reference" not in one["properties"] for one in run["tool"]["driver"]["rules"])


@given(st.text(max_size=60) | st.just(NASTY))
def test_nothing_that_a_check_saw_becomes_a_tag_or_an_attribute(text: str) -> None:
    one = Checked("code/tls-off", Severity.HIGH, Verdict.FAIL, text, text)
    found, plain = seen(Report(("host",), text, REPORT.at, checks=(one,))), seen(ASKED)
    assert found.tags <= plain.tags
    assert found.attributes <= plain.attributes


def test_what_cannot_be_seen_is_made_visible_on_the_page() -> None:
    text = page(Report(("code",), NASTY, REPORT.at), RULES)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<script" not in text
