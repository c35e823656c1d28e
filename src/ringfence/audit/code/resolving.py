"""What a name that is imported stands for, among the files of one project."""

import re
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import product
from typing import Final

from ringfence.audit.code.known import root_of
from ringfence.audit.code.summary import Called, Module
from ringfence.audit.code.values import GAP, HOLE

_HOPS: Final = 8  # files through which a name is handed on: `__init__` re-exports through two or three
_BASES: Final = 50  # classes that one class extends, all together: frameworks have a dozen
_HOLES: Final = 200_000  # holes that are filled for one project: more are made, and not written
_FEW: Final = 12  # texts that a hole may stand for
_STARS: Final = 20  # files of which one takes all names
_INSTALLED: Final = re.compile(r"(?:^|/)(?:site-packages|dist-packages)/")
_END: Final = re.compile(r"[.#(\[]")  # of the name that a reference begins with


EVERYWHERE: Final = ("file:", "env:")
"""How the names begin of what is the same in every file: files on the disk, variables of the environment."""

ANYBODYS: Final = "~."
"""How the name begins of a method of an object whose class is not known: it is that of the only class that has it."""

CALLED: Final = "<call@"
"""How the name begins of a call of which only running tells what is called."""

WRAPPED: Final = "*wrapped"
"""Stands for a parameter of a decorator: whatever the function is given that it decorates."""

Bound = dict[tuple[int, str], tuple[int, int]]
"""By which call, in which file and line, content came into a function."""


