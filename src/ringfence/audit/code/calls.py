"""Reading calls: what a call gives, as far as reading tells, and what is handed to functions of the project."""

import ast
from typing import Final

import msgspec

from ringfence.audit.code import folding
from ringfence.audit.code.called import Call, completed
from ringfence.audit.code.checks import CHECKS, checked
from ringfence.audit.code.expressions import is_hidden
from ringfence.audit.code.foreign import Foreign
from ringfence.audit.code.known import RUNNERS, canonical, is_ours
from ringfence.audit.code.lookups import DECODED, PIECED
from ringfence.audit.code.scopes import Function, Scope
from ringfence.audit.code.specials import BY_METHOD, SPECIAL
from ringfence.audit.code.state import CREDENTIALS, DEEP, WHOLES, without
from ringfence.audit.code.values import (
    GAP,
    NOTHING,
    ROUNDS,
    UNKNOWN,
    Taint,
    Value,
    also,
    merge,
    spelt,
    taints_of,
    through,
)

_SMALL: Final = 30  # statements of a function that is worked out for the constants it is given: decoders are shorter
_INLINES: Final = 400  # of one file
_HOLED: Final = frozenset(
    {"format", "with_name", "joinpath", "with_suffix", "expanduser", "resolve", "absolute", "as_posix"}
)


