"""Compiled files, judged by their header and by the words that stand in them. They are never loaded.

Names and texts stand in a compiled file as they are: a word that its source has not shows without reading the code.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

import msgspec

from ringfence.audit.code.notes import Notes
from ringfence.audit.code.rules import RULE
from ringfence.audit.code.summary import Module, Summary
from ringfence.audit.finding import Finding, Place, Severity

_HEADER: Final = 16  # bytes: magic, flags, and time and size or hash of the source (PEP 552)
_HASHED: Final = 0b01
_CHECKED: Final = 0b10

_SHORT: Final = 257  # bytes: a short text of a compiled file (marshal.c, TYPE_SHORT_ASCII) with its mark and length

_MARKS: Final = b"zZ\xda\xfa"  # of a short text (marshal.c), as it is, and to be referred to later
_PATH: Final = re.compile(rb"(?:[A-Za-z]:)?[\w.@+~ \\/-]*")
_PATHS: Final = 20  # places in which a file's name is looked for: it stands there once

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
    bare = _without_path(PurePosixPath(source_of(notes.path)).name, data)
    words = tuple(word for word in TELLING if _stands(word.encode(), bare))
    size = struct.unpack_from("<I", data, 12)[0] if not flags else ""
    return Summary(texts={"~words": words, "~size": (str(size),)})


def _without_path(name: str, data: bytes) -> bytes:
    """Leave out the path of the source, which a compiled file holds for messages and no code can import."""
    ending, at = name.encode("utf-8", "replace"), -1
    for _ in range(_PATHS):
        at = data.find(ending, at + 1)
        if at < 0:
            break
        end = at + len(ending)
        for begin in range(max(0, end - _SHORT), at):
            path = data[begin + 2 : end]
            if data[begin] in _MARKS and data[begin + 1] == len(path) and _PATH.fullmatch(path):
                return data.replace(path, b"")
    return data


def _stands(word: bytes, data: bytes) -> bool:
    """Say whether a word stands in one text; the name `request` and the `s` of what comes after it are two."""
    at = data.find(word)
    while at >= 0:
        begin = max(data.rfind(b"\xda", max(0, at - _SHORT), at), data.rfind(b"\xfa", max(0, at - _SHORT), at))
        end = begin + 2 + data[begin + 1] if begin >= 0 else 0
        if not at < end < at + len(word):
            return True
        at = data.find(word, at + 1)
    return False


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
            yield _differs(module, source, more)


def _differs(module: Module, source: Module, more: Sequence[str]) -> Finding:
    """Python passes over a compiled file that names another size of its source: it may be just old."""
    rule = RULE["code/bytecode-differs"]
    found = rule.found(Place(module.path), f"{rule.title}: {', '.join(more)}", "words")
    sizes = module.summary.texts.get("~size", ("",)), source.summary.texts.get("~size", ("",))
    old = all(size[0] for size in sizes) and sizes[0] != sizes[1]
    return msgspec.structs.replace(found, severity=Severity.HIGH) if old else found
