"""What is known of one part: that it is malicious or vulnerable, that nothing is known, or that nobody looked."""

import datetime as dt

import msgspec

from ringfence.audit.deps.advisories import Advisory
from ringfence.audit.finding import Finding, Unanswered


class Malicious(msgspec.Struct, frozen=True, tag=True):
    """A source lists it as made to steal; `sources` say which, with the id of the report where there is one."""

    sources: tuple[str, ...]


class Vulnerable(msgspec.Struct, frozen=True, tag=True):
    """Advisories name its version."""

    advisories: tuple[Advisory, ...]


class NotKnown(msgspec.Struct, frozen=True, tag=True):
    """Everything that there is to ask was asked, and nothing was known on that day."""

    as_of: dt.date


class NotAudited(msgspec.Struct, frozen=True, tag=True):
    """Something could not be asked; `as_of` is the day of what could, None where nothing could."""

    why: str
    as_of: dt.date | None = None


State = Malicious | Vulnerable | NotKnown | NotAudited
"""What is known of one part."""


class Judged(msgspec.Struct, frozen=True):
    """What came of it: a state for each part, in their order, what to do, and what could not be asked."""

    states: tuple[State, ...]
    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]
