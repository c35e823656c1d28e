"""Versions as each ecosystem orders them, so that a range of an advisory can be held against one.

It must never guess: a version that its ecosystem cannot read is None, and what would be compared with it is unanswered.
"""

import re

from packaging.version import InvalidVersion, Version

from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.semver import Semver, parse

Comparable = Version | Semver
"""A version of one ecosystem; those of two are never compared with each other."""

_LONGEST = 128  # ours: the longest version of an advisory of the PyPA database has 30 characters
_RUNS = re.compile(r"[-_.]+")


def read(ecosystem: Ecosystem, text: str) -> Comparable | None:
    """Read a version by its ecosystem's rules; None where they do not describe it."""
    if ecosystem is Ecosystem.NPM:
        return parse(text)
    if len(text) > _LONGEST:
        return None
    try:
        return Version(text)
    except InvalidVersion:
        return None


def less(left: Comparable, right: Comparable) -> bool:
    """Compare two versions of one ecosystem."""
    if isinstance(left, Version) and isinstance(right, Version):
        return left < right
    if isinstance(left, Semver) and isinstance(right, Semver):
        return left < right
    raise TypeError("versions of two ecosystems have no order")


def is_early(version: Comparable) -> bool:
    """Say whether a version comes before its release: an alpha, a candidate, a development version."""
    return version.is_prerelease if isinstance(version, Version) else bool(version.before)


def public(version: Comparable, like: Comparable) -> Comparable:
    """Leave out a local build's label, which the registry does not know, unless what it is compared with has one.

    PEP 440, "Local version identifiers": torch 2.0.0+cu118 is what upstream calls 2.0.0.
    """
    if isinstance(version, Version) and isinstance(like, Version) and version.local and not like.local:
        return Version(version.public)
    return version


def normal(ecosystem: Ecosystem, name: str) -> str:
    """Write a name as its registry compares it (PEP 503; npm tells case apart in old names)."""
    return _RUNS.sub("-", name).lower() if ecosystem is Ecosystem.PYPI else name
