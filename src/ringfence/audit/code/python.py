"""Reading one file of Python, whatever a stranger has put into it: as text, never run.

Whatever cannot be read is said so. No file is passed over for its name, its directory, or what a comment in it asks.
"""

import ast
import warnings
from pathlib import PurePosixPath
from typing import Final

import msgspec

from ringfence.audit.code import broken, bytecode, glance, layout, skim, texts
from ringfence.audit.code.checks import clipboard, running, setup, signing
from ringfence.audit.code.flowing import Following
from ringfence.audit.code.notes import Notes
from ringfence.audit.code.reader import Wanted, read_tree
from ringfence.audit.code.resolving import is_installed, package_of
from ringfence.audit.code.summary import Module, Summary
from ringfence.audit.finding import Finding
from ringfence.audit.garbage import uncollected

SUFFIXES: Final = frozenset({".py", ".pyw", ".ipynb", ".pth", ".pyc", ".pyx"})
"""Endings of the files that are read."""


def read(path: str, data: bytes, *, whole: bool = True) -> Module:
    """Read one file; never raises for what is in it. Of an installed one that tells nothing, only as much as asked."""
    suffix = PurePosixPath(path).suffix.lower()
    if whole or suffix not in {".py", ".pyx"} or not is_installed(path):
        return _read(path, suffix, data)
    if not glance.tells(data):
        return _skimmed(path, data)
    return skim.shortened(_read(path, suffix, data, relays=False))


def _read(path: str, suffix: str, data: bytes, *, relays: bool = True) -> Module:
    notes = Notes(path)
    try:
        with uncollected():
            return _by_kind(suffix, data, notes, relays=relays)
    except (RecursionError, MemoryError):
        notes.skipped("nested too deeply to be read")
        return Module(path, tuple(notes.findings.values()), tuple(notes.unanswered))


def _skimmed(path: str, data: bytes) -> Module:
    notes = Notes(path)
    layout.look(texts.text_of(data), None, notes)
    return msgspec.structs.replace(skim.skim(path, data), findings=tuple(notes.findings.values()))


def _by_kind(suffix: str, data: bytes, notes: Notes, *, relays: bool) -> Module:
    if suffix in {".pyc", ".pyo"}:
        return _module(notes, bytecode.look(data, notes))
    if suffix == ".pyi":
        return Module(notes.path)
    if suffix == ".pth":
        return _start_up(data, notes)
    if suffix == ".pyx":  # Cython: no Python, but near enough to be judged in part
        found = broken.read(notes.path, data)
        return Module(notes.path, found.findings, found.unanswered, found.capabilities)
    try:
        source = texts.notebook(data) if suffix == ".ipynb" else texts.text_of(data)
    except ValueError:
        notes.skipped("not a notebook that can be read")
        return _module(notes, Summary())
    return _source(source, data, notes, relays=relays)


def _source(source: str, data: bytes, notes: Notes, *, relays: bool) -> Module:
    tree, why = _parsed(source)
    if tree is None and "\0" in source:
        tree, why = _parsed(source.replace("\0", ""))
        notes.skipped("null bytes in a source file; read without them")
    layout.look(source, tree, notes)
    if tree is None:
        return _broken(data, notes, why)
    wanted = Wanted(source, installed=is_installed(notes.path), relays=relays)
    summary = read_tree(tree, source, notes, package_of(notes.path), wanted)
    clipboard.swapped(notes, source, tree)
    signing.replaced(notes, source, tree)
    running.judge(notes)
    setup.judge(notes, tree)
    summary = msgspec.structs.replace(summary, texts={**summary.texts, "~size": (str(len(data)),)})
    if wanted.left:  # what is left out may take what the rest does not name
        names, _ = skim.imported(notes.path, data)
        summary = msgspec.structs.replace(summary, names={**names, **summary.names})
    return _module(notes, summary, tuple(sorted(wanted.left)))


def _parsed(source: str) -> tuple[ast.Module | None, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source), ""
    except SyntaxError as error:
        return None, f"not Python that can be read: {error.msg}, line {error.lineno}"
    except (RecursionError, MemoryError):
        return None, "nested too deeply to be read"
    except ValueError as error:
        return None, f"not Python that can be read: {error}"


def _broken(data: bytes, notes: Notes, why: str) -> Module:
    """Judge what can be judged of a file that does not parse; that it does not is said as well."""
    found = broken.read(notes.path, data, why)
    own = _module(notes, Summary())
    said = {(one.rule, one.place) for one in own.findings}
    return Module(
        notes.path,
        (*own.findings, *(one for one in found.findings if (one.rule, one.place) not in said)),
        (*own.unanswered, *found.unanswered),
        (*own.capabilities, *found.capabilities),
    )


def _start_up(data: bytes, notes: Notes) -> Module:
    lines = texts.pth_lines(texts.text_of(data))
    summary = Summary()
    for number, line in lines:
        setup.start_up_line(notes, line, number)
        tree, _ = _parsed(line)
        if tree is None:
            notes.skipped("a line of a start-up file that is not Python", number)
            continue
        notes.inside = number
        summary = read_tree(tree, line, notes, "", Wanted(line))
        notes.inside = 0
    return _module(notes, summary)


def _module(notes: Notes, summary: Summary, unread: tuple[str, ...] = ()) -> Module:
    found = list(notes.findings.values())
    module = Module(notes.path, (), tuple(notes.unanswered), tuple(sorted(notes.capabilities.values())), summary)
    known = {(item.rule, item.place, item.subject) for item in found}
    following = Following([module])
    for item in following.found():
        key = (item.rule, item.place, item.subject)
        if key not in known:
            known.add(key)
            found.append(item)
    if following.cut:
        notes.skipped("more content to follow than any honest file has; where the rest goes was not looked at")
    found.sort(key=lambda item: (item.place, item.rule, item.subject))
    gaps = tuple(notes.unanswered)
    return Module(notes.path, _said_once(found), gaps, module.capabilities, summary, bool(unread), unread)


def _said_once(found: list[Finding]) -> tuple[Finding, ...]:
    """Leave out what another finding of the same line says better."""
    ruled = {(item.place.line, item.rule) for item in found}
    return tuple(
        item for item in found if not any((item.place.line, better) in ruled for better in _BETTER.get(item.rule, ()))
    )


_BETTER: Final = {
    "code/dynamic-code": ("code/remote-code", "code/decoded-code"),
    "code/template-code": ("code/remote-code", "code/decoded-code"),
    "code/startup-file": ("code/startup-payload",),
    "code/withdraw-call": ("code/fixed-address", "code/hidden-withdrawal"),
    "code/client-patched": ("code/client-tapped",),
}
