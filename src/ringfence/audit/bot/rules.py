"""What is looked for in a bot's settings, read from the table in rules.toml, and how a finding is said.

It must never leave a rule without a reason, a next step and an example that a test finds.
"""

import tomllib
from pathlib import Path
from typing import Final

import msgspec

from ringfence.audit.finding import Finding, Place, Severity
from ringfence.audit.rule import Rule


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    severity: Severity
    title: str
    why: str
    fix: str
    example: str
    stopped: str = ""
    reference: str = ""


_ROWS: Final = msgspec.convert(
    tomllib.loads(Path(__file__).with_name("rules.toml").read_text("utf-8")), dict[str, _Row]
)

RULES: Final[tuple[Rule, ...]] = tuple(
    Rule(f"bot/{name}", row.severity, row.title, row.why, row.fix, row.example, row.stopped, row.reference)
    for name, row in _ROWS.items()
)
"""Every rule, in the order of the table."""

RULE: Final = {rule.id.removeprefix("bot/"): rule for rule in RULES}
"""Each rule by its name."""


def say(name: str, place: Place, text: str, subject: str, severity: Severity | None = None) -> Finding:
    """Say that a rule is broken there: what is wrong and what to write; milder than the rule where that is known."""
    found = RULE[name].found(place, text, subject)
    return found if severity is None else msgspec.structs.replace(found, severity=severity)
