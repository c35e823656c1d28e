"""A bot or package as it came, before it is installed: a wheel, an sdist, an npm package, a repository in an archive.

It must never unpack to disk, build, or run anything of it; what a build backend would do is not known, and said to be.
"""

import base64
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from ringfence.audit.deps import environment_rules, names, repositories
from ringfence.audit.deps.archive import is_archive
from ringfence.audit.deps.checks import judge as judge_listing
from ringfence.audit.deps.checks import listed, many
from ringfence.audit.deps.distributions import Distribution, headers
from ringfence.audit.deps.held import digest, scan, text
from ringfence.audit.deps.inventory import Inventory
from ringfence.audit.deps.listing import Entry, Listing, Sheet
from ringfence.audit.deps.npm import HOOKS, hooks
from ringfence.audit.deps.owners import commands
from ringfence.audit.deps.package_rules import HASH_MISMATCH, OTHER_NAME, SETUP_CODE
from ringfence.audit.deps.packed import Packed, unpack
from ringfence.audit.deps.parsed import Parsed, Unreadable, Value, ini, table, word
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.record import lines, verify
from ringfence.audit.deps.requirement import file_name
from ringfence.audit.deps.requirement import names as required
from ringfence.audit.deps.setup_code import beside
from ringfence.audit.deps.starts import customizers, path_file
from ringfence.audit.deps.walk import reader
from ringfence.audit.finding import Finding, Place, Unanswered

Say = Finding | Unanswered


class Claim(msgspec.Struct, frozen=True):
    """What a package says that it is."""

    ecosystem: Ecosystem
    name: str
    version: str
    place: Place
    needs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def judge(path: Path, hashes: Iterable[str] = (), progress: Callable[[str], None] = lambda _: None) -> Inventory:
    """Judge a file before it is installed. `hashes` are those that it may have, "sha256:HEX"; any of them will do.

    Where none is given, those are taken that a lock in the same directory has for it.
    """
    place = Place(path.name)
    measured = digest(path, "sha256")
    if measured is None:
        return Inventory(unanswered=(Unanswered(place, "it cannot be read, or is no regular file"),))
    size, sha256 = measured
    if not is_archive(path.name):
        return Inventory(unanswered=(Unanswered(place, "it is no wheel, zip or tar that can be judged"),))
    progress(path.name)
    packed = unpack(path, size)
    claim = _claim(packed)
    listings = list(_listings(packed))
    said: list[Say] = [*packed.said, *_claimed(path, claim), *_around(packed, claim)]
    for listing in listings:
        said += [*judge_listing(listing, locked=False), *listing.unanswered]
    part = Part(claim.ecosystem, claim.name, claim.version, claim.place, (f"sha256:{sha256.hex()}",), needs=claim.needs)
    said += _hashes(path, part, tuple(hashes) or _locked(path, part))
    inner = [entry.part for listing in listings for entry in listing.entries if not entry.own]
    said += _near([part, *inner, *(Part(part.ecosystem, name, "", part.place) for name in part.needs)])
    return _inventory(part, inner, said)


def _inventory(part: Part, inner: list[Part], said: list[Say]) -> Inventory:
    findings = [each for each in said if isinstance(each, Finding)]
    findings.sort(key=lambda finding: (finding.severity.rank, finding.rule, finding.place, finding.text))
    unanswered = [each for each in said if isinstance(each, Unanswered)]
    return Inventory((part, *inner), tuple(findings), tuple(dict.fromkeys(unanswered)))


def _claim(packed: Packed) -> Claim:
    """Read what a package says that it is: a wheel's METADATA, an sdist's PKG-INFO, package.json, the file's name."""
    path = packed.ending(".dist-info/METADATA", "PKG-INFO")
    if path:
        read = headers(packed.text(path))
        needs = (need for need in read.get("requires-dist", ()) if "extra" not in need.partition(";")[2])
        addresses = (*read.get("home-page", ()), *read.get("project-url", ()), *read.get("download-url", ()))
        name = canonicalize_name(next(iter(read.get("name", ())), ""))
        version = next(iter(read.get("version", ())), "")
        return Claim(Ecosystem.PYPI, name, version, packed.at(path), required(needs), addresses)
    path = packed.ending("package/package.json")
    if path:
        return _npm_claim(packed, path)
    return _repository_claim(packed)


