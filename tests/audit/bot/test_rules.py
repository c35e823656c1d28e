"""Every rule finds its own example, says where and what to type, and shows no secret."""

from pathlib import Path

import pytest

from ringfence.audit.bot.rules import RULE, RULES
from ringfence.audit.rule import Rule
from tests.audit.bot.trees import SECRETS, found, lay

WITHOUT_A_LINE = {
    "bot/secret-file-open",
    "bot/settings-writable",
    "bot/strategies-writable",
    "bot/log-open",
    "bot/secret-in-git",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_example_and_says_where(rule: Rule, tmp_path: Path) -> None:
    mine = [one for one in found(lay(tmp_path, rule.example)) if one.rule == rule.id]
    assert mine
    assert {one.severity for one in mine} == {rule.severity}
    for one in mine:
        assert (tmp_path / one.place.path).exists()
        assert bool(one.place.line) != (rule.id in WITHOUT_A_LINE)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_finding_shows_no_secret(rule: Rule, tmp_path: Path) -> None:
    for one in found(lay(tmp_path, rule.example)):
        text = f"{one.text} {one.fix} {one.subject}"
        assert not [value for value in SECRETS if value[:8] in text]
        assert "SuperSecurePassword" not in text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_why_and_what_to_do(rule: Rule) -> None:
    assert rule.id.startswith("bot/")
    assert rule.title
    assert rule.why.endswith(".")
    assert rule.fix
    assert not rule.fix.endswith(".")
    assert RULE[rule.id.removeprefix("bot/")] is rule


def test_no_two_rules_have_one_name() -> None:
    assert len(RULE) == len(RULES)
