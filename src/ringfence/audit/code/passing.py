"""Which of the files that were only skimmed content may pass through: those are read after all."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ringfence.audit.code.resolving import Names
from ringfence.audit.code.summary import Called, Flow, Module
from ringfence.audit.code.values import GAP

Node = tuple[int, str]

_BASES = 50  # classes that one class extends, all together: frameworks have a dozen


class Passing:
    """Names the skimmed files that content reaches, those that take it themselves, and those that say where it goes.

    Content begins in files that were read, since a word tells of it. So what a skimmed file passes on was given to it,
    or it takes it from such a file by name. Asked again and again, with what was named read as a whole, until nothing
    more is named.
    """

    def __init__(self, modules: Sequence[Module]) -> None:
        """Take the files; their paths and their order stay as they are."""
        self._names = Names(modules)
        self._skimmed = {index for index, module in enumerate(modules) if module.skimmed}
        self._fresh = set(range(len(modules)))
        self._nodes: dict[tuple[int, str], Node | None] = {}
        self._begins: set[Node] = set()
        self._onward: dict[Node, set[Node]] = {}
        self._calls: dict[Node, list[tuple[int, Called]]] = {}
        # what leads to a skimmed file: once that is read, it is looked up again, since the name may be handed on there
        self._open_flows: dict[int, list[tuple[int, Flow]]] = {}
        self._open_calls: dict[int, list[tuple[int, Called]]] = {}
        self._open_holes: dict[int, list[tuple[int, str]]] = {}

    def next(self, modules: Sequence[Module]) -> list[str]:
        """Name what is still skimmed and has to be read, by path."""
        if not self._skimmed:
            return []
        self._names.again(modules)
        self._nodes.clear()
        wanted = (self._reached() | self._asked() | self._taking() | self._found()) & self._skimmed
        self._skimmed -= wanted
        self._fresh = wanted
        return sorted(modules[index].path for index in wanted)

    def _found(self) -> set[int]:
        """Find those of which something was said that the rest of them may show in another light."""
        return {at for at in self._fresh if self._names.modules[at].unread and self._names.modules[at].findings}

    def _reached(self) -> set[int]:
        """Find the files that content is given to."""
        for at in self._fresh:
            own = ((at, flow) for flow in self._names.modules[at].summary.flows)
            for index, flow in (*own, *self._open_flows.pop(at, ())):
                self._add(index, flow)
        seen, todo = set[Node](), list(self._begins)
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo += self._onward.get(node, ())
        return {index for index, symbol in seen if self._is_unread(index, symbol)}

    def _is_unread(self, index: int, symbol: str) -> bool:
        """Say whether there is more to read of what a symbol names; what is kept, any function may hand on."""
        if index not in self._skimmed:
            return False
        unread = self._names.modules[index].unread
        function, mark, _ = symbol[1:].partition("#")
        return (
            not unread or not mark or function in unread or function not in self._names.modules[index].summary.functions
        )

    def _add(self, index: int, flow: Flow) -> None:
        sink = self._node(index, flow.sink)
        source = self._node(index, flow.source) if sink is not None else None
        if sink is None:
            return
        if not flow.source.startswith("@"):
            self._begins.add(sink)
        elif source is not None:
            self._onward.setdefault(source, set()).add(sink)
        for node in (sink, source):
            if node is not None and node[0] in self._skimmed:
                self._open_flows.setdefault(node[0], []).append((index, flow))

    def _node(self, index: int, symbol: str) -> Node | None:
        key = (index, symbol)
        if key not in self._nodes:
            bare = symbol.partition("!")[0]
            function, mark, _ = bare[1:].partition("#")
            node = self._names.node(index, bare) if symbol.startswith("@") else None
            self._nodes[key] = node or (self._unread(index, function) if mark else None)
        return self._nodes[key]

    def _unread(self, index: int, function: str) -> Node | None:
        """Find the skimmed file of a function that is called, be it by a class that extends one of that file."""
        todo, seen = [(index, function)], set[Node]()
        while todo and len(seen) < _BASES:
            at, ref = todo.pop()
            found = self._names.locate(at, ref)
            if found is None or found in seen:
                continue
            seen.add(found)
            if found[0] in self._skimmed:
                return found
            name = found[1][1:].replace("().", ".")
            classes = self._names.modules[found[0]].summary.classes
            for owner in (name, name.rpartition(".")[0]):
                todo += ((found[0], base) for base in classes.get(owner, ()))
        return None

    def _asked(self) -> set[int]:
        """Find where it is said to what address content goes."""
        names, wanted, seen = self._names, set[int](), set[tuple[int, str]]()
        self._index_calls()
        todo = [(at, hole) for at in self._fresh for hole in _addresses(names.modules[at])]
        todo += (asked for at in self._fresh for asked in self._open_holes.pop(at, ()))
        while todo:
            asked = todo.pop()
            index, ref = asked
            bare, mark, _ = ref.partition("#")
            found = None if asked in seen else names.locate(index, bare)
            seen.add(asked)
            if found is None:
                continue
            if found[0] in self._skimmed:
                wanted.add(found[0])
                self._open_holes.setdefault(found[0], []).append(asked)
            elif mark:
                todo += ((at, hole) for at, call in self._calls.get(found, ()) for hole in _holes(_texts(call)))
            else:
                texts = names.modules[found[0]].summary.texts.get(found[1], ())
                todo += ((found[0], hole) for hole in _holes(texts))
        return wanted

    def _index_calls(self) -> None:
        for at in self._fresh:
            own = ((at, call) for call in self._names.modules[at].summary.calls)
            for index, call in (*own, *self._open_calls.pop(at, ())):
                found = self._names.function(index, call.function)
                if found is not None:
                    self._calls.setdefault((found[0], f":{found[1]}"), []).append((index, call))
                elif unread := self._unread(index, call.function):
                    self._open_calls.setdefault(unread[0], []).append((index, call))

    def _taking(self) -> set[int]:
        """Find what takes something that the files that were read last hold."""
        giving = {at: given for at in self._fresh if (given := _given(self._names.modules[at]))}
        return {at for at in self._skimmed if _takes(self._names, at, giving)} if giving else set()


def _addresses(module: Module) -> Iterator[str]:
    return _holes(url for flow in module.summary.flows if not flow.sink.startswith("@") for url in flow.urls)


def _texts(call: Called) -> Iterator[str]:
    return (text for _, text in call.given)


def _holes(texts: Iterable[str]) -> Iterator[str]:
    """Yield what the texts are put together from."""
    for text in texts:
        for hole in text.split(GAP)[1::2] if GAP in text else ():
            if hole and hole[0] != "?" and not hole.startswith("file:"):
                yield hole


def _given(module: Module) -> frozenset[str]:
    """Name what a file has for others that holds something."""
    return frozenset(
        re.split(r"[.(\[#]", flow.sink[2:], maxsplit=1)[0]
        for flow in module.summary.flows
        if flow.sink.startswith("@:") and not flow.source.startswith("@") and "#" not in flow.sink
    )


def _takes(names: Names, index: int, giving: Mapping[int, frozenset[str]]) -> bool:
    summary = names.modules[index].summary
    for ref in summary.names.values():
        base, _, name = ref.rpartition(".")
        where, whole = names.module(base or "/", index), names.module(ref, index)
        if (where is not None and name in giving.get(where, ())) or (whole is not None and giving.get(whole)):
            return True
    return any(giving.get(at) for star in summary.stars if (at := names.module(star, index)) is not None)
