"""A Python environment: what is installed in one site directory, and what is wrong with it.

It must never import anything from there, and never read outside of the environment, whatever a RECORD names.
"""

import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from ringfence.audit.deps import environment_rules as rules
from ringfence.audit.deps.checks import judge, listed, many
from ringfence.audit.deps.distributions import Distribution, distributions
from ringfence.audit.deps.held import joined
from ringfence.audit.deps.listing import Kind
from ringfence.audit.deps.listing import Listing as Said
from ringfence.audit.deps.opaque import is_binary, is_readable
from ringfence.audit.deps.owners import commands, loose_commands, owned, two_owners, unowned
from ringfence.audit.deps.part import Part
from ringfence.audit.deps.record import Verdict, verify
from ringfence.audit.deps.rules import DUPLICATE_VERSION
from ringfence.audit.deps.sitefiles import SiteFiles
from ringfence.audit.deps.starts import customizers, path_files
from ringfence.audit.finding import Finding, Place, Unanswered

Progress = Callable[[str], None]
_CARELESS = frozenset({"tests", "test", "docs", "doc", "examples", "example", "benchmarks", "scripts", "tools"})
_TOLD = 5  # altered files of one distribution that are each told


class Installed(msgspec.Struct, frozen=True):
    """What is in one site directory."""

    path: str
    distributions: tuple[Distribution, ...]
    files: int
    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return what is installed."""
        return tuple(each.entry.part for each in self.distributions)


def environment(root: Path, shown: str, progress: Progress = lambda _: None) -> Installed:
    """Look at one site directory; `shown` is its path from the root."""
    site = SiteFiles(root, shown)
    files = site.listed.files
    held = tuple(distributions(site.path, shown, files, site.listed.folders))
    claims = owned(held)
    site.look_around(claims)
    found: list[Finding | Unanswered] = [*path_files(site.path, shown, files), *customizers(shown, files)]
    verdicts = list(_verdicts(site, held, progress))
    verified = {path for verdict in verdicts for path in verdict.verified}
    for each, verdict in zip(held, verdicts, strict=True):
        found += _distribution(site, each, verdict, verified)
    recordless = [each for each in held if each.record is None]
    found += [*two_owners(shown, claims), *commands(held), *unowned(shown, files, claims, recordless), *_twice(held)]
    found += site.legibility.judge("no package", [path for path in files if path not in claims])
    found += _loose(site, {path.rpartition("/")[2] for path in claims if path.startswith("../")})
    unanswered = [each for each in found if isinstance(each, Unanswered)]
    findings = tuple(each for each in found if isinstance(each, Finding))
    return Installed(shown, held, len(files), findings, (*unanswered, *site.unread()))


def _verdicts(site: SiteFiles, held: tuple[Distribution, ...], progress: Progress) -> Iterator[Verdict]:
    for each in held:
        progress(f"{site.shown}: {each.name}")
        yield verify(each.record or (), site.measure, site.allowed)


def _loose(site: SiteFiles, claimed: set[str]) -> Iterator[Finding]:
    programs = [path for path in site.around if path.count("/") == site.ups + 1 and "/bin/" in path]
    shown = joined(site.prefix, "bin")
    yield from loose_commands(shown, (path.rpartition("/")[2] for path in programs), claimed)


def _distribution(
    site: SiteFiles, each: Distribution, verdict: Verdict, verified: set[str]
) -> Iterator[Finding | Unanswered]:
    yield from each.unanswered
    said = Said(each.entry.part.place, Kind.BROUGHT, (each.entry,))
    yield from (found for found in judge(said, locked=True) if not each.editable or found.rule == "deps/local-path")
    place = Place(joined(site.shown, f"{each.folder}/RECORD"))
    if each.record is None:
        if not each.editable:
            yield rules.BROKEN_RECORD.found(place, f"{each.name} has no RECORD that can be read", each.name)
        return
    # Of a directory that many bring by mistake, the last one's file is told as one of two owners, and as no attack.
    altered = [path for path in verdict.altered if path not in verified or path.partition("/")[0] not in _CARELESS]
    yield from _altered(site, each, altered, place)
    yield from _integrity(site, each, verdict, place)
    yield from _opaque(site, each, verdict)


def _altered(site: SiteFiles, each: Distribution, altered: list[str], place: Place) -> Iterator[Finding]:
    for path in altered[:_TOLD]:
        at = Place(posixpath.normpath(joined(site.shown, path)))
        yield rules.ALTERED_FILE.found(at, f"not the file that {each.name} installed", f"{each.name} {path}")
    if len(altered) > _TOLD:
        yield many(rules.ALTERED_FILE, place, f"{len(altered)} files of {each.name} are altered", altered)


def _integrity(site: SiteFiles, each: Distribution, verdict: Verdict, place: Place) -> Iterator[Finding]:
    gone = site.gone(verdict.missing)
    if gone:
        text = f"{len(gone)} files of {each.name} are not there: {listed(gone[:3])}"
        yield rules.MISSING_FILE.found(place, text, each.name)
    if verdict.outside:
        text = f"{each.name} names files outside of its environment: {listed(verdict.outside[:3])}"
        yield rules.BROKEN_RECORD.found(place, text, f"{each.name} outside")
    bare = [path for path in verdict.unhashed if is_readable(path) or path.endswith(".pth")]
    if bare:
        text = f"{len(bare)} code files of {each.name} have no hash: {listed(bare[:3])}"
        yield rules.BROKEN_RECORD.found(place, text, f"{each.name} unhashed")


def _opaque(site: SiteFiles, each: Distribution, verdict: Verdict) -> Iterator[Finding | Unanswered]:
    place = Place(joined(site.shown, each.folder))
    there = [path for path in (*verdict.verified, *verdict.altered, *verdict.unhashed) if not path.startswith("..")]
    binaries = [path for path in there if is_binary(path)]
    verified = set(verdict.verified)
    doubtful = [path for path in binaries if path not in verified]
    if doubtful:
        first = listed(doubtful[:3])
        text = f"{len(doubtful)} of {len(binaries)} compiled files of {each.name} are not vouched for: {first}"
        yield rules.UNVERIFIED_BINARY.found(place, text, each.name)
    elif binaries:
        text = f"{each.name} has {len(binaries)} compiled files, all as its RECORD says"
        yield rules.BINARY.found(place, text, each.name)
    yield from site.legibility.judge(each.name, there)


def _twice(held: tuple[Distribution, ...]) -> Iterator[Finding]:
    versions: dict[str, list[Distribution]] = {}
    for each in held:
        if not each.editable:
            versions.setdefault(each.name, []).append(each)
    for name, several in versions.items():
        if len(several) > 1:
            text = f"{name} is there {len(several)} times: {listed(each.entry.part.version for each in several)}"
            yield DUPLICATE_VERSION.found(several[0].entry.part.place, text, name)
