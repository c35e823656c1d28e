"""Lynis' report and ssh-audit's: what is taken from them, and that no text of theirs breaks anything."""

import json
import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.finding import Place, Severity
from ringfence.audit.host import others
from tests.audit.host.fake import NOW
from tests.audit.host.one_check import KEYS

# The shape of Lynis 3.0.8's report on Debian 12, shortened.
REPORT = """# Lynis Report
report_version_major=1
report_datetime_start=2026-11-28 12:31:41
lynis_version=3.0.8
suggestion[]=LYNIS|This release is more than 4 months old.|-|-|
suggestion[]=NAME-4408|Split resolving between localhost and the hostname|/etc/hosts|text:Check your localhost line|
warning[]=PKGS-7388|Can't find any security repository in /etc/apt/sources.list|-|-|
suggestion[]=SSH-7408|Consider hardening SSH configuration|MaxAuthTries (set 6 to 3)|-|
details[]=SSH-7408|sshd|desc:sshd option MaxAuthTries;field:MaxAuthTries;prefval:3;value:6;|
suggestion[]=SSH-7408|Consider hardening SSH configuration|X11Forwarding (set YES to NO)|-|
details[]=SSH-7408|sshd|desc:sshd option X11Forwarding;field:X11Forwarding;prefval:NO;value:YES;|
hardening_index=60
tests_executed=SSH-7408|PKGS-7388|
report_datetime_end=2026-11-28 12:33:33
finish=true
"""


def test_warnings_are_medium_and_suggestions_are_for_information() -> None:
    said = others.lynis(REPORT, NOW)
    assert said.unanswered == ()
    assert said.index == 60
    assert [(one.subject, one.severity) for one in said.findings] == [
        ("LYNIS", Severity.INFO),
        ("NAME-4408", Severity.INFO),
        ("PKGS-7388", Severity.MEDIUM),
        ("SSH-7408 MaxAuthTries", Severity.INFO),
        ("SSH-7408 X11Forwarding", Severity.INFO),
    ]
    assert said.findings[1].text == "NAME-4408: Split resolving between localhost and the hostname: /etc/hosts"
    assert said.findings[1].fix == "Check your localhost line"
    assert said.findings[2].place == Place(others.LYNIS, 7)
    assert said.findings[3].text == "SSH-7408: MaxAuthTries is 6, Lynis wants 3: sshd option MaxAuthTries"


def test_a_warning_is_told_beside_its_details() -> None:
    text = REPORT + "warning[]=SSH-7408|Root may log in|-|-|\n"
    assert ("SSH-7408", Severity.MEDIUM) in [(one.subject, one.severity) for one in others.lynis(text, NOW).findings]


DAY = 86_400.0
ENDED = 1_795_869_213.0  # 2026-11-28 12:33:33, as the report says it


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (ENDED + 30 * DAY, ""),
        (ENDED + 30 * DAY + 1, "30 days old"),
        (ENDED + 400 * DAY, "400 days old"),
        (ENDED - DAY, ""),  # it tells its own time, which is not UTC
        (ENDED - DAY - 1, "to come"),
    ],
)
def test_an_old_report_answers_nothing(now: float, why: str) -> None:
    said = others.lynis(REPORT, now)
    assert bool(said.findings) == (not why)
    assert [why in one.why for one in said.unanswered] == ([True] if why else [])


@pytest.mark.parametrize(
    "end", ["", "report_datetime_end=", "report_datetime_end=soon", "report_datetime_end=" + "9" * 9000]
)
def test_a_report_that_did_not_come_to_its_end_answers_nothing(end: str) -> None:
    text = "\n".join(line for line in REPORT.split("\n") if "datetime_end" not in line) + end
    said = others.lynis(text, NOW)
    assert said.findings == ()
    assert "did not" in said.unanswered[0].why or "does not say" in said.unanswered[0].why


@pytest.mark.parametrize(
    "line",
    [
        "warning[]=",
        "warning[]=|",
        "warning[]=../x|text|",
        "warning[]=SSH-7408",
        "warning[]=SSH-7408|-|-|",
        "details[]=a b|c|",
    ],
)
def test_a_line_that_is_none_of_lynis_is_counted_and_not_told(line: str) -> None:
    said = others.lynis(f"{REPORT}{line}\n", NOW)
    assert len(said.findings) == 5
    assert [one.why for one in said.unanswered] == ["Lynis: 1 lines are none of its own"]


def test_texts_are_short_and_plain() -> None:
    said = others.lynis(f"{REPORT}warning[]=ABC-1|\x1b[2J\u202e{'x' * 10_000}|-|-|\n", NOW)
    text = next(one.text for one in said.findings if one.subject == "ABC-1")
    assert text.isprintable()
    assert len(text) < 400


