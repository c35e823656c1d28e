"""Ways to have a program load code that is not its own: preloads, variables, files that Python runs at its start.

(ld.so(8), python(1), node(1), site of Python; MITRE ATT&CK T1574.006.)
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.processes import pids
from ringfence.audit.host.started import environments, site_packages
from ringfence.audit.host.units import CONF_DIRS, UNIT_DIRS

WORST: Final = frozenset({"LD_PRELOAD", "LD_AUDIT"})
"""Variables that nothing on a server has a need of."""

OTHERS: Final = frozenset({"LD_LIBRARY_PATH", "PYTHONSTARTUP", "NODE_OPTIONS"})
"""Variables that some programs are honestly started with."""

_FILES: Final = (
    "/etc/environment",
    "/etc/security/pam_env.conf",
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/default/locale",
)
_FOLDERS: Final = (
    "/etc/profile.d",
    "/etc/environment.d",
    "/etc/default",
    *(f"{directory}/{kind}.conf.d" for directory in CONF_DIRS[:2] for kind in ("system", "user")),
)
_MANAGERS: Final = ("/etc/systemd/system.conf", "/etc/systemd/user.conf")
_SET: Final = re.compile(rf"(?<![A-Za-z0-9_])({'|'.join(sorted(WORST | OTHERS))})(?![A-Za-z0-9_])")
_UNSETS: Final = re.compile(r"\s*(unset\b|UnsetEnvironment\s*=|export\s+-n\b)")
_FILE_OF: Final = re.compile(r"^\s*EnvironmentFile\s*=\s*-?(/\S+)", re.MULTILINE)
_KNOWN_PTH: Final = frozenset({"distutils-precedence.pth", "_virtualenv.pth"})  # of setuptools and of virtualenv
_RUN_AT_START: Final = ("sitecustomize.py", "usercustomize.py")


class Loads(NamedTuple):
    """Something that is loaded, where it is asked for, and the variable that does; empty where a file does."""

    place: str
    variable: str
    value: str

    def __str__(self) -> str:
        """Say it in a few words."""
        return f"{self.place}: {self.variable}{'=' if self.variable else ''}{self.value}"


def preloaded(host: Host) -> Iterator[Loads]:
    """Read the file from which every program on the server loads first."""
    text = host.text("/etc/ld.so.preload") or ""
    words = " ".join(line.partition("#")[0] for line in text.splitlines()).split()
    yield from (Loads("/etc/ld.so.preload", "", word) for word in words)


def running(host: Host, pid: int) -> Iterator[Loads]:
    """Read the variables that a process was started with."""
    text = host.text(f"/proc/{pid}/environ") or ""
    for entry in text.split("\0"):
        name, _, value = entry.partition("=")
        if name in WORST | OTHERS and value:
            who = (host.text(f"/proc/{pid}/comm") or "a process").strip()
            yield Loads(f"{who} ({pid})", name, value)


def files(host: Host) -> tuple[str, ...]:
    """List the files from which variables come: of logins, of systemd, of units and of what those name."""
    found = [*_FILES, *_MANAGERS, *(path for folder in _FOLDERS for path in host.under(folder))]
    units = tuple(_unit_files(host))
    named = [path for unit in units for path in _FILE_OF.findall(_plain(host, unit))]
    return tuple(dict.fromkeys((*found, *units, *named)))


def set_in(host: Host, path: str) -> Iterator[Loads]:
    """Read the lines of a file that set such a variable; a line that takes it back sets none."""
    for line in _plain(host, path).splitlines():
        found = None if _UNSETS.match(line) or line.lstrip().startswith(("#", ";")) else _SET.search(line)
        if found:
            yield Loads(path, found[1], line[found.end() :].strip(" \t=\"'") or "?")


def at_start(host: Host, expected: Expected) -> Iterator[Loads]:
    """Read what Python runs at each start, in the environments of the deployment's units."""
    for unit in expected.units:
        for packages in (each for one in environments(host, unit) for each in site_packages(host, one)):
            yield from _at_start(host, packages)


def every_process(host: Host) -> tuple[int, ...]:
    """List the processes whose variables are read."""
    return pids(host)


def _at_start(host: Host, packages: str) -> Iterator[Loads]:
    for name in host.names(packages):
        if name in _RUN_AT_START:
            yield Loads(f"{packages}/{name}", "", "is run at each start of Python")
        if name.endswith(".pth") and name not in _KNOWN_PTH:
            lines = (host.text(f"{packages}/{name}") or "").splitlines()
            if any(line.startswith(("import ", "import\t")) for line in lines):
                yield Loads(f"{packages}/{name}", "", "runs code at each start of Python")


def _unit_files(host: Host) -> Iterator[str]:
    """Yield the units that are the owner's: a distribution's are checked against its packages elsewhere."""
    for directory in UNIT_DIRS[:3]:
        for name in host.names(directory):
            path = f"{directory}/{name}"
            if name.endswith(".d"):
                yield from host.under(path, ".conf")
            elif name.endswith((".service", ".socket", ".scope")):
                yield path


def _plain(host: Host, path: str) -> str:
    status = host.status(path)
    if status is None or status.is_dir or status.target == "/dev/null":
        return ""
    return (host.text(path) or "").replace("\\\n", " ")
