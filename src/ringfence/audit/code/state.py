"""Where the reader of a file is: its scopes, functions and classes, and how much it may still read."""

import ast
import builtins
from abc import ABC, abstractmethod
from typing import Final, NoReturn

from ringfence.audit.code.known import DANGEROUS, NAMED, is_ours
from ringfence.audit.code.names import kind_of
from ringfence.audit.code.notes import Notes
from ringfence.audit.code.resolving import CALLED, is_installed
from ringfence.audit.code.scopes import Class, Function, Scope
from ringfence.audit.code.values import GAP, PART, Taint, Value, also, either, merge

_BUILT_IN: Final = frozenset(dir(builtins))
STEPS: Final = 1_500_000  # expressions of one file: ten times what the largest client module has
DEEP: Final = 12  # calls within calls that are followed while reading; flows follow further
CALLEES: Final = 4  # ways by which a function comes to where it is called
PLACEHOLDER: Final = ("your", "xxx", "change", "<", "...", "example", "test", "dummy", "enter", "insert", "***", "todo")


class TooMuchError(Exception):
    """The file asks for more reading than any honest file does."""


class State(ABC):
    """What every part of the reader shares."""

    def __init__(self, notes: Notes, package: str) -> None:
        """Start at the top of a module; `package` is its directory, dotted, from the root of the tree."""
        self.notes = notes
        self.package = package
        self.own = not is_installed(notes.path)
        self.module = Scope("")
        self.scope = self.module
        self.functions: dict[str, Function] = {}
        self.classes: dict[str, Class] = {}
        self.fields: dict[str, Value] = {}
        self.downloads: set[str] = set()
        self.steps = STEPS
        self.branch = 0
        self.loop = 0
        self.depth = 0
        self.nested = 0
        self.inlined = 0
        self.refused = 0
        self.stars: list[str] = []
        self.at = 0
        self.texts: dict[str, tuple[str, ...]] = {}

    @abstractmethod
    def eval(self, node: ast.expr) -> Value:
        """Read an expression."""

    @abstractmethod
    def attribute(self, base: Value, name: str, line: int) -> Value:
        """Give an attribute of a value."""

    @abstractmethod
    def run(self, body: list[ast.stmt]) -> None:
        """Read statements."""

    @abstractmethod
    def define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str) -> Value:
        """Take a function down, to be read later."""

    @abstractmethod
    def evaluate(self, function: Function) -> None:
        """Read the body of a function, once."""

    @abstractmethod
    def nested_text(self, text: str, line: int, method: str) -> None:
        """Read code that stands in a text."""

    def spend(self, count: int = 1) -> None:
        """Count what was read."""
        self.steps -= count
        if self.steps < 0:
            _stop()

    def told_in_pieces(self, text: object) -> None:
        """Say so where a word that nobody hides was put together from pieces, whatever is done with it."""
        if isinstance(text, str) and "withdraw" in text.lower():
            self.notes.aloud("hidden-withdrawal", self.at, text, text)
        elif text in DANGEROUS:
            self.notes.aloud("hidden-call", self.at, str(text), str(text))

    def lookup(self, name: str) -> Value:
        """Say what a name stands for here; a name that nothing binds is a built-in's."""
        scope = self.scope.owner(name)
        if scope is not None:
            found = scope.names[name]
            filled = scope is self.module and _is_filled(found, own=self.own)
            return also(found, Taint(f"@:{name}", name)) if filled else found
        return self._starred(name) if self.stars and name not in _BUILT_IN else Value(ref=name)

    def _starred(self, name: str) -> Value:
        ours = next((module for module in self.stars if is_ours(module)), "")
        known = next((f"{module}.{name}" for module in self.stars if f"{module}.{name}" in NAMED), "")
        return Value(ref=known) if known or not ours else self.outside(f"{ours}.{name}", name)

    def bind(self, name: str, value: Value) -> None:
        """Let a name stand for a value from here on; in a branch, for what it stood for as well."""
        scope = self._owner(name)
        old = scope.names.get(name)
        scope.names[name] = value if old is None or not self.branch else either(value, old)
        if scope is self.module and scope is not self.scope:
            for taint in value.taints:
                self.notes.passed(taint, f"@:{name}", 0, words=f"kept as {name}")

    def _owner(self, name: str) -> Scope:
        if name in self.scope.shared:
            return self.module
        if name in self.scope.outers:
            return (self.scope.outer and self.scope.outer.owner(name)) or self.scope
        return self.scope

    def filled(self, text: str) -> str:
        """Fill the holes of a text that this file knows: with a parameter's default, a field's value."""
        pieces = text.split(GAP)
        if len(pieces) < 3:  # noqa: PLR2004
            return text
        known = [(self.texts.get(piece) or ("",))[0] if number % 2 else piece for number, piece in enumerate(pieces)]
        return "".join(piece for piece in known if GAP not in piece)

    def called_by_value(self, target: Value, given: list[tuple[str, Value]], node: ast.expr | ast.stmt) -> str:
        """Note a call of whatever function has come to where it is called; the symbol of what it gives, or nothing."""
        kinds = {taint.kind.removesuffix(PART): taint for taint in target.taints if taint.kind.startswith("@")}
        symbols = [Taint(kind, taint.label) for kind, taint in kinds.items() if "!" not in kind][:CALLEES]
        if not symbols:
            return ""
        name = f"{CALLED}{node.lineno}_{node.col_offset}>"
        for taint in symbols:
            self.notes.passed(taint, "called", node.lineno, role=name)
        for place, value in given:
            self.notes.flow(value, f"@:{name}#{place}", node.lineno, words="given to what is called")
        return f"@:{name}()"

    def outside(self, ref: str, name: str) -> Value:
        """Give what an imported name stands for; content comes with it where the name is one of the project's."""
        return Value(ref=ref, taints=(Taint(f"@{ref}", name),)) if is_ours(ref) else Value(ref=ref)

    def class_of(self, ref: str) -> Class | None:
        """The class of this file whose instance a dotted name is."""
        return self.classes.get(ref[1:-2]) if ref.startswith(":") and ref.endswith("()") else None

    def store_field(self, cls: Class, name: str, value: Value, line: int) -> None:
        """Keep what is stored in an instance."""
        old = cls.fields.get(name)
        cls.fields[name] = value if old is None else either(value, old)
        ref = f":{cls.qual}().{name}"
        self.notes.flow(value, f"@{ref}", line, words=f"kept as self.{name}")
        found = [text for text in value.texts if text.strip("\0") not in {"?", ref}]
        self.texts[ref] = tuple(dict.fromkeys([*self.texts.get(ref, ()), *found]))[:8]


