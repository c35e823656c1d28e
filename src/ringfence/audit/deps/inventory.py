"""What a bot is made of: every file that names packages and every environment in a tree, and what is wrong with them.

It must never run, import or build what it reads, never follow a link, and never pass in silence over what it could not
read.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from ringfence.audit.deps import checks, names
from ringfence.audit.deps.environment import Installed, environment
from ringfence.audit.deps.held import text
from ringfence.audit.deps.imports import imported, undeclared, unused
from ringfence.audit.deps.listing import Kind, Listing, Sheet, unread
from ringfence.audit.deps.nodes import modules
from ringfence.audit.deps.parsed import Unreadable
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.requirements import requirement_file
from ringfence.audit.deps.rules import UNDECLARED, UNUSED
from ringfence.audit.deps.walk import Found, reader, walk
from ringfence.audit.finding import Finding, Place, Unanswered

SOURCES = 5_000  # files of the project's own code whose imports are read; freqtrade with its tests has 700
SOURCE = 2 << 20  # bytes of one of them; the longest of freqtrade has 120 kB
SHEETS = 5_000  # files that name packages; the largest monorepo of bots that was seen has 300
_LOCKS = "requirements"  # a directory of this name is looked into from beside it
_FOLLOWED = 50  # files that requirement files include under names of their own


class Environment(msgspec.Struct, frozen=True):
    """A directory that packages are installed in: its path from the root, how many there are, of how many files."""

    path: str
    ecosystem: Ecosystem
    parts: int
    files: int


class Inventory(msgspec.Struct, frozen=True):
    """What a tree is made of."""

    parts: tuple[Part, ...] = ()
    findings: tuple[Finding, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    environments: tuple[Environment, ...] = ()


Progress = Callable[[str], None]


def read(root: Path, progress: Progress = lambda _: None) -> Inventory:
    """Read a tree. `progress` is told what is being looked at."""
    if root.is_symlink() or not root.is_dir():
        return Inventory(unanswered=(Unanswered(Place(""), "it is not a directory"),))
    found = walk(root)
    listings = list(_listings(root, found, progress))
    installed = [environment(root, site, progress) for site in found.sites]
    nodes = [modules(root, folder, progress) for folder in found.modules]
    parts = [entry.part for each in listings for entry in each.entries if not entry.own]
    parts += [part for each in installed for part in each.parts]
    parts += [part for each in nodes for part in each.parts]
    own = {listing.own for listing in listings if listing.own}
    findings = [*_judged(listings), *checks.confusions(listings), *near(parts, own)]
    findings += [finding for each in installed for finding in each.findings]
    findings += [finding for each in nodes for finding in each.findings]
    used, unread_sources = _imports(root, found)
    findings += _used(listings, installed, used, found)
    unanswered = [*found.unanswered, *unread_sources]
    for held in (listings, installed, nodes):
        unanswered += [why for each in held for why in each.unanswered]
    return Inventory(
        tuple(parts),
        tuple(sorted(findings, key=lambda finding: (finding.severity.rank, finding.rule, finding.place, finding.text))),
        tuple(dict.fromkeys(unanswered)),
        (
            *(Environment(each.path, Ecosystem.PYPI, len(each.distributions), each.files) for each in installed),
            *(Environment(each.path, Ecosystem.NPM, len(each.parts), each.files) for each in nodes),
        ),
    )


def _listings(root: Path, found: Found, progress: Progress) -> Iterator[Listing]:
    waiting, done, followed = list(found.sheets), set(found.sheets), 0
    for number, path in enumerate(waiting):
        if number >= SHEETS:
            why = f"{len(waiting) - number} more files that name packages"
            yield unread(Sheet(path, ""), Kind.DECLARED, why)
            return
        progress(path)
        listing = _listing(root, path)
        yield listing
        for other in listing.refers:
            if other not in done and followed < _FOLLOWED:
                followed += 1
                done.add(other)
                if _inside(root, other):
                    waiting.append(other)
                else:
                    yield unread(Sheet(path, ""), Kind.REQUIRED, f"it includes {other!a}, which is not in the tree")


def _inside(root: Path, path: str) -> bool:
    """Say whether a path leads to a file of the tree, and through no link."""
    if path.startswith(("/", "..")) or "\0" in path:
        return False
    steps = [root.joinpath(*path.split("/")[:depth]) for depth in range(1, path.count("/") + 2)]
    return not any(step.is_symlink() for step in steps) and steps[-1].is_file()


def _listing(root: Path, path: str) -> Listing:
    held, why = text(root / path)
    sheet = Sheet(path, held)
    if why:
        return unread(sheet, Kind.DECLARED, why)
    try:
        return (reader(path) or requirement_file)(sheet)
    except Unreadable as error:
        return unread(sheet, Kind.DECLARED, str(error))


def _judged(listings: list[Listing]) -> Iterator[Finding]:
    for listing in listings:
        yield from checks.judge(listing, locked=any(_locks(other, listing) for other in listings))


def _locks(lock: Listing, wish: Listing) -> bool:
    """Say whether one file decides what another only wishes for: a lock, or a list of pins beside or above it."""
    above = "" if lock.folder == _LOCKS else lock.folder.removesuffix(f"/{_LOCKS}")
    if lock is wish or not checks.within(wish.folder, above):
        return False
    ecosystems = {entry.part.ecosystem for entry in wish.entries}
    locked = [entry for entry in lock.entries if entry.part.ecosystem in ecosystems]
    if lock.kind is Kind.REQUIRED:
        return bool(locked) and all(entry.part.version and entry.part.hashes for entry in locked)
    return lock.kind is Kind.LOCKED and (bool(locked) or not lock.entries)


def near(parts: Iterable[Part], own: set[str]) -> Iterator[Finding]:
    """Find names that could be taken for others: each once, where it stands first."""
    places: dict[tuple[Ecosystem, str], list[Part]] = {}
    for part in parts:
        places.setdefault((part.ecosystem, part.name), []).append(part)
    for (ecosystem, name), where in places.items():
        likeness = names.judge(name, ecosystem) if name not in own else None
        if likeness:
            yield likeness.found(where[0].place, name)


def _imports(root: Path, found: Found) -> tuple[dict[str, str], list[Unanswered]]:
    """Return the names that the project's own code imports, each with the first file that does."""
    used: dict[str, str] = {}
    unanswered: list[Unanswered] = []
    if not found.sheets:
        return used, unanswered
    for path in found.sources[:SOURCES]:
        held, why = text(root / path, SOURCE)
        try:
            for name in imported(held):
                used.setdefault(name, path)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            why = why or "its imports cannot be read"
        unanswered += [Unanswered(Place(path), why)] if why else []
    if len(found.sources) > SOURCES:
        unanswered.append(Unanswered(Place(""), f"the imports of {len(found.sources) - SOURCES} files were not read"))
    return used, unanswered


