"""The names that rules for JavaScript go by, read from tables.toml.

It must never hold a name that no documentation spells so.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

TABLES: Final[Mapping[str, frozenset[str]]] = msgspec.convert(
    tomllib.loads(Path(__file__).with_name("tables.toml").read_text("utf-8")), dict[str, frozenset[str]]
)
"""Each list of names, by its title."""