def _is_filled(value: Value, *, own: bool) -> bool:
    """Say whether something may be put into it later, by whichever function; a library's tables are full already."""
    if value.items or value.elements:
        return own
    return value.items is not None or value.elements is not None or value.const is None or value.ref.endswith("()")


def _stop() -> NoReturn:
    raise TooMuchError


def tagged(value: Value, kind: str, label: str, line: int = 0) -> Value:
    """Add an origin to a value, unless nothing secret can be in it."""
    if value.clean or is_harmless(value):
        return value
    return _with(value, Taint(kind, label, ((line, f"reads {label}"),) if line else ()))


def _with(value: Value, taint: Taint) -> Value:
    return Value(
        value.const, value.ref, merge((taint, *value.taints)), value.items, value.elements, value.others, value.clean
    )


def is_harmless(value: Value) -> bool:
    """Say whether a value that bears a secret's name is a placeholder, a switch, or a piece of the program."""
    if value.ref.startswith(":") and value.ref.count("#") == 0 and value.ref.count("()") == 0:
        return True
    if isinstance(value.const, str):
        low = value.const.lower()
        return not value.taints and (len(low) < 8 or " " in low or any(mark in low for mark in PLACEHOLDER))  # noqa: PLR2004
    return isinstance(value.const, (int, float)) or value.const is None


def without(value: Value, kinds: frozenset[str]) -> Value:
    """Take origins out of a value."""
    if not value.taints:
        return value
    kept = tuple(taint for taint in value.taints if taint.kind not in kinds)
    return (
        value
        if len(kept) == len(value.taints)
        else Value(value.const, value.ref, kept, value.items, value.elements, value.others)
    )


WHOLES: Final = frozenset({"environment", "secret-file", "config", "traffic"})
"""Kinds that are in the whole, and not in a named part of it."""


def part_of(taints: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """Say what of a whole is in a part of it that has a name."""
    return tuple(
        Taint(f"{taint.kind}{PART}", taint.label, taint.way)
        if taint.kind.startswith("@") and "!" not in taint.kind
        else taint
        for taint in taints
        if taint.kind not in WHOLES
    )


CREDENTIALS: Final = frozenset({"secret", "exchange-key", "key", "config"})
"""Kinds that a signature or a hash leaves behind."""


def named_by(value: Value, name: str, label: str, line: int) -> Value:
    """Add what a name says about its content."""
    # a class is called after what it holds: `Keypair`; constants are written large from end to end
    kind = kind_of(name) if not name[:1].isupper() or name.isupper() else ""
    return tagged(value, kind, label, line) if kind else value
