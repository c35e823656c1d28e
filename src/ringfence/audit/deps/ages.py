"""How old parts are: too young to be trusted, left behind, or abandoned. Of what has no date, that is said.

It must never take an unknown date for an old one, nor for a young one.
"""

from collections.abc import Mapping, Sequence

import msgspec

from ringfence.audit.deps.advisory_rules import ABANDONED, OUTDATED, TOO_YOUNG
from ringfence.audit.deps.groups import grouped, short
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.snapshot import Newest
from ringfence.audit.deps.versions import less, normal, read
from ringfence.audit.finding import Finding, Unanswered

DAY = 86_400
YOUNG = 7 * DAY
"""A week: releases that were taken over in 2024 to 2026 lived for hours, a few for days, before they were found out."""

OLD = 730 * DAY
"""Two years: ours, as what others call unmaintained lies between one year and three."""

Release = tuple[Ecosystem, str, str]
"""Ecosystem, normalised name and version."""

_NO_DATE = "nobody says when this release came out"
_NO_NEWEST = "nobody says which release is the newest"
_NO_LAST = "nobody says when the last release came out"


class Ages(msgspec.Struct, frozen=True):
    """What came of the dates."""

    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]


def ages(
    parts: Sequence[Part],
    released: Mapping[Release, int],
    newest: Mapping[tuple[Ecosystem, str], Newest],
    now: int,
) -> Ages:
    """Hold each part's dates against the limits; times are in seconds since 1970."""
    found: list[Finding] = []
    unknown: list[tuple[Part, str]] = []
    for part in parts:
        name = normal(part.ecosystem, part.name)
        at = released.get((part.ecosystem, name, part.version))
        last = newest.get((part.ecosystem, name))
        for answer in (_young(part, at, now), _abandoned(part, at, last, now), _outdated(part, last)):
            found += [answer] if isinstance(answer, Finding) else []
            unknown += [(part, answer)] if isinstance(answer, str) else []
    return Ages(tuple(found), grouped(unknown))


def _young(part: Part, at: int | None, now: int) -> Finding | str | None:
    if at is None:
        return _NO_DATE
    if now - at >= YOUNG:
        return None
    when = f"{(now - at) // DAY} days ago" if at <= now else "on a day that has not come"
    return TOO_YOUNG.found(part.place, f"{short(_titled(part))} was released {when}", _titled(part))


def _abandoned(part: Part, at: int | None, last: Newest | None, now: int) -> Finding | str | None:
    """The last release decides; where it is not known, a young one of its own is enough to say that it lives."""
    if last is not None and last.released:
        years = (now - last.released) / (365.25 * DAY)
        text = f"the last release of {short(part.name)}, {last.version}, is {years:.1f} years old"
        return ABANDONED.found(part.place, text, part.name) if now - last.released > OLD else None
    return None if at is not None and now - at <= OLD else _NO_LAST


def _outdated(part: Part, last: Newest | None) -> Finding | str | None:
    held = read(part.ecosystem, part.version)
    new = read(part.ecosystem, last.version) if last is not None else None
    if held is None or new is None:
        return _NO_NEWEST
    text = f"{short(_titled(part))} is not the newest, which is {last.version if last else ''}"
    return OUTDATED.found(part.place, text, _titled(part)) if less(held, new) else None


def _titled(part: Part) -> str:
    return f"{part.name} {part.version}".rstrip()
