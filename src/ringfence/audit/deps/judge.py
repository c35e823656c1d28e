"""What is known against parts: a state for each, findings, and what could not be asked.

It must never leave a part out, and never call one clean that nobody could ask about.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ringfence.audit.deps import advisory_rules as rules
from ringfence.audit.deps.advisories import Advisory, mended
from ringfence.audit.deps.ages import Release, ages
from ringfence.audit.deps.groups import grouped, short
from ringfence.audit.deps.known import STALE_DAYS, Known, know
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.severity import severity
from ringfence.audit.deps.snapshot import Fault, Missing, Snapshot
from ringfence.audit.deps.state import Judged, Malicious, NotAudited, State, Vulnerable
from ringfence.audit.finding import Finding, Place

SNAPSHOT = Place("snapshot of advisories")
"""Where findings stand that are about what the audit knows, not about what it looked at."""

_FAULTS = {
    Fault.MISSING: rules.MISSING,
    Fault.BROKEN: rules.BROKEN,
    Fault.UNSIGNED: rules.UNSIGNED,
    Fault.FUTURE: rules.FUTURE,
    Fault.ROLLED_BACK: rules.ROLLED_BACK,
}


def judge(
    parts: Sequence[Part],
    snapshot: Snapshot | Missing,
    now: int,
    released: Mapping[Release, int] | None = None,
    instead_of: Missing | None = None,
) -> Judged:
    """Ask a snapshot about each part; `now`, and when releases came out, are in seconds since 1970.

    `instead_of` is a newer snapshot that should be here and cannot be believed, where an older one stands in: then what
    that one knows is reported, and nothing is called clean by it.
    """
    fault = snapshot if isinstance(snapshot, Missing) else instead_of
    about = [_FAULTS[fault.fault].found(SNAPSHOT, f"{_FAULTS[fault.fault].title}: {fault.why}")] if fault else []
    known = None if isinstance(snapshot, Missing) else know(snapshot, now)
    if known is not None:
        about += _about(known, {part.ecosystem for part in parts} or set(Ecosystem))
    states = tuple(_state(part, known, fault) for part in parts)
    held = list(zip(parts, states, strict=True))
    found = [finding for part, state in held for finding in _against(part, state)]
    unasked = [(part, state.why) for part, state in held if isinstance(state, NotAudited)]
    dated = ages(parts, released or {}, known.newest if known else {}, now)
    findings = (*about, *found, *_counted(held), *dated.findings)
    return Judged(states, findings, (*grouped(unasked), *dated.unanswered))


def _state(part: Part, known: Known | None, fault: Missing | None) -> State:
    """Ask about one part; where something is wrong with the snapshot, nothing is clean."""
    state = known.state(part) if known is not None else NotAudited("")
    if fault is None or isinstance(state, Malicious | Vulnerable):
        return state
    return NotAudited(fault.why, state.as_of)


def _about(known: Known, asked: set[Ecosystem]) -> list[Finding]:
    """Say what is wrong with the snapshot itself, as far as it is asked."""
    snapshot = known.snapshot
    if known.from_the_future:
        return [rules.FUTURE.found(SNAPSHOT, f"{rules.FUTURE.title}; today is {known.today}")]
    stale = [
        rules.STALE.found(
            SNAPSHOT,
            f"what {source.name} knows of {source.ecosystem} is of {source.date}, more than {STALE_DAYS} days ago",
            f"{source.name} {source.ecosystem}",
        )
        for source in known.stale()
        if source.ecosystem in asked
    ]
    made_here = f"made here on {snapshot.made_on} from {snapshot.how}"
    return stale + ([rules.MADE_HERE.found(SNAPSHOT, made_here)] if snapshot.how else [])


def _against(part: Part, state: State) -> list[Finding]:
    """Say what is known against one part."""
    titled = f"{part.name} {part.version}".rstrip()
    shown = short(titled)
    if isinstance(state, Malicious):
        text = f"{shown} is known to be malicious, says {' and '.join(dict.fromkeys(state.sources))}"
        return [rules.MALICIOUS.found(part.place, text, titled)]
    if isinstance(state, Vulnerable):
        return [_weak(part, titled, group) for group in same(state.advisories)]
    return []


def _weak(part: Part, titled: str, group: Sequence[Advisory]) -> Finding:
    """One finding for one weakness, by whatever names it is listed."""
    first = group[0]
    names = ", ".join(dict.fromkeys(name for one in group for name in (one.id, *one.aliases)))
    summary = next((one.summary for one in group if one.summary), "")
    text = f"{short(titled)} has a known weakness ({names})" + (f": {summary}" if summary else "")
    to = mended(group, part.version)
    fix = (
        f"upgrade {part.name} to {to} or later" if to else "no release is known that mends it; look for another package"
    )
    worst = min((severity(one) for one in group if one.severity), key=lambda one: one.rank, default=severity(first))
    found = rules.VULNERABLE.found(part.place, text, f"{titled} {first.id}")
    return msgspec.structs.replace(found, severity=worst, fix=fix)


def same(advisories: Iterable[Advisory]) -> list[list[Advisory]]:
    """Put together what is about one weakness: advisories that share a name, however many steps apart."""
    groups: list[tuple[set[str], list[Advisory]]] = []
    for one in advisories:
        near = [group for group in groups if not group[0].isdisjoint(one.names)]
        apart = [group for group in groups if group[0].isdisjoint(one.names)]
        names = set(one.names).union(*(group[0] for group in near))
        groups = [*apart, (names, [held for group in near for held in group[1]] + [one])]
    return [sorted(group, key=lambda one: one.id) for _, group in groups]


def _counted(held: Sequence[tuple[Part, State]]) -> list[Finding]:
    """Say once for each file how many of its parts were not audited."""
    every = Counter(part.place.path for part, _ in held)
    unasked = Counter(part.place.path for part, state in held if isinstance(state, NotAudited))
    return [
        rules.NOT_AUDITED.found(Place(path), f"{count} of {every[path]} parts are not audited")
        for path, count in sorted(unasked.items())
    ]