class Names:
    """The files of a project by the names under which they are imported."""

    def __init__(self, modules: Sequence[Module]) -> None:
        """Take the files."""
        self.modules = modules
        self.by_name: dict[str, int] = {}
        self.by_tail: dict[str, int | None] = {}
        self.above: list[tuple[str, ...]] = []
        self.installed = {index for index, module in enumerate(modules) if is_installed(module.path)}
        shared: dict[str, tuple[str, ...]] = {}
        for index, module in enumerate(modules):
            name = dotted(module.path)
            self.by_name.setdefault(name, index)
            package = name.rpartition(".")[0]
            self.above.append(shared.setdefault(package, _above(package)))
            parts = name.split(".")
            for start in range(1, min(len(parts), 6)):
                tail = ".".join(parts[start:])
                self.by_tail[tail] = index if tail not in self.by_tail else None
        self.holes = 0
        self.nodes: dict[tuple[int, str], tuple[int, str] | None] = {}
        self.starred: dict[tuple[int, str], tuple[int, str] | None] = {}
        self.filled: dict[tuple[int, str, int], list[str]] = {}

    @cached_property
    def calls(self) -> dict[tuple[int, str], list[tuple[int, Called]]]:
        """The calls of each function of the project, by the file and the name of what is called."""
        found: dict[tuple[int, str], list[tuple[int, Called]]] = {}
        for index, module in enumerate(self.modules):
            for call in module.summary.calls:
                where = self.function(index, call.function)
                if where is not None:
                    found.setdefault(where, []).append((index, call))
        return found

    @cached_property
    def methods(self) -> dict[str, tuple[int, str] | None]:
        """The methods of a project's own classes by their names; None for a name that several have."""
        found: dict[str, tuple[int, str] | None] = {}
        for index, module in enumerate(self.modules):
            for qual in module.summary.functions if index not in self.installed else ():
                owner, _, name = qual.rpartition(".")
                if owner in module.summary.classes and not name.startswith("__"):
                    found[name] = (index, qual) if name not in found else None
        return found

    def module(self, name: str, importer: int) -> int | None:
        """Find a file by the name under which another imports it."""
        if name.startswith("/"):
            return self.by_name.get(name[1:])
        for package in self.above[importer]:
            found = self.by_name.get(package + name)
            if found is not None and found != importer:
                return found
        found = self.by_tail.get(name)
        # `import os` is Python's own, not the `os` within some package that is installed; a bot may shadow it
        return None if found in self.installed and root_of(name) in sys.stdlib_module_names else found

    def locate(self, index: int, ref: str, hops: int = _HOPS) -> tuple[int, str] | None:
        """Find the file and local name for which a dotted name stands."""
        if ref.startswith(":"):
            return self._handed_on(index, ref, hops)
        if ref.startswith(ANYBODYS):
            return self._anybodys(ref.removeprefix(ANYBODYS))
        slash = "/" if ref.startswith("/") else ""
        parts = ref.removeprefix("/").split(".")
        for cut in range(min(len(parts) - 1, 10), 0, -1):
            head = ".".join(parts[:cut])
            found = self.module(slash + head, index) if "(" not in head and "#" not in head else None
            if found is not None:
                return self._handed_on(found, ":" + ".".join(parts[cut:]), hops)
        return None

    def _anybodys(self, name: str) -> tuple[int, str] | None:
        """Find the method of that name, where one class of the project has it and no other."""
        head = _head(name)
        found = self.methods.get(head)
        return (found[0], f":{found[1]}{name[len(head) :]}") if found is not None else None

    def _handed_on(self, index: int, ref: str, hops: int) -> tuple[int, str] | None:
        summary = self.modules[index].summary
        if not (summary.names or summary.stars) or hops <= 0:
            return index, ref
        name = ref[1:]
        head = _head(name)
        target = summary.names.get(head)
        if target is not None:
            return self.locate(index, target + name[len(head) :], hops - 1) or (index, ref)
        found = self._starred(index, head, hops) if summary.stars else None
        return (found[0], found[1] + name[len(head) :]) if found is not None else (index, ref)

    def _starred(self, index: int, head: str, hops: int) -> tuple[int, str] | None:
        """Find a name among all those of other files: in the first that has it, or of which nobody knows."""
        key = (index, head)
        if key not in self.starred:
            self.starred[key] = None  # of files that take all from each other, none has it
            if not self._has(index, head):
                stars = self.modules[index].summary.stars[:_STARS]
                found = (self.locate(index, joined(star, head), hops - 1) for star in stars)
                self.starred[key] = next((one for one in found if one is not None and self._may_have(*one)), None)
        return self.starred[key]

    def _has(self, index: int, head: str) -> bool:
        summary = self.modules[index].summary
        return head in summary.functions or head in summary.classes or f":{head}" in summary.texts

    def _may_have(self, index: int, ref: str) -> bool:
        return self.modules[index].skimmed or self._has(index, ref[1:])

    def function(self, index: int, ref: str) -> tuple[int, str] | None:
        """Find a function, by the name under which it is called there."""
        found = self.locate(index, ref)
        if found is None:
            return None
        return self._method(found[0], found[1][1:].replace("().", "."), set())

    def _method(self, index: int, name: str, seen: set[tuple[int, str]]) -> tuple[int, str] | None:
        if (index, name) in seen or len(seen) > _BASES:
            return None
        seen.add((index, name))
        summary = self.modules[index].summary
        if name in summary.functions:
            return index, name
        if name in summary.classes:
            return self._method(index, f"{name}.__init__", seen)
        owner, _, method = name.rpartition(".")
        for base in summary.classes.get(owner, ()):
            found = self.locate(index, base)
            inner = self._method(found[0], f"{found[1][1:]}.{method}", seen) if found is not None else None
            if inner is not None:
                return inner
        return None

    def again(self, modules: Sequence[Module]) -> None:
        """Take the same files, of which some have been read better."""
        self.modules = modules
        self.nodes.clear()
        self.starred.clear()

    def node(self, index: int, symbol: str) -> tuple[int, str] | None:
        """Write a symbol in one way, whoever uses it."""
        key = (index, symbol)
        if key not in self.nodes:
            self.nodes[key] = self._node(index, symbol)
        return self.nodes[key]

    def _node(self, index: int, symbol: str) -> tuple[int, str] | None:
        ref = symbol[1:]
        if ref.startswith(f":{CALLED}"):
            return index, ref
        if "#" not in ref:
            if ref.startswith(EVERYWHERE):
                return -1, ref
            bare, mark, rest = ref.partition("!")
            found = self._given_back(self.locate(index, bare))
            return (found[0], f"{found[1]}{mark}{rest}") if found is not None else None
        function, _, place = ref.partition("#")
        place, mark, rest = place.partition("!")
        place = place.partition(".")[0] if not place.startswith("=") else place
        found = self.function(index, function)
        if found is None:
            return None
        return found[0], f":{found[1]}#{self._param(found, place)}{mark}{rest}"

    def _given_back(self, found: tuple[int, str] | None) -> tuple[int, str] | None:
        """Write what a method gives back by the class that has it: `:Own().load()` is its base's `:Base.load()`."""
        if found is None or not found[1].endswith("()") or "()." not in found[1]:
            return found
        method = self._method(found[0], found[1][1:-2].replace("().", "."), set())
        return (method[0], f":{method[1]}()") if method is not None else found

    def _param(self, found: tuple[int, str], place: str) -> str:
        params = self.modules[found[0]].summary.functions[found[1]]
        if place == WRAPPED:
            return place
        if place.isdigit():
            number = int(place) + (1 if params[:1] and params[0] in {"self", "cls"} else 0)
            return params[number] if number < len(params) else params[-1] if params else "*"
        name = place.removeprefix("=")
        return name if name in params else params[-1] if params else "*"

    def texts(self, index: int, template: str, bound: Bound, depth: int = 4) -> list[str]:
        """Fill the holes of a text with what they may stand for; a hole stays where that is not known."""
        pieces = template.split(GAP)
        if len(pieces) < 3 or depth <= 0:  # noqa: PLR2004
            return [template]
        options = [
            [piece] if number % 2 == 0 else self.hole(index, piece, bound, depth)
            for number, piece in enumerate(pieces[:9])
        ]
        return ["".join(row) for row in list(_first(product(*options)))]

    def hole(self, index: int, ref: str, bound: Bound, depth: int) -> list[str]:
        """Say what one hole may stand for."""
        if ref == "?":
            return [HOLE]
        key = (index, ref, depth)
        if not bound and key in self.filled:
            return self.filled[key]
        self.holes += 1
        if self.holes > _HOLES:
            return [f"{GAP}{ref}{GAP}"]
        found = self._filled(index, ref, bound, depth)
        if not bound:
            self.filled[key] = found
        return found

    def _filled(self, index: int, ref: str, bound: Bound, depth: int) -> list[str]:
        unknown = [f"{GAP}{ref}{GAP}"]
        found = self.node(index, f"@{ref}")
        if found is None or found[0] < 0:
            return unknown
        where, name = found
        texts = list(self.modules[where].summary.texts.get(name, ()))
        if "#" in name:
            function, _, param = name[1:].partition("#")
            texts += self._given(where, function, param, bound, depth)
        several = [
            self.texts(where, item, bound, depth - 1) if GAP in item else [item]
            for item in texts[:_FEW]
            if item != unknown[0]
        ]
        return list(dict.fromkeys(text for group in several for text in group))[:_FEW] or unknown

    def _given(self, where: int, function: str, param: str, bound: Bound, depth: int) -> list[str]:
        only = bound.get((where, function))
        found: list[str] = []
        for caller, call in self.calls.get((where, function), [])[:200]:
            if only is not None and only != (caller, call.line):
                continue
            for place, text in call.given:
                name = place if call.function.startswith(":") else self._param((where, function), place)
                if name == param:
                    found += self.texts(caller, text, {}, depth - 1) if GAP in text else [text]
        return found


