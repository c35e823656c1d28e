"""Reads one file of JavaScript or TypeScript: every rule over every call, assignment, class and text of it.

What is beyond its limits is left unanswered, and what was found until then is said. It must never run what it reads.
"""

import gc
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from ringfence.audit.code.capability import Power
from ringfence.audit.code.javascript import crossing, exchange, machine, money, package, running, sent, served
from ringfence.audit.code.javascript.evaluate import Reader
from ringfence.audit.code.javascript.finds import Finds
from ringfence.audit.code.javascript.official import host_of
from ringfence.audit.code.javascript.reach import HTTP, is_network, opens
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.report import Crossing, Reading
from ringfence.audit.code.javascript.scopes import Index, index
from ringfence.audit.code.javascript.tree import Node, TooLarge, grow
from ringfence.audit.code.javascript.worth import aliases, is_worth
from ringfence.audit.code.marks import obfuscated, off_screen, reordered
from ringfence.audit.code.rules import RULE
from ringfence.audit.finding import Finding, Place, Unanswered

SUFFIXES: Final = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
"""The endings of what is read here, beside package.json."""
_DECLARATIONS: Final = (".d.ts", ".d.mts", ".d.cts")
_EXPORTING: Final = re.compile(rb"\bexports\b|^\s*export\b", re.MULTILINE)
_LOOKS: Final[tuple[Callable[[Finds, Called], None], ...]] = (
    sent.look,
    money.look,
    exchange.look,
    running.look,
    machine.look,
    served.look,
)
_MARKED: Final = 400  # places of code out of sight that are listed in one file


def read(path: str, data: bytes) -> Reading:
    """Read one file, by what it is called."""
    if path.rpartition("/")[2] == "package.json":
        return _package(path, data)
    collecting = gc.isenabled()
    gc.disable()  # a tree is a million small objects of which none is garbage: looking for it costs as much as reading
    try:
        return _program(path, data)
    finally:
        if collecting:
            gc.enable()


def _program(path: str, data: bytes) -> Reading:
    marks = _marks(path, data)
    if path.endswith(_DECLARATIONS):
        return Reading(path, marks)
    try:
        held = index(grow(path, data))
    except TooLarge as beyond:
        return Reading(path, marks, (Unanswered(Place(path), f"not read: {beyond}"),))
    except RecursionError:
        return Reading(path, marks, (Unanswered(Place(path), "not read: it is nested too deeply"),))
    renamed = aliases(held)
    held.worth = [node for node in held.calls if is_worth(held, renamed, node)]
    return _judged(held, marks)


def _package(path: str, data: bytes) -> Reading:
    reading, inline = package.read(path, data)
    more = [read(path + ".js", code.encode()) for code in inline]
    findings = [
        RULE[found.rule].found(Place(path, 0), found.text, found.subject) for one in more for found in one.findings
    ]
    return Reading(path, (*reading.findings, *findings), reading.unanswered, crossing=reading.crossing)


def _marks(path: str, data: bytes) -> tuple[Finding, ...]:
    text = data.decode("utf-8", "replace")
    found = [RULE["code/off-screen"].found(Place(path, line)) for line in _first(off_screen(text, ("//", "*", "/*")))]
    found += [RULE["code/reordered-text"].found(Place(path, line)) for line in _first(reordered(text))]
    by = obfuscated(data)
    if by:
        found.append(RULE["code/obfuscated"].found(Place(path), f"bears the marks of an obfuscator ({by})", by))
    return tuple(found)


def _first(lines: Iterator[int]) -> list[int]:
    return list(islice(lines, _MARKED))


def _judged(held: Index, marks: tuple[Finding, ...]) -> Reading:
    source = held.source
    reader = Reader(held, _EXPORTING.search(source.data) is not None)
    finds = Finds(reader)
    unanswered: list[Unanswered] = []
    crossed = Crossing()
    try:
        _look(finds, held)
        crossed = crossing.gather(finds)
    except RecursionError:
        unanswered.append(Unanswered(Place(source.path), "read in part: it is nested too deeply"))
    if reader.tired:
        unanswered.append(Unanswered(Place(source.path), f"read in part: {reader.tired}"))
    if not source.whole:
        unanswered.append(Unanswered(Place(source.path), "read in part: some of it is not as the language wants it"))
    findings = tuple(sorted((*marks, *finds.findings.values()), key=lambda one: (one.place, one.rule)))
    return Reading(source.path, findings, tuple(unanswered), tuple(sorted(finds.capabilities)), crossed)


def _look(finds: Finds, held: Index) -> None:
    for node in held.worth:
        called = finds.reader.call(node)
        for look in _LOOKS:
            look(finds, called)
        _able(finds, called)
    for node in held.assigned:
        sent.assigned(finds, node)
        exchange.assigned(finds, node)
        machine.assigned(finds, node)
    for node in held.classes:
        exchange.classed(finds, node)
    for node in held.pairs:
        exchange.paired(finds, node)
    for node in held.either:
        machine.defaulted(finds, node)
    for node in held.strings:
        _said(finds, node)


def _able(finds: Finds, called: Called) -> None:
    for name in called.names[:2]:
        if is_network(name) or opens(name):
            head = name.partition(".")[0]
            finds.can(Power.NETWORK, head if head in HTTP else name.partition("(")[0][:40], called.node)


_URL: Final = re.compile(rb"(?:https?|wss?)://")


def _said(finds: Finds, node: Node) -> None:
    data = finds.reader.index.source.data
    if _URL.search(data, node.start, min(node.end, node.start + 400)) is None:
        return
    exchange.said(finds, node)
    host = host_of(finds.reader.text(node)[1:400])
    if host:
        finds.can(Power.HOST, host[:120], node)
