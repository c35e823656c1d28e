"""systemd's files as systemd reads them: which of several counts, what a drop-in changes, which line is the last.

(systemd.unit(5), systemd.syntax(7); of two files of one name the one in the earlier directory counts.)
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ringfence.audit.host.host import Host
from ringfence.audit.host.processes import named

UNIT_DIRS: Final = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
"""Where units stand, the one that counts first."""

CONF_DIRS: Final = ("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd")
"""Where settings of systemd's own programs stand, the one that counts first."""

_MASK: Final = "/dev/null"


class Setting(NamedTuple):
    """A line that sets something, and where it stands."""

    section: str
    key: str
    value: str
    path: str
    line: int


def settings(host: Host, paths: Iterable[str]) -> tuple[Setting, ...]:
    """Read files in order; what comes later counts for what is set once."""
    return tuple(one for path in paths for one in _parsed(path, text_of(host, path)))


def last(found: Iterable[Setting], section: str, key: str) -> Setting | None:
    """Find what a thing is set to; an empty value sets it back, and is none."""
    given = [one for one in found if (one.section, one.key) == (section, key)]
    return given[-1] if given and given[-1].value else None


def conf(host: Host, name: str) -> tuple[Setting, ...]:
    """Read the settings of one of systemd's programs: its file, then the drop-ins by their names."""
    return settings(host, layered(host, CONF_DIRS, name))


def unit_files(host: Host, unit: str) -> tuple[str, ...]:
    """List the files that make up a unit: its own, first of all directories, and its drop-ins."""
    return tuple(layered(host, UNIT_DIRS, named(unit)))


def layered(host: Host, directories: tuple[str, ...], name: str) -> Iterator[str]:
    """Yield a file and its drop-ins, in the order in which they are read."""
    whole = (f"{directory}/{name}" for directory in directories)
    found = next((path for path in whole if host.status(path) is not None), None)
    if found is not None:
        yield found
    dropped = dict[str, str]()
    for directory in directories:
        for path in host.under(f"{directory}/{name}.d", ".conf"):
            dropped.setdefault(path.rpartition("/")[2], path)
    yield from (dropped[each] for each in sorted(dropped))


def text_of(host: Host, path: str) -> str:
    """Read a file of systemd's; one that leads to /dev/null is masked, and says nothing."""
    status = host.status(path)
    if status is not None and status.target == _MASK:
        return ""
    return host.text(path) or ""


def enabled(host: Host, unit: str) -> bool:
    """Say whether a unit is started with the system, and is not masked."""
    own = host.status(f"/etc/systemd/system/{unit}")
    if own is not None and own.target == _MASK:
        return False
    wanting = [name for name in host.names("/etc/systemd/system") if name.endswith((".wants", ".requires"))]
    return any(unit in host.names(f"/etc/systemd/system/{name}") for name in wanting)


def _parsed(path: str, text: str) -> Iterator[Setting]:
    section = ""
    for number, line in _joined(text):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            continue
        key, equals, value = line.partition("=")
        if equals:
            yield Setting(section, key.strip(), value.strip(), path, number)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, those that a backslash goes on from as one."""
    begun, first = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith(("#", ";")):
            if begun and not line:
                yield first, begun
                begun = ""
            continue
        first = first if begun else number
        if line.endswith("\\"):
            begun += f"{line[:-1]} "
            continue
        yield first, f"{begun}{line}"
        begun = ""
    if begun:
        yield first, begun.strip()
