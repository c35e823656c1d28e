"""Build a snapshot of what is known against packages, and sign it. docs/format/snapshot.md says how a release does it.

    python tools/snapshot.py new-key KEY
    python tools/snapshot.py build --inputs FOLDER --key KEY [--recipe FILE] [--on DAY] [--least N] [--out FILE]

The key is an Ed25519 private key in PEM; it never comes near the repository. `--on` is today where it is not said.
"""

import argparse
import base64
import datetime as dt
import gzip
import json
import os
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ringfence.audit.deps.advisories import Advisory, Event
from ringfence.audit.deps.gather import LEAST_REPORTS, Gathered, from_osv, snapshot, split
from ringfence.audit.deps.malicious import Malicious
from ringfence.audit.deps.osv import report
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.seal import sign
from ringfence.audit.deps.snapshot import Answers, Source
from ringfence.audit.deps.versions import normal

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "ringfence" / "audit" / "deps" / "data"
INCIDENTS = DATA / "incidents.toml"
OURS = "Ringfence, from public reports"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source of a recipe."""

    name: str
    form: str
    ecosystem: Ecosystem
    path: str
    date: dt.date
    licence: str
    attribution: str
    covers: str = ""
    reports: str = ""


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sources of a snapshot."""

    source: tuple[Entry, ...]


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the incidents."""

    ecosystem: Ecosystem
    name: str
    versions: tuple[str, ...] = ()
    report: str = ""
    what: str = ""
    why: str = ""


class Incidents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list that is kept here."""

    date: dt.date
    package: tuple[Package, ...]
    doubted: tuple[Package, ...] = ()


class Trimmed(msgspec.Struct, frozen=True):
    """One advisory of a trimmed export: ranges without the listed versions."""

    id: str
    aliases: tuple[str, ...]
    ranges: tuple[tuple[Event, ...], ...]
    severity: tuple[str, ...]
    summary: str


class TrimmedExport(msgspec.Struct, frozen=True):
    """Advisories by the name that they are about."""

    vulns: dict[str, tuple[Trimmed, ...]]


class Names(msgspec.Struct, frozen=True):
    """Malicious names by ecosystem and kind, and the versions of those that were taken over, by `ecosystem/name`."""

    packages: dict[str, dict[str, tuple[str, ...]]]
    compromised_versions: dict[str, tuple[str, ...]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("new-key").add_argument("key", type=Path)
    building = commands.add_parser("build")
    building.add_argument("--inputs", type=Path, required=True)
    building.add_argument("--key", type=Path, required=True)
    building.add_argument("--recipe", type=Path, default=DATA / "recipe.toml")
    building.add_argument("--on", type=dt.date.fromisoformat, default=None)
    building.add_argument("--least", type=int, default=LEAST_REPORTS, help="reports that a whole export has")
    building.add_argument("--out", type=Path, default=DATA / "snapshot.ringsnap")
    asked = parser.parse_args(arguments)
    if asked.command == "new-key":
        print(new_key(asked.key))
        return 0
    key = read_key(asked.key)
    gathered = gather(asked.inputs, asked.recipe, asked.least)
    held = snapshot(gathered, int(_noon(asked.on).timestamp()))
    asked.out.write_bytes(sign(held, key))
    asked.out.with_name("NOTICE").write_text(notice(held.sources), "utf-8")
    counts = [f"{one.source.name} ({one.source.ecosystem}): {_counted(one)}" for one in gathered]
    print("\n".join(counts), f"{asked.out.stat().st_size:,} bytes", sep="\n")
    return 0


def new_key(path: Path) -> str:
    """Make a key pair; the private half into a file that only its owner can read, the public one returned in base64."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def read_key(path: Path) -> Ed25519PrivateKey:
    """Read the private half."""
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        sys.exit("this is not an Ed25519 key")
    return key


def gather(inputs: Path, recipe: Path, least: int = LEAST_REPORTS) -> list[Gathered]:
    """Read every source of a recipe, and the incidents, without the entries that are in doubt."""
    entries = msgspec.convert(tomllib.loads(recipe.read_text("utf-8")), Recipe).source
    ours = msgspec.convert(tomllib.loads(INCIDENTS.read_text("utf-8")), Incidents)
    read = [one for entry in entries for one in (_read(inputs, entry, least), *_reports(inputs, entry))]
    return [_believed(one, ours.doubted) for one in _joined(read)] + list(incidents(ours))


def incidents(held: Incidents) -> Iterator[Gathered]:
    """Turn the list that is kept here into one source for each ecosystem."""
    for ecosystem in Ecosystem:
        about = [one for one in held.package if one.ecosystem is ecosystem]
        names = {normal(ecosystem, one.name): one.report for one in about if not one.versions}
        releases = {normal(ecosystem, one.name): one.versions for one in about if one.versions}
        source = Source(OURS, ecosystem, (), held.date, "Apache-2.0", "written here, from the reports of each case")
        yield Gathered(source, malicious=(Malicious(OURS, ecosystem, names, releases),))


def notice(sources: Iterable[Source]) -> str:
    """Write the attribution that the sources' licences ask for."""
    lines = [f"{one.name} ({one.ecosystem}), of {one.date}\n  {one.licence}\n  {one.attribution}\n" for one in sources]
    head = "snapshot.ringsnap is put together from the sources below, each under its own licence.\n"
    return "\n".join((head, *lines))


def _read(inputs: Path, entry: Entry, least: int) -> Gathered:
    path = inputs / entry.path
    if entry.form == "osv-export":
        with path.open("rb") as file:
            read = from_osv(file, entry.ecosystem, least=least)
        source = msgspec.structs.replace(_source(inputs, entry, read.source.answers), date=read.source.date)
        renamed = tuple(msgspec.structs.replace(one, source=entry.name) for one in read.advisories)
        lists = tuple(msgspec.structs.replace(one, source=entry.name) for one in read.malicious)
        return Gathered(source, renamed, lists)
    if entry.form == "trimmed":
        return Gathered(_source(inputs, entry, (Answers.ADVISORIES,)), tuple(_trimmed(path, entry)))
    if entry.form == "reports":
        advisories = tuple(_files(path, entry))
        return split(Gathered(_source(inputs, entry, (Answers.ADVISORIES,)), advisories))
    lists = (_names(path, entry) if entry.form == "names" else _manifest(path, entry),)
    return Gathered(_source(inputs, entry, (Answers.MALICIOUS,)), malicious=lists)


def _reports(inputs: Path, entry: Entry) -> list[Gathered]:
    """Read whole reports that stand beside a trimmed export and take the place of what it has."""
    folder = inputs / entry.reports
    if not entry.reports or not folder.is_dir():
        return []
    return [Gathered(_source(inputs, entry, (Answers.ADVISORIES,)), tuple(_files(folder, entry)))]


def _joined(read: Sequence[Gathered]) -> list[Gathered]:
    """Put what is of one source together; the later report of one id and name takes the place of the earlier."""
    held: dict[tuple[str, Ecosystem], Gathered] = {}
    for one in read:
        before = held.get((one.source.name, one.source.ecosystem), one)
        advisories = {(a.id, a.name): a for a in (*before.advisories, *one.advisories)}
        held[one.source.name, one.source.ecosystem] = msgspec.structs.replace(
            before, advisories=tuple(advisories.values())
        )
    return list(held.values())


def _source(inputs: Path, entry: Entry, answers: tuple[Answers, ...]) -> Source:
    covers = None
    if entry.covers:
        names = msgspec.json.decode((inputs / entry.covers).read_bytes(), type=tuple[str, ...])
        covers = tuple(sorted({normal(entry.ecosystem, name) for name in names}))
    return Source(entry.name, entry.ecosystem, answers, entry.date, entry.licence, entry.attribution, covers)


def _trimmed(path: Path, entry: Entry) -> Iterator[Advisory]:
    for name, advisories in msgspec.json.decode(_bytes(path), type=TrimmedExport).vulns.items():
        for one in advisories:
            yield Advisory(
                one.id,
                entry.ecosystem,
                normal(entry.ecosystem, name),
                entry.name,
                one.aliases,
                one.ranges,
                summary=" ".join(one.summary.split()),
                severity=one.severity[0] if one.severity else "",
            )


def _files(folder: Path, entry: Entry) -> Iterator[Advisory]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".json", ".yaml"}:
            text = path.read_bytes() if path.suffix == ".json" else _from_yaml(path.read_text("utf-8"))
            read = report(text, entry.name)
            if read is None:
                sys.exit(f"{path} is not a report")
            yield from (one for one in read.advisories if one.ecosystem is entry.ecosystem)


