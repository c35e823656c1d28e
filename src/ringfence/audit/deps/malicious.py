"""Names of packages that were made to steal, and releases of honest ones that somebody took over.

It must never match by likeness: a name is on a list, letter for letter as its registry compares names, or it is not.
"""

from enum import Enum

import msgspec

from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.versions import Comparable, public, read


class Malicious(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one source says of one ecosystem.

    `names` are whole names, each with the id of its report where it has one: every version is malicious. `releases` are
    honest packages with the versions that were not; where there is none, some release was, and the source does not say
    which. `partial` says that there may be more versions than are listed.
    """

    source: str
    ecosystem: Ecosystem
    names: dict[str, str] = {}
    releases: dict[str, tuple[str, ...]] = {}
    partial: bool = False


class Suspicion(Enum):
    """What the lists say of one version of one name."""

    LISTED = "listed"
    NOT_LISTED = "not listed"
    OPEN = "open"
    """A release of this name was malicious, and nobody says which; or the version is not known or not readable."""


def suspicion(listed: Malicious, name: str, version: str) -> Suspicion:
    """Hold a name and version against one list."""
    if name in listed.names:
        return Suspicion.LISTED
    versions = listed.releases.get(name)
    if versions is None:
        return Suspicion.NOT_LISTED
    held = read(listed.ecosystem, version)
    if version in versions or (held and any(public(held, other) == other for other in _read(listed, versions))):
        return Suspicion.LISTED
    return Suspicion.NOT_LISTED if held and settles(listed, name) else Suspicion.OPEN


def settles(listed: Malicious, name: str) -> bool:
    """Say whether a list has all malicious releases of a name."""
    return bool(listed.releases.get(name)) and not listed.partial


def _read(listed: Malicious, versions: tuple[str, ...]) -> list[Comparable]:
    return [other for text in versions if (other := read(listed.ecosystem, text)) is not None]
