"""Every command that a rule tells people to type is one that there is."""

import re

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from ringfence.audit.rule import Rule
from ringfence.audit.rules import RULES
from ringfence.cli.main import build

_NAMED = re.compile(r"`(ringfence [^`]+)`")
_TREE = get_command(build())


def _missing(line: str) -> str:
    """Return the first word of a command line that the program does not know, or nothing."""
    command = _TREE
    for word in line.split()[1:]:
        if word.startswith("-"):
            if not any(word.partition("=")[0] in option.opts for option in command.params):
                return word
        elif isinstance(command, TyperGroup):
            if word not in command.commands:
                return word
            command = command.commands[word]
        elif not (word.isupper() or word in {"...", ">"}):
            return word  # what is to be filled in is written in capitals
    return command.name if isinstance(command, TyperGroup) and command.name else ""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_commands_that_a_rule_names_exist(rule: Rule) -> None:
    texts = (rule.why, rule.fix, rule.stopped)
    assert [(line, word) for text in texts for line in _NAMED.findall(text) if (word := _missing(line))] == []


def test_some_rule_names_a_command() -> None:
    assert any(_NAMED.search(rule.fix) for rule in RULES)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("ringfence key rotate NAME", "rotate"),
        ("ringfence key", "key"),
        ("ringfence audit deps --nothing", "--nothing"),
        ("ringfence key remove main", "main"),
        ("ringfence bot add NAME", ""),
        ("ringfence audit deps --json > FILE", ""),
    ],
)
def test_a_command_that_there_is_not_would_be_seen(line: str, word: str) -> None:
    assert _missing(line) == word
