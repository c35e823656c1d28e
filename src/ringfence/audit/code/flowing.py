"""Following content from where it comes from to where it matters, through functions and files, in bounded time."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ringfence.audit.code.judge import ABOUT, is_about, judge, subject_of, where
from ringfence.audit.code.names import file_kind
from ringfence.audit.code.resolving import CALLED, Bound, Names
from ringfence.audit.code.rules import RULE
from ringfence.audit.code.state import WHOLES
from ringfence.audit.code.summary import PASSED, Flow, Module
from ringfence.audit.code.values import CLEANED, PART
from ringfence.audit.finding import Finding, Place, Step

_MOST: Final = 2_000_000  # arrivals that are looked at: a tree of two million lines has a tenth of them
_LONG: Final = 24  # stations of one way: two for each function that it passes through
_CALLS: Final = f"@:{CALLED}"
_LINKS: Final = 50_000  # calls and the functions that they may be of
_CALLEES: Final = 40  # functions that may come to one place: a table of commands has as many
_URLS: Final = 24  # addresses and labels that are told

CREDENTIALS: Final = frozenset({"secret", "exchange-key", "key", "config", "config-far", "environment", "secret-file"})
"""Kinds of which nothing is left after a signature, a hash or a client was made of them."""

_WHOLES: Final = WHOLES | {"config-far", "frames"}

Node = tuple[int, str]
Callee = tuple[int, str]


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
        self.functions: list[tuple[int, Flow, Callee]] = []
        self.places: dict[tuple[int, str], set[str]] = {}
        for index, module in enumerate(modules):
            for flow in module.summary.flows:
                self._sort(index, flow)
        self._link()

    def _sort(self, index: int, flow: Flow) -> None:
        if flow.sink.startswith(_CALLS):
            name, _, place = flow.sink[2:].partition("#")
            self.places.setdefault((index, name), set()).add(place)
        if not flow.source.startswith("@"):
            self.starts.append((index, flow))
            return
        symbol, mark = _unmarked(flow.source)
        node = self.names.node(index, symbol)
        if node is not None and node[0] >= 0 and node[1][1:] in self.modules[node[0]].summary.functions:
            self.functions.append((index, flow, (node[0], node[1][1:])))
        elif node is not None:
            self.edges.setdefault((node[0], f"{node[1]}{mark}"), []).append((index, flow))

    def _link(self) -> None:
        """Follow functions to where they are called, and let what is given there be what they are given."""
        there: dict[Node, set[Callee]] = {}
        linked = set[tuple[int, str, Callee]]()
        todo = deque(self.functions)
        while todo and len(linked) < _LINKS:
            index, flow, callee = todo.popleft()
            if flow.sink == "called":
                if (index, flow.role, callee) not in linked:
                    linked.add((index, flow.role, callee))
                    for node, more in self._linked(index, flow, callee):
                        self.edges.setdefault(node, []).append(more)
                        todo.extend((*more, each) for each in there.get(node, ()))
                continue
            at = self.names.node(index, flow.sink) if flow.sink.startswith("@") else None
            if at is not None and callee not in there.setdefault(at, set()) and len(there[at]) < _CALLEES:
                there[at].add(callee)
                todo.extend((*more, callee) for more in self.edges.get(at, ()))

    def _linked(self, index: int, flow: Flow, callee: Callee) -> Iterator[tuple[Node, tuple[int, Flow]]]:
        """Join a call with one function that it may be of: what it is given, and what it gives back."""
        at, name = callee
        for place in self.places.get((index, flow.role), ()):
            yield (index, f":{flow.role}#{place}"), (at, Flow("", "", f"@:{name}#{place}", 0))
        yield (at, f":{name}()"), (index, Flow("", "", f"@:{flow.role}()", 0))

    def found(self) -> Iterator[Finding]:
        """Yield each arrival that is one too many."""
        for index, flow in self.starts:
            yield from self._arrive(index, flow, (), {})
        seen: set[tuple[Node, str, str, tuple[int, int] | None]] = set()
        while self.queue and not self.cut:
            going = self.queue.popleft()
            caller = _caller(going)
            key = (going.node, going.kind, going.label, caller)
            if key in seen or len(going.steps) > _LONG:
                continue
            seen.add(key)
            # what one file gave a function is given back to that file, and to no other
            only = {caller[0], going.node[0]} if caller is not None and going.node[1].endswith("()") else None
            for index, flow in self._onward(going):
                if only is not None and index not in only:
                    continue
                carried = msgspec.structs.replace(flow, source=going.kind, label=going.label)
                yield from self._arrive(index, carried, going.steps, going.bound)
        yield from self._told()

    def _onward(self, going: _Going) -> Sequence[tuple[int, Flow]]:
        onward = self.edges.get(going.node, [])
        index, name = going.node
        if going.kind not in _WHOLES:
            onward = [*onward, *self.edges.get((index, f"{name}{PART}"), ())]
        if going.kind not in CREDENTIALS:
            onward = [*onward, *self.edges.get((index, f"{name}{CLEANED}"), ())]
        return onward

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
            bound = _bound(bound, (node[0], node[1][1:].partition("#")[0]), (index, flow.line), flow)
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


def _bound(bound: Bound, function: Callee, call: tuple[int, int], flow: Flow) -> Bound:
    """Remember by which call content came into a function; what it keeps for itself came by none."""
    if flow.words.startswith(PASSED):
        return {**bound, function: call}
    return {key: by for key, by in bound.items() if key != function} if function in bound else bound


def _caller(going: _Going) -> tuple[int, int] | None:
    """Say by which call content came into the function where it is now."""
    index, name = going.node
    return going.bound.get((index, name[1:].partition("#")[0].removesuffix("()")))


def _unmarked(symbol: str) -> tuple[str, str]:
    """Take apart a symbol and what is said of it: that no secret is left in it, that only a part of it is meant."""
    if symbol.endswith(PART):
        return symbol.removesuffix(PART), PART
    return (symbol.removesuffix(CLEANED), CLEANED) if symbol.endswith(CLEANED) else (symbol, "")
