"""What the package database says is installed, and which files came with it. It never says that a file is unchanged."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_STATUS: Final = "/var/lib/dpkg/status"
_INFO: Final = "/var/lib/dpkg/info"
_GONE: Final = {"not-installed", "config-files"}
"""States in which none of a package's programs are there (dpkg(1), package states)."""


@dataclass(frozen=True, slots=True)
class Package:
    """One package of which something is installed; `held` where it is kept from being upgraded."""

    name: str
    version: str
    is_held: bool
    conffiles: tuple[tuple[str, str], ...]


def packages(host: Host) -> dict[str, Package]:
    """List what is installed, by name; raises `Unseen` where the server has no such database."""
    text = host.text(_STATUS)
    found = {each.name: each for each in map(_package, re.split(r"\n[ \t]*\n", text or "")) if each}
    if "dpkg" not in found:
        raise Unseen("the server has no list of packages that dpkg made")
    return found


def matching(host: Host, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Name the packages that fit one of these patterns, as a shell has them."""
    return tuple(sorted(name for name in packages(host) if any(fnmatchcase(name, each) for each in patterns)))


def owned(host: Host) -> frozenset[str]:
    """List the paths that packages brought, as they are without the link from /lib to /usr/lib and the like."""
    lists = host.under(_INFO, ".list")
    if not lists:
        raise Unseen("the server has no list of the files of its packages")
    return frozenset(settled(line) for path in lists for line in host.lines(path))


def settled(path: str) -> str:
    """Write a path in one way, whether or not /bin, /lib and /sbin are links into /usr."""
    return re.sub(r"^/usr/(?=(?:bin|lib|sbin)/)", "/", path)


def unchanged(host: Host) -> frozenset[str]:
    """List the settings files that are as their packages brought them."""
    pairs = [pair for each in packages(host).values() for pair in each.conffiles]
    return frozenset(path for path, digest in pairs if _digest(host, path) == digest)


def _digest(host: Host, path: str) -> str:
    text = host.text(path)
    return (
        "" if text is None else hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    )  # what dpkg writes down


def _package(stanza: str) -> Package | None:
    fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE))
    words = fields.get("Status", "").split()
    if len(words) != 3 or words[2] in _GONE:  # noqa: PLR2004  # dpkg(1): selection, flag, state
        return None
    return Package(fields.get("Package", ""), fields.get("Version", ""), words[0] == "hold", tuple(_conffiles(fields)))


def _conffiles(fields: dict[str, str]) -> Iterator[tuple[str, str]]:
    for line in fields.get("Conffiles", "").splitlines():
        words = line.split()
        if len(words) > 1:
            yield words[0], words[1]
