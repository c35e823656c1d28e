"""Compiled files, judged by their header and by the words that stand in them. They are never loaded.

Names and texts stand in a compiled file as they are: a word that its source has not shows without reading the code.
"""

import struct
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from ringfence.audit.code.notes import Notes
from ringfence.audit.code.rules import RULE
from ringfence.audit.code.summary import Module, Summary
from ringfence.audit.finding import Finding, Place

_HEADER: Final = 16  # bytes: magic, flags, and time and size or hash of the source (PEP 552)
_HASHED: Final = 0b01
_CHECKED: Final = 0b10

TELLING: Final = (
    "exec", "eval", "environ", "urlopen", "requests", "subprocess", "system", "popen", "socket", "b64decode", "marshal",
    "ctypes", "withdraw", "getuser", "expanduser", "https://", "http://",
)  # fmt: skip
"""Words of code that reaches out: in a compiled file and not in its source, they are somebody else's."""


def look(data: bytes, notes: Notes) -> Summary:
    """Note a compiled file that Python runs without its source, or without comparing it with its source."""
    if "__pycache__/" not in f"/{notes.path}":
        notes.add("compiled-without-source", 0, "", "file")
        return Summary()
    if len(data) < _HEADER:
        notes.skipped("a compiled file without a whole header")
        return Summary()
    (flags,) = struct.unpack_from("<I", data, 4)
    if flags & _HASHED and not flags & _CHECKED:
        notes.add("unchecked-bytecode", 0, "", "file")
    return Summary(texts={"~words": tuple(word for word in TELLING if word.encode() in data)})


def source_of(path: str) -> str:
    """Name the source of a file in __pycache__: `a/__pycache__/b.cpython-311.pyc` is of `a/b.py`."""
    place = PurePosixPath(path)
    return str(place.parent.parent / f"{place.name.split('.')[0]}.py")


def differing(modules: Sequence[Module]) -> Iterator[Finding]:
    """Yield the compiled files whose source is missing or says less than they do."""
    sources = {module.path: module for module in modules if module.path.endswith(".py")}
    for module in modules:
        if not module.path.endswith(".pyc") or "__pycache__/" not in f"/{module.path}":
            continue
        source = sources.get(source_of(module.path))
        if source is None:
            rule = RULE["code/compiled-without-source"]
            yield rule.found(Place(module.path), "", "file")
            continue
        more = sorted(set(module.summary.texts.get("~words", ())) - set(source.summary.texts.get("~words", ())))
        if more and "~words" in source.summary.texts:
            rule = RULE["code/bytecode-differs"]
            yield rule.found(Place(module.path), f"{rule.title}: {', '.join(more)}", "words")
