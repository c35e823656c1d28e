"""Long texts in files of data that encode something else: Python, compiled code, an archive, a pickle, paths of keys.

Encodings are undone at most three times, within limits; what comes out is read as text and never run.
"""

import ast
import itertools
import re
import warnings
from collections.abc import Iterator
from typing import Final

from ringfence.audit.code import python
from ringfence.audit.code.data import disguised, pickles
from ringfence.audit.code.data.content import plain
from ringfence.audit.code.data.found import Found
from ringfence.audit.code.data.unpacking import decoded, unpacked
from ringfence.audit.code.names import file_kind

_RUN: Final = re.compile(
    rb"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{64,}+(?:[ \t]{0,9}\\?\r?\n[ \t]{0,9}[A-Za-z0-9+/_-]{4,}+)*+"
)
_OF_85: Final = rb"0-9A-Za-z!#$%&()*+\-;<=>?@^_`{|}~"  # RFC 1924
_WIDER: Final = re.compile(rb"(?<![%s])[%s]{80,}+" % (_OF_85, _OF_85))
_ASCII85: Final = re.compile(rb"(?<!\S)(?:<~)?[!-uz]{60,}+(?:\s{1,2}[!-uz]{2,}+)*+~?>?(?!\S)")
_JOINT: Final = re.compile(rb"[\"'],?\s{0,99}(?:- )?[\"']")
_RUNS: Final = 20_000  # long texts of one file: a lock file has a hash for each package
_HEAD: Final = (
    240  # characters that are decoded to see whether it is worth decoding the rest; whole groups of any encoding
)
_LAYERS: Final = 3
_JOINED: Final = 1 << 20  # bytes of a file in which pieces are put together
_LONG: Final = 1 << 20  # characters of one text
_SOURCE: Final = 1 << 18  # bytes of source that is parsed

_MAGIC: Final = (
    b"\x1f\x8b",
    b"x\x01",
    b"x\x5e",
    b"x\x9c",
    b"x\xda",
    b"BZh",
    b"\xfd7zXZ\0",
    b"]\0\0",
    b"PK\3\4",
    b"\x80",
    b"c",
    b"\xe3",
)
_TEXT: Final = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]*+")
_WORD: Final = re.compile(rb"\b(?:import|exec|eval|__import__|urlopen|compile|getattr)\b")
_ACTS: Final = frozenset({"exec", "eval", "__import__", "compile", "urlopen", "system", "popen", "Popen", "getattr"})
_PATH: Final = re.compile(r"[~/.\w\\-]{4,200}")
_TOLD: Final = frozenset({"wallet", "browser", "machine-key"})


def look(data: bytes, found: Found) -> None:
    """Note each text that hides something that runs, or where keys lie."""
    data = plain(data)
    for begin, text in _texts(data):
        if any(_is_promising(head) for head in decoded(text[:_HEAD])):
            _inner(text, found, data.count(b"\n", 0, begin) + 1)


def _texts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield where each long text begins, and the text: as it is, without a word before it, backwards, in pieces."""
    for one in itertools.islice(_RUN.finditer(data), _RUNS):
        text = one[0][:_LONG]
        yield one.start(), text
        yield one.start(), text[::-1]
        if b"-" in text[:20] or b"_" in text[:20]:
            yield one.start(), re.split(rb"[-_]", text, maxsplit=1)[1]
    for pattern in (_WIDER, _ASCII85):
        yield from ((one.start(), one[0][:_LONG]) for one in itertools.islice(pattern.finditer(data), _RUNS))
    if len(data) <= _JOINED and (joined := _JOINT.sub(b"", data)) != data:
        yield from ((0, one[0]) for one in _RUN.finditer(joined) if one[0] not in data)


def _is_promising(head: bytes) -> bool:
    """Say whether the first bytes may be those of something that runs."""
    return head.startswith(_MAGIC) or head[2:4] == b"\r\n" or _TEXT.fullmatch(head) is not None


def _inner(text: bytes, found: Found, line: int) -> None:
    """Undo what can be undone, and look at what comes out."""
    waiting = [(text, 0)]
    while waiting:
        data, layers = waiting.pop()
        for one in decoded(data):
            inner = unpacked(one)
            if _judge(inner, found, line) or layers + 1 >= _LAYERS or not _TEXT.fullmatch(inner):
                continue
            bare = inner.strip()
            waiting += [(run, layers + 1) for run in (bare, bare[::-1]) if _RUN.fullmatch(run.rstrip(b"="))]


def _judge(data: bytes, found: Found, line: int) -> bool:
    """Look at what was hidden; says whether it was something."""
    before = len(found.findings)
    if _acts(data):
        found.hides(line, "encoded", "Python that an encoding hides")
        for finding in python.read(f"{found.path}!/hidden.py", data).findings:
            found.take(finding, line)
    elif disguised.is_compiled(data) or disguised.is_zip(data):
        disguised.look(data, found, line)
    elif pickles.is_pickle(data):
        pickles.look(data, found, line)
    elif _TEXT.fullmatch(data[:_SOURCE]):
        _paths(data[:_SOURCE].decode("utf-8", "replace"), found, line)
    return len(found.findings) > before


def _acts(data: bytes) -> bool:
    """Say whether it is Python that does something."""
    if not _WORD.search(data[:_SOURCE]) or not _TEXT.fullmatch(data):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data[:_SOURCE])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.Name) and node.id in _ACTS)
        or (isinstance(node, ast.Attribute) and node.attr in _ACTS)
        for node in ast.walk(tree)
    )


def _paths(text: str, found: Found, line: int) -> None:
    for one in _PATH.findall(text)[:2000]:
        if file_kind(one) in _TOLD:
            found.say("hidden-paths", line, one)