def _used(listings: list[Listing], installed: list[Installed], used: dict[str, str], found: Found) -> Iterator[Finding]:
    """Compare what is declared with what is imported."""
    wishes = [listing for listing in listings if listing.kind is not Kind.LOCKED]
    asked = [(entry.part, listing) for listing in wishes for entry in listing.entries]
    python = [(part, listing) for part, listing in asked if part.ecosystem is Ecosystem.PYPI]
    if not python or not found.sources:
        return
    tops = _tops(installed)
    declared = {part.name for part, _ in python} | {listing.own for listing in listings}
    direct = {part.name for part, listing in python if not part.hashes}
    idle = list(unused(direct - {listing.own for listing in listings}, used, tops))
    if idle:
        place = next(part.place for part, _ in python if part.name in idle)
        yield checks.many(UNUSED, place, "declared, and imported nowhere here", idle)
    local = {piece.removesuffix(".py") for path in found.sources for piece in path.split("/")}
    strange = list(undeclared(declared, (name for name in used if name not in local), tops))
    if strange:
        place = Place(used[strange[0]])
        yield checks.many(UNDECLARED, place, "imported, and declared nowhere here", strange)


def _tops(installed: list[Installed]) -> dict[str, set[str]]:
    """Return which distributions bring each name that can be imported."""
    found: dict[str, set[str]] = {}
    for each in installed:
        for held in each.distributions:
            firsts = {line.path.partition("/")[0].partition(".")[0] for line in held.record or ()}
            for top in {*held.tops, *firsts}:
                found.setdefault(top, set()).add(held.name)
    return found
