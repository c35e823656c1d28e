"""What the files of a project do together: content that one file reads and another sends."""

from collections.abc import Iterable, Iterator

from ringfence.audit.code import bytecode
from ringfence.audit.code.flowing import Following
from ringfence.audit.code.summary import Module
from ringfence.audit.finding import Finding


def join(modules: Iterable[Module]) -> Iterator[Finding]:
    """Yield what is found only when the files are seen together; what one file shows alone is in its own findings."""
    several = list(modules)
    known = {(found.rule, found.place, found.subject) for module in several for found in module.findings}
    said = set(known)
    for found in (*bytecode.differing(several), *Following(several).found()):
        key = (found.rule, found.place, found.subject)
        if key not in said:
            said.add(key)
            yield found
