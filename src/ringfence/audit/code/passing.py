"""Which of the files that were only skimmed content may pass through: those are read after all."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ringfence.audit.code.resolving import Names
from ringfence.audit.code.summary import Called, Flow, Module
from ringfence.audit.code.values import GAP

Node = tuple[int, str]

_BASES = 50  # classes that one class extends, all together: frameworks have a dozen
_HANDING = 20  # files that take all names of each other, one after the other
_FIRST = re.compile(r"[.(\[#]")  # what follows the name that a reference begins with


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
        reached = self._reached()
        wanted = {index for index, symbol in reached if self._is_unread(index, symbol)}
        wanted = (wanted | self._asked() | self._taking(reached) | self._found()) & self._skimmed
        self._skimmed -= wanted
        self._fresh = wanted
        return sorted(modules[index].path for index in wanted)

    def _found(self) -> set[int]:
        """Find those of which something was said that the rest of them may show in another light."""
        return {at for at in self._fresh if self._names.modules[at].unread and self._names.modules[at].findings}

    def _reached(self) -> set[Node]:
        """Follow content as far as the files that were read tell."""
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
        return seen

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
        if sink is None:
            return
        source = self._node(index, flow.source)
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

    def _taking(self, reached: set[Node]) -> set[int]:
        """Find what takes by name something that others hold, or what they give back."""
        giving: dict[int, set[str]] = {}
        for index, symbol in reached:
            if symbol.startswith(":") and "#" not in symbol:
                giving.setdefault(index, set()).add(_FIRST.split(symbol[1:], maxsplit=1)[0])
        return {index for index in self._skimmed if self._takes(index, giving)}

    def _takes(self, index: int, giving: Mapping[int, set[str]]) -> bool:
        """Say whether a file sees a name that holds something, be it through others that hand it on."""
        names, todo, seen = self._names, [index], set[int]()
        while todo and len(seen) < _HANDING:
            at = todo.pop()
            seen.add(at)
            summary = names.modules[at].summary
            for name, ref in summary.names.items():
                found, whole = names.locate(at, f":{name}"), names.module(ref, at)
                if found is not None and _FIRST.split(found[1][1:], maxsplit=1)[0] in giving.get(found[0], ()):
                    return True
                if whole is not None and whole in giving:
                    return True
            stars = {star for one in summary.stars if (star := names.module(one, at)) is not None}
            if not stars.isdisjoint(giving):
                return True
            todo += stars - seen
        return False


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
