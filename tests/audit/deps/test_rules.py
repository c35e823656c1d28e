"""Every rule finds its own example, and so the page that prints them is true."""

from pathlib import Path

import pytest

from ringfence.audit.deps.download import judge
from ringfence.audit.deps.inventory import Inventory, read
from ringfence.audit.deps.rules import RULES
from ringfence.audit.finding import Severity
from ringfence.audit.rule import Rule
from tests.audit.deps.trees import lay


def audited(path: Path) -> Inventory:
    return read(path) if path.is_dir() else judge(path)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_example(rule: Rule, tmp_path: Path) -> None:
    found = audited(lay(tmp_path, rule.example)).findings
    assert rule.id in {finding.rule for finding in found}
    assert {finding.severity for finding in found if finding.rule == rule.id} == {rule.severity}


def test_no_two_rules_have_one_name() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_nothing_here_is_called_malicious_since_none_of_it_shows_an_intent() -> None:
    assert Severity.CRITICAL not in {rule.severity for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_why_and_what_to_do(rule: Rule) -> None:
    assert rule.id.startswith("deps/")
    assert rule.why.endswith(".")
    assert rule.fix
    assert not rule.fix.endswith(".")
