"""How bad an advisory says it is: a word, or a CVSS 3 vector, whose base score is worked out here.

It must never make little of what nobody rated: no rating counts as high.
"""

from ringfence.audit.deps.advisories import Advisory
from ringfence.audit.finding import Severity

# CVSS v3.1 specification, section 7.4 (metric values); privileges count for more where the scope changes.
_WEIGHTS: dict[str, dict[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES_CHANGED = {"N": 0.85, "L": 0.68, "H": 0.5}

# Critical is not among them: of packages it is said only of what is meant to steal.
_WORDS = {
    "critical": Severity.HIGH,
    "high": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
}
_HIGH, _MEDIUM = 7.0, 4.0  # CVSS v3.1 specification, section 5, table 14
_LONGEST = 200  # ours: a vector with every metric of version 3.1 has about 130 characters


def severity(advisory: Advisory) -> Severity:
    """Rate an advisory; what says nothing that can be read is high."""
    word = _WORDS.get(advisory.severity.lower())
    score = base_score(advisory.severity)
    if word is not None or score is None:
        return word or Severity.HIGH
    return Severity.HIGH if score >= _HIGH else Severity.MEDIUM if score >= _MEDIUM else Severity.LOW


def base_score(vector: str) -> float | None:
    """Work out the base score of a CVSS 3.0 or 3.1 vector (specification, section 7.1); None for anything else."""
    head, *metrics = vector[:_LONGEST].split("/")
    held = dict(metric.split(":", 1) for metric in metrics if ":" in metric)
    if head not in {"CVSS:3.0", "CVSS:3.1"} or held.get("S") not in {"U", "C"}:
        return None
    weights = {name: values.get(held.get(name, "")) for name, values in _WEIGHTS.items()}
    known = {name: weight for name, weight in weights.items() if weight is not None}
    if len(known) != len(_WEIGHTS):
        return None
    changed = held["S"] == "C"
    if changed:
        known["PR"] = _PRIVILEGES_CHANGED[held["PR"]]
    return _score(known, changed=changed)


def _score(known: dict[str, float], *, changed: bool) -> float:
    lost = 1 - (1 - known["C"]) * (1 - known["I"]) * (1 - known["A"])
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * known["AV"] * known["AC"] * known["PR"] * known["UI"]
    return _round_up(min((1.08 if changed else 1.0) * (impact + exploitability), 10.0))


def _round_up(value: float) -> float:
    """Round up to one digit (appendix A, which says how to stay clear of the machine's own rounding)."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10
