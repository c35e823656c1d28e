"""Following content from where it comes from to where it matters, through functions and files, in bounded time."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ringfence.audit.code.judge import ABOUT, is_about, judge, subject_of, where
from ringfence.audit.code.names import file_kind
from ringfence.audit.code.resolving import Bound, Names
from ringfence.audit.code.rules import RULE
from ringfence.audit.code.summary import Flow, Module
from ringfence.audit.finding import Finding, Place, Step

_MOST: Final = 400_000  # stations that are visited: a tree of two million lines needs a tenth of it
_LONG: Final = 12  # functions through which content is followed

CREDENTIALS: Final = frozenset({"secret", "exchange-key", "key", "config", "config-far", "environment", "secret-file"})
"""Kinds of which nothing is left after a signature, a hash or a client was made of them."""

Node = tuple[int, str]


class _Going(msgspec.Struct, frozen=True):
    """Content on its way: where it is, what it is, how it came there, and by which calls."""

    node: Node
    kind: str
    label: str
    steps: tuple[Step, ...]
    bound: Bound


def solve(modules: Sequence[Module]) -> Iterator[Finding]:
    """Yield what content reaches, over all files together."""
    names = Names(modules)
    starts, edges = _sorted(modules, names)
    about: dict[tuple[int, int], list[tuple[Flow, tuple[Step, ...], str]]] = {}
    seen: set[tuple[Node, str, str]] = set()
    queue: deque[_Going] = deque()
    for index, flow in starts:
        yield from _arrive(modules, names, index, flow, (), {}, queue, about)
    visited = 0
    while queue and visited < _MOST:
        going = queue.popleft()
        key = (going.node, going.kind, going.label)
        if key in seen or len(going.steps) > _LONG * 2:
            continue
        seen.add(key)
        visited += 1
        onward = edges.get(going.node, ())
        if going.kind not in CREDENTIALS:
            onward = (*onward, *edges.get((going.node[0], f"{going.node[1]}!clean"), ()))
        for index, flow in onward:
            carried = msgspec.structs.replace(flow, source=going.kind, label=going.label)
            yield from _arrive(modules, names, index, carried, going.steps, going.bound, queue, about)
    yield from _about(modules, about)


def _sorted(
    modules: Sequence[Module], names: Names
) -> tuple[list[tuple[int, Flow]], dict[Node, list[tuple[int, Flow]]]]:
    starts: list[tuple[int, Flow]] = []
    edges: dict[Node, list[tuple[int, Flow]]] = {}
    for index, module in enumerate(modules):
        for flow in module.summary.flows:
            if not flow.source.startswith("@"):
                starts.append((index, flow))
                continue
            symbol, clean, _ = flow.source.partition("!clean")
            node = names.node(index, symbol)
            if node is not None and clean:
                node = (node[0], f"{node[1]}!clean")
            if node is not None:
                edges.setdefault(node, []).append((index, flow))
    return starts, edges


def _arrive(  # noqa: PLR0913
    modules: Sequence[Module], names: Names, index: int, flow: Flow, before: tuple[Step, ...], bound: Bound,
    queue: deque[_Going], about: dict[tuple[int, int], list[tuple[Flow, tuple[Step, ...], str]]],
) -> Iterator[Finding]:  # fmt: skip
    path = modules[index].path
    steps = (*before, *(Step(Place(path, line), text) for line, text in flow.way))
    if flow.sink.startswith("@"):
        node = names.node(index, flow.sink)
        if node is None:
            return
        if flow.words:
            steps = (*steps, Step(Place(path, flow.line), flow.words))
        if flow.source == "config":  # a section that went on is in some object, of which a log shows little
            flow = msgspec.structs.replace(flow, source="config-far")
        if "#" in node[1]:
            bound = {**bound, (node[0], node[1][1:].partition("#")[0]): (index, flow.line)}
        queue.append(_Going(node, flow.source, flow.label, steps, bound))
        if flow.source == "file-name" and file_kind(flow.label):
            queue.append(_Going((node[0], f"{node[1]}!file"), file_kind(flow.label), flow.label, steps, bound))
        if flow.source == "secret-name":
            queue.append(_Going((node[0], f"{node[1]}!env"), "secret", flow.label, steps, bound))
        return
    yield from _judged(names, index, flow, steps, bound, path, about)


def _judged(  # noqa: PLR0913
    names: Names, index: int, flow: Flow, steps: tuple[Step, ...], bound: Bound, path: str,
    about: dict[tuple[int, int], list[tuple[Flow, tuple[Step, ...], str]]],
) -> Iterator[Finding]:  # fmt: skip
    urls = [text for url in flow.urls for text in names.texts(index, url, bound)][:24]
    rule = judge(flow, urls)
    if is_about(flow, urls):
        about.setdefault((index, flow.line), []).append((flow, steps, subject_of(flow, urls)))
    if not rule:
        return
    hosts = where(urls)
    last = Step(Place(path, flow.line), _ending(flow, hosts))
    subject = subject_of(flow, urls)
    found = RULE[f"code/{rule}"]
    yield found.found(Place(path, flow.line), f"{found.title}: {subject}", subject, (*steps, last))


_ENDINGS: Final = {
    "net": "sent",
    "log": "logged",
    "write": "written to a file",
    "code": "run as code",
    "shell": "run as a command",
    "served": "answered to a request",
    "objects": "unpickled",
    "marshalled": "loaded as code",
    "withdraw": "paid to",
}


def _ending(flow: Flow, hosts: Sequence[str]) -> str:
    text = _ENDINGS.get(flow.sink, flow.sink)
    return f"{text} to {hosts[0]}" if hosts and flow.sink == "net" else text


def _about(
    modules: Sequence[Module], about: dict[tuple[int, int], list[tuple[Flow, tuple[Step, ...], str]]]
) -> Iterator[Finding]:
    for (index, line), several in about.items():
        kinds = {flow.source for flow, _, _ in several}
        rule = RULE["code/system-info-sent" if len(kinds & ABOUT) >= 2 else "code/telemetry"]
        _, steps, subject = several[0]
        labels = ", ".join(sorted({flow.label for flow, _, _ in several}))[:200]
        place = Place(modules[index].path, line)
        yield rule.found(place, f"{rule.title}: {labels}", subject, (*steps, Step(place, "sent")))
