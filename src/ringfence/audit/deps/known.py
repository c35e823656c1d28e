"""A snapshot, laid out so that it can be asked about one part.

It must never answer "nothing is known" for a name that no fresh source covers.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from ringfence.audit.deps.advisories import Advisory, Match, match
from ringfence.audit.deps.malicious import Suspicion, settles, suspicion
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.snapshot import Answers, Newest, Snapshot, Source, day
from ringfence.audit.deps.state import Malicious, NotAudited, NotKnown, State, Vulnerable
from ringfence.audit.deps.versions import normal, read

STALE_DAYS = 14
"""Ours: compromised packages are found out within days, so what is two weeks old misses a month's worth of them."""

_SKEW = dt.timedelta(days=1)  # a source's day is a calendar day somewhere on earth
_MAL = "MAL-"  # ids of the OpenSSF's malicious-packages reports, as OSV publishes them
Name = tuple[Ecosystem, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What a snapshot knows, and what day it is; `covered` holds, for each source, the names that it answers for."""

    snapshot: Snapshot
    today: dt.date
    advisories: dict[Name, list[Advisory]]
    covered: dict[Source, frozenset[str] | None]
    newest: dict[Name, Newest]

    @property
    def from_the_future(self) -> bool:
        """Say whether its date, or that of a source, has not come yet."""
        dates = (self.snapshot.made_on, *(source.date for source in self.snapshot.sources))
        return max(dates) > self.today + _SKEW

    def stale(self) -> tuple[Source, ...]:
        """List the sources that are too old to say that nothing is known, and have no fresh one beside them."""
        old = [source for source in self.snapshot.sources if source.answers and self._is_old(source.date)]
        return tuple(source for source in old if not any(self._stands_in(one, source) for one in self.covered))

    def state(self, part: Part) -> State:
        """Ask everything about one part."""
        name = normal(part.ecosystem, part.name)
        matched = [(one, match(one, part.version)) for one in self.advisories.get((part.ecosystem, name), ())]
        hits = tuple(one for one, found in matched if found is Match.HIT)
        if malicious := (*self._listed(part, name), *(f"{one.source} ({one.id})" for one in hits if is_malicious(one))):
            return Malicious(malicious)
        if hits:
            return Vulnerable(hits)
        unread = [one.id for one, found in matched if found is Match.UNREADABLE]
        return self._nothing_found(part, name, unread)

    def _listed(self, part: Part, name: str) -> tuple[str, ...]:
        lists = [one for one in self.snapshot.malicious if one.ecosystem is part.ecosystem]
        hits = [one for one in lists if suspicion(one, name, part.version) is Suspicion.LISTED]
        reports = [(one.source, one.names.get(name, "")) for one in hits]
        return tuple(f"{source} ({report})" if report else source for source, report in reports)

    def _nothing_found(self, part: Part, name: str, unread: list[str]) -> NotKnown | NotAudited:
        """Say that nothing is known, if everything could be asked and is fresh."""
        asked = [self._newest_answer(answers, part.ecosystem, name) for answers in Answers]
        days = [date for date in asked if date is not None]
        as_of = min(days, default=None)
        why = _unaskable(part) or self._doubt(part, name, unread)
        if why or as_of is None or len(days) < len(asked):
            return NotAudited(why or "no source covers the name", as_of)
        if self.from_the_future or self._is_old(as_of):
            return NotAudited(self._too_old(as_of), as_of)
        return NotKnown(as_of)

    def _doubt(self, part: Part, name: str, unread: list[str]) -> str:
        if unread:
            return "an advisory about it has a range that cannot be compared"
        lists = [one for one in self.snapshot.malicious if one.ecosystem is part.ecosystem]
        reports = self.advisories.get((part.ecosystem, name), ())
        settled = any(settles(one, name) for one in lists) or any(is_malicious(one) for one in reports)
        if not settled and any(suspicion(one, name, part.version) is Suspicion.OPEN for one in lists):
            return "a release of it was malicious, and the source does not say which"
        return ""

    def _newest_answer(self, answers: Answers, ecosystem: Ecosystem, name: str) -> dt.date | None:
        dates = [
            source.date
            for source, names in self.covered.items()
            if answers in source.answers and source.ecosystem is ecosystem and (names is None or name in names)
        ]
        return max(dates, default=None)

    def _too_old(self, as_of: dt.date) -> str:
        if self.from_the_future:
            return "the snapshot has a date that has not come"
        return f"what is known is of {as_of}, more than {STALE_DAYS} days ago"

    def _is_old(self, date: dt.date) -> bool:
        return (self.today - date).days > STALE_DAYS

    def _stands_in(self, one: Source, old: Source) -> bool:
        covers = one.covers is None and set(old.answers) <= set(one.answers)
        return covers and one.ecosystem is old.ecosystem and not self._is_old(one.date)


def know(snapshot: Snapshot, now: int) -> Known:
    """Lay a snapshot out; `now` is in seconds since 1970."""
    advisories: dict[Name, list[Advisory]] = defaultdict(list)
    for one in snapshot.advisories:
        advisories[one.ecosystem, normal(one.ecosystem, one.name)].append(one)
    covered = {one: None if one.covers is None else frozenset(one.covers) for one in snapshot.sources}
    newest = {(one.ecosystem, normal(one.ecosystem, one.name)): one for one in snapshot.newest}
    return Known(snapshot, day(now), dict(advisories), covered, newest)


def is_malicious(advisory: Advisory) -> bool:
    """Say whether an advisory is a report of malice, not of a weakness."""
    return any(name.startswith(_MAL) for name in advisory.names)


def _unaskable(part: Part) -> str:
    """Say why an advisory could not be about this very part, whatever is known of its name."""
    if part.origin:
        return "it does not come from its registry, so its name says nothing"
    if not part.version:
        return "no version is pinned"
    return "" if read(part.ecosystem, part.version) else "its version cannot be read"
