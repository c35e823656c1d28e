"""Every rule finds its own example, says what to do, and shows no value."""

import pytest

from ringfence.audit.finding import Finding
from ringfence.audit.rule import Rule
from ringfence.audit.secrets.known import Known, remember
from ringfence.audit.secrets.rules import RULES
from ringfence.audit.secrets.scan import scan
from tests.audit.secrets.drawn import Drawn


def _named_for(rule: Rule) -> str:
    return {"secrets/bot-password": "bot.yml", "secrets/url-credentials": ".env"}.get(rule.id, "bot.py")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_finds_its_example(rule: Rule) -> None:
    drawn = Drawn()
    secret = drawn.mixed(40)
    known = Known(b"salt" * 8, remember("account main: secret", "secret", secret.encode(), b"salt" * 8))
    text = drawn.fill(rule.example.replace("{known}", secret))
    found = [one for one in scan(_named_for(rule), text.encode(), known) if isinstance(one, Finding)]
    assert rule.id in {one.rule for one in found}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_says_why_and_what_to_do(rule: Rule) -> None:
    assert rule.id.startswith("secrets/")
    assert rule.why.endswith(".")
    assert rule.fix


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_finding_shows_more_than_four_characters(rule: Rule) -> None:
    text = Drawn().fill(rule.example)
    words = {
        text[at : at + 5]
        for at in range(len(text) - 4)
        if text[at : at + 5].isalnum() and not text[at : at + 5].isalpha()
    }
    told = "".join(
        f"{one.text} {one.fix} {one.subject}"
        for one in scan(_named_for(rule), text.encode())
        if isinstance(one, Finding)
    )
    assert not [word for word in words if word in told]
