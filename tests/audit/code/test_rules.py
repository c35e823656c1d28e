"""Every rule is found by its own example: the page that prints them is true."""

import base64
import json

import pytest

from ringfence.audit.code.project import join
from ringfence.audit.code.reading import read
from ringfence.audit.code.rules import FAMILIES, RULE, RULES
from ringfence.audit.code.summary import Module
from ringfence.audit.rule import Rule

STAND_INS = {
    "{address}": "0x" + "ab12" * 10,
    "{payload}": base64.b64encode(b"import os\nos.remove('x')").decode(),
    "{blanks}": " " * 130,
    "{bidi}": "\u202e",
    "{paths}": base64.b64encode(b'["~/.config/solana/id.json", "https://collector.invalid/sync"]').decode(),
}
OF_DATA = {
    "code/yaml-runs": "bot/settings.yaml",
    "code/template-runs": "bot/report.html",
    "code/pickle-runs": "bot/model.pkl",
    "code/settings-run": "bot/logging.json",
    "code/records-sent": "bot/logging.json",
    "code/hidden-paths": "bot/presets.json",
}
UNCHECKED = b"\0" * 4 + b"\1\0\0\0" + b"\0" * 8
TIMED = b"\0" * 16


def is_javascript(rule: Rule) -> bool:
    """Its example is read by the reader of JavaScript."""
    return (
        rule.id not in OF_DATA and rule.example.startswith(("const ", "{")) and not rule.example.startswith("{address")
    )


def example_of(rule: Rule) -> dict[str, bytes]:
    """Write the example as the files of a project."""
    text = rule.example
    for mark, value in STAND_INS.items():
        text = text.replace(mark, value)
    if rule.id == "code/bytecode-differs":
        return {text: TIMED + b"\xe3requests\xda\x04exec", "bot/strategy.py": b"x = 1\n"}
    if text.endswith(".pyc"):
        return {text: UNCHECKED}
    if rule.id in OF_DATA:
        return {OF_DATA[rule.id]: text.encode()}
    if rule.id.startswith("code/startup-") and "\n" not in text:
        return {"lib/helper.pth": text.encode()}
    return {"setup.py" if "setuptools" in text else "bot/main.py": text.encode()}


@pytest.mark.parametrize("rule", [rule for rule in RULES if not is_javascript(rule)], ids=lambda rule: rule.id)
def test_a_rule_is_found_by_its_example(rule: Rule) -> None:
    readings = [read(path, data) for path, data in example_of(rule).items()]
    modules = [one for one in readings if isinstance(one, Module)]
    findings = [item for one in readings if one for item in one.findings] + list(join(modules))
    assert rule.id in {item.rule for item in findings}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_why_and_what_to_do(rule: Rule) -> None:
    assert rule.title
    assert rule.why.endswith(".")
    assert rule.fix
    assert rule.id in FAMILIES
    assert RULE[rule.id] is rule


def test_the_examples_in_javascript_are_few_and_can_be_read() -> None:
    other = [rule for rule in RULES if is_javascript(rule)]
    assert [rule.id for rule in other] == ["code/address-swap", "code/install-script"]
    assert "scripts" in json.loads(other[1].example)
