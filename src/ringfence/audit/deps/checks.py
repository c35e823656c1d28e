"""What is wrong with how packages are asked for and locked: pure judgements about what files say.

One finding for each file and rule where many entries share a fault, so that a list of forty is one thing to do; its
subject changes when the list does, so that a baseline does not hide the forty-first.
"""

import hashlib
from collections.abc import Iterable, Iterator

from packaging.utils import canonicalize_name

from ringfence.audit.deps import rules
from ringfence.audit.deps.addresses import (
    KNOWN_INDEXES,
    has_commit,
    host,
    imitated,
    is_git,
    is_local,
    is_mirror,
    is_registry,
    masked,
)
from ringfence.audit.deps.listing import Entry, Kind, Listing
from ringfence.audit.deps.package_rules import LOOK_ALIKE_HOST
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.requirement import file_name
from ringfence.audit.finding import Finding, Place
from ringfence.audit.rule import Rule

_SHOWN = 12  # names in one line of text: what a terminal of 200 columns holds


def listed(names: Iterable[str]) -> str:
    """Write names in one line, the first of them and how many more."""
    given = list(dict.fromkeys(names))
    more = f" and {len(given) - _SHOWN} more" if len(given) > _SHOWN else ""
    return ", ".join(given[:_SHOWN]) + more


