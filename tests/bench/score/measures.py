"""The measures: what is asked of us, by how much, and how it is counted in what a scanner found."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from tests.bench.score import counting
from tests.bench.score.counting import Count
from tests.bench.score.families import Families
from tests.bench.score.hits import ALARM, WORST, NotRun, Ran, Scan
from tests.bench.score.truth import Truth

CRITICAL = frozenset({"critical"})
MIDDLE = frozenset({"high", "medium"})


class Aim(msgspec.Struct, frozen=True):
    """What a count must reach, or must not pass: a number, or with `share` a part of the whole."""

    bound: float
    least: bool = True
    share: bool = False

    def kept(self, count: Count) -> bool:
        """Say whether a count is good enough."""
        value = count.share if self.share else count.number
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        """Write it as it stands in the table."""
        return f"{'at least' if self.least else 'at most'} {self.bound:g}"


class Findings(msgspec.Struct, frozen=True):
    """All that one scanner found in the corpora of one seed: a scan by room."""

    truth: Truth
    scans: dict[str, Scan]
    families: Families
    ours: bool


class Measure(msgspec.Struct, frozen=True):
    """One line of the table: in which room it is counted, what is aimed at, and how it is counted."""

    name: str
    room: str
    aim: Aim
    count: Callable[[Findings, Ran], Count]

    def of(self, found: Findings) -> Count | NotRun | None:
        """Count it in what a scanner found; None where that scanner does not do this."""
        scan = found.scans.get(self.room)
        return self.count(found, scan) if isinstance(scan, Ran) else scan


def _malicious(found: Findings, scan: Ran) -> Count:
    levels = CRITICAL if found.ours else ALARM
    return counting.right(found.truth.code, "malicious", scan.hits, levels, found.families)


def _risky(found: Findings, scan: Ran) -> Count:
    return counting.right(found.truth.code, "risky", scan.hits, MIDDLE if found.ours else ALARM, found.families)


def _evasions(found: Findings, scan: Ran) -> Count:
    return counting.right(found.truth.evasions, "malicious", scan.hits, WORST, found.families)


def _accused_cases(found: Findings, scan: Ran) -> Count:
    risky, benign = (counting.alarmed(found.truth.code, each, scan.hits, CRITICAL) for each in ("risky", "benign"))
    return Count(risky.number + benign.number, risky.of + benign.of, risky.wrong + benign.wrong)


MEASURES = (
    Measure(
        "A: secrets, 13 exchanges in 11 contexts",
        "secrets-a",
        Aim(0.97, share=True),
        lambda found, scan: counting.recall(found.truth.secrets_a, scan.hits),
    ),
    Measure(
        "A: in 3 contexts that no rule was written for",
        "secrets-unseen",
        Aim(0.97, share=True),
        lambda found, scan: counting.recall(found.truth.secrets_unseen, scan.hits),
    ),
    Measure(
        "B: 30 kinds that bots have",
        "secrets-b",
        Aim(0.95, share=True),
        lambda found, scan: counting.recall(found.truth.secrets_b, scan.hits),
    ),
    Measure(
        "C: look-alikes flagged",
        "secrets-c",
        Aim(2, least=False),
        lambda found, scan: counting.flagged(found.truth.secrets_c, scan.hits),
    ),
    Measure(
        "27 wheels: distinct values flagged",
        "wheels secrets",
        Aim(20, least=False),
        lambda found, scan: counting.values(scan.hits),
    ),
    Measure("code: malicious, for the right reason", "code", Aim(27), _malicious),
    Measure("code: risky, for the right reason", "code", Aim(11), _risky),
    Measure(
        "code: benign flagged",
        "code",
        Aim(1, least=False),
        lambda found, scan: counting.alarmed(found.truth.code, "benign", scan.hits),
    ),
    Measure("code: risky or benign called malicious", "code", Aim(1, least=False), _accused_cases),
    Measure("evasions caught (high or worse)", "evasions", Aim(18), _evasions),
    Measure(
        "27 wheels: called malicious",
        "wheels code",
        Aim(0, least=False),
        lambda found, scan: counting.accused(scan.hits),
    ),
    Measure(
        "names: squats caught",
        "deps",
        Aim(16),
        lambda found, scan: counting.caught(found.truth.deps, scan.hits, found.families),
    ),
    Measure(
        "names: legitimate ones blocked",
        "deps",
        Aim(0, least=False),
        lambda found, scan: counting.blocked(found.truth.deps, scan.hits, found.families),
    ),
    Measure(
        "old pins with every advisory named",
        "deps",
        Aim(8),
        lambda found, scan: counting.vulnerable(found.truth.deps, scan.hits, found.families),
    ),
    Measure(
        "without a network: wrongly clean",
        "deps offline",
        Aim(0, least=False),
        lambda found, scan: counting.wrongly_clean(found.truth.deps, scan.hits, scan.unanswered, found.families),
    ),
)

# A room is scanned by one command; those of the wheels are the same for every seed.
SCANNED = {
    "secrets": ("secrets-a", "secrets-unseen", "secrets-b", "secrets-c", "wheels secrets"),
    "code": ("code", "evasions", "wheels code"),
    "deps": ("deps", "deps offline"),
}


def place(room: str, corpora: Path, wheels: Path) -> Path:
    """Say where a room is."""
    return wheels if room.startswith("wheels") else corpora / room.split(maxsplit=1)[0]
