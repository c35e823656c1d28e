"""Reports as OSV publishes them, one JSON text each, alone or in an export: into advisories and malicious names.

It must never drop a report that it cannot read in silence: an advisory then stays with a range that nobody can compare.
An export is a stranger's zip, and is read within bounds.
"""

import datetime as dt
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from ringfence.audit.deps.advisories import BEGINNING, FIXED, INTRODUCED, LAST, Advisory, Event
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.versions import normal

MAX_REPORT = 4 << 20  # ours: the longest report of PyPI's export lists some thousands of versions, in 200 KB
MAX_REPORTS = 600_000  # ours: npm's export has some 220,000 in 2026, most of them malicious packages
MAX_EXPORT = 3 << 30  # ours: unpacked; the same export has about 700 MB
_SUMMARY = 240  # ours: what a line of a report can hold
_UNREADABLE: Event = ("unreadable", "")
_LIMIT = "limit"


class Unfit(Exception):
    """An export that is not one, or goes beyond its bounds; the message says how."""


class _Package(msgspec.Struct, frozen=True):
    ecosystem: str = ""
    name: str = ""


class _Range(msgspec.Struct, frozen=True):
    type: str = ""
    events: list[dict[str, str]] = []


class _Affected(msgspec.Struct, frozen=True):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None


class _Rated(msgspec.Struct, frozen=True):
    type: str = ""
    score: str = ""


class _Specific(msgspec.Struct, frozen=True):
    severity: msgspec.Raw = msgspec.Raw(b"null")


class _Report(msgspec.Struct, frozen=True):
    id: str
    modified: str = ""
    withdrawn: str | None = None
    aliases: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    affected: list[_Affected] | None = None
    severity: list[_Rated] | None = None
    database_specific: _Specific | None = None


class Report(msgspec.Struct, frozen=True):
    """One report, read: the day on which it was last changed, and an advisory for each package that it is about."""

    modified: dt.date
    advisories: tuple[Advisory, ...]


def report(text: bytes, source: str) -> Report | None:
    """Read one report; None where the text is not one."""
    if len(text) > MAX_REPORT:
        return None
    try:
        read = msgspec.json.decode(text, type=_Report)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if not read.id or read.withdrawn:
        return Report(_day(read.modified), ())
    return Report(_day(read.modified), tuple(_advisories(read, source)))


def whole_name(advisory: Advisory) -> bool:
    """Say whether an advisory is about every version that there ever was or will be."""
    return any(set(events) == {BEGINNING} for events in advisory.ranges)


def export(file: BinaryIO, source: str) -> Iterator[Report]:
    """Read a zip of reports, one after the other, so that only what the caller keeps takes room.

    Raises `Unfit` at the first member that is beyond the bounds or no report: half an export would be taken for all.
    """
    left = MAX_EXPORT
    try:
        with zipfile.ZipFile(file) as archive:
            members = [one for one in archive.infolist() if one.filename.endswith(".json")]
            if not 0 < len(members) <= MAX_REPORTS:
                raise Unfit(f"the export has {len(members)} reports")
            for member in members:
                text = _member(archive, member)
                left -= len(text)
                read = report(text, source)
                if read is None or left < 0:
                    raise Unfit(f"{member.filename[:80]!r} in the export is not a report, or beyond the bounds")
                yield read
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Unfit(f"the export cannot be unpacked: {error}") from None


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as packed:
        return packed.read(MAX_REPORT + 1)


def _advisories(read: _Report, source: str) -> Iterator[Advisory]:
    for affected in read.affected or []:
        package = affected.package
        ecosystem = package and next((one for one in Ecosystem if one == package.ecosystem), None)
        if package and ecosystem:
            yield Advisory(
                id=read.id,
                ecosystem=ecosystem,
                name=normal(ecosystem, package.name),
                source=source,
                aliases=tuple(read.aliases or ()),
                ranges=_ranges(affected),
                versions=tuple(affected.versions or ()),
                summary=_line(read.summary or read.details or ""),
                severity=_rating(read),
            )


def _ranges(affected: _Affected) -> tuple[tuple[Event, ...], ...]:
    """Take the ranges over versions. Those over commits say nothing about a release; alone they leave it open."""
    held = tuple(_events(one) for one in affected.ranges or [] if one.type != "GIT")
    return held if held or affected.versions else ((_UNREADABLE,),)


def _events(one: _Range) -> tuple[Event, ...]:
    events = tuple((kind, at) for event in one.events for kind, at in event.items())
    # A limit of "*" is the schema's word for no limit.
    kept = tuple(event for event in events if event != (_LIMIT, "*"))
    known = one.type in {"ECOSYSTEM", "SEMVER"} and all(kind in {INTRODUCED, FIXED, LAST} for kind, _ in kept)
    return kept if known else (_UNREADABLE,)


def _rating(read: _Report) -> str:
    """Prefer the newest vector that can be worked out, then the database's own word."""
    vectors = [one.score for one in read.severity or [] if one.type == "CVSS_V3"]
    if vectors:
        return vectors[-1]
    try:
        return msgspec.json.decode(read.database_specific.severity, type=str) if read.database_specific else ""
    except msgspec.DecodeError:
        return ""


def _line(text: str) -> str:
    line = " ".join(text[: 4 * _SUMMARY].split())
    return line if len(line) <= _SUMMARY else line[: _SUMMARY - 1].rstrip() + "…"


def _day(text: str) -> dt.date:
    """Take the day of an RFC 3339 time; the beginning of time where there is none."""
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return dt.date.min
