"""The locks of npm's siblings: yarn.lock in both its forms, pnpm-lock.yaml."""

import re
from collections.abc import Iterator

from ringfence.audit.deps.addresses import is_git, is_local
from ringfence.audit.deps.listing import Entry, Kind, Listing, Sheet
from ringfence.audit.deps.npm import Locked, locked
from ringfence.audit.deps.parsed import Value, table, word, yaml_value
from ringfence.audit.finding import Unanswered

_FIELD = re.compile(r'\A  (?P<key>[a-z]{1,20}) "?(?P<value>[^"\n]{1,4000})"?\Z')
_NEED = re.compile(r'\A    "?(?P<name>[^"\s]{1,214})"? ')


def yarn_lock(sheet: Sheet) -> Listing:
    """Read yarn.lock: the first form is a text of its own, the second is YAML."""
    if re.search(r"^__metadata:", sheet.text, re.MULTILINE):
        return _listing(sheet, list(_berry(sheet)))
    return _listing(sheet, list(_classic(sheet)))


def _listing(sheet: Sheet, entries: list[Entry]) -> Listing:
    named = tuple(entry for entry in entries if entry.part.name)
    vague = [entry for entry in entries if not entry.part.name or not (entry.part.version or entry.part.origin)]
    whys = [f"{len(vague)} entries of it have no name, or neither version nor address"] if vague else []
    said = any(line.strip() and not line.startswith("#") for line in sheet.text.splitlines())
    whys += ["no package of it was understood"] if said and not entries else []
    return Listing(sheet.at(), Kind.LOCKED, named, unanswered=tuple(Unanswered(sheet.at(), why) for why in whys))


def _classic(sheet: Sheet) -> Iterator[Entry]:
    name, fields, needs = "", dict[str, str](), list[str]()
    for line in [*sheet.text.splitlines(), "end:"]:
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith(" "):
            if name:
                yield _classic_entry(sheet, name, fields, needs)
            name, fields, needs = _asked(line.rstrip(":").partition(",")[0].strip('" ')), {}, []
        elif need := _NEED.match(line):
            needs.append(need["name"])
        elif field := _FIELD.match(line):
            fields[field["key"]] = field["value"]


def _classic_entry(sheet: Sheet, name: str, fields: dict[str, str], needs: list[str]) -> Entry:
    resolved, _, digest = fields.get("resolved", "").partition("#")
    integrity = fields.get("integrity", "")
    if is_git(resolved):
        resolved = fields["resolved"]
    elif not integrity and re.fullmatch(r"[0-9a-f]{40}", digest):
        integrity = f"sha1:{digest}"
    return locked(sheet, Locked(name, fields.get("version", ""), resolved, integrity, tuple(needs)))


def _asked(pattern: str) -> str:
    """Return the name in `name@range`, or in `alias@npm:name@range` the real one."""
    name, _, wanted = pattern[1:].partition("@")
    if wanted.startswith("npm:") and "@" in wanted[5:]:
        return wanted.removeprefix("npm:").rpartition("@")[0]
    return pattern[:1] + name


def _berry(sheet: Sheet) -> Iterator[Entry]:
    for key, value in table(yaml_value(sheet.text)).items():
        read = table(value)
        resolution = word(read.get("resolution"))
        if key == "__metadata" or not resolution:
            continue
        name, _, source = resolution[1:].partition("@")
        own = source.startswith(("workspace:", "link:", "portal:", "patch:"))
        elsewhere = source if not own and not source.startswith("npm:") else ""
        bound = _bound(source)
        checksum = word(read.get("checksum"))
        said = Locked(
            resolution[:1] + name,
            word(read.get("version")),
            elsewhere or bound,
            f"yarn:{checksum}" if checksum else "",
            tuple(table(read, "dependencies")),
            own=own,
        )
        yield locked(sheet, said)


def _bound(source: str) -> str:
    """Return the archive that an entry of the registry is bound to, which berry writes as `::__archiveUrl=`."""
    _, mark, address = source.partition("::__archiveUrl=")
    return address.replace("%3A", ":").replace("%2F", "/") if mark else ""


def pnpm_lock(sheet: Sheet) -> Listing:
    """Read pnpm-lock.yaml, of any version: keys are `/name/1.0.0`, `/name@1.0.0` or `name@1.0.0`."""
    read = table(yaml_value(sheet.text))
    roots = [read, *(table(each) for each in table(read, "importers").values())]
    asked = {name for root in roots for group in ("dependencies", "devDependencies") for name in table(root, group)}
    snapshots = table(read, "snapshots")
    packages = table(read, "packages")
    entries = [_pnpm_entry(sheet, key, table(value), table(snapshots, key), asked) for key, value in packages.items()]
    return _listing(sheet, entries)


def _pnpm_entry(sheet: Sheet, key: str, read: dict[str, Value], snapshot: dict[str, Value], asked: set[str]) -> Entry:
    resolution = table(read, "resolution")
    name, version = _pnpm_name(key.removeprefix("/").partition("(")[0])
    repository, commit = word(resolution.get("repo")), word(resolution.get("commit"))
    tarball = word(resolution.get("tarball"))
    resolved = f"git+{repository}#{commit}" if repository else tarball
    if not resolved and ("://" in version or is_local(version)):
        resolved, version = version, ""
    said = Locked(
        word(read.get("name")) or name,
        word(read.get("version")) or version,
        resolved,
        word(resolution.get("integrity")),
        (*table(read, "dependencies"), *table(snapshot, "dependencies")),
        name in asked,
        own=word(resolution.get("type")) == "directory",
        hooks=read.get("requiresBuild") is True or read.get("requiresBuild") == "true",
    )
    return locked(sheet, said)


def _pnpm_name(key: str) -> tuple[str, str]:
    at = key.find("@", 1)
    if at > 0:
        return key[:at], key[at + 1 :]
    name, _, version = key.rpartition("/")
    return name, version.partition("_")[0]
