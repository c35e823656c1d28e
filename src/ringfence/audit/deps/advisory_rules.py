"""The rules of what is known against parts: weaknesses, malice, age, and everything that could not be asked.

An example is one part, or none, and what is known when it is asked about: `PyPI NAME VERSION; a circumstance; another`.
"""

from ringfence.audit.finding import Severity
from ringfence.audit.rule import Rule

_UPDATE = "fetch a newer snapshot with `ringfence audit update`, or bring one with `--from FILE`"

VULNERABLE = Rule(
    "deps/vulnerable",
    Severity.HIGH,
    "a part with a known weakness",
    "an advisory names this very version; what it says can be done to it can be done to the bot that loads it. "
    "The severity is the advisory's own, and high where it has none",
    "upgrade to a version that mends it",
    "PyPI requests 2.25.0; snapshot of today",
)
MALICIOUS = Rule(
    "deps/known-malicious",
    Severity.CRITICAL,
    "a package that is known to steal",
    "this name, or this very release of an honest package, has been reported as malicious; what was installed with it "
    "has run",
    "remove it; take every key and password on that machine for stolen, make new ones elsewhere, move the funds first",
    "npm xrpl 4.2.1; snapshot of today",
)
NOT_AUDITED = Rule(
    "deps/not-audited",
    Severity.LOW,
    "parts about which nothing can be said",
    "no version is pinned, or the snapshot does not cover the name, or is too old to say that nothing is known. That "
    "is not the same as clean",
    f"pin every version; {_UPDATE}",
    "PyPI a-name-that-no-source-covers 1.0; snapshot of today",
)
TOO_YOUNG = Rule(
    "deps/too-young",
    Severity.MEDIUM,
    "a release that is not a week old",
    "most packages that were taken over were found out within hours or days; who waits a week has nearly all of them "
    "behind him",
    "pin the release before it, and come back to this one in a week",
    "PyPI ccxt 4.5.90; released 2 days ago; snapshot of today",
)
ABANDONED = Rule(
    "deps/abandoned",
    Severity.LOW,
    "a package without a release for two years",
    "nobody may be there to mend a weakness, and accounts that nobody watches are the ones that are taken over",
    "look whether it is still looked after, and what could stand in its place",
    "PyPI cbpro 1.1.4; newest 1.1.4, 800 days ago; snapshot of today",
)
OUTDATED = Rule(
    "deps/outdated",
    Severity.INFO,
    "a part that is not the newest",
    "an exchange changes its interface, and a client that lags behind misreads it",
    "upgrade when the newer release is a week old, and compare what it can do",
    "PyPI ccxt 4.5.0; newest 4.5.90, 30 days ago; snapshot of today",
)
MISSING = Rule(
    "deps/snapshot-missing",
    Severity.MEDIUM,
    "there is no snapshot of advisories",
    "nothing could be asked about any part",
    _UPDATE,
    "no snapshot",
)
BROKEN = Rule(
    "deps/snapshot-broken",
    Severity.MEDIUM,
    "the snapshot of advisories cannot be read",
    "a file that is cut short or changed says nothing that can be believed; nothing could be asked about any part",
    _UPDATE,
    "snapshot cut short",
)
UNSIGNED = Rule(
    "deps/snapshot-unsigned",
    Severity.HIGH,
    "the snapshot of advisories is not signed by a key that is known",
    "whoever can change what an audit knows can make it overlook a package; nothing of the file was used",
    "delete it, look who can write there, and fetch it again with `ringfence audit update`",
    "snapshot signed by a stranger",
)
FUTURE = Rule(
    "deps/snapshot-future",
    Severity.MEDIUM,
    "the snapshot of advisories has a date that has not come",
    "this machine's clock is wrong, or the snapshot's was: nobody can say how old it is",
    "set the clock, then fetch the snapshot again",
    "PyPI requests 2.32.9; snapshot of 3 days ahead",
)
STALE = Rule(
    "deps/snapshot-stale",
    Severity.MEDIUM,
    "what is known is more than 14 days old",
    "what has been found since is not in it. What it knows is reported; what it does not know is not audited",
    _UPDATE,
    "PyPI requests 2.32.9; snapshot of 15 days ago",
)
ROLLED_BACK = Rule(
    "deps/snapshot-rolled-back",
    Severity.HIGH,
    "the snapshot of advisories is older than one that was here before",
    "somebody who puts an old snapshot back takes away what has been found since; nothing of it was used",
    "look who can write there, and fetch it again with `ringfence audit update`",
    "snapshot of 3 days ago; one of today was seen",
)
MADE_HERE = Rule(
    "deps/snapshot-made-here",
    Severity.INFO,
    "the snapshot of advisories was made on this machine and is not signed",
    "it is as good as the export that it was made from, and as the permissions of its file",
    "keep it where only you can write",
    "PyPI requests 2.32.9; snapshot made here",
)

RULES: tuple[Rule, ...] = (
    VULNERABLE,
    MALICIOUS,
    NOT_AUDITED,
    TOO_YOUNG,
    ABANDONED,
    OUTDATED,
    MISSING,
    BROKEN,
    UNSIGNED,
    FUTURE,
    STALE,
    ROLLED_BACK,
    MADE_HERE,
)
"""Every rule of this half, in the order in which they are printed."""
