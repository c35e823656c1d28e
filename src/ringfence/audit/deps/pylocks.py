"""Lock files of Python's package managers: pylock.toml, uv.lock, poetry.lock, Pipfile.lock.

Each entry is what would be installed: name, version, hashes, and where from, if that is not the registry.
"""

from packaging.utils import canonicalize_name

from ringfence.audit.deps.addresses import is_registry, masked
from ringfence.audit.deps.listing import Entry, Index, Kind, Listing, Sheet
from ringfence.audit.deps.parsed import Parsed, Value, items, table, tables, toml, word, words
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.rules import DUPLICATE_KEY
from ringfence.audit.finding import Unanswered


def _entry(sheet: Sheet, read: dict[str, Value], origin: str, files: list[dict[str, Value]], needs: list[str]) -> Entry:
    """Make an entry of a lock's table and its files, which have `hash` or `hashes` and may have `url`."""
    hashes = dict.fromkeys(digest for each in files for digest in _hashes(each))
    address = next((word(each.get("url")) for each in files if word(each.get("url"))), "")
    off = next((url for each in files if (url := word(each.get("url"))) and not _official(url)), "")
    part = Part(
        Ecosystem.PYPI,
        canonicalize_name(word(read.get("name"))),
        word(read.get("version")),
        sheet.at(),
        tuple(hashes),
        masked(origin or off),
        tuple(dict.fromkeys(str(canonicalize_name(name)) for name in needs if name)),
    )
    return Entry(part, masked(off or address))


def _official(address: str) -> bool:
    return is_registry(address, Ecosystem.PYPI)


def _hashes(read: dict[str, Value]) -> list[str]:
    by_kind = [f"{kind}:{word(value)}" for kind, value in table(read, "hashes").items() if word(value)]
    return by_kind + ([word(read.get("hash"))] if word(read.get("hash")) else [])


def _listing(sheet: Sheet, entries: list[Entry], indexes: tuple[Index, ...] = ()) -> Listing:
    named = tuple(entry for entry in entries if entry.part.name)
    missing = len(entries) - len(named)
    unanswered = (Unanswered(sheet.at(), f"{missing} entries of the lock have no name"),) if missing else ()
    return Listing(sheet.at(), Kind.LOCKED, named, unanswered=unanswered, indexes=indexes)


def uv_lock(sheet: Sheet) -> Listing:
    """Read uv.lock."""
    packages = tables(toml(sheet.text).get("package"))
    entries = [_uv_entry(sheet, read) for read in packages]
    sources = dict.fromkeys(word(table(read, "source").get("registry")) for read in packages)
    indexes = tuple(
        Index(sheet.at(), address, extra=False) for address in sources if address and not _official(address)
    )
    return _listing(sheet, entries, indexes)


def _uv_entry(sheet: Sheet, read: dict[str, Value]) -> Entry:
    source = table(read, "source")
    origin = next((word(source[key]) for key in ("git", "url", "path", "directory") if word(source.get(key))), "")
    origin = f"git+{origin}" if "git" in source else origin
    wheels, sdist = tables(read.get("wheels")), table(read, "sdist")
    needs = [word(need.get("name")) for need in tables(read.get("dependencies"))]
    entry = _entry(sheet, read, origin, [*wheels, sdist], needs)
    own = "editable" in source or "virtual" in source
    return Entry(entry.part, entry.file, built=bool(sdist) and not wheels, own=own)


def pylock(sheet: Sheet) -> Listing:
    """Read pylock.toml (PEP 751)."""
    return _listing(sheet, [_pylock_entry(sheet, read) for read in tables(toml(sheet.text).get("packages"))])


def _pylock_entry(sheet: Sheet, read: dict[str, Value]) -> Entry:
    vcs, archive, directory = table(read, "vcs"), table(read, "archive"), table(read, "directory")
    origin = word(archive.get("url")) or word(archive.get("path")) or word(directory.get("path"))
    if vcs:
        origin = f"{word(vcs.get('type'))}+{word(vcs.get('url') or vcs.get('path'))}@{word(vcs.get('commit-id'))}"
    wheels, sdist = tables(read.get("wheels")), table(read, "sdist")
    needs = [word(need.get("name")) for need in tables(read.get("dependencies"))]
    entry = _entry(sheet, read, origin, [*wheels, sdist, archive], needs)
    return Entry(entry.part, entry.file, built=bool(sdist) and not wheels)


