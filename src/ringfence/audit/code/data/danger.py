"""Which names run something when they are called, from the table danger.toml. It must never import what it judges."""

import tomllib
from pathlib import Path
from typing import Final

import msgspec


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    every: frozenset[str]
    quiet: frozenset[str]
    acting: frozenset[str]
    names: dict[str, frozenset[str]]


_TABLE: Final = msgspec.convert(tomllib.loads(Path(__file__).with_name("danger.toml").read_text("utf-8")), _Table)
_INNER: Final = frozenset({"os", "posix", "nt", "subprocess", "pty", "runpy"})
"""Modules that others have as an attribute: `torch.serialization.os` is `os`."""
MODULES: Final = _TABLE.every | _TABLE.names.keys()
"""Modules that have such names."""
REACHING: Final = frozenset(
    {"__globals__", "__builtins__", "__import__", "__subclasses__", "__mro__", "__code__", "__loader__", "f_globals"}
)
"""Attributes that lead from any object to everything else."""
_PARTS: Final = 40  # of a dotted name: more of them name nothing


def runs(name: str) -> bool:
    """Say whether a dotted name, `module.name`, runs something when it is called."""
    parts = name.split(".", _PARTS)
    return _named(parts) or not REACHING.isdisjoint(parts) or any(_borrowed(parts, at) for at in range(1, len(parts)))


def _named(parts: list[str]) -> bool:
    if parts[0] in _TABLE.every:
        return ".".join(parts[:2]) not in _TABLE.quiet
    return any(parts[at] in _TABLE.names.get(".".join(parts[:at]), ()) for at in range(1, len(parts)))


def _borrowed(parts: list[str], at: int) -> bool:
    """Say whether a module is reached through another that has imported it."""
    rest = parts[at + 1 : at + 2]
    return bool(rest) and (
        (parts[at] in _INNER and rest[0] in _TABLE.acting)
        or (parts[at] in {"builtins", "__builtin__"} and rest[0] in _TABLE.names["builtins"])
    )
