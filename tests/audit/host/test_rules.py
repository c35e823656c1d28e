"""The checks and their rules in words: each has the other, and no need leads in a circle or nowhere."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from ringfence.audit.finding import Severity
from ringfence.audit.host import checks
from ringfence.audit.host.answer import Check
from ringfence.audit.host.checks.all import CHECKS
from ringfence.audit.host.rules import CHECKED, RULE, RULES, load
from ringfence.audit.rule import Rule
from ringfence.errors import Misconfigured

ROW = 'severity = "high"\ntitle = "t"\nwhy = "w"\nfix = "f"\nreference = "r"\nexample = "e"\n'


def test_every_rule_has_a_check_and_every_check_a_rule() -> None:
    assert sorted(check.rule for check in CHECKS) == sorted(rule.id for rule in CHECKED)
    assert list(RULE) == [rule.id for rule in RULES]


def test_every_group_is_among_the_checks() -> None:
    groups = {path.stem for path in Path(checks.__file__).parent.glob("*.toml")}
    listed = {check.ask.__module__.rpartition(".")[2] for check in CHECKS}
    assert groups <= listed


def test_what_a_check_needs_is_a_check_and_leads_in_no_circle() -> None:
    needs = {check.rule: check.needs for check in CHECKS}
    assert {need for each in needs.values() for need in each} - needs.keys() == set()
    assert len(tuple(TopologicalSorter(needs).static_order())) == len(needs)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_why_and_what_to_do(rule: Rule) -> None:
    assert re.fullmatch(r"host/[a-z]+(-[a-z]+)*", rule.id)
    assert all(text.strip() and not text.endswith(".") for text in (rule.title, rule.fix, rule.example))
    assert rule.why.endswith((".", "?"))
    assert "\n" not in rule.example
    assert rule.title[0] == rule.title[0].lower() or rule.title.split()[0].isupper()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule)
def test_optional_is_what_is_low_and_only_that(check: Check) -> None:
    assert check.optional == (RULE[check.rule].severity is Severity.LOW)


def test_tables_are_read_in_the_order_of_their_files(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(f"[second]\n{ROW}")
    (tmp_path / "a.toml").write_text(f"[first]\n{ROW}")
    found = load(tmp_path)
    assert [rule.id for rule in found] == ["host/first", "host/second"]
    assert found[0] == Rule("host/first", Severity.HIGH, "t", "w", "f", "e", reference="r")


def test_a_name_in_two_files_is_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(f"[same]\n{ROW}")
    with pytest.raises(Misconfigured, match=r"b\.toml: host/same is in another file too"):
        load(tmp_path)


@pytest.mark.parametrize(
    "text",
    [f"[x]\n{ROW}\n[x]\n{ROW}", "[x]\n", f"[x]\n{ROW}more = 1\n", f"[x]\n{ROW}".replace("high", "worst"), "x = 1"],
)
def test_a_table_that_lacks_something_or_has_more_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(Misconfigured, match=r"a\.toml"):
        load(tmp_path)