class Calls(Foreign):
    """The part of the reader that reads calls."""

    def call(self, node: ast.Call) -> Value:
        """Read a call."""
        func = node.func
        if isinstance(func, ast.Attribute):
            receiver = self.eval(func.value)
            target = self._method_of(receiver, func)
        else:
            receiver, target = NOTHING, self.eval(func)
        args = self._args(node)
        kwargs, loose = self._kwargs(node)
        ref = canonical(target.ref)
        known = bool(ref) and not ref.endswith(("()", "]", ")")) and not ref.startswith(":")
        method = func.attr if isinstance(func, ast.Attribute) and not known else ref.rsplit(".", 1)[-1]
        call = Call(ref, method, receiver, args + loose, kwargs, node, node.lineno)
        if target.items is not None and "named" in target.items:
            for value in call.every():
                self.notes.flow(
                    value, "named-call", node.lineno, target.items["named"].texts, words="given to a call by name"
                )
        if target.items is not None and "partial" in target.items:
            call = completed(call, target)
        found = self.result(call)
        if target.taints and not self._is_known(ref):
            gives = self.called_by_value(_itself(target, func), call.placed(), node)
            return also(found, Taint(gives, "what is called")) if gives else found
        return found

    def _is_known(self, ref: str) -> bool:
        """Say whether it is told by its name what is called."""
        if ref.startswith(":"):
            return ref[1:] in self.functions or ref[1:] in self.classes or "()." in ref
        return "." in ref and not ref.endswith((")", "]")) and not ref.startswith("?")

    def _method_of(self, receiver: Value, func: ast.Attribute) -> Value:
        if receiver.items is None and isinstance(receiver.const, (str, bytes)):
            return Value(ref=f"str.{func.attr}")
        return self.attribute(receiver, func.attr, func.lineno)

    def _args(self, node: ast.Call) -> list[Value]:
        found: list[Value] = []
        for part in node.args:
            value = self.eval(part)
            if isinstance(part, ast.Starred):
                found += value.elements if value.elements is not None else (Value(taints=value.taints),)
            else:
                found.append(value)
        return found

    def _kwargs(self, node: ast.Call) -> tuple[dict[str, Value], list[Value]]:
        named: dict[str, Value] = {}
        loose: list[Value] = []
        for part in node.keywords:
            value = self.eval(part.value)
            if part.arg is not None:
                named[part.arg] = value
            elif value.items is not None:
                named.update(value.items)
            else:
                loose.append(value)
        return named, loose

    def result(self, call: Call) -> Value:
        """Say what a call gives, after everything was looked at that it does."""
        checked(self, call)
        for check in CHECKS.get(call.method, ()):
            check(self, call)
        if call.ref in RUNNERS and call.args:
            self.run_text(call)
        special = SPECIAL.get(call.ref) or BY_METHOD.get(call.method)
        found = special(self, call) if special is not None else None
        if found is None:
            found = self._folded(call)
        if found is None and call.ref.startswith(":"):
            found = self._local(call)
        if found is None:
            found = self.foreign(call)
        return found

    def run_text(self, call: Call) -> None:
        """Read a text that is run as code."""
        raise NotImplementedError

    def _folded(self, call: Call) -> Value | None:
        value = call.receiver
        if (
            isinstance(value.const, (str, bytes))
            and call.method in folding.METHODS
            and (GAP not in spelt(value) or call.method in _HOLED)
        ):
            consts = [arg.const for arg in call.args]
            if call.method == "format" and call.kwargs:
                return Value(_by_name(spelt(value), call.kwargs), taints=self.carried(call))
            const = folding.method(value.const, call.method, consts)
            hidden = (PIECED,) if is_hidden(const, [spelt(value)]) else ()
            if hidden:
                self.told_in_pieces(const)
            return Value(const, taints=merge((*self.carried(call), *hidden)))
        if call.ref in folding.DECODERS:
            const = folding.call(call.ref, [arg.const for arg in call.args])
            return Value(const, taints=merge((DECODED, PIECED, *(t for arg in call.args for t in taints_of(arg)))))
        consts = [
            arg.const if arg.const is not UNKNOWN else spelt(arg) if "path" in call.ref else UNKNOWN
            for arg in call.args
        ]
        const = folding.call(call.ref, consts)
        if const is UNKNOWN:
            return None
        extra = (PIECED, DECODED) if call.ref == "chr" else ()
        return Value(
            const,
            ref=call.ref if "Path" in call.ref else "",
            taints=merge((*extra, *(t for arg in call.args for t in taints_of(arg)))),
        )

    def carried(self, call: Call) -> tuple[Taint, ...]:
        """Everything that is in what a call is given, and in what it is called on."""
        return merge((*taints_of(call.receiver), *(t for arg in call.every() for t in taints_of(arg))))

    def _local(self, call: Call) -> Value | None:
        name = call.ref[1:]
        if name in self.classes:
            return self._made(call, name)
        function = self.functions.get(name)
        if function is None:
            return self._unknown_local(call)
        small = _size(function) <= _SMALL
        if not function.done and self.depth < DEEP and (small or self.depth < 2):  # noqa: PLR2004
            self.evaluate(function)
        self.handed(call, function)
        if function.wraps:
            self.spend(len(self.functions))
            for inner in [other for name_, other in self.functions.items() if name_.startswith(f"{function.wraps}.")]:
                self.handed(call, inner)
        return self._given_back(function, self._worked_out(function, call) if small else None, call.line)

    def _given_back(self, function: Function, worked_out: Value | None, line: int) -> Value:
        """Say what a function gives: what it was worked out to, or what its returns say together."""
        returned, ref = function.returned, f":{function.qual}()"
        own = ref if not returned.ref or "#" in returned.ref else returned.ref
        value = (
            worked_out if worked_out is not None else msgspec.structs.replace(returned, ref=own, taints=(), clean=False)
        )
        inner = tuple(taint for taint in taints_of(returned) if not taint.kind.startswith("@"))
        symbol = Taint(f"@{ref}", f"{function.qual}()")
        taints = merge((*value.taints, symbol, *through(inner, line, f"returned by {function.qual}()")))
        elements = value.elements if worked_out is not None else None
        clean = returned.clean and not returned.taints
        return msgspec.structs.replace(value, taints=taints, items=None, elements=elements, clean=clean)

    def _unknown_local(self, call: Call) -> Value | None:
        # a method that a base class of another file has: handed on by the base's name
        owner, _, method = call.ref[1:].partition("().")
        cls = self.classes.get(owner)
        if cls is None or not method:
            return None
        for base in cls.bases:
            if is_ours(base):
                self.handed_out(call, f"{base}.{method}")
        return None

    def _made(self, call: Call, name: str) -> Value:
        todo, seen = [name], set[str]()
        while todo:
            current = todo.pop(0)
            if current in seen:
                continue
            seen.add(current)
            maker = self.functions.get(f"{current}.__init__")
            if maker is not None:
                if not maker.done and self.depth < DEEP and (_size(maker) <= _SMALL or self.depth < 2):  # noqa: PLR2004
                    self.evaluate(maker)  # what it keeps is what its methods, called next, read
                self.handed(call, maker)
                break
            cls = self.classes.get(current)
            todo += [base[1:] for base in (cls.bases if cls else ()) if base.startswith(":")]
            for base in cls.bases if cls else ():
                if is_ours(base):
                    self.handed_out(call, base)
        return Value(ref=f":{name}()", taints=without(Value(taints=self.carried(call)), CREDENTIALS | WHOLES).taints)

    def _worked_out(self, function: Function, call: Call) -> Value | None:
        """Work a small function out for the constants that it is given: this is how names are hidden."""
        known = [arg for arg in call.args if arg.const is not UNKNOWN or (arg.elements and len(arg.elements) < ROUNDS)]
        if (
            not call.args
            or len(known) != len(call.args)
            or self.depth > 4  # noqa: PLR2004
            or self.nested > _INLINES
            or (function.cls is not None and not function.bound)
        ):
            return None
        if all(isinstance(arg.const, (bool, type(None))) for arg in known if arg.elements is None):
            return None
        self.nested += 1
        before = (self.scope, self.branch, self.loop, self.depth, function.returned)
        shift = 1 if function.bound else 0
        names = {name: Value(ref=f":{function.qual}#{name}") for name in function.params}
        names |= {function.param(index + shift): arg for index, arg in enumerate(call.args)}
        self.scope = Scope(function.qual, function.scope, names=names, function=function, cls=function.cls)
        function.returned, self.branch, self.loop = NOTHING, 0, 0
        self.notes.muted += 1
        self.depth += 1
        self.inlined += 1
        self._body(function)
        found = function.returned
        self.inlined -= 1
        self.notes.muted -= 1
        self.scope, self.branch, self.loop, self.depth, function.returned = before
        return found if found.const is not UNKNOWN or found.elements is not None or found.ref else None


def _itself(target: Value, func: ast.expr) -> Value:
    """Leave out of what is called what only its owner brings with it: a method of a parameter is not the parameter."""
    if not isinstance(func, ast.Attribute):
        return target
    return Value(taints=tuple(taint for taint in target.taints if taint.kind.endswith(f".{func.attr}")))


def _size(function: Function) -> int:
    node = function.node
    return 1 if isinstance(node, ast.Lambda) else (node.end_lineno or node.lineno) - node.lineno


def _by_name(text: str, kwargs: dict[str, Value]) -> str:
    for name, value in kwargs.items():
        text = text.replace("{" + name + "}", spelt(value))
    return text
