"""What an installed distribution says of itself: METADATA, RECORD, entry points, where it came from."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from ringfence.audit.deps.addresses import masked
from ringfence.audit.deps.held import joined, text
from ringfence.audit.deps.listing import Entry
from ringfence.audit.deps.parsed import Parsed, Unreadable, ini, table, word
from ringfence.audit.deps.part import Ecosystem, Part
from ringfence.audit.deps.record import Line, lines
from ringfence.audit.deps.requirement import names
from ringfence.audit.finding import Place, Unanswered

METADATA = 4 << 20  # bytes; the longest that was seen, with its readme, has 200 kB
_HEADERS = 20_000  # lines before the readme; the longest seen has 400


class Distribution(msgspec.Struct, frozen=True):
    """One distribution in a site directory; `record` is None where it has none that can be read."""

    entry: Entry
    folder: str
    record: tuple[Line, ...] | None
    scripts: tuple[str, ...] = ()
    tops: tuple[str, ...] = ()
    editable: bool = False
    unanswered: tuple[Unanswered, ...] = ()

    @property
    def name(self) -> str:
        """Return its normalised name."""
        return self.entry.part.name


def headers(metadata: str) -> dict[str, list[str]]:
    """Read the headers of a METADATA or PKG-INFO, by name in small letters."""
    found: dict[str, list[str]] = {}
    for number, line in enumerate(metadata.splitlines()):
        if not line.strip() or number > _HEADERS:
            break
        name, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            found.setdefault(name.strip().lower(), []).append(value.strip())
    return found


def dist_info(site: Path, shown: str, folder: str, files: dict[str, int]) -> Distribution:
    """Read a `.dist-info` directory."""
    place = Place(joined(shown, f"{folder}/METADATA"))
    metadata, why = text(site / folder / "METADATA", METADATA)
    read = headers(metadata)
    claimed, _, versioned = folder.removesuffix(".dist-info").partition("-")
    origin, editable, origin_why = _origin(site / folder, f"{folder}/direct_url.json" in files)
    part = Part(
        Ecosystem.PYPI,
        canonicalize_name(next(iter(read.get("name", ())), claimed)),
        next(iter(read.get("version", ())), versioned),
        place,
        origin=origin,
        needs=names(need for need in read.get("requires-dist", ()) if "extra" not in need.partition(";")[2]),
        installed=True,
        direct=_asked(site / folder, folder, files),
    )
    recorded, _ = text(site / folder / "RECORD")
    whys = [each for each in (why, origin_why) if each]
    return Distribution(
        Entry(part, origin),
        folder,
        _record(recorded) if f"{folder}/RECORD" in files else None,
        _scripts(site / folder) if f"{folder}/entry_points.txt" in files else (),
        _tops(site / folder, f"{folder}/top_level.txt" in files),
        editable,
        tuple(Unanswered(place, each) for each in whys),
    )


def _record(recorded: str) -> tuple[Line, ...] | None:
    read = lines(recorded)
    return None if read is None else tuple(read)


def _asked(folder: Path, name: str, files: dict[str, int]) -> bool | None:
    """Say whether somebody asked for it: pip leaves REQUESTED beside its INSTALLER (PEP 376)."""
    if f"{name}/REQUESTED" in files:
        return True
    return False if text(folder / "INSTALLER", METADATA)[0].strip() == "pip" else None


def _tops(folder: Path, there: bool) -> tuple[str, ...]:  # noqa: FBT001 - said by the listing
    return tuple(text(folder / "top_level.txt", METADATA)[0].split()) if there else ()


def _scripts(folder: Path) -> tuple[str, ...]:
    try:
        read = ini(text(folder / "entry_points.txt", METADATA)[0])
    except Unreadable:
        return ()
    return tuple(name for section in ("console_scripts", "gui_scripts") for name in read.get(section, {}))


def _origin(folder: Path, there: bool) -> tuple[str, bool, str]:  # noqa: FBT001 - said by the listing
    """Return where it was installed from (PEP 610), whether it is editable, and what was not understood."""
    if not there:
        return "", False, ""
    said, why = text(folder / "direct_url.json", METADATA)
    try:
        read = table(Parsed(said).value)
    except Unreadable as error:
        return "unknown:", False, why or f"direct_url.json: {error}"
    url, vcs = word(read.get("url")), table(read, "vcs_info")
    editable = table(read, "dir_info").get("editable") is True
    if vcs:
        url = f"{word(vcs.get('vcs'))}+{url}@{word(vcs.get('commit_id'))}"
    return masked(url), editable, why


def egg(site: Path, shown: str, name: str, files: dict[str, int]) -> Distribution:
    """Read an `.egg-info` (a directory or a file) or an `.egg-link`: older ways, without hashes."""
    metadata = f"{name}/PKG-INFO" if f"{name}/PKG-INFO" in files else name
    read = headers(text(site / metadata, METADATA)[0]) if not name.endswith(".egg-link") else {}
    stem = name.rpartition(".")[0]
    claimed, _, version = stem.partition("-")
    linked = name.endswith(".egg-link")
    origin = text(site / name, METADATA)[0].partition("\n")[0].strip() if linked else ""
    part = Part(
        Ecosystem.PYPI,
        canonicalize_name(next(iter(read.get("name", ())), claimed)),
        next(iter(read.get("version", ())), version.partition("-py")[0]),
        Place(joined(shown, metadata)),
        origin=f"file:{origin}" if origin else "",
        installed=True,
    )
    tops = _tops(site / name, f"{name}/top_level.txt" in files)
    return Distribution(Entry(part, part.origin), name, None, tops=tops, editable=linked)


def distributions(site: Path, shown: str, files: dict[str, int], folders: frozenset[str]) -> Iterator[Distribution]:
    """Read every distribution of a site directory."""
    for folder in sorted(name for name in folders if "/" not in name):
        if folder.endswith(".dist-info"):
            yield dist_info(site, shown, folder, files)
        elif folder.endswith(".egg-info"):
            yield egg(site, shown, folder, files)
    for name in sorted(name for name in files if "/" not in name and name.endswith((".egg-info", ".egg-link"))):
        yield egg(site, shown, name, files)