def _head(name: str) -> str:
    """Give the name that a reference begins with."""
    ended = _END.search(name)
    return name[: ended.start()] if ended else name


def _above(package: str) -> tuple[str, ...]:
    """List the packages in which a file of this one looks for a name, its own first, each with a dot behind it."""
    parts = package.split(".") if package else []
    return tuple("".join(f"{part}." for part in parts[:depth]) for depth in range(len(parts), -1, -1))


def _first(rows: Iterable[tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    for number, row in enumerate(rows):
        if number >= _FEW:
            return
        yield row


def module_of(package: str, up: int, module: str) -> str:
    """Write the module that a file imports from: one that is relative to it begins with a slash and is whole."""
    if not up:
        return module
    parts = package.split(".") if package else []
    return "/" + ".".join([*parts[: max(0, len(parts) - up + 1)], *([module] if module else [])])


def is_installed(path: str) -> bool:
    """Say whether a file lies where packages are installed, on a disk: there are thousands."""
    return "!/" not in path and _INSTALLED.search(path) is not None


def package_of(path: str) -> str:
    """Write the package from which a file's relative imports count."""
    name = dotted(path)
    return name if path.endswith("__init__.py") else name.rpartition(".")[0]


def joined(module: str, name: str) -> str:
    """Write a name of a module."""
    return f"{module}.{name}" if module != "/" else f"/{name}"


def dotted(path: str) -> str:
    """Write a file's path as the name of a module."""
    name = path.replace("\\", "/").rsplit(".", 1)[0] if path.endswith((".py", ".pyw", ".ipynb")) else path
    name = name.strip("/").replace("!/", "/").replace(".", "_").replace("/", ".")
    return name.removesuffix(".__init__") if name != "__init__" else ""
