"""What is known of a value in a program without running it: its text, where it comes from, and what it carries.

It must never hold more than a few alternatives: what is beyond is dropped, so that work stays bounded.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from ringfence.audit.code.javascript.tree import Node

SEVERAL: Final = 8
"""How many alternatives of one value are kept (a choice: more are hardly ever written by hand)."""
HOLE: Final = "\0"
"""Stands in a text for a part that is not known."""
ENVIRONMENTS: Final = frozenset({"process.env", "Bun.env", "Deno.env.toObject()", "import.meta.env"})
"""Where a program finds its whole environment."""
EVENT: Final = "@event."
"""What stands before the name of an event: whoever listens for it gets what is sent by it, in whichever file."""
WORKER: Final = "workerData"
"""By what name what a worker is made with is known to its own file."""
NAME: Final = 160
"""How long a dotted name may grow."""
LONG: Final = 200_000
"""How long a text may grow when it is put together."""


class Kind(StrEnum):
    """What a value may carry."""

    WALLET_KEY = "a wallet's key"
    SECRET = "a secret"  # noqa: S105 - a kind, not a secret
    AUTH = "an exchange's key"
    ENVIRONMENT = "the environment"
    FILE = "a file that holds keys"
    WALLET = "a wallet or browser file"
    MACHINE = "a key file"
    REMOTE = "text from the network"
    DECODED = "decoded text"
    IDENTITY = "who and where the machine is"
    SYSTEM = "what the machine is"
    CLIPBOARD = "the clipboard"
    LISTING = "the files of a directory"
    OUTSIDE = "text from outside"
    KEYPAIR = "a wallet's key pair"
    ADDRESS = "an address that is written in the code"
    BALANCE = "a balance"
    ARGUMENT = "an argument"
    IMPORTED = "another file's value"


class Taint(msgspec.Struct, frozen=True, order=True):
    """One thing that a value carries: what it is called there, and on which line it came in."""

    kind: Kind
    what: str
    line: int = 0


class Value(msgspec.Struct, frozen=True):
    """What is known of a value.

    `texts` are the texts that it may be, `names` what it is called where it was imported (`axios.post`), `nodes` the
    functions, classes and object literals that it may be, `items` the elements of an array that is written out. Its
    text was `decoded`, or `pieced` together; `clean` says that no secret is left in it, whatever it is called.
    """

    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    items: "tuple[Value, ...] | None" = None
    taints: frozenset[Taint] = frozenset()
    decoded: bool = False
    pieced: bool = False
    clean: bool = False

    @property
    def text(self) -> str | None:
        """Its text, where it has one and no part of it is unknown."""
        return self.texts[0] if len(self.texts) == 1 and HOLE not in self.texts[0] else None

    def has(self, *kinds: Kind) -> tuple[Taint, ...]:
        """List what it carries of these kinds, in order."""
        return tuple(sorted(taint for taint in self.taints if taint.kind in kinds))


UNKNOWN: Final = Value()
CLEAN: Final = Value(clean=True)


def named(name: str, line: int = 0, *, pieced: bool = False) -> Value:
    """Return the value that is called so; one of another file of the tree carries its name along."""
    short = name[:NAME]
    taints = frozenset({Taint(Kind.IMPORTED, short, line)}) if short.startswith(".") else frozenset()
    if short == "worker_threads.workerData":
        taints = frozenset({Taint(Kind.ARGUMENT, f"{EVENT}{WORKER}#0", line)})
    if short in ENVIRONMENTS:
        taints = frozenset({Taint(Kind.ENVIRONMENT, short, line)})
    return Value(names=(short,), taints=taints, pieced=pieced)


def joined(values: Iterable[Value]) -> Value:
    """Return what may be any of these."""
    known = [value for value in values if value is not UNKNOWN]
    if len(known) < 2:  # noqa: PLR2004 - one value is itself
        return known[0] if known else UNKNOWN
    return Value(
        _several(text for value in known for text in value.texts),
        _several(name for value in known for name in value.names),
        _distinct(node for value in known for node in value.nodes),
        next((value.items for value in known if value.items is not None), None),
        frozenset(taint for value in known for taint in value.taints),
        any(value.decoded for value in known),
        any(value.pieced for value in known),
        all(value.clean for value in known),
    )


def _several(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))[:SEVERAL]


def _distinct(nodes: Iterable[Node]) -> tuple[Node, ...]:
    return tuple({id(node): node for node in nodes}.values())[:SEVERAL]


def together(parts: Iterable[Value], between: str = "", *, pieced: bool = True) -> Value:
    """Return the texts of the parts put together; a part that is not known leaves a hole."""
    held = list(parts)
    taints = frozenset(taint for part in held for taint in part.taints)
    texts = [""]
    for number, part in enumerate(held):
        glue = between if number else ""
        texts = [before + glue + after for before in texts for after in part.texts or (HOLE,)][:SEVERAL]
        if len(texts[0]) > LONG:
            return Value(taints=taints)
    decoded = any(part.decoded for part in held)
    return Value(tuple(texts), taints=taints, decoded=decoded, pieced=pieced and len(held) > 1)
