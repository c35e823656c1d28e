"""npm's own files: package.json, package-lock.json in its three forms, npm-shrinkwrap.json."""

import re
from collections.abc import Iterator

import msgspec

from ringfence.audit.deps.addresses import excerpt, is_git, is_local, is_registry, masked
from ringfence.audit.deps.listing import Entry, Index, Kind, Listing, Sheet
from ringfence.audit.deps.parsed import NESTING, Parsed, Value, table, word
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.rules import DUPLICATE_KEY, INSECURE_INDEX, INSTALL_HOOK
from ringfence.audit.finding import Finding, Unanswered

HOOKS = ("preinstall", "install", "postinstall")  # those that npm runs for a dependency (npm docs, "scripts")
OWN_HOOKS = (*HOOKS, "prepare", "preprepare", "postprepare", "prepublish")  # and those of the project itself
_WISHES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_EXACT = re.compile(r"\A=?v?(?P<version>\d{1,10}\.\d{1,10}\.\d{1,10}(?:[-+][0-9A-Za-z.+-]{1,100})?)\Z")
_TOLD = 20  # keys of one file that are each told


def twice(sheet: Sheet, keys: list[str]) -> tuple[Finding, ...]:
    """Say which keys of a JSON file stand twice in one object."""
    told = list(dict.fromkeys(keys))[:_TOLD]
    return tuple(DUPLICATE_KEY.found(sheet.at(), f"the key {key[:80]!r} stands twice", key[:80]) for key in told)


def package_json(sheet: Sheet, *, own: bool = True) -> Listing:
    """Read package.json; `own` where it is the project's and not that of something it brought."""
    parsed = Parsed(sheet.text)
    read = table(parsed.value)
    entries = [
        wish(sheet, name, word(wanted)) for group in _WISHES for name, wanted in table(read, group).items() if own
    ]
    return Listing(
        sheet.at(),
        Kind.DECLARED,
        tuple(entries),
        twice(sheet, parsed.twice) + hooks(sheet, read, OWN_HOOKS if own else HOOKS),
        own=word(read.get("name")),
    )


def hooks(sheet: Sheet, read: dict[str, Value], which: tuple[str, ...]) -> tuple[Finding, ...]:
    """Say which programs it runs while it is installed."""
    scripts = table(read, "scripts")
    name = word(read.get("name"))
    return tuple(
        INSTALL_HOOK.found(sheet.at(), f"{hook} runs: {excerpt(word(scripts[hook]))}", f"{name} {hook}".strip())
        for hook in which
        if word(scripts.get(hook))
    )


def wish(sheet: Sheet, name: str, wanted: str) -> Entry:
    """Read one name of a package.json and what is wanted of it."""
    if wanted.startswith("npm:"):
        name, _, wanted = wanted.removeprefix("npm:").rpartition("@")
    elsewhere = "://" in wanted or is_local(wanted) or is_git(wanted)
    origin = masked(wanted) if elsewhere else ""
    exact = _EXACT.match(wanted)
    part = Part(Ecosystem.NPM, name, exact["version"] if exact else "", sheet.at(), origin=origin, direct=True)
    return Entry(part, origin, own=wanted.startswith("workspace:"))


def package_lock(sheet: Sheet) -> Listing:
    """Read package-lock.json or npm-shrinkwrap.json; the flat form where both are there, as npm does."""
    parsed = Parsed(sheet.text)
    read = table(parsed.value)
    flat = table(read, "packages")
    asked = {name for group in _WISHES for name in table(flat, "", group)}
    found = list(_flat(sheet, flat, asked)) if flat else list(_nested(sheet, read))
    entries = [entry for entry in found if isinstance(entry, Entry)]
    unanswered = [each for each in found if isinstance(each, Unanswered)]
    if not flat and "packages" not in read and "dependencies" not in read and "lockfileVersion" not in read:
        unanswered.append(Unanswered(sheet.at(), "it has no packages"))
    return Listing(
        sheet.at(),
        Kind.LOCKED,
        tuple(entries),
        twice(sheet, parsed.twice),
        tuple(unanswered),
        own=word(read.get("name")),
    )


def _flat(sheet: Sheet, packages: dict[str, Value], asked: set[str]) -> Iterator[Entry | Unanswered]:
    for path, value in packages.items():
        read = table(value)
        within = path.rpartition("node_modules/")[2]
        linked = read.get("link") is True
        if path and "node_modules/" in path and not linked:
            yield _locked(
                sheet,
                word(read.get("name")) or within,
                read,
                direct=path == f"node_modules/{within}" and within in asked,
            )


def _nested(sheet: Sheet, root: dict[str, Value]) -> Iterator[Entry | Unanswered]:
    """Walk the first form, where what a package brought stands inside it."""
    waiting = [(name, table(value), 1) for name, value in table(root, "dependencies").items()]
    while waiting:
        name, read, depth = waiting.pop()
        if depth > NESTING:
            yield Unanswered(sheet.at(), "its packages are nested too deep")
            return
        yield _locked(sheet, name, read, direct=None)
        waiting += [(inner, table(value), depth + 1) for inner, value in table(read, "dependencies").items()]


def _locked(sheet: Sheet, name: str, read: dict[str, Value], *, direct: bool | None) -> Entry:
    version, resolved = word(read.get("version")), word(read.get("resolved"))
    if "://" in version or is_local(version) or is_git(version):
        version, resolved = "", version  # as npm does: an address in its place is what is fetched
    if version.startswith("npm:"):
        name, _, version = version.removeprefix("npm:").rpartition("@")
    return locked(
        sheet,
        Locked(
            name,
            version,
            resolved,
            word(read.get("integrity")),
            (*table(read, "dependencies"), *table(read, "requires")),
            direct,
            own=read.get("inBundle") is True or read.get("bundled") is True,
            hooks=read.get("hasInstallScript") is True,
        ),
    )


class Locked(msgspec.Struct, frozen=True):
    """What any npm lock says of one entry, in that lock's own words."""

    name: str
    version: str
    resolved: str
    integrity: str
    needs: tuple[str, ...] = ()
    direct: bool | None = None
    own: bool = False
    hooks: bool = False


def locked(sheet: Sheet, said: Locked) -> Entry:
    """Make an entry of what a lock says."""
    official = not said.resolved or is_registry(said.resolved, Ecosystem.NPM)
    part = Part(
        Ecosystem.NPM,
        said.name,
        said.version,
        sheet.at(),
        tuple(said.integrity.split()),
        "" if official else masked(said.resolved),
        tuple(dict.fromkeys(said.needs)),
        direct=said.direct,
    )
    return Entry(part, masked(said.resolved), hooks=said.hooks, own=said.own)


def npmrc(sheet: Sheet) -> Listing:
    """Read .npmrc: which registry, and whether its connection is verified. A registry of one scope alone is fine."""
    indexes: list[Index] = []
    findings: list[Finding] = []
    for number, line in enumerate(sheet.text.splitlines(), 1):
        key, _, value = (piece.strip() for piece in line.partition("="))
        if key == "registry" and value and not is_registry(value, Ecosystem.NPM):
            indexes.append(Index(sheet.at(number), value.strip("\"'"), extra=False))
        if key == "strict-ssl" and value.lower() == "false":
            findings.append(INSECURE_INDEX.found(sheet.at(number), "npm does not verify its connections", "strict-ssl"))
    return Listing(sheet.at(), Kind.SETTINGS, findings=tuple(findings), indexes=tuple(indexes))