def _npm_claim(packed: Packed, path: str) -> Claim:
    try:
        read = table(Parsed(packed.text(path)).value)
    except Unreadable as error:
        packed.said.append(Unanswered(packed.at(path), str(error)))
        read = {}
    repository: Value = read.get("repository")
    addresses = (word(repository), word(table(repository).get("url")), word(read.get("homepage")))
    packed.said += hooks(Sheet(f"{packed.place}!/{path}", ""), read, HOOKS)
    name, version = word(read.get("name")), word(read.get("version"))
    return Claim(Ecosystem.NPM, name, version, packed.at(path), tuple(table(read, "dependencies")), addresses)


def _repository_claim(packed: Packed) -> Claim:
    """Take the name of a repository's archive from its top directory: `freqtrade-develop/`."""
    top = min(packed.sizes, default="").partition("/")[0]
    stem = top.rpartition("-")[0] or top or packed.place.partition(".")[0]
    return Claim(Ecosystem.PYPI, canonicalize_name(stem), "", packed.at(""), addresses=_own_addresses(packed))


def _own_addresses(packed: Packed) -> tuple[str, ...]:
    path = packed.ending("pyproject.toml")
    start = packed.text(path).partition("[project.urls]")[2] or packed.text(path).partition("[tool.poetry.urls]")[2]
    return tuple(line for line in start.partition("\n[")[0].splitlines() if "://" in line)


def _claimed(path: Path, claim: Claim) -> Iterator[Say]:
    name, version = file_name(path.name)
    plain = str(canonicalize_name(name)) if name else ""
    is_python = claim.ecosystem is Ecosystem.PYPI and bool(claim.version)
    if is_python and plain and (plain != claim.name or not _same_version(version, claim.version)):
        text_of = f"the file is named {plain} {version}, and holds {claim.name} {claim.version}"
        yield OTHER_NAME.found(Place(path.name), text_of, f"{plain} {claim.name}")
    if path.name.endswith(".whl") and not claim.version:
        yield Unanswered(Place(path.name), "a wheel without METADATA")
    yield from repositories.judge(claim.place, claim.name, repositories.named(claim.addresses))


def _same_version(one: str, other: str) -> bool:
    return one.replace("_", "-").lower() == other.replace("_", "-").lower()


def _around(packed: Packed, claim: Claim) -> Iterator[Say]:
    """Judge what would run at install or at start, and what cannot be read."""
    for path, held in packed.texts.items():
        if path.endswith(".pth"):
            yield from path_file(packed.at(path), held)
        elif path.endswith("setup.py") and path.count("/") <= 1:
            yield from _setup(packed, path)
    yield from customizers(f"{packed.place}!", packed.sizes)
    yield from _scripts(packed, claim)
    if packed.place.endswith(".whl"):
        yield from _record(packed, claim)
    elif packed.binaries:
        text_of = f"{len(packed.binaries)} compiled files, which nothing vouches for: {listed(packed.binaries[:3])}"
        yield environment_rules.UNVERIFIED_BINARY.found(packed.at(packed.binaries[0]), text_of, claim.name)
    if packed.minified:
        text_of = f"{len(packed.minified)} files have lines too long to read: {listed(packed.minified[:3])}"
        yield environment_rules.MINIFIED.found(packed.at(packed.minified[0]), text_of, claim.name)


def _setup(packed: Packed, path: str) -> Iterator[Say]:
    try:
        found = beside(packed.text(path))
    except Unreadable as error:
        yield Unanswered(packed.at(path), str(error))
        return
    if found:
        yield SETUP_CODE.found(packed.at(path), f"it does more than describe the package: {', '.join(found)}", path)


def _scripts(packed: Packed, claim: Claim) -> Iterator[Say]:
    path = packed.ending(".dist-info/entry_points.txt")
    try:
        read = ini(packed.text(path)) if path else {}
    except Unreadable as error:
        yield Unanswered(packed.at(path), str(error))
        return
    programs = [name for section in ("console_scripts", "gui_scripts") for name in read.get(section, {})]
    programs += [member.rpartition("/")[2] for member in packed.sizes if ".data/scripts/" in member]
    part = Part(claim.ecosystem, claim.name, claim.version, packed.at(path or "entry_points.txt"))
    yield from commands([Distribution(Entry(part), "", None, tuple(programs))])


