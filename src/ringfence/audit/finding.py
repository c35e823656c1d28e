"""What an audit says: findings, and what it could not look at, which is never a pass.

Every audit speaks in these values, whatever it looks at, so that one set of forms, waivers and exit codes serves all.
A text never holds a secret; what a stranger's file is called or says stands in it as it is, and forms escape it.
"""

import hashlib
from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How bad it is. Of code and packages, critical is said only of what is meant to steal."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Return 0 for the worst."""
        return tuple(Severity).index(self)


class Place(msgspec.Struct, frozen=True, order=True):
    """Where something stands.

    `path` is from the root of what was audited, with `!/` before the name inside an archive. `line` counts from 1; 0
    means the whole file. `commit` is set where the file's text is not the one on disk: the first commit that had it.
    """

    path: str
    line: int = 0
    commit: str = ""

    def __str__(self) -> str:
        """Write it as compilers do."""
        at = f"{self.path}:{self.line}" if self.line else self.path
        return f"{at}@{self.commit[:12]}" if self.commit else at


class Step(msgspec.Struct, frozen=True):
    """One station on the way of a value: where it stands, and what happens to it there."""

    place: Place
    text: str


class Finding(msgspec.Struct, frozen=True):
    """One thing that somebody should look at.

    `text` says what was found, `fix` the next thing to do, a command where there is one. `subject` is what it is about
    beside the place: a masked value's fingerprint, a host, a package; a finding is the same one for as long as rule,
    path and subject are. `way` is the path of the data, from its source. `stopped` says what Ringfence does about it
    when the bot runs behind it; empty where that is nothing.
    """

    rule: str
    severity: Severity
    place: Place
    text: str
    fix: str = ""
    subject: str = ""
    way: tuple[Step, ...] = ()
    stopped: str = ""

    @property
    def fingerprint(self) -> str:
        """Name the finding, whatever its line: for baselines and waivers."""
        named = "\0".join((self.rule, self.place.path, self.subject))
        return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Unanswered(msgspec.Struct, frozen=True):
    """Something that was not looked at, and why."""

    place: Place
    why: str
