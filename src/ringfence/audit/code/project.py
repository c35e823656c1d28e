"""What the files of a project do together: content that one file reads and another sends."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from ringfence.audit.code import bytecode
from ringfence.audit.code.flowing import Following
from ringfence.audit.code.summary import Module
from ringfence.audit.finding import Finding, Place, Severity, Unanswered
from ringfence.audit.garbage import uncollected

LONG: Final = 10
"""Steps. Content is followed through functions whoever calls them, so a long way may be joined of several people's; the
longest of the reconstructed thefts has six."""


class Joined(msgspec.Struct, frozen=True):
    """What came of it; what was not followed is told."""

    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...] = ()


def join(modules: Iterable[Module]) -> Iterator[Finding]:
    """Yield what is found only when the files are seen together; what one file shows alone is in its own findings."""
    yield from joined(modules).findings


def joined(modules: Iterable[Module]) -> Joined:
    """See files together, and say where they were followed no further."""
    several = list(modules)
    said = {(found.rule, found.place, found.subject) for module in several for found in module.findings}
    fresh = dict[tuple[str, Place, str], Finding]()
    with uncollected():
        following = Following(several)
        for found in (*bytecode.differing(several), *following.found()):
            key = (found.rule, found.place, found.subject)
            if key not in said:
                fresh.setdefault(key, _doubted(found))
    gap = Unanswered(Place(""), "more passes from file to file than was followed")
    return Joined(tuple(fresh.values()), (gap,) if following.cut else ())


def _doubted(found: Finding) -> Finding:
    """Say nothing worse than high of what took so many steps that they may not belong together."""
    if found.severity is not Severity.CRITICAL or len(found.way) <= LONG:
        return found
    text = f"{found.text}, by {len(found.way)} steps: see whether they belong together"
    return replace(found, severity=Severity.HIGH, text=text)
