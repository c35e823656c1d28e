"""Templates that reach out of what a template is given, to Python's own functions. They are never rendered."""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.code.data.content import plain
from ringfence.audit.code.data.found import Found
from ringfence.audit.code.hidden import hidden, words_of

SUFFIXES: Final = frozenset({".html", ".htm", ".txt", ".xml", ".md", ".tex", ".svg"})
"""Endings of files that are templates where something in them is in braces."""
ONLY: Final = frozenset({".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".mako", ".jnj"})
"""Endings of files that are templates and nothing else: their braces may be other marks."""

_OPENED: Final = re.compile(rb"\{\{|\{%|<%|\$\{")
_CLOSES: Final = {b"{{": b"}}", b"{%": b"%}", b"<%": b"%>", b"${": b"}"}
_LONG: Final = 4_000  # bytes of one expression or statement
_MOST: Final = 20_000  # of one file
_OPENS: Final = (b"{{", b"{%", b"${", b"<%")
_JOINT: Final = re.compile(rb"[\"']\s{0,9}(?:~\s{0,9})?[\"']")
_JOINT_OR_COMMA: Final = re.compile(rb"[\"']\s{0,9}[~,]?\s{0,9}[\"']")
_GADGET: Final = re.compile(rb"__subclasses__|__init__\W{1,40}__globals__|__class__\W{1,40}__(?:mro|bases?)__")
_PROGRAM: Final = re.compile(
    rb"\bos\b\W{1,9}(?:system|popen)\b|\bpopen\s{0,9}\(|\bsubprocess\s{0,9}\.|\bpopen[\"']\s{0,9}[\])]"
)
_REACHING: Final = frozenset({b"__globals__", b"__builtins__", b"__subclasses__", b"__mro__", b"__import__"})
_BARE: Final = frozenset({b"globals", b"builtins", b"subclasses", b"mro", b"import", b"popen"})


def look(data: bytes, found: Found, *, only: bool) -> None:
    """Note each expression that reaches out; where the file is a template only, also what stands in no braces."""
    data = plain(data)
    if not only and not any(one in data for one in _OPENS):
        return
    for begin, block in _blocks(data):
        word = _reached(block)
        if word:
            found.say("template-runs", data.count(b"\n", 0, begin) + 1, word)
    gadget = _GADGET.search(data) if only else None
    if gadget and not found.findings:
        found.say("template-runs", data.count(b"\n", 0, gadget.start()) + 1, gadget[0].decode())


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(_MOST):
        opened = _OPENED.search(data, at)
        if opened is None:
            return
        begin = opened.end()
        end = data.find(_CLOSES[opened[0]], begin, begin + _LONG)
        yield opened.start(), data[begin : end if end >= 0 else begin + _LONG // 8]
        at = end if end >= 0 else begin


def _reached(block: bytes) -> str:
    """Name what a block reaches out by, also where the word is written in pieces, escapes or backwards."""
    words = words_of(block)
    joined = (_JOINT_OR_COMMA if b"join" in words else _JOINT).sub(b"", block)
    every = words | words_of(joined) | hidden(block.replace(b"~", b"+"), words)
    if b"reverse" in words:
        every |= {word[::-1] for word in every}
    reached = next((word for word in sorted(_REACHING) if word in every), b"")
    program = _PROGRAM.search(joined)
    if not reached and program:
        reached = program[0]
    if not reached and b"attr" in words and (looked := sorted(_BARE & every)):
        reached = looked[0]  # |attr("_" * 2 ~ "globals" ...)
    return reached.decode("utf-8", "replace")
