"""Which family a rule belongs to: `families.toml`, by rule id. A rule of ours that is not in it is an error."""

import tomllib
from pathlib import Path

from tests.bench.score.hits import Hit

TABLE = Path(__file__).parent / "families.toml"
CODE = frozenset(
    {
        *("money-out", "exchange-hijack", "credential-flow", "tls", "dynamic-code", "remote-shell", "clipboard"),
        *("persistence", "install-hook", "runtime-install", "off-screen", "wallet-files", "bot-api", "system-info"),
    }
)
DEPS = frozenset({"name", "advisory", "unknown"})
NONE = "none"  # for a rule that is right about no case: a mere capability, a missing hash

Families = dict[str, frozenset[str]]


def load(path: Path = TABLE) -> dict[str, Families]:
    """Read the table: who names a rule, then the rule, then a family or several."""
    tables = tomllib.loads(path.read_text("utf-8"))
    return {who: {rule: _several(told, rule) for rule, told in table.items()} for who, table in tables.items()}


def _several(told: object, rule: str) -> frozenset[str]:
    names = frozenset({told} if isinstance(told, str) else told if isinstance(told, list) else ())
    wrong = names - CODE - DEPS - {NONE}
    if wrong or not names:
        raise ValueError(f"{TABLE.name}: {rule} is of no family that is known: {', '.join(map(str, wrong))}")
    return frozenset(map(str, names))


def unknown(hits: tuple[Hit, ...], families: Families) -> frozenset[str]:
    """Name the rules that the table does not have."""
    return frozenset(hit.rule for hit in hits) - families.keys()


def of(hit: Hit, families: Families) -> frozenset[str]:
    """Return the families of what a hit was found by; none where the table does not know."""
    return families.get(hit.rule, frozenset())
