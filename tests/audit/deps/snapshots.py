"""Snapshots and parts for tests: small, with made-up sources, and signed by a key that is made here."""

import datetime as dt

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ringfence.audit.deps.advisories import Advisory, Event
from ringfence.audit.deps.malicious import Malicious
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.seal import Opening
from ringfence.audit.deps.snapshot import FORMAT, Answers, Newest, Snapshot, Source, day
from ringfence.audit.finding import Place

DAY = 86_400
NOW = 1_795_867_200  # 2026-11-28, at noon
TODAY = day(NOW)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PUBLIC = KEY.public_key().public_bytes_raw()
ASKED = Opening((PUBLIC,))

WEAK = "Weaknesses"
BAD = "Malice"
PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
BOTH = (Answers.ADVISORIES, Answers.MALICIOUS)


def ago(days: int) -> dt.date:
    """The day that was so many days before today."""
    return TODAY - dt.timedelta(days=days)


def source(
    name: str = WEAK,
    ecosystem: Ecosystem = PYPI,
    answers: tuple[Answers, ...] = BOTH,
    date: dt.date = TODAY,
    covers: tuple[str, ...] | None = None,
) -> Source:
    return Source(name, ecosystem, answers, date, "CC-BY-4.0", "made up for a test", covers)


def advisory(
    name: str = "requests",
    *ranges: tuple[Event, ...],
    versions: tuple[str, ...] = (),
    id: str = "PYSEC-2023-74",  # noqa: A002  # as OSV calls it
    aliases: tuple[str, ...] = (),
    ecosystem: Ecosystem = PYPI,
    severity: str = "",
) -> Advisory:
    return Advisory(id, ecosystem, name, WEAK, aliases, ranges, versions, "leaks a header", severity)


UP_TO_2_31 = (("introduced", "2.3.0"), ("fixed", "2.31.0"))


def snapshot(
    *advisories: Advisory,
    sources: tuple[Source, ...] = (source(), source(ecosystem=NPM)),
    malicious: tuple[Malicious, ...] = (),
    newest: tuple[Newest, ...] = (),
    made: int = NOW,
    how: str = "",
) -> Snapshot:
    return Snapshot(FORMAT, made, sources, advisories, malicious, newest, how)


def part(
    name: str, version: str = "", path: str = "requirements.txt", ecosystem: Ecosystem = PYPI, **more: object
) -> Part:
    return Part(ecosystem, name, version, Place(path), **more)  # type: ignore[arg-type]  # whatever a test wants beside
