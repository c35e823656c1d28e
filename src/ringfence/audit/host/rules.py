"""What a server is asked about, in words: read from the tables beside the checks, a file each group.

It must never leave a rule without a reason and a next step, nor let one name stand for two rules.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from ringfence.audit.finding import Severity
from ringfence.audit.rule import Rule
from ringfence.errors import Misconfigured


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    severity: Severity
    title: str
    why: str
    fix: str
    reference: str
    example: str


def load(directory: Path) -> tuple[Rule, ...]:
    """Read every table of a directory, in the order of its files; raises `Misconfigured`."""
    found = dict[str, Rule]()
    for path in sorted(directory.glob("*.toml")):
        for rule in _rules(path):
            if rule.id in found:
                raise Misconfigured(f"{path.name}: {rule.id} is in another file too")
            found[rule.id] = rule
    return tuple(found.values())


def _rules(path: Path) -> Iterator[Rule]:
    try:
        rows = msgspec.convert(tomllib.loads(path.read_text("utf-8")), dict[str, _Row])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Misconfigured(f"{path.name}: {error}") from None
    for name, row in rows.items():
        yield Rule(f"host/{name}", row.severity, row.title, row.why, row.fix, row.example, reference=row.reference)


CHECKED: Final[tuple[Rule, ...]] = load(Path(__file__).with_name("checks"))
"""What checks of ours ask, by group."""

RULES: Final[tuple[Rule, ...]] = (*CHECKED, *_rules(Path(__file__).with_name("others.toml")))
"""Every rule, those of others' reports last."""

RULE: Final[Mapping[str, Rule]] = {rule.id: rule for rule in RULES}
"""Each rule by its id."""
