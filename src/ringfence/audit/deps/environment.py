"""A Python environment: what is installed in one site directory, and what is wrong with it.

It must never import anything from there, and never read outside of the environment, whatever a RECORD names.
"""

import hashlib
import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from ringfence.audit.deps import environment_rules as rules
from ringfence.audit.deps.checks import judge, listed, many
from ringfence.audit.deps.distributions import Distribution, distributions
from ringfence.audit.deps.held import HASHED, Listed, contents, digest, joined, listing
from ringfence.audit.deps.legible import CODE, Legibility
from ringfence.audit.deps.listing import Kind
from ringfence.audit.deps.listing import Listing as Said
from ringfence.audit.deps.opaque import is_binary, is_readable
from ringfence.audit.deps.owners import commands, loose_commands, owned, two_owners, unowned
from ringfence.audit.deps.part import Part
from ringfence.audit.deps.record import Verdict, verify
from ringfence.audit.deps.rules import DUPLICATE_VERSION
from ringfence.audit.deps.starts import customizers, path_files
from ringfence.audit.finding import Finding, Place, Unanswered

Progress = Callable[[str], None]
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


class _Site:
    """One site directory, its list of files, and the environment around it."""

    def __init__(self, root: Path, shown: str) -> None:
        self.path, self.shown = root / shown, shown
        self.listed: Listed = listing(self.path, shown)
        self.ups = _ups(shown)
        self.prefix = "/".join(shown.split("/")[: len(shown.split("/")) - self.ups]) if self.ups else shown
        self.around: dict[str, int] = self._around(root) if self.ups else {}
        self.legibility = Legibility(self.path, shown)
        self.hashed = self.past = 0

    def _around(self, root: Path) -> dict[str, int]:
        """List what stands beside the libraries: programs and shared files, by their path from the site directory."""
        found: dict[str, int] = {}
        for name in ("bin", "Scripts", "share", "etc", "include", "man"):
            top = joined(self.prefix, name)
            if (root / top).is_dir() and not (root / top).is_symlink():
                beside = listing(root / top, top)
                up = "../" * self.ups
                found |= {f"{up}{name}/{path}": size for path, size in beside.files.items()}
        return found

    def allowed(self, path: str) -> bool:
        """Say whether a path of a RECORD is inside the environment."""
        if path.startswith("/"):
            return False
        return path.count("../") <= self.ups if path.startswith("..") else True

    def measure(self, path: str, algorithm: str) -> tuple[int, bytes] | None:
        """Measure a file that was listed; one that was not is not there, or behind a link."""
        size = self.listed.files.get(path, self.around.get(path))
        if size is None or not algorithm:
            return None if size is None else (size, b"")
        if self.hashed + size > HASHED:
            self.past += 1
            return None
        self.hashed += size
        if size > CODE or not is_readable(path):
            return digest(f"{self.path}/{path}", algorithm)
        code = contents(f"{self.path}/{path}", CODE)
        if isinstance(code, str):
            return None
        self.legibility.look(path, code)
        return len(code), hashlib.new(algorithm, code, usedforsecurity=False).digest()


def _ups(shown: str) -> int:
    """Return how many directories up the environment begins: from lib/python3.11/site-packages it is three."""
    pieces = shown.lower().split("/")
    if pieces[-3:-2] and pieces[-3] in {"lib", "lib64"} and pieces[-2].startswith(("python", "pypy")):
        return 3
    return 2 if pieces[-2:] == ["lib", "site-packages"] else 0


def environment(root: Path, shown: str, progress: Progress = lambda _: None) -> Installed:
    """Look at one site directory; `shown` is its path from the root."""
    site = _Site(root, shown)
    files, folders = site.listed.files, site.listed.folders
    held = tuple(distributions(site.path, shown, files, folders))
    found: list[Finding | Unanswered] = [*path_files(site.path, shown, files), *customizers(shown, files)]
    for each in held:
        progress(f"{shown}: {each.name}")
        found += _distribution(site, each)
    claims = owned(held)
    recordless = [each for each in held if each.record is None]
    found += [*two_owners(shown, claims), *commands(held), *unowned(shown, files, claims, recordless), *_twice(held)]
    loose = [path for path in files if path not in claims]
    found += site.legibility.judge("no package", loose)
    found += _loose(site, {path.rpartition("/")[2] for path in claims if path.startswith("../")})
    unanswered = [each for each in found if isinstance(each, Unanswered)]
    findings = tuple(each for each in found if isinstance(each, Finding))
    return Installed(shown, held, len(files), findings, (*site.listed.unanswered, *unanswered, *_unread(site)))


def _loose(site: _Site, claimed: set[str]) -> Iterator[Finding]:
    programs = [path for path in site.around if path.count("/") == site.ups + 1 and "/bin/" in path]
    shown = joined(site.prefix, "bin")
    yield from loose_commands(shown, (path.rpartition("/")[2] for path in programs), claimed)


def _unread(site: _Site) -> Iterator[Unanswered]:
    if site.listed.links:
        yield Unanswered(Place(site.shown), f"{site.listed.links} links were not followed")
    if site.past:
        yield Unanswered(Place(site.shown), f"{site.past} files are past the {HASHED >> 30} GiB that are hashed")


def _distribution(site: _Site, each: Distribution) -> Iterator[Finding | Unanswered]:
    yield from each.unanswered
    said = Said(each.entry.part.place, Kind.BROUGHT, (each.entry,))
    yield from (found for found in judge(said, locked=True) if not each.editable or found.rule == "deps/local-path")
    place = Place(joined(site.shown, f"{each.folder}/RECORD"))
    if each.record is None:
        if not each.editable:
            yield rules.BROKEN_RECORD.found(place, f"{each.name} has no RECORD that can be read", each.name)
        return
    verdict = verify(each.record, site.measure, site.allowed)
    yield from _integrity(site, each, verdict, place)
    yield from _opaque(site, each, verdict)


def _integrity(site: _Site, each: Distribution, verdict: Verdict, place: Place) -> Iterator[Finding]:
    for path in verdict.altered[:_TOLD]:
        at = Place(
            joined(site.shown, path) if not path.startswith("..") else posixpath.normpath(f"{site.shown}/{path}")
        )
        yield rules.ALTERED_FILE.found(at, f"not the file that {each.name} installed", f"{each.name} {path}")
    if len(verdict.altered) > _TOLD:
        yield many(
            rules.ALTERED_FILE, place, f"{len(verdict.altered)} files of {each.name} are altered", verdict.altered
        )
    gone = [path for path in verdict.missing if not path.endswith(".pyc")]
    if gone and not site.past:
        text = f"{len(gone)} files of {each.name} are not there: {listed(gone[:3])}"
        yield rules.MISSING_FILE.found(place, text, each.name)
    if verdict.outside:
        text = f"{each.name} names files outside of its environment: {listed(verdict.outside[:3])}"
        yield rules.BROKEN_RECORD.found(place, text, f"{each.name} outside")
    bare = [path for path in verdict.unhashed if is_readable(path) or path.endswith(".pth")]
    if bare:
        text = f"{len(bare)} code files of {each.name} have no hash: {listed(bare[:3])}"
        yield rules.BROKEN_RECORD.found(place, text, f"{each.name} unhashed")


def _opaque(site: _Site, each: Distribution, verdict: Verdict) -> Iterator[Finding | Unanswered]:
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
