"""What a scanner said of a folder, ours or another: one shape for all, so that all are counted alike."""

import msgspec

LEVELS = ("critical", "high", "medium", "low", "info")
TOLD = frozenset(LEVELS[:4])  # what is only for information is in no count
ALARM = frozenset(LEVELS[:3])
WORST = frozenset(LEVELS[:2])


class Hit(msgspec.Struct, frozen=True):
    """One place that was pointed at; `subject` is the same for the same value, wherever it stands."""

    path: str
    line: int
    rule: str
    level: str
    subject: str = ""
    text: str = ""


class Ran(msgspec.Struct, frozen=True):
    """A scan that came to its end."""

    hits: tuple[Hit, ...]
    seconds: float
    unanswered: tuple[str, ...] = ()


class NotRun(msgspec.Struct, frozen=True):
    """A scan that did not, and why: no number stands for it, least of all 0."""

    why: str


Scan = Ran | NotRun
