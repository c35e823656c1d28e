"""When releases came out, as lock files and indexes say it, in seconds since 1970.

It must never take the older of two dates: a file that was added to an old release later is as young as that file.
A lock file says what its author wrote; in one that a stranger wrote, an old date proves nothing.
"""

import datetime as dt
import tomllib
from collections.abc import Mapping

import msgspec

from ringfence.audit.deps.ages import Release
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.snapshot import Newest
from ringfence.audit.deps.versions import is_early, less, normal, read

MAX_TEXT = 32 << 20  # ours: uv.lock files of large projects have 2 MB; npm's longest documents some 20 MB

_EARLIEST = 1_041_379_200  # 2003, when PyPI began; npm is younger


class _Document(msgspec.Struct, frozen=True):
    name: str = ""
    time: dict[str, str] = {}


def locked(text: str) -> dict[Release, int]:
    """Read the dates of a `uv.lock` or a `pylock.toml` (PEP 751); nothing where there are none, or it is not one."""
    try:
        lock = tomllib.loads(text if len(text) <= MAX_TEXT else "")
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return {}
    held: dict[Release, int] = {}
    for package in (*_tables(lock.get("package")), *_tables(lock.get("packages"))):
        name, version, days = package.get("name"), package.get("version"), _days(package)
        if isinstance(name, str) and isinstance(version, str) and days:
            held[Ecosystem.PYPI, normal(Ecosystem.PYPI, name), version] = max(days)
    return held


def npm(text: bytes) -> dict[Release, int]:
    """Read the dates of a package's document, as npm's registry gives it; nothing where it is not one."""
    try:
        document = msgspec.json.decode(text if len(text) <= MAX_TEXT else b"{}", type=_Document)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    dated = (
        (version, _seconds(time)) for version, time in document.time.items() if version not in {"created", "modified"}
    )
    return {(Ecosystem.NPM, document.name, version): at for version, at in dated if at is not None}


def newest(dates: Mapping[Release, int]) -> tuple[Newest, ...]:
    """Pick the newest release of each name that is no pre-release, out of dates that have *all* its releases."""
    held: dict[tuple[Ecosystem, str], Newest] = {}
    for (ecosystem, name, version), at in sorted(dates.items()):
        before = held.get((ecosystem, name))
        if _is_newer(ecosystem, version, before):
            held[ecosystem, name] = Newest(ecosystem, name, version, at)
    return tuple(held.values())


def _is_newer(ecosystem: Ecosystem, version: str, before: Newest | None) -> bool:
    found = read(ecosystem, version)
    if found is None or is_early(found):
        return False
    last = read(ecosystem, before.version) if before is not None else None
    return last is None or less(last, found)


def _tables(value: object) -> list[dict[str, object]]:
    """Take the tables out of whatever stands where a list of them should."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _days(package: dict[str, object]) -> list[int]:
    """List when the files of a package were uploaded, as far as that can be read."""
    files = [*_tables([package.get("sdist")]), *_tables(package.get("wheels"))]
    return [at for file in files if (at := _seconds(file.get("upload-time"))) is not None]


def _seconds(time: object) -> int | None:
    """Read a time; one without a zone is in UTC, as PEP 751 has it. Before there were registries is no date."""
    try:
        at = dt.datetime.fromisoformat(time) if isinstance(time, str) else time
        if not isinstance(at, dt.datetime):
            return None
        seconds = int((at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if seconds >= _EARLIEST else None
