"""What code is able to do, without a judgement: listed for a tree or a package, and compared on an upgrade."""

from enum import StrEnum

import msgspec

from ringfence.audit.finding import Place


class Power(StrEnum):
    """The kinds of things that code can do to somebody's money and machine."""

    HOST = "host"
    """Names a host; `what` is its name."""
    NETWORK = "network"
    """Opens connections; `what` is by which library."""
    PROGRAM = "program"
    """Starts programs; `what` is by which call."""
    EVALUATE = "evaluate"
    """Runs text as code."""
    ENVIRONMENT = "environment"
    """Reads the environment; `what` is the variable, or `*` for all."""
    READ = "read"
    """Reads files of the user's by a fixed path outside its own; `what` is the path."""
    WRITE = "write"
    """Writes files by a fixed path; `what` is the path."""
    KEYS = "keys"
    """Handles keys of exchanges or wallets; `what` is which."""
    MONEY = "money"
    """Moves funds out; `what` is by which call."""
    NATIVE = "native"
    """Loads compiled code; `what` is by which call."""


class Capability(msgspec.Struct, frozen=True, order=True):
    """One thing that code can do, and one place where it does."""

    power: Power
    what: str
    place: Place
