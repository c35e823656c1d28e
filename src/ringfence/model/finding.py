"""What somebody found who looked, and what they could not see."""

from enum import StrEnum
from typing import Self

import msgspec
from msgspec.structs import replace


class Level(StrEnum):
    """How a finding is meant; what could not be looked at is never a pass."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNANSWERED = "unanswered"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at, in words, and what to do about it."""

    level: Level
    text: str
    fix: str = ""


class KeyRights(msgspec.Struct, frozen=True):
    """What a real key may do. `unfit` is why nothing may be risked with it: empty where nothing is, None if untold."""

    findings: tuple[Finding, ...]
    unfit: str | None

    def beside(self, found: Finding) -> Self:
        """Add what was found beside: it may speak against the key, or leave it open whether it is fit."""
        told = [self.unfit, found.text if found.level is Level.CRITICAL else ""]
        against = ", ".join(filter(None, told))
        open_ = self.unfit is None or found.level is Level.UNANSWERED
        return replace(self, findings=(found, *self.findings), unfit=against or (None if open_ else ""))
