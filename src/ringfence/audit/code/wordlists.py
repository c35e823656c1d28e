"""Words in names, by what they say: read from the table in words.toml."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

WORDS: Final[Mapping[str, frozenset[str]]] = msgspec.convert(
    tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8")), dict[str, frozenset[str]]
)
"""Each list by its name."""
