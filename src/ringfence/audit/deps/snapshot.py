"""What is known against packages, in one dated file: from which source, as of which day, and for which names.

It must never be believed before its signature has been checked, and a name that it does not cover is never a clean one.
The file is described in docs/format/snapshot.md.
"""

import datetime as dt
from enum import StrEnum

import msgspec

from ringfence.audit.deps.advisories import Advisory
from ringfence.audit.deps.malicious import Malicious
from ringfence.audit.deps.part import Ecosystem

FORMAT = 1


class Answers(StrEnum):
    """What a source can be asked."""

    ADVISORIES = "advisories"
    MALICIOUS = "malicious"


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where some of it comes from.

    `date` is the day of the source's own data, not of the file. `answers` says what it can be asked about names that it
    does not mention; nothing, where it was never meant to have all. `covers` lists the names that were taken from it;
    None where that is all that it has.
    """

    name: str
    ecosystem: Ecosystem
    answers: tuple[Answers, ...]
    date: dt.date
    licence: str
    attribution: str
    covers: tuple[str, ...] | None = None


class Newest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The newest version of a name, pre-releases aside, and when it came out, in seconds since 1970; 0 for unknown."""

    ecosystem: Ecosystem
    name: str
    version: str
    released: int = 0


class Snapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything together. `made` is in seconds since 1970; `how` is empty in one that was published and signed."""

    format: int
    made: int
    sources: tuple[Source, ...]
    advisories: tuple[Advisory, ...] = ()
    malicious: tuple[Malicious, ...] = ()
    newest: tuple[Newest, ...] = ()
    how: str = ""

    @property
    def made_on(self) -> dt.date:
        """The day on which the file was made, in UTC."""
        return day(self.made)


class Fault(StrEnum):
    """Why there is no snapshot, spelt as the rule that says so."""

    MISSING = "missing"
    BROKEN = "broken"
    UNSIGNED = "unsigned"
    FUTURE = "future"
    ROLLED_BACK = "rolled-back"


class Missing(msgspec.Struct, frozen=True):
    """No snapshot that could be believed, and why in words."""

    fault: Fault
    why: str


def day(at: int) -> dt.date:
    """The day of a time in seconds since 1970, in UTC."""
    return dt.datetime.fromtimestamp(at, dt.UTC).date()


def contradiction(snapshot: Snapshot) -> str:
    """Say what in a snapshot does not add up; empty where all does."""
    named = {(source.name, source.ecosystem) for source in snapshot.sources}
    said = {(one.source, one.ecosystem) for one in snapshot.advisories}
    said |= {(one.source, one.ecosystem) for one in snapshot.malicious}
    if snapshot.format != FORMAT:
        return f"it is of format {snapshot.format}, and this version reads format {FORMAT}"
    if len(named) != len(snapshot.sources):
        return "it has two sources of one name"
    if orphans := sorted(said - named):
        return f"it says something from {orphans[0][0]}, which is not among its sources"
    return "" if _LOWEST <= snapshot.made <= _HIGHEST else "its date cannot be one"


_LOWEST = 1_700_000_000  # 2023-11-14: before there was a first one
_HIGHEST = 253_402_300_799  # the last second of the year 9999, the last that Python's dates know
