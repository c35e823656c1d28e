"""A node_modules directory: what npm installed there, what it ran for it, and what nobody can read.

It must never run anything of it, and never follow the links that some package managers fill it with.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from ringfence.audit.deps import environment_rules as rules
from ringfence.audit.deps.checks import judge, listed
from ringfence.audit.deps.held import joined, listing, text
from ringfence.audit.deps.legible import Legibility
from ringfence.audit.deps.listing import Entry, Kind, Listing, Sheet
from ringfence.audit.deps.npm import package_json, package_lock
from ringfence.audit.deps.opaque import is_binary
from ringfence.audit.deps.parsed import Parsed, Unreadable, table, word
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.rules import INSTALL_HOOK
from ringfence.audit.finding import Finding, Place, Unanswered

LOCK = ".package-lock.json"  # what npm itself notes of what it installed, in the form of its lock


class Modules(msgspec.Struct, frozen=True):
    """What is in one node_modules directory, those inside it included."""

    path: str
    parts: tuple[Part, ...]
    files: int
    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]


def modules(root: Path, shown: str, progress: Callable[[str], None] = lambda _: None) -> Modules:
    """Look at one node_modules directory; `shown` is its path from the root."""
    top = root / shown
    held = listing(top, shown, frozenset({".bin"}))  # links to the programs of packages that are here
    locks = _locks(top, shown, held.files)
    noted = {f"{entry.part.name} {entry.part.version}": entry for lock in locks for entry in lock.entries}
    found: list[Finding | Unanswered | Part] = []
    for lock in locks:
        # What runs at install is said by each package.json as well, with its words.
        found += [each for each in judge(lock) if each.rule != INSTALL_HOOK.id]
        found += lock.unanswered
    for folder, paths in _packages(held.files).items():
        progress(f"{shown}: {folder}")
        found += _package(top, shown, folder, paths, noted)
    links = (Unanswered(Place(shown), f"{held.links} links were not followed"),) if held.links else ()
    return Modules(
        shown,
        tuple(each for each in found if isinstance(each, Part)),
        len(held.files),
        tuple(each for each in found if isinstance(each, Finding)),
        (*held.unanswered, *(each for each in found if isinstance(each, Unanswered)), *links),
    )


def _locks(top: Path, shown: str, files: dict[str, int]) -> list[Listing]:
    if LOCK not in files:
        return []
    said, why = text(top / LOCK)
    sheet = Sheet(joined(shown, LOCK), said)
    try:
        return [package_lock(sheet)]
    except Unreadable as error:
        return [Listing(sheet.at(), Kind.LOCKED, unanswered=(Unanswered(sheet.at(), why or str(error)),))]


def _packages(files: dict[str, int]) -> dict[str, list[str]]:
    """Sort the files by the package that they are of; those of no package, such as links to programs, are left."""
    found: dict[str, list[str]] = {}
    for path in files:
        folder = package_folder(path)
        if folder and f"{folder}/package.json" in files:
            found.setdefault(folder, []).append(path)
    return found


def package_folder(path: str) -> str:
    """Return the directory of the package that a file is of, from the top of node_modules."""
    before, mark, inner = path.rpartition("node_modules/")
    pieces = inner.split("/")
    size = 2 if pieces[0].startswith("@") else 1
    return f"{before}{mark}{'/'.join(pieces[:size])}" if len(pieces) > size else ""


def _package(
    top: Path, shown: str, folder: str, paths: list[str], noted: dict[str, Entry]
) -> Iterator[Finding | Unanswered | Part]:
    path = f"{folder}/package.json"
    said, why = text(top / path)
    sheet = Sheet(joined(shown, path), said)
    try:
        read = table(Parsed(said).value)
        listing_said = package_json(sheet, own=False)
    except Unreadable as error:
        yield Unanswered(sheet.at(), why or str(error))
        return
    name, version = word(read.get("name")) or folder.rpartition("node_modules/")[2], word(read.get("version"))
    lock = noted.get(f"{name} {version}")
    hashes, origin = (lock.part.hashes, lock.part.origin) if lock else ((), "")
    needs = tuple(table(read, "dependencies"))
    yield Part(Ecosystem.NPM, name, version, sheet.at(), hashes, origin, needs, installed=True)
    yield from listing_said.findings
    if f"{folder}/binding.gyp" in paths and not listing_said.findings:
        yield INSTALL_HOOK.found(sheet.at(), f"{name} is compiled while it is installed", f"{name} binding.gyp")
    binaries = [each for each in paths if is_binary(each)]
    if binaries:
        first = listed(each.removeprefix(f"{folder}/") for each in binaries[:3])
        text_of = f"{len(binaries)} compiled files of {name}, which npm keeps no hash of: {first}"
        yield rules.BINARY.found(Place(joined(shown, folder)), text_of, name)
    yield from Legibility(top, shown).judge(name, paths)