def many(rule: Rule, place: Place, what: str, names: Iterable[str]) -> Finding:
    """Say one thing of many packages."""
    given = sorted(set(names))
    named = hashlib.sha256("\n".join(given).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    subject = given[0] if len(given) == 1 else f"{len(given)} packages {named}"
    return rule.found(place, f"{what}: {listed(given)}", subject)


def judge(listing: Listing, *, locked: bool = False) -> Iterator[Finding]:
    """Judge one file; `locked` says that a lock beside it decides what is installed."""
    yield from listing.findings
    yield from _indexes(listing)
    for entry in listing.entries:
        if not entry.own:
            yield from _source(entry, listing.kind)
    yield from _pins(listing, locked=locked)
    if listing.kind is Kind.LOCKED:
        yield from _lock(listing)
    yield from _twice(listing)


def _indexes(listing: Listing) -> Iterator[Finding]:
    for index in listing.indexes:
        shown = masked(index.address)
        if stem := imitated(index.address):
            yield LOOK_ALIKE_HOST.found(index.place, f"{host(shown)} is not {stem}'s own", host(shown))
        if index.address.startswith("http://"):
            yield rules.INSECURE_INDEX.found(index.place, f"packages come over http: {shown}", shown)
        if any(is_registry(index.address, each) for each in Ecosystem):
            continue
        if index.extra:
            yield rules.EXTRA_INDEX.found(index.place, f"packages are also looked for at {shown}", shown)
        elif not is_mirror(index.address):
            yield rules.OTHER_INDEX.found(index.place, f"the registry is replaced by {shown}", shown)


def _source(entry: Entry, kind: Kind) -> Iterator[Finding]:
    part, origin = entry.part, entry.part.origin
    if stem := imitated(origin):
        text = f"{part.name} comes from {host(origin)}, which is not {stem}'s own"
        yield LOOK_ALIKE_HOST.found(part.place, text, f"{part.name} {host(origin)}")
    trusted = is_mirror(origin) or host(origin) in KNOWN_INDEXES or is_registry(origin, part.ecosystem)
    if origin and not trusted:
        for rule, text in _from_elsewhere(part, kind):
            yield rule.found(part.place, text, f"{part.name} {origin}")


def _from_elsewhere(part: Part, kind: Kind) -> Iterator[tuple[Rule, str]]:
    """Say what it means that a part comes from an address of its own."""
    name, origin = part.name, part.origin
    git = is_git(origin)
    if is_local(origin) or ("://" not in origin and not git):
        yield rules.LOCAL_PATH, f"{name} comes from {origin}"
        return
    if git and not has_commit(origin):
        yield rules.GIT_WITHOUT_COMMIT, f"{name} comes from {origin}, which can move"
    if kind is Kind.LOCKED:
        yield rules.OFF_REGISTRY, f"the lock takes {name} from {origin}"
    elif not git or has_commit(origin):
        yield rules.DIRECT_URL, f"{name} comes from {origin}"


def _pins(listing: Listing, *, locked: bool) -> Iterator[Finding]:
    plain = [entry.part for entry in listing.entries if not entry.own and not entry.part.origin]
    if listing.kind is Kind.LOCKED or (listing.kind is Kind.DECLARED and locked):
        return
    loose = [part for part in plain if not part.version]
    if loose:
        yield many(rules.UNPINNED, loose[0].place, "not pinned to one version", (part.name for part in loose))
    bare = [part for part in plain if part.version and not part.hashes]
    if bare and listing.kind is Kind.REQUIRED:
        yield many(rules.UNHASHED, bare[0].place, "pinned without a hash", (part.name for part in bare))


def _lock(listing: Listing) -> Iterator[Finding]:
    fetched = [entry for entry in listing.entries if not entry.own and not is_local(entry.part.origin)]
    bare = [entry.part.name for entry in fetched if not entry.part.hashes and not is_git(entry.part.origin)]
    if bare:
        yield many(rules.NO_INTEGRITY, listing.place, "entries of the lock without a hash", bare)
    built = [entry.part.name for entry in fetched if entry.built]
    if built:
        yield many(rules.BUILT_FROM_SOURCE, listing.place, "the lock has no wheel of", built)
    hooked = [f"{entry.part.name} {entry.part.version}" for entry in listing.entries if entry.hooks]
    if hooked:
        yield many(rules.INSTALL_HOOK, listing.place, "run a program while they are installed", hooked)
    for entry in fetched:
        name = _filed(entry)
        if name and name != entry.part.name:
            text = f"{entry.part.name} is taken from the file of {name}"
            yield rules.OTHER_PACKAGE.found(entry.part.place, text, f"{entry.part.name} {name}")


def _filed(entry: Entry) -> str:
    """Return the name that the address of a registry's file has in it; empty where that is no such address."""
    if not any(is_registry(entry.file, each) for each in Ecosystem) and not is_mirror(entry.file):
        return ""
    path = entry.file.partition("#")[0].partition("?")[0]
    if entry.part.ecosystem is Ecosystem.NPM:
        before, dash, _ = path.partition("/-/")
        pieces = before.replace("%2f", "/").replace("%2F", "/").split("/")
        scoped = len(pieces) > 1 and pieces[-2].startswith("@")
        return ("/".join(pieces[-2:]) if scoped else pieces[-1]) if dash else ""
    name, _ = file_name(path.rpartition("/")[2])
    return str(canonicalize_name(name)) if name else ""


def _twice(listing: Listing) -> Iterator[Finding]:
    if listing.kind is not Kind.REQUIRED:
        return
    versions: dict[str, set[str]] = {}
    for entry in listing.entries:
        if entry.part.version and not entry.sometimes:
            versions.setdefault(entry.part.name, set()).add(entry.part.version)
    for name, held in versions.items():
        if len(held) > 1:
            text = f"{name} is pinned to {len(held)} versions: {listed(sorted(held))}"
            yield rules.DUPLICATE_VERSION.found(listing.place, text, name)


def confusions(listings: list[Listing]) -> Iterator[Finding]:
    """Find names that more than one source could answer for: with an extra index over them, and no hash."""
    extras = [(index, listing.folder) for listing in listings for index in listing.indexes if index.extra]
    governing = [pair for pair in extras if not any(is_registry(pair[0].address, each) for each in Ecosystem)]
    for listing in listings:
        over = next((index for index, folder in governing if within(listing.folder, folder)), None)
        if over is None or listing.kind is Kind.SETTINGS:
            continue
        open_names = [
            entry.part.name
            for entry in listing.entries
            if not entry.part.hashes and not entry.part.origin and entry.part.ecosystem is Ecosystem.PYPI
        ]
        if open_names:
            what = f"the registry and {masked(over.address)} could each answer for"
            yield many(rules.DEPENDENCY_CONFUSION, listing.place, what, open_names)


def within(folder: str, upper: str) -> bool:
    """Say whether a directory is another, or inside it."""
    return not upper or folder == upper or folder.startswith(f"{upper}/")
