"""What is looked for in code, in Python and JavaScript alike: read from the table in rules.toml.

It must never leave a rule without a reason, a next step and an example that a test reads.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from ringfence.audit.finding import Severity
from ringfence.audit.rule import Rule


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    family: str
    severity: Severity
    title: str
    why: str
    fix: str
    stopped: str
    example: str


_ROWS: Final = msgspec.convert(
    tomllib.loads(Path(__file__).with_name("rules.toml").read_text("utf-8")), dict[str, _Row]
)

RULES: Final[tuple[Rule, ...]] = tuple(
    Rule(f"code/{name}", row.severity, row.title, row.why, row.fix, row.example, row.stopped)
    for name, row in _ROWS.items()
)
"""Every rule, in the order of its family."""

FAMILIES: Final[Mapping[str, str]] = {f"code/{name}": row.family for name, row in _ROWS.items()}
"""Which family each rule belongs to, by its id."""

RULE: Final[Mapping[str, Rule]] = {rule.id: rule for rule in RULES}
"""Each rule by its id."""
