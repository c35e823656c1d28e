"""Which readers a file of data goes to: by its ending and its first bytes, so that most files cost nothing."""

from collections.abc import Callable
from pathlib import PurePosixPath

from ringfence.audit.code.data import configured, pickles, tags, templates
from ringfence.audit.code.data.found import Found
from ringfence.audit.code.data.settings import SUFFIXES as SETTINGS
from ringfence.audit.code.javascript.report import Reading

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
