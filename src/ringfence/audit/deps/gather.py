"""Puts a snapshot together out of reports and lists, each under its source.

It must never give a name the newer of two dates where only the older source covers it.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import BinaryIO

import msgspec

from ringfence.audit.deps.advisories import Advisory
from ringfence.audit.deps.known import is_malicious
from ringfence.audit.deps.malicious import Malicious
from ringfence.audit.deps.osv import Report, Unfit, export, whole_name
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.snapshot import FORMAT, Answers, Newest, Snapshot, Source
from ringfence.audit.deps.versions import normal

OSV_LICENCE = "CC-BY-4.0, Apache-2.0, CC0-1.0 and others, by database"
OSV_ATTRIBUTION = (
    "OSV (osv.dev), with the reports of the databases that it gathers; each report's id names its database"
)

LEAST_REPORTS = 5_000
"""Ours: PyPI's export passed 15,000 reports in 2024, npm's long before; what has fewer is a part of one."""


class Gathered(msgspec.Struct, frozen=True):
    """What one source gives."""

    source: Source
    advisories: tuple[Advisory, ...] = ()
    malicious: tuple[Malicious, ...] = ()
    newest: tuple[Newest, ...] = ()


def from_osv(
    file: BinaryIO, ecosystem: Ecosystem, wanted: Collection[str] | None = None, least: int = LEAST_REPORTS
) -> Gathered:
    """Read OSV's export of one ecosystem; its date is that of the report that changed last.

    `wanted` are the names that are kept; the source then covers those and no others. Raises `Unfit`, also where fewer
    than `least` reports are about that ecosystem: what is missing from an export would pass for unknown.
    """
    names = None if wanted is None else frozenset(normal(ecosystem, name) for name in wanted)
    title = f"OSV {ecosystem}"
    held: list[Advisory] = []
    date, count = dt.date.min, 0
    for read in export(file, title):
        about = [one for one in read.advisories if one.ecosystem is ecosystem]
        date, count = max(date, read.modified), count + bool(about)
        held += [one for one in about if names is None or one.name in names]
    if count < least:
        raise Unfit(f"the export has {count} reports about {ecosystem}, and a whole one has {least} at least")
    return split(Gathered(_osv(title, ecosystem, date, names), tuple(held)))


def from_answers(reports: Iterable[Report], ecosystem: Ecosystem, asked: Collection[str], on: dt.date) -> Gathered:
    """Take the reports with which OSV answered a question about `asked` names on that day; they cover those names."""
    title = f"OSV {ecosystem}, asked"
    names = frozenset(normal(ecosystem, name) for name in asked)
    held = [one for read in reports for one in read.advisories if one.ecosystem is ecosystem and one.name in names]
    renamed = tuple(msgspec.structs.replace(one, source=title) for one in held)
    return split(Gathered(_osv(title, ecosystem, on, names), renamed))


def _osv(title: str, ecosystem: Ecosystem, date: dt.date, names: frozenset[str] | None) -> Source:
    covers = None if names is None else tuple(sorted(names))
    answers = (Answers.ADVISORIES, Answers.MALICIOUS)
    return Source(title, ecosystem, answers, date, OSV_LICENCE, OSV_ATTRIBUTION, covers)


def split(gathered: Gathered) -> Gathered:
    """Put reports of whole malicious names among the names: there are hundreds of thousands of them."""
    whole = [one for one in gathered.advisories if is_malicious(one) and whole_name(one)]
    rest = tuple(one for one in gathered.advisories if not (is_malicious(one) and whole_name(one)))
    source = gathered.source
    names = Malicious(source.name, source.ecosystem, {one.name: one.id for one in whole})
    lists = (*gathered.malicious, names) if whole else gathered.malicious
    return msgspec.structs.replace(gathered, advisories=rest, malicious=lists)


def snapshot(gathered: Sequence[Gathered], made: int, how: str = "") -> Snapshot:
    """Put the sources into one snapshot, in an order that does not depend on theirs."""
    ordered = sorted(gathered, key=lambda one: (one.source.name, one.source.ecosystem))
    advisories = [one for each in ordered for one in each.advisories]
    return Snapshot(
        FORMAT,
        made,
        tuple(each.source for each in ordered),
        tuple(sorted(advisories, key=lambda one: (one.ecosystem, one.name, one.id, one.source))),
        tuple(one for each in ordered for one in each.malicious),
        tuple(one for each in ordered for one in each.newest),
        how,
    )


def taken_apart(held: Snapshot) -> tuple[Gathered, ...]:
    """Take a snapshot apart again, source by source; what is known of newest versions goes with the first."""
    return tuple(
        Gathered(
            source,
            tuple(one for one in held.advisories if (one.source, one.ecosystem) == (source.name, source.ecosystem)),
            tuple(one for one in held.malicious if (one.source, one.ecosystem) == (source.name, source.ecosystem)),
            held.newest if number == 0 else (),
        )
        for number, source in enumerate(held.sources)
    )


def merged(held: Snapshot, added: Sequence[Gathered], made: int, how: str) -> Snapshot:
    """Add sources to a snapshot. One of the same name and ecosystem is replaced; the rest stays beside it.

    Advisories are never dropped for being in two sources: they share an id, and count once.
    """
    new = {(one.source.name, one.source.ecosystem) for one in added}
    kept = [one for one in taken_apart(held) if (one.source.name, one.source.ecosystem) not in new]
    return snapshot([*kept, *added], made, how)