def test_more_lines_than_there_are_tests_are_said_as_unanswered() -> None:
    own = REPORT.count("[]=")
    line = "warning[]=ABC-1|x|-|-|\n"
    assert others.lynis(REPORT + line * (1000 - own), NOW).unanswered == ()
    said = others.lynis(REPORT + line * (1001 - own), NOW)
    assert [one.why for one in said.unanswered] == ["Lynis: 1 lines more than a report has"]


@pytest.mark.parametrize(("index", "told"), [("0", 0), ("100", 100), ("101", None), ("-1", None), ("x", None)])
def test_an_index_is_a_percentage_or_none(index: str, told: int | None) -> None:
    assert others.lynis(REPORT.replace("index=60", f"index={index}"), NOW).index == told


def algorithm(name: str, **notes: list[str]) -> dict[str, object]:
    """Say what ssh-audit says of one algorithm."""
    return {"algorithm": name, "notes": {"info": ["available since OpenSSH 6.2"], **notes}}


# The shape of what ssh-audit 3.9.0 prints of OpenSSH 9.2 on Debian 12, shortened.
AUDIT = {
    "additional_notes": [],
    "banner": {"comments": "Debian-2+deb12u10", "protocol": "2.0", "software": "OpenSSH_9.2p1"},
    "compression": ["none"],
    "cves": [],
    "enc": [algorithm("aes128-ctr"), algorithm("aes128-cbc", warn=["using weak cipher mode"])],
    "fingerprints": [],
    "kex": [algorithm("ecdh-sha2-nistp256", fail=["using suspected curves"], warn=["no protection"])],
    "key": [{**algorithm("rsa-sha2-512"), "keysize": 3072}, algorithm("ecdsa-sha2-nistp256", fail=["suspected"])],
    "mac": [algorithm("hmac-sha1", fail=["using broken SHA-1 hash algorithm"])],
    "recommendations": {},
    "target": "127.0.0.1:22",
}


@pytest.mark.parametrize("told", [AUDIT, [AUDIT]])
def test_what_ssh_audit_fails_is_high_and_what_it_warns_of_is_low(told: object) -> None:
    said = others.ssh_audit(json.dumps(told), "audit.json")
    assert said.unanswered == ()
    assert {one.subject: one.severity for one in said.findings} == {
        "127.0.0.1:22 cipher aes128-cbc": Severity.LOW,
        "127.0.0.1:22 key exchange ecdh-sha2-nistp256": Severity.HIGH,
        "127.0.0.1:22 host key ecdsa-sha2-nistp256": Severity.HIGH,
        "127.0.0.1:22 MAC hmac-sha1": Severity.HIGH,
    }


def test_a_known_fault_is_high() -> None:
    said = others.ssh_audit(json.dumps({**AUDIT, "cves": [{"name": "CVE-2024-6387", "cvssv2": 8.1}]}), "audit.json")
    assert (said.findings[0].subject, said.findings[0].severity) == ("127.0.0.1:22 CVE-2024-6387", Severity.HIGH)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 1_000_000,
        '{"a":' * 1_000_000,
        "\ud800",
        "{}",
        "null",
        json.dumps({**AUDIT, "kex": None}),
        json.dumps({**AUDIT, "kex": "ecdh"}),
        json.dumps({**AUDIT, "mac": [{"algorithm": "hmac-sha1"}]}),  # as ssh-audit 2 prints it: without a word on it
        json.dumps({**AUDIT, "mac": [{"algorithm": 1, "notes": {}}]}),
        json.dumps({**AUDIT, "mac": [{"algorithm": "x", "notes": {"fail": "x"}}]}),
        json.dumps({key: value for key, value in AUDIT.items() if key != "mac"}),
    ],
)
def test_what_is_no_report_of_ssh_audit_is_unanswered(text: str) -> None:
    said = others.ssh_audit(text, "audit.json")
    assert said.findings == ()
    assert [one.place for one in said.unanswered] == [Place("audit.json")]


def test_more_findings_than_a_server_has_are_said_as_unanswered() -> None:
    many = [algorithm(f"a{number}", fail=["\x1b" + "x" * 900] * 9) for number in range(2000)]
    said = others.ssh_audit(json.dumps({**AUDIT, "mac": many}), "audit.json")
    assert len(said.findings) == 1000
    assert len(said.unanswered) == 1
    assert all(len(one.text) <= 600 and one.text.isprintable() for one in said.findings)


@given(st.text() | st.text(alphabet="[]{}=|-:;\nwarningdetails0123SSH"))
def test_no_text_breaks_either(text: str) -> None:
    others.lynis(text, NOW)
    others.lynis(REPORT + text, NOW)
    assert others.ssh_audit(text, "x").findings == ()


def test_both_have_their_words() -> None:
    tables = tomllib.loads((resources.files("ringfence.audit.host") / "others.toml").read_text("utf-8"))
    assert set(tables) == {"lynis", "ssh-audit"}
    assert all(set(table) == KEYS for table in tables.values())