def _from_yaml(text: str) -> bytes:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return json.dumps(yaml.load(text, loader), default=str).encode()  # noqa: S506  # both are safe loaders


def _names(path: Path, entry: Entry) -> Malicious:
    read = msgspec.json.decode(_bytes(path), type=Names)
    short = entry.ecosystem.lower()
    kinds = read.packages.get(short, {})
    names = {normal(entry.ecosystem, name): "" for name in kinds.get("malicious_intent", ())}
    releases = {
        normal(entry.ecosystem, name): read.compromised_versions.get(f"{short}/{name}", ())
        for name in kinds.get("compromised_lib", ())
    }
    return Malicious(entry.name, entry.ecosystem, names, releases, partial=True)


def _manifest(path: Path, entry: Entry) -> Malicious:
    """Read the dataset's own manifest: null for a name that is malicious as a whole, versions for the others."""
    read = msgspec.json.decode(_bytes(path), type=dict[str, tuple[str, ...] | None])
    named = {normal(entry.ecosystem, name): versions for name, versions in read.items()}
    names = {name: "" for name, versions in named.items() if versions is None}
    return Malicious(entry.name, entry.ecosystem, names, {name: v for name, v in named.items() if v is not None})


def _believed(gathered: Gathered, doubted: Sequence[Package]) -> Gathered:
    lists = tuple(
        msgspec.structs.replace(one, releases={name: _left(one, name, doubted) for name in one.releases})
        for one in gathered.malicious
    )
    return msgspec.structs.replace(gathered, malicious=lists)


def _left(listed: Malicious, name: str, doubted: Sequence[Package]) -> tuple[str, ...]:
    doubts = {v for one in doubted if (one.ecosystem, one.name) == (listed.ecosystem, name) for v in one.versions}
    return tuple(version for version in listed.releases[name] if version not in doubts)


def _bytes(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _noon(on: dt.date | None) -> dt.datetime:
    now = dt.datetime.now(dt.UTC)  # noqa: TID251  # a tool may look
    return now if on is None else dt.datetime.combine(on, dt.time(12), dt.UTC)


def _counted(one: Gathered) -> str:
    names = sum(len(listed.names) for listed in one.malicious)
    releases = sum(len(listed.releases) for listed in one.malicious)
    return f"{len(one.advisories):,} advisories, {names:,} malicious names, {releases:,} names with malicious releases"


if __name__ == "__main__":
    sys.exit(main())
