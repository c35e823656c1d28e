"""What library functions do that matters here: where content comes from, and what may be asked of what.

Read from the table in known.toml. A name at the end of a dotted one stands for methods of objects that reading cannot
tell apart.
"""

import re
import sys
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from ringfence.audit.code.wordlists import WORDS


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    networks: frozenset[str]
    exchanges: frozenset[str]
    libraries: frozenset[str]
    sending: frozenset[str]
    requesting: frozenset[str]
    messaging: frozenset[str]
    carriers: frozenset[str]
    programs: frozenset[str]
    shells: frozenset[str]
    runners: frozenset[str]
    dangerous: frozenset[str]
    sources: dict[str, list[str]]
    method_sources: dict[str, list[str]]


_TABLE: Final = msgspec.convert(tomllib.loads(Path(__file__).with_name("known.toml").read_text("utf-8")), _Table)

SOURCES: Final = {name: kind for kind, names in _TABLE.sources.items() for name in names}
"""What a call or name gives, by kind."""
METHOD_SOURCES: Final = {name: kind for kind, names in _TABLE.method_sources.items() for name in names}
"""What a method gives, by kind."""
NETWORKS: Final = _TABLE.networks
"""Libraries that talk to the network."""
EXCHANGES: Final = _TABLE.exchanges
"""Clients of exchanges, by the name that is imported."""
LIBRARIES: Final = frozenset(sys.stdlib_module_names) | NETWORKS | EXCHANGES | _TABLE.libraries
"""Names that are imported from outside a bot's own tree."""
SEND_METHODS: Final = _TABLE.sending
"""Methods that hand something to the network."""
PLAIN_REQUESTS: Final = _TABLE.requesting
"""Of these, those that are given a URL."""
MESSENGER_METHODS: Final = _TABLE.messaging
"""Of these, those that send a message to people."""
CARRIERS: Final = _TABLE.carriers
"""Classes whose objects carry what they are made of."""
CLEANERS: Final = WORDS["cleaners"]
"""Words in the name of a function after which no secret is left in what it gives."""
PROGRAMS: Final = _TABLE.programs
"""Functions that start programs."""
BY_SHELL: Final = _TABLE.shells
"""Of these, those that start them by a shell."""
RUNNERS: Final = _TABLE.runners
"""Functions that run text."""
DANGEROUS: Final = _TABLE.dangerous
"""Names that nobody hides for a good reason."""
NAMED: Final = PROGRAMS | SOURCES.keys() | RUNNERS | WORDS["starred"]
"""Names that a star brings in and that matter here."""

_LONG: Final = 200  # characters of a dotted name: longer ones are chains of calls, and name nothing in another file


@lru_cache(maxsize=65536)
def root_of(ref: str) -> str:
    """The first part of a dotted name."""
    return ref.split(".", 1)[0].partition("(")[0]


def is_ours(ref: str) -> bool:
    """Say whether an imported name may be one of the same project's."""
    return ref.startswith("/") or (
        bool(ref) and ref[0] not in ":@" and root_of(ref) not in LIBRARIES and len(ref) < _LONG
    )


_OF_C: Final = re.compile(r"ctypes\.(?:\w+\.)*(?:CDLL|PyDLL|LoadLibrary)\(\)(?:\.|\[)(system|popen|execve|execv)\]?$")


def canonical(ref: str) -> str:
    """Write the names of built-ins in one way."""
    if ref.endswith("__dict__"):
        return ref
    if ref.startswith("ctypes.") and (found := _OF_C.match(ref)):
        return f"os.{found[1]}"
    for prefix in ("builtins.", "__builtins__.", "__builtin__.", "__main__.__builtins__."):
        if ref.startswith(prefix):
            return ref[len(prefix) :]
    return ref
