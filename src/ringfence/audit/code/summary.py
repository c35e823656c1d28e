"""What is kept of a file that was read: its findings, and how content passes through it, for the files around it."""

from sys import intern
from typing import Final

import msgspec

from ringfence.audit.code.capability import Capability
from ringfence.audit.finding import Finding, Unanswered


class Flow(msgspec.Struct, frozen=True, gc=False):
    """Content of one kind that reaches one place.

    `source` is a kind, or `@name`: the parameter, result or variable that it comes from. `sink` is a place where it
    matters (`net`, `log`, `code`, ...), or `@name`: the parameter, result or variable that it goes on to. `urls` are
    the texts, with holes, that say where it is sent. `role` says in which part of a request it stands.
    """

    source: str
    label: str
    sink: str
    line: int
    urls: tuple[str, ...] = ()
    role: str = ""
    words: str = ""
    way: tuple[tuple[int, str], ...] = ()


PASSED: Final = "passed to "
"""How the words begin of a flow into a function by a call of it."""


class Called(msgspec.Struct, frozen=True, gc=False):
    """One call of a function of the project, with the texts that it is given, by position or `=name`."""

    function: str
    line: int
    given: tuple[tuple[str, str], ...]


class Summary(msgspec.Struct, frozen=True):
    """How content passes through a file.

    `functions` are the parameters of each, by its name in the module; `texts` the constants of variables and
    attributes; `classes` the bases of each class; `names` what an imported name stands for elsewhere; `stars` the
    files of which all names are imported.
    """

    flows: tuple[Flow, ...] = ()
    calls: tuple[Called, ...] = ()
    functions: dict[str, tuple[str, ...]] = {}
    texts: dict[str, tuple[str, ...]] = {}
    classes: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    stars: tuple[str, ...] = ()


class Module(msgspec.Struct, frozen=True):
    """A file that was read."""

    path: str
    findings: tuple[Finding, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    summary: Summary = Summary()
    skimmed: bool = False
    """Whether there is more of it: only its words were looked at, or some functions were left out."""
    unread: tuple[str, ...] = ()
    """The functions that were left out, where others were read: they only hand on to other files."""


def shared(module: Module) -> Module:
    """Give the same module with each text held once in the process: most of a tree's summaries are the same names."""
    told = module.summary
    summary = Summary(
        tuple(map(_shared, told.flows)),
        tuple(Called(intern(one.function), one.line, _pairs(one.given)) for one in told.calls),
        {intern(name): tuple(map(intern, params)) for name, params in told.functions.items()},
        told.texts,
        told.classes,
        {intern(name): intern(ref) for name, ref in told.names.items()},
        told.stars,
    )
    return msgspec.structs.replace(module, summary=summary)


def _shared(flow: Flow) -> Flow:
    return Flow(
        intern(flow.source),
        intern(flow.label),
        intern(flow.sink),
        flow.line,
        flow.urls,
        intern(flow.role),
        intern(flow.words),
        tuple((line, intern(words)) for line, words in flow.way) if flow.way else (),
    )


def _pairs(given: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((intern(place), text) for place, text in given)


MOST: Final = 500  # findings of one rule in one file: who reads them all has stopped trusting the file