def _record(packed: Packed, claim: Claim) -> Iterator[Say]:
    """Hold a wheel's members against the RECORD in it: what an installer would refuse, or would not notice."""
    path = packed.ending(".dist-info/RECORD")
    recorded = lines(packed.text(path)) if path else None
    if recorded is None:
        yield environment_rules.BROKEN_RECORD.found(packed.at(path), "the wheel has no RECORD", claim.name)
        return
    verdict = verify(
        recorded, lambda name, kind: _measured(packed, name, kind), lambda name: not name.startswith(("/", ".."))
    )
    if verdict.altered:
        yield many(environment_rules.ALTERED_FILE, packed.at(path), "not as its RECORD says", verdict.altered)
    extra = [
        name
        for name in packed.sizes
        if name not in {line.path for line in recorded} and not name.endswith((".jws", ".p7s"))
    ]
    if extra:
        yield many(environment_rules.UNRECORDED_FILE, packed.at(path), "files that its RECORD does not name", extra)
    doubtful = sorted(set(packed.binaries) - set(verdict.verified))
    if doubtful:
        text_of = f"compiled files that its RECORD does not vouch for: {listed(doubtful[:3])}"
        yield environment_rules.UNVERIFIED_BINARY.found(packed.at(doubtful[0]), text_of, claim.name)
    elif packed.binaries:
        text_of = f"{len(packed.binaries)} compiled files, all as its RECORD says"
        yield environment_rules.BINARY.found(packed.at(path), text_of, claim.name)


def _measured(packed: Packed, name: str, algorithm: str) -> tuple[int, bytes] | None:
    if name not in packed.sizes or algorithm not in {"", "sha256"}:
        return None
    return packed.sizes[name], packed.digests[name]


def _listings(packed: Packed) -> Iterator[Listing]:
    """Read the files of a repository or sdist that name packages; a wheel's are no one's to install from."""
    if packed.place.endswith((".whl", ".tgz")):
        return
    for path in packed.texts:
        read = reader(path)
        if read is None:
            continue
        sheet = Sheet(f"{packed.place}!/{path}", packed.text(path))
        try:
            yield read(sheet)
        except Unreadable as error:
            packed.said.append(Unanswered(sheet.at(), str(error)))


def _near(parts: list[Part]) -> Iterator[Finding]:
    for (ecosystem, name), place in {(part.ecosystem, part.name): part.place for part in reversed(parts)}.items():
        likeness = names.judge(name, ecosystem) if name else None
        if likeness:
            yield likeness.found(place, name)


def _locked(path: Path, part: Part) -> tuple[str, ...]:
    """Return the hashes that locks in the same directory have for a package of this name and version."""
    found: list[str] = []
    for beside_it in scan(path.parent, "", []):
        read = reader(beside_it.name)
        if read is None or not beside_it.is_file(follow_symlinks=False):
            continue
        try:
            listing = read(Sheet(beside_it.name, text(path.parent / beside_it.name)[0]))
        except Unreadable:
            continue
        same = (
            each.part for each in listing.entries if each.part.name == part.name and each.part.version == part.version
        )
        found += [each for wanted in same for each in wanted.hashes]
    return tuple(found)


def _hashes(path: Path, part: Part, wanted: tuple[str, ...]) -> Iterator[Say]:
    if not wanted:
        return
    kinds = {each.partition(":")[0].partition("-")[0] for each in wanted}
    measured = {kind: digest(path, kind) for kind in kinds & {"sha256", "sha384", "sha512"}}
    have = {spelt for kind, each in measured.items() if each for spelt in _spellings(kind, each[1])}
    if not measured:
        yield Unanswered(part.place, "the hashes given are of no kind that counts")
    elif not have & {each.rstrip("=") if "-" in each[:7] else each.lower() for each in wanted}:
        text_of = f"its hash is {part.hashes[0]}, and that is none of the {len(wanted)} that it may have"
        yield HASH_MISMATCH.found(Place(path.name), text_of, path.name)


def _spellings(kind: str, held: bytes) -> tuple[str, str]:
    return f"{kind}:{held.hex()}", f"{kind}-{base64.b64encode(held).decode().rstrip('=')}"
