"""Pickles, and what is made of them: models of joblib and torch, arrays of objects. Read by opcode, never loaded.

A pickle is a program: whoever reads one runs it. Honest ones make arrays and objects of their library.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ringfence.audit.code.bytecode import TELLING
from ringfence.audit.code.data.danger import REACHING, runs
from ringfence.audit.code.data.found import Found
from ringfence.audit.code.data.opcodes import COMPUTED, Looked, follow, searched
from ringfence.audit.code.data.unpacking import unpacked
from ringfence.audit.finding import Severity

SUFFIXES: Final = frozenset(
    {".pkl", ".pickle", ".joblib", ".p", ".pk", ".model", ".dill", ".sav", ".npy", ".pt", ".pth", ".ckpt", ".bin"}
)
"""Endings of files that are pickles."""

_BEGIN: Final = re.compile(rb"\x80[\x02-\x05]")
_FRAMED: Final = re.compile(rb"\x80[\x02-\x05](?:\x95.{8}|[\]}\x8cXc(qUJKMN\x94])", re.DOTALL)
_OLDEST: Final = re.compile(rb"[c(\]}SVILFNld0]")  # opcodes by which a pickle without a protocol begins
_ARRAY: Final = b"\x93NUMPY"
_STREAMS: Final = 50  # pickles one after the other; torch writes five
_CODE: Final = re.compile(
    r"cloudpickle\b.*(?:_make_function|_make_skel_func|_builtin_type|_fill_function)|dill\._dill\._create_"
)
_LOOKUPS: Final = frozenset({"builtins.getattr", "__builtin__.getattr", "operator.getitem", "_operator.getitem"})


def is_pickle(data: bytes) -> bool:
    """Say whether bytes begin as a pickle does, of whatever name the file is."""
    return data[:1] == b"\x80" and _FRAMED.match(data) is not None


def look(data: bytes, found: Found, line: int = 0) -> None:
    """Note what a pickle looks up that it has no honest use for."""
    data = unpacked(data)
    if data.startswith(_ARRAY):
        data = _objects(data)
    if not data:
        return
    looked = list(_streams(data))
    if any(one.cut for one in looked):
        found.skipped("a pickle with more opcodes than were followed; the rest was searched for plain names alone")
    names = dict.fromkeys((*(name for one in looked for name in one.names), *searched(data)))
    texts = frozenset[str]().union(*(one.texts for one in looked))
    for name in names:
        if name == COMPUTED or runs(name):
            found.say("pickle-runs", line, name)
    if not _LOOKUPS.isdisjoint(names) and (reached := _reached(texts)):
        found.say("pickle-runs", line, reached)
    _carried(names, texts, found, line)


def _objects(data: bytes) -> bytes:
    """Give the pickle in an array of numpy; nothing where it holds numbers alone (numpy.lib.format)."""
    head = data[:12]
    if len(head) < 12:  # noqa: PLR2004 - magic, version, and the length of what follows
        return b""
    begin, width = (10, 2) if head[6] == 1 else (12, 4)
    end = begin + int.from_bytes(head[8 : 8 + width], "little")
    return data[end:] if b"O" in data[begin : min(end, 65_536)] else b""


def _streams(data: bytes) -> Iterator[Looked]:
    at = 0
    for _ in range(_STREAMS):
        if not (_BEGIN.match(data, at) or _OLDEST.match(data, at)):
            return
        one = follow(data[at:] if at else data)
        yield one
        at += one.end
        if not one.whole:
            return


def _reached(texts: Iterable[str]) -> str:
    """Name what a pickle with a lookup could look up."""
    return next((text for text in sorted(texts) if text in REACHING or text in {"system", "popen", "exec", "eval"}), "")


def _carried(names: Iterable[str], texts: frozenset[str], found: Found, line: int) -> None:
    """Note functions that are carried as compiled code: what they do stands nowhere else."""
    maker = next((name for name in names if _CODE.match(name)), "")
    if maker:
        telling = sorted(texts & frozenset(TELLING) - {"requests"})
        words = f"compiled functions by {maker}{': ' if telling else ''}{', '.join(telling)}"
        found.say("pickle-runs", line, maker, words, Severity.HIGH if telling else Severity.MEDIUM)
