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

_MOST: Final = 2_000_000  # arrivals that are looked at: a tree of two million lines has a tenth of them
_LONG: Final = 24  # stations of one way: two for each function that it passes through
_URLS: Final = 24  # addresses and labels that are told

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


class Following:
    """Follows content through files; `cut` says that there was more of it than any honest project has."""

    def __init__(self, modules: Sequence[Module]) -> None:
        """Take the files."""
        self.cut = False
        self.arrivals = 0
        self.modules = modules
        self.names = Names(modules)
        self.starts: list[tuple[int, Flow]] = []
        self.edges: dict[Node, list[tuple[int, Flow]]] = {}
        self.queue: deque[_Going] = deque()
        self.about: dict[tuple[int, int], list[tuple[Flow, tuple[Step, ...], str]]] = {}
        for index, module in enumerate(modules):
            for flow in module.summary.flows:
                self._sort(index, flow)

    def _sort(self, index: int, flow: Flow) -> None:
        if not flow.source.startswith("@"):
            self.starts.append((index, flow))
            return
        symbol, clean, _ = flow.source.partition("!clean")
        node = self.names.node(index, symbol)
        if node is not None:
            self.edges.setdefault((node[0], f"{node[1]}{clean}"), []).append((index, flow))

    def found(self) -> Iterator[Finding]:
        """Yield each arrival that is one too many."""
        for index, flow in self.starts:
            yield from self._arrive(index, flow, (), {})
        seen: set[tuple[Node, str, str]] = set()
        while self.queue and not self.cut:
            going = self.queue.popleft()
            key = (going.node, going.kind, going.label)
            if key in seen or len(going.steps) > _LONG:
                continue
            seen.add(key)
            for index, flow in self._onward(going):
                carried = msgspec.structs.replace(flow, source=going.kind, label=going.label)
                yield from self._arrive(index, carried, going.steps, going.bound)
        yield from self._told()

    def _onward(self, going: _Going) -> Sequence[tuple[int, Flow]]:
        onward = self.edges.get(going.node, [])
        if going.kind in CREDENTIALS:
            return onward
        return [*onward, *self.edges.get((going.node[0], f"{going.node[1]}!clean"), ())]

    def _arrive(self, index: int, flow: Flow, before: tuple[Step, ...], bound: Bound) -> Iterator[Finding]:
        self.arrivals += 1
        self.cut = self.cut or self.arrivals > _MOST
        path = self.modules[index].path
        steps = (*before, *(Step(Place(path, line), text) for line, text in flow.way))
        if flow.sink.startswith("@"):
            self._go_on(index, flow, steps, bound)
        else:
            yield from self._judged(index, flow, steps, bound)

    def _go_on(self, index: int, flow: Flow, steps: tuple[Step, ...], bound: Bound) -> None:
        node = self.names.node(index, flow.sink)
        if node is None:
            return
        if flow.words:
            steps = (*steps, Step(Place(self.modules[index].path, flow.line), flow.words))
        if "#" in node[1]:
            bound = {**bound, (node[0], node[1][1:].partition("#")[0]): (index, flow.line)}
        # a section that went on is in some object, of which a log shows little
        kind = "config-far" if flow.source == "config" else flow.source
        self.queue.append(_Going(node, kind, flow.label, steps, bound))
        # a name that was passed on is what it names where it is looked up
        named = {"secret-name": ("!env", "secret"), "file-name": ("!file", file_kind(flow.label))}.get(flow.source)
        if named is not None:
            self.queue.append(_Going((node[0], f"{node[1]}{named[0]}"), named[1], flow.label, steps, bound))

    def _judged(self, index: int, flow: Flow, steps: tuple[Step, ...], bound: Bound) -> Iterator[Finding]:
        urls = [text for url in flow.urls for text in self.names.texts(index, url, bound)][:_URLS]
        place, subject = Place(self.modules[index].path, flow.line), subject_of(flow, urls)
        if is_about(flow, urls):
            self.about.setdefault((index, flow.line), []).append((flow, steps, subject))
        name = judge(flow, urls)
        if name:
            rule = RULE[f"code/{name}"]
            yield rule.found(
                place, f"{rule.title}: {subject}", subject, (*steps, Step(place, _ending(flow, where(urls))))
            )

    def _told(self) -> Iterator[Finding]:
        for (index, line), several in self.about.items():
            kinds = {flow.source for flow, _, _ in several} & ABOUT
            rule = RULE["code/system-info-sent" if len(kinds) > 1 else "code/telemetry"]
            _, steps, subject = several[0]
            labels = ", ".join(sorted({flow.label for flow, _, _ in several})[:_URLS])
            place = Place(self.modules[index].path, line)
            yield rule.found(place, f"{rule.title}: {labels}", subject, (*steps, Step(place, "sent")))


_ENDINGS: Final = {
    "net": "sent", "log": "logged", "write": "written to a file", "code": "run as code", "shell": "run as a command",
    "served": "answered to a request", "objects": "unpickled", "marshalled": "loaded as code", "withdraw": "paid to",
}  # fmt: skip


def _ending(flow: Flow, hosts: Sequence[str]) -> str:
    text = _ENDINGS.get(flow.sink, flow.sink)
    return f"{text} to {hosts[0]}" if hosts and flow.sink == "net" else text
