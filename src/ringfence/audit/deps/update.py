"""How a newer snapshot comes in: what to fetch, and what is made of the bytes. Whoever fetches them is elsewhere.

It must never let bytes from a network take the place of what is held before they have been checked.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import BinaryIO

import msgspec

from ringfence.audit.deps.gather import LEAST_REPORTS, Gathered, from_osv, merged, snapshot
from ringfence.audit.deps.osv import Unfit
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.seal import MAX_FILE, Opening, open_snapshot
from ringfence.audit.deps.snapshot import Fault, Missing, Snapshot, day

MAX_OSV = 512 << 20  # ours: npm's export, the larger one, is some 130 MB in 2026
_SKEW = dt.timedelta(days=1)


class Wanted(msgspec.Struct, frozen=True):
    """Something to fetch: what it is, where below the address that the user gives, and how many bytes at most."""

    what: str
    path: str
    most: int


SIGNED = Wanted("the signed snapshot", "snapshot.ringsnap", MAX_FILE)
"""What a publisher of signed snapshots offers."""


def exports(ecosystems: Collection[Ecosystem]) -> tuple[Wanted, ...]:
    """List the exports to fetch from OSV, or from a mirror laid out as it is."""
    return tuple(Wanted(f"OSV's {one} reports", f"{one}/all.zip", MAX_OSV) for one in Ecosystem if one in ecosystems)


def check(candidate: bytes, keys: Sequence[bytes], last_seen: int, now: int) -> Snapshot | Missing:
    """Look at a snapshot from outside: signed by a known key, no older than the last, and not from the future."""
    opened = open_snapshot(candidate, Opening(tuple(keys), last_seen))
    if isinstance(opened, Missing):
        return opened
    dates = (opened.made_on, *(source.date for source in opened.sources))
    if max(dates) > day(now) + _SKEW:
        return Missing(Fault.FUTURE, f"it is of {max(dates)}, and today is {day(now)}")
    return opened


def make(
    files: Sequence[tuple[Ecosystem, BinaryIO]],
    wanted: Collection[tuple[Ecosystem, str]] | None,
    now: int,
    least: int = LEAST_REPORTS,
) -> Snapshot | Missing:
    """Make a snapshot on this machine out of OSV's exports, for the `wanted` names (None: all there are)."""
    try:
        gathered = [from_osv(file, ecosystem, _names(ecosystem, wanted), least) for ecosystem, file in files]
    except Unfit as error:
        return Missing(Fault.BROKEN, str(error))
    if not gathered:
        return Missing(Fault.MISSING, "there is no export to make one from")
    newest = max(one.source.date for one in gathered)
    if newest > day(now) + _SKEW:
        return Missing(Fault.FUTURE, f"the export is of {newest}, and today is {day(now)}")
    return snapshot(gathered, now, made_from(gathered))


def add(held: Snapshot, gathered: Sequence[Gathered], now: int) -> Snapshot:
    """Add to a snapshot what was gathered here; the whole is then made here, and no longer signed."""
    return merged(held, gathered, now, f"{made_from(gathered)}, beside {held.how or f'that of {held.made_on}'}")


def made_from(gathered: Sequence[Gathered]) -> str:
    """Say what it was made from, for people."""
    return ", ".join(f"{one.source.name} of {one.source.date}" for one in gathered)


def _names(ecosystem: Ecosystem, wanted: Collection[tuple[Ecosystem, str]] | None) -> list[str] | None:
    return None if wanted is None else [name for of, name in wanted if of is ecosystem]