def poetry_lock(sheet: Sheet) -> Listing:
    """Read poetry.lock; in old ones the files stand apart, under metadata."""
    read = toml(sheet.text)
    apart = table(read, "metadata", "files")
    return _listing(sheet, [_poetry_entry(sheet, each, apart) for each in tables(read.get("package"))])


def _poetry_entry(sheet: Sheet, read: dict[str, Value], apart: dict[str, Value]) -> Entry:
    source = table(read, "source")
    files = tables(read.get("files")) or tables(apart.get(word(read.get("name"))))
    kind, url = word(source.get("type")), word(source.get("url"))
    origin = f"git+{url}@{word(source.get('resolved_reference'))}" if kind == "git" else url
    listed = [{"hash": each.get("hash")} for each in files]
    entry = _entry(sheet, read, "" if _official(origin) else origin, listed, list(table(read, "dependencies")))
    named = [word(each.get("file")) for each in files]
    return Entry(entry.part, entry.file, built=bool(named) and not any(name.endswith(".whl") for name in named))


def pipfile_lock(sheet: Sheet) -> Listing:
    """Read Pipfile.lock."""
    parsed = Parsed(sheet.text)
    sources = tables(table(parsed.value, "_meta").get("sources"))
    addresses = [word(each.get("url")) for each in sources]
    indexes = tuple(Index(sheet.at(), url, extra=number > 0) for number, url in enumerate(addresses) if url)
    entries = [
        _pipfile_entry(sheet, name, table(group, name))
        for section, group in table(parsed.value).items()
        if section != "_meta"
        for name in table(group)
    ]
    twice = tuple(
        DUPLICATE_KEY.found(sheet.at(), f"the key {key[:80]!r} stands twice", key[:80]) for key in parsed.twice[:20]
    )
    listing = _listing(sheet, entries, indexes)
    return Listing(listing.place, listing.kind, listing.entries, twice, listing.unanswered, indexes)


def _pipfile_entry(sheet: Sheet, name: str, read: dict[str, Value]) -> Entry:
    git, ref = word(read.get("git")), word(read.get("ref"))
    origin = (
        f"git+{git}@{ref}" if git else next((word(read[key]) for key in ("file", "path") if word(read.get(key))), "")
    )
    listed: list[dict[str, Value]] = [{"hash": digest} for digest in words(items(read.get("hashes")))]
    named: dict[str, Value] = {"name": name, "version": word(read.get("version")).removeprefix("==")}
    return _entry(sheet, named, origin, listed, [])


def pipfile(sheet: Sheet) -> Listing:
    """Read Pipfile: what is wished for, and from which sources."""
    read = toml(sheet.text)
    addresses = [word(each.get("url")) for each in tables(read.get("source"))]
    indexes = tuple(Index(sheet.at(), url, extra=number > 0) for number, url in enumerate(addresses) if url)
    wishes = {**table(read, "packages"), **table(read, "dev-packages")}
    entries = [wished(sheet, name, wish) for name, wish in wishes.items()]
    return Listing(sheet.at(), Kind.DECLARED, tuple(entries), indexes=indexes)


def wished(sheet: Sheet, name: str, wish: Value) -> Entry:
    """Read one wish of a Pipfile or of poetry's section: a version, or a table with one or an address."""
    read = table(wish)
    version = word(wish) or word(read.get("version"))
    exact = version.removeprefix("==") if version.startswith("==") and "*" not in version and "," not in version else ""
    git = word(read.get("git"))
    ref = word(read.get("rev")) or word(read.get("ref")) or word(read.get("tag")) or word(read.get("branch"))
    origin = (
        f"git+{git}@{ref}"
        if git
        else next((word(read[key]) for key in ("url", "file", "path") if word(read.get(key))), "")
    )
    part = Part(Ecosystem.PYPI, canonicalize_name(name), exact, sheet.at(), origin=masked(origin), direct=True)
    return Entry(part, masked(origin), own="path" in read)
