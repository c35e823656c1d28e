"""Reads files of settings into one form, whatever they are written in: tables, lists and texts. Never builds objects.

Where a file cannot be read in its own language, `Unread` says so; what a bot's own reader accepts is accepted here.
"""

import json
import re
import tomllib
from typing import Final

from ringfence.audit.code.data.tree import Tree, Unread
from ringfence.audit.code.data.yaml_tree import documents

SUFFIXES: Final = frozenset(
    {".json", ".jsonc", ".json5", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".env", ".properties", ".cnf"}
)
"""Endings of the files that are read as settings."""

MOST: Final = 8 << 20  # characters that are parsed: a lock file of a large project has two million
_COMMENT: Final = re.compile(r'("(?:[^"\\\n]|\\.)*+")|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/|,(?=\s*+[\]}])')
_SECTION: Final = re.compile(r"\[([^\]\n]{1,200})\]")
_PAIR: Final = re.compile(r"(?:export[ \t]+)?([\w.\-/() ]{1,200}?)[ \t]*+[=:][ \t]*+(.*)")


def parsed(path: str, text: str) -> Tree:
    """Read a file of settings; raises `Unread`."""
    suffix = path.rpartition(".")[2].lower()
    if len(text) > MOST:
        raise Unread("is too large to be read as settings")
    try:
        if suffix in {"json", "jsonc", "json5"}:
            return _json(text)
        if suffix in {"yaml", "yml"}:
            return _yaml(text)
        return _toml(text) if suffix == "toml" else _or_json(text)
    except (RecursionError, MemoryError) as error:
        raise Unread("is nested too deeply to be read as settings") from error


def _json(text: str) -> Tree:
    """Read JSON, also with the comments and last commas that many readers of settings allow."""
    try:
        return _loaded(text)
    except ValueError:
        bare = _COMMENT.sub(lambda found: found[1] or "", text)
    try:
        return _loaded(bare)
    except ValueError:
        return _yaml(text)


def _loaded(text: str) -> Tree:
    return _plain(json.loads(text, parse_int=str, parse_float=str, strict=False))


def _plain(value: object) -> Tree:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _yaml(text: str) -> Tree:
    read = documents(text)
    return _pairs(text) if read is None else read


def _toml(text: str) -> Tree:
    try:
        return _plain(tomllib.loads(text))
    except ValueError:
        return _pairs(text)


def _or_json(text: str) -> Tree:
    """Read a file whose ending promises no language: JSON, or a pair on each line."""
    return _json(text) if text.lstrip()[:1] == "{" else _pairs(text)


def _pairs(text: str) -> Tree:
    """Read a pair on each line, below sections in brackets, as configparser and dotenv do."""
    tree: dict[str, Tree] = {}
    inside, last = tree, ""
    for line in text.split("\n"):
        bare = line.strip()
        section, pair = _SECTION.match(bare), _PAIR.match(bare)
        if section:
            inner = tree.setdefault(section[1], {})
            inside, last = inner if isinstance(inner, dict) else tree, ""
        elif bare[:1] in {"#", ";"} or not bare:
            continue
        elif pair:
            last = pair[1].strip()
            inside[last] = pair[2].strip().strip(",").strip("\"'")
        elif line[:1] in {" ", "\t"} and last and isinstance(held := inside[last], str):
            inside[last] = f"{held}\n{bare}"  # a value that goes on
    return tree
