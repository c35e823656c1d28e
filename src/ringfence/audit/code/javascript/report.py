"""What reading a file gives: findings, what was not looked at, what the code can do, what crosses to other files.

Values, so that they can be sent between processes. They must never hold a text of the file that could be a secret.
"""

import msgspec

from ringfence.audit.code.capability import Capability
from ringfence.audit.code.javascript.values import Taint
from ringfence.audit.finding import Finding, Place, Unanswered


class Given(msgspec.Struct, frozen=True):
    """A function of another file is called with something: `symbol` as `./file.name#0`, counted from 0."""

    symbol: str
    taints: tuple[Taint, ...]
    place: Place


class Drained(msgspec.Struct, frozen=True):
    """What a function here is given goes to the network: `symbol` as `name#0`; the host may be unknown."""

    symbol: str
    host: str
    place: Place


class Awaited(msgspec.Struct, frozen=True):
    """Something of another file goes to the network here: `symbol` as `./file.name`."""

    symbol: str
    host: str
    place: Place


class Export(msgspec.Struct, frozen=True):
    """What a value of this file carries, for whoever imports it by this name."""

    name: str
    taints: tuple[Taint, ...]


class Crossing(msgspec.Struct, frozen=True):
    """Everything of a file that matters to others."""

    given: tuple[Given, ...] = ()
    drained: tuple[Drained, ...] = ()
    awaited: tuple[Awaited, ...] = ()
    exports: tuple[Export, ...] = ()
    hooks: tuple[str, ...] = ()


class Reading(msgspec.Struct, frozen=True):
    """What was read in one file."""

    path: str
    findings: tuple[Finding, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    crossing: Crossing = Crossing()
