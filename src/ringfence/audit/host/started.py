"""What the deployment's units start: which files are run, from which environment. Read from unit files, never run."""

import shlex
from collections.abc import Iterator
from typing import Final

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen
from ringfence.audit.host.units import Setting, settings, unit_files

_PREFIXES: Final = "@-:+!"  # before a command (systemd.service(5))
_SCRIPTS: Final = (".py", ".pyz", ".sh", ".js", ".mjs", ".cjs", ".pl", ".rb")
_STARTING: Final = ("Exec", "ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecCondition")
_DEEP: Final = 8  # directories between a program and the environment that it belongs to


def unit_settings(host: Host, unit: str) -> tuple[Setting, ...]:
    """Read everything that a unit sets; raises `Unseen` where there is no such unit."""
    paths = unit_files(host, unit)
    if not paths:
        raise Unseen(f"there is no unit {unit}, though host.toml names one")
    return settings(host, paths)


def run_files(host: Host, unit: str) -> tuple[str, ...]:
    """List the files that a unit runs or reads before it runs: its own, programs, scripts, environment files."""
    own = unit_files(host, unit)
    found = unit_settings(host, unit)
    return tuple(dict.fromkeys((*own, *(path for one in found for path in _files(one)))))


def environments(host: Host, unit: str) -> tuple[str, ...]:
    """Find the Python environments that the programs of a unit belong to."""
    found = (_environment(host, path) for path in run_files(host, unit))
    return tuple(dict.fromkeys(one for one in found if one))


def site_packages(host: Host, environment: str) -> tuple[str, ...]:
    """List the directories that Python loads from in an environment."""
    versions = [name for name in host.names(f"{environment}/lib") if name.startswith("python")]
    paths = (f"{environment}/lib/{name}/site-packages" for name in versions)
    return tuple(path for path in paths if host.status(path) is not None)


def _files(one: Setting) -> Iterator[str]:
    if one.key == "EnvironmentFile":
        yield one.value.removeprefix("-")
    if one.key in _STARTING and one.value:
        program, *rest = _words(one)
        yield program
        yield from (word for word in rest if word.startswith("/") and word.endswith(_SCRIPTS))


def _words(one: Setting) -> list[str]:
    try:
        words = shlex.split(one.value)
    except ValueError:
        raise Unseen(f"{one.path}: line {one.line} is no command line") from None
    program = words[0].lstrip(_PREFIXES) if words else ""
    if not program.startswith("/"):
        raise Unseen(f"{one.path}: line {one.line} runs {program or 'nothing'}, which is no path")
    return [program, *words[1:]]


def _environment(host: Host, path: str) -> str:
    here = path
    for _ in range(_DEEP):
        here = here.rpartition("/")[0]
        if not here:
            return ""
        if host.status(f"{here}/pyvenv.cfg") is not None:
            return here
    return ""
