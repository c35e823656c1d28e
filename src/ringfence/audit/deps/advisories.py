"""Advisories, shaped as OSV shapes them, and whether one is about a version: by its ranges or by its list.

An advisory whose ranges cannot be read must never count as one that says nothing.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from functools import cmp_to_key

import msgspec

from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.versions import Comparable, less, public, read

INTRODUCED, FIXED, LAST = "introduced", "fixed", "last_affected"
"""The kinds of events that are understood (OSV schema 1.6, affected[].ranges[].events); `limit` is not, and no range
with one is said to be read."""

Event = tuple[str, str]
"""A kind, and the version at which it happens."""

BEGINNING: Event = (INTRODUCED, "0")
"""From before the first version on (OSV schema: "0" is a version that sorts before any other)."""


class Advisory(msgspec.Struct, frozen=True, omit_defaults=True):
    """One known weakness of one package.

    `ranges` are lists of events; `versions` those that are listed one by one: either is enough. `severity` is a CVSS
    vector or a word, as its source says it; empty where it says nothing. `source` names the source.
    """

    id: str
    ecosystem: Ecosystem
    name: str
    source: str
    aliases: tuple[str, ...] = ()
    ranges: tuple[tuple[Event, ...], ...] = ()
    versions: tuple[str, ...] = ()
    summary: str = ""
    severity: str = ""

    @property
    def fixed(self) -> tuple[str, ...]:
        """The versions that mend it, one for each line of releases."""
        return tuple(version for events in self.ranges for kind, version in events if kind == FIXED)

    @property
    def names(self) -> frozenset[str]:
        """All that it is called: two advisories that share a name are of one weakness."""
        return frozenset((self.id, *self.aliases))


class Match(Enum):
    """What an advisory says of a version."""

    HIT = "hit"
    MISS = "miss"
    UNREADABLE = "unreadable"
    """A range, or the version, cannot be compared: nobody knows."""


def match(advisory: Advisory, version: str) -> Match:
    """Hold a version against the list, then against each range."""
    held = read(advisory.ecosystem, version)
    if version in advisory.versions:
        return Match.HIT
    if held is None or not (advisory.ranges or advisory.versions):
        return Match.UNREADABLE
    if _listed(advisory, held):
        return Match.HIT
    return _best(_in_range(advisory.ecosystem, events, held) for events in advisory.ranges)


def mended(advisories: Sequence[Advisory], version: str) -> str:
    """Name the lowest version above this one that none of the advisories is about; empty where none is known."""
    ecosystem = advisories[0].ecosystem
    held = read(ecosystem, version)
    fixes = [(text, read(ecosystem, text)) for one in advisories for text in one.fixed]
    above = [(text, fixed) for text, fixed in fixes if held and fixed and less(held, fixed)]
    ordered = sorted(above, key=cmp_to_key(_by_comparable))
    return next((text for text, _ in ordered if all(match(one, text) is Match.MISS for one in advisories)), "")


def readable(advisory: Advisory) -> bool:
    """Say whether every version of its ranges can be compared, and there is anything to compare with."""
    ordered = [_ordered(advisory.ecosystem, events) for events in advisory.ranges]
    return None not in ordered and bool(advisory.ranges or advisory.versions)


def _listed(advisory: Advisory, held: Comparable) -> bool:
    listed = (read(advisory.ecosystem, text) for text in advisory.versions)
    return any(public(held, other) == other for other in listed if other is not None)


def _best(matches: Iterable[Match]) -> Match:
    """Any hit is one; else anything that could not be read leaves it open."""
    found = set(matches)
    return next((kind for kind in (Match.HIT, Match.UNREADABLE) if kind in found), Match.MISS)


def _in_range(ecosystem: Ecosystem, events: tuple[Event, ...], held: Comparable) -> Match:
    """Walk the events in order of version, as the schema's evaluation algorithm does."""
    ordered = _ordered(ecosystem, events)
    if ordered is None:
        return Match.UNREADABLE
    affected = False
    for kind, at in ordered:
        if at is None:
            affected = True
        elif _reached(kind, at, public(held, at)):
            affected = kind == INTRODUCED
    return Match.HIT if affected else Match.MISS


def _reached(kind: str, at: Comparable, held: Comparable) -> bool:
    """Say whether a version is at or past an event; what was last affected is past it only after it."""
    return less(at, held) if kind == LAST else not less(held, at)


def _ordered(ecosystem: Ecosystem, events: tuple[Event, ...]) -> list[tuple[str, Comparable | None]] | None:
    """Sort the events; None stands for the beginning. Of two at one version `introduced` comes last, and wins."""
    known: list[tuple[str, Comparable | None]] = []
    for kind, text in events:
        at = None if (kind, text) == BEGINNING else read(ecosystem, text)
        if kind not in {INTRODUCED, FIXED, LAST} or (at is None and (kind, text) != BEGINNING):
            return None
        known.append((kind, at))
    if not any(kind == INTRODUCED for kind, _ in known):
        return None
    return sorted(known, key=cmp_to_key(_by_version))


def _by_comparable(one: tuple[str, Comparable], two: tuple[str, Comparable]) -> int:
    return _compare(one[1], two[1])


def _by_version(one: tuple[str, Comparable | None], two: tuple[str, Comparable | None]) -> int:
    return _compare(one[1], two[1]) or (one[0] == INTRODUCED) - (two[0] == INTRODUCED)


def _compare(one: Comparable | None, two: Comparable | None) -> int:
    if one is None or two is None:
        return (one is not None) - (two is not None)
    return less(two, one) - less(one, two)
