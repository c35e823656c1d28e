"""Which readers a file of data goes to: by its ending and its first bytes, so that most files cost nothing.

Where a file lies exempts it from one thing alone: an installed package's pages and pictures are not searched for texts
that hide something, since whatever decodes them is code, and read.
"""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from ringfence.audit.code.data import blobs, configured, disguised, pickles, tags, templates
from ringfence.audit.code.data.found import Found
from ringfence.audit.code.data.settings import SUFFIXES as SETTINGS
from ringfence.audit.code.javascript.report import Reading
from ringfence.audit.code.resolving import is_installed

_PACKED: Final = frozenset(
    {".dat", ".db", ".bin", ".txt", ".csv", ".res", ".cache", ".pack", ".blob", ".data", ""} | SETTINGS
)
"""Endings of an installed package's files in which a hidden text is looked for."""
_NATIVE: Final = frozenset({".so", ".dylib", ".dll", ".exe", ".a", ".o", ".node", ".wasm"})
_ELF: Final = b"\x7fELF"
_LARGE: Final = 1 << 20  # bytes of an installed package's file, or of a program

Look = Callable[[bytes, Found], None]


def wanted(path: str, data: bytes) -> tuple[Look, ...]:
    """List what looks at a file; nothing for most."""
    suffix = _suffix(path)
    looks = list[Look]()
    if suffix in SETTINGS:
        looks += [tags.look, lambda data, found: configured.look(path, data, found)]
    if suffix in templates.ONLY | templates.SUFFIXES:
        looks.append(lambda data, found: templates.look(data, found, only=suffix in templates.ONLY))
    if suffix in pickles.SUFFIXES or pickles.is_pickle(data):
        looks.append(pickles.look)
    if suffix not in _NATIVE and not (data.startswith(_ELF) and len(data) > _LARGE):
        if disguised.is_zip(data) or disguised.is_compiled(data):
            looks.append(disguised.look)
        elif not is_installed(path) or (suffix in _PACKED and len(data) < _LARGE):
            looks.append(blobs.look)
    return tuple(looks)


def read(path: str, data: bytes) -> Reading | None:
    """Read one file of data; nothing where there is nothing to say. Never raises for what is in it."""
    found = Found(path)
    for look in wanted(path, data):
        try:
            look(data, found)
        except (RecursionError, MemoryError):
            found.skipped("is nested too deeply, or takes too much memory to be read as data")
    if not found.findings and not found.unanswered:
        return None
    ordered = sorted(found.findings.values(), key=lambda one: (one.place, one.rule, one.subject))
    return Reading(path, tuple(ordered), tuple(found.unanswered.values()))


def _suffix(path: str) -> str:
    """Give the ending by which a file is read: `.env`, `.env.local` and `prod.env` are all `.env`."""
    name = PurePosixPath(path).name.lower()
    return ".env" if name.startswith(".env") else PurePosixPath(name).suffix
