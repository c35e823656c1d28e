"""Which of the server's folders a bot in a container may see, and which of them it may write to.

A container is no wall around what is mounted into it. Pure: links are resolved by whoever calls, and what cannot be
told is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ringfence.deploy import names
from ringfence.errors import Misconfigured

# Whoever may write there, or speak to a socket there, has the server; and what is read there are its secrets.
_SYSTEM = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr", "/var/run",
    "/var/spool", "/var/log", "/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/dpkg",
    "/var/lib/private", "/var/lib/systemd", "/var/snap", names.HOME, names.STATE, names.RECORD, names.CODE,
)  # fmt: skip
_HOMES = frozenset({names.SUPERUSER_HOME, "/home"})
_HIDDEN = frozenset({".ssh", ".gnupg", ".docker", ".aws", ".config", ".kube", ".local", ".git"})
_CLOCK = frozenset({"/etc/localtime", "/etc/timezone"})  # in many compose files, and no secret
_FLAGS = frozenset({"ro", "rw", "z", "Z", "cached", "delegated", "consistent", "nocopy"})  # Compose spec, volumes
_SHORT = 3  # parts: source, target, flags
MERGED = "`docker compose config > merged.yml` writes one whole file without variables; give that"
HINT = "give a bot folders that are its own, such as ./user_data:/freqtrade/user_data"


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of the server inside a container. `source` is absolute."""

    source: str
    target: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of the engine's inside a container, or memory, which has no name."""

    name: str
    target: str


def parsed(entry: object, folder: str) -> Mount | Volume:
    """Read one entry of `volumes`, short or long. Raises `Misconfigured` for any other."""
    if isinstance(entry, str):
        parts = entry.split(":")
        if len(parts) == 1:
            return Volume("", _target(parts[0]))
        flags = parts[2].split(",") if len(parts) == _SHORT else []
        if len(parts) > _SHORT or not _FLAGS.issuperset(flags):
            raise _unknown(entry)
        return _of(parts[0], parts[1], folder, read_only="ro" in flags and "rw" not in flags)
    if isinstance(entry, Mapping):
        return _long(entry, folder)
    raise _unknown(entry)


def _long(entry: Mapping[object, object], folder: str) -> Mount | Volume:
    kind, source, target = (entry.get(key, "") for key in ("type", "source", "target"))
    bind = entry.get("bind") or {}
    known = {"type", "source", "target", "read_only", "bind", "tmpfs", "volume", "consistency"}
    odd = not known.issuperset(map(str, entry)) or not isinstance(bind, Mapping)
    if odd or (isinstance(bind, Mapping) and not {"create_host_path", "selinux"}.issuperset(map(str, bind))):
        raise _unknown(entry)
    if not isinstance(source, str) or not isinstance(target, str) or kind not in {"bind", "volume", "tmpfs"}:
        raise _unknown(entry)
    if kind != "bind":
        return Volume(_plain(source), _target(target))
    return Mount(_absolute(source, folder), _target(target), entry.get("read_only") is True)


def _of(source: str, target: str, folder: str, *, read_only: bool) -> Mount | Volume:
    if source[:1] in {".", "/", "~"} or "/" in source:
        return Mount(_absolute(source, folder), _target(target), read_only)
    return Volume(_plain(source), _target(target))


def _absolute(source: str, folder: str) -> str:
    if source.startswith("~"):
        raise Misconfigured(f"whose home is meant by {source} depends on who starts it", hint="write the path in full")
    return _normal(PurePosixPath(folder, _plain(source)))


def _target(target: str) -> str:
    if not _plain(target).startswith("/"):
        raise Misconfigured(f"{target} is no absolute path in a container", hint=HINT)
    return _normal(PurePosixPath(target))


def _plain(text: str) -> str:
    if "$" in text or not text.isprintable():
        raise Misconfigured(f"what {text!r} means is known only when it is started", hint=MERGED)
    return text


def _normal(path: PurePosixPath) -> str:
    """Take `..` out, as the engine does before it looks at any link."""
    parts: list[str] = []
    for part in path.parts[1:]:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/" + "/".join(parts)


def _unknown(entry: object) -> Misconfigured:
    return Misconfigured(f"nobody has looked at what this volume opens: {str(entry)[:200]}", hint=HINT)


def why_not(mount: Mount, real: str, guarded: tuple[str, ...]) -> str:
    """Say why a mount cannot be, or nothing. `real` is where its source leads; `guarded` are files that say how."""
    for path in dict.fromkeys((mount.source, real)):
        if path in _CLOCK and mount.read_only:
            return ""
        if said := _forbidden(PurePosixPath(path)):
            return f"{mount.source} {said}"
    if not mount.read_only and any(is_in(file, path) for file in guarded for path in (mount.source, real)):
        return f"{mount.source} holds the compose file, so a bot that may write there can give itself the server"
    return ""


def _forbidden(path: PurePosixPath) -> str:
    if any(is_in(str(path), system) or is_in(system, str(path)) for system in _SYSTEM):
        return "is the system's, or holds what is"
    if str(path) in _HOMES or (len(path.parts) == 3 and path.parts[1] == "home"):  # noqa: PLR2004  # /home/NAME
        return "is somebody's whole home"
    if _HIDDEN.intersection(path.parts):
        return "holds somebody's keys or settings"
    return "is a socket, and whoever answers there acts for the bot" if path.suffix == ".sock" else ""


def is_in(path: str, folder: str) -> bool:
    """Say whether a path is a folder or below it."""
    return PurePosixPath(path).is_relative_to(folder)


def joined(point: str, path: str, folder: str) -> str:
    """Say where a path below a folder is found once that folder stands somewhere else."""
    return str(PurePosixPath(point, PurePosixPath(path).relative_to(folder)))


def movable(mounts: tuple[Mount, ...]) -> Mount | None:
    """Find a mount whose source the bot could replace by a link, which the engine would follow at the next start.

    A folder inside one that the bot may write to stays where it is only while it is mounted at that same place.
    """
    for inner in mounts:
        for outer in mounts:
            below = inner is not outer and inner.source != outer.source and is_in(inner.source, outer.source)
            if below and not outer.read_only and inner.target != joined(outer.target, inner.source, outer.source):
                return inner
    return None


def fixed(mounts: tuple[Mount, ...], path: str) -> Mount | None:
    """Say which mount makes a path of the container's read-only; None where it is no part of any that is writable."""
    for mount in sorted(mounts, key=lambda one: len(one.target), reverse=True):
        if is_in(path, mount.target):
            below = PurePosixPath(path).relative_to(mount.target)
            source = str(PurePosixPath(mount.source, below))
            return None if mount.read_only else replace(mount, source=source, target=path, read_only=True)
    return None
