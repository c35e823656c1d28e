"""When releases came out, as lock files and indexes say it, in seconds since 1970.

It must never take the older of two dates: a file that was added to an old release later is as young as that file.
"""

import datetime as dt
import tomllib
from collections.abc import Iterator

import msgspec

from ringfence.audit.deps.ages import Release
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.versions import normal

MAX_TEXT = 32 << 20  # ours: uv.lock files of large projects have 2 MB; npm's longest documents some 20 MB


class _File(msgspec.Struct, frozen=True, rename="kebab"):
    upload_time: dt.datetime | str | None = None


class _Package(msgspec.Struct, frozen=True):
    name: str = ""
    version: str = ""
    sdist: _File | None = None
    wheels: list[_File] = []


class _Lock(msgspec.Struct, frozen=True):
    package: list[_Package] = []
    packages: list[_Package] = []


class _Document(msgspec.Struct, frozen=True):
    name: str = ""
    time: dict[str, str] = {}


def locked(text: str) -> dict[Release, int]:
    """Read the dates of a `uv.lock` or a `pylock.toml` (PEP 751); nothing where there are none, or it is not one."""
    try:
        read = msgspec.convert(tomllib.loads(text) if len(text) <= MAX_TEXT else {}, _Lock, strict=True)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError, ValueError):
        return {}
    held: dict[Release, int] = {}
    for package in (*read.package, *read.packages):
        if days := [at for at in map(_seconds, _times(package)) if at is not None]:
            held[Ecosystem.PYPI, normal(Ecosystem.PYPI, package.name), package.version] = max(days)
    return held


def npm(text: bytes) -> dict[Release, int]:
    """Read the dates of a package's document, as npm's registry gives it; nothing where it is not one."""
    try:
        read = msgspec.json.decode(text if len(text) <= MAX_TEXT else b"{}", type=_Document)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    dated = ((version, _seconds(time)) for version, time in read.time.items() if version not in {"created", "modified"})
    return {(Ecosystem.NPM, read.name, version): at for version, at in dated if at is not None}


def _times(package: _Package) -> Iterator[dt.datetime | str | None]:
    for file in (package.sdist, *package.wheels):
        if file is not None:
            yield file.upload_time


def _seconds(time: dt.datetime | str | None) -> int | None:
    """Read a time; one without a zone is in UTC, as PEP 751 has it."""
    try:
        at = dt.datetime.fromisoformat(time) if isinstance(time, str) else time
        return None if at is None else int((at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
