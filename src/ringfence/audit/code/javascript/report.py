"""What reading a file gives: findings, what was not looked at, what the code can do, what crosses to other files.

Values, so that they can be sent between processes. They must never hold a text of the file that could be a secret.
"""

from enum import StrEnum

import msgspec

from ringfence.audit.code.capability import Capability
from ringfence.audit.code.javascript.values import Taint
from ringfence.audit.finding import Finding, Place, Unanswered


class End(StrEnum):
    """Where a value of another file, or of a caller, comes to its end."""

    NETWORK = "the network"
    SHELL = "a shell"
    CODE = "code"
    PAID = "a payment"
    ANSWER = "an answer"
    CLIPBOARD = "the clipboard"
    FILE = "a file"


class Given(msgspec.Struct, frozen=True):
    """A function of another file is called with something: `symbol` as `./file.name#0`, counted from 0."""

    symbol: str
    taints: tuple[Taint, ...]
    place: Place


class Drained(msgspec.Struct, frozen=True):
    """What a function here is given ends somewhere: `symbol` as `name#0`; the host, or path, may be unknown."""

    symbol: str
    host: str
    place: Place
    end: End = End.NETWORK


class Awaited(msgspec.Struct, frozen=True):
    """Something of another file ends here: `symbol` as `./file.name`."""

    symbol: str
    host: str
    place: Place
    end: End = End.NETWORK
    line: int = 0


class Written(msgspec.Struct, frozen=True):
    """Keys are written to a file here: whether others can read it, other files of the tree may say."""

    taints: tuple[Taint, ...]
    path: str
    place: Place


class Again(msgspec.Struct, frozen=True):
    """A file gives on what another gives: `name` here is `symbol` there; all of them where the name is empty."""

    name: str
    symbol: str


class Hook(msgspec.Struct, frozen=True):
    """A file that installation runs, and where that is said."""

    file: str
    place: Place


class Export(msgspec.Struct, frozen=True):
    """What a value of this file carries, for whoever imports it by this name."""

    name: str
    taints: tuple[Taint, ...]


class Crossing(msgspec.Struct, frozen=True):
    """Everything of a file that matters to others; `served` lists the directories that it shows to anybody."""

    given: tuple[Given, ...] = ()
    drained: tuple[Drained, ...] = ()
    awaited: tuple[Awaited, ...] = ()
    exports: tuple[Export, ...] = ()
    hooks: tuple[Hook, ...] = ()
    again: tuple[Again, ...] = ()
    written: tuple[Written, ...] = ()
    served: tuple[str, ...] = ()


class Reading(msgspec.Struct, frozen=True):
    """What was read in one file."""

    path: str
    findings: tuple[Finding, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    crossing: Crossing = Crossing()
