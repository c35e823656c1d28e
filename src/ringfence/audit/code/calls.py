"""Reading calls: what a call gives, as far as reading tells, and what is handed to functions of the project."""

import ast
from collections.abc import Callable
from typing import Final

from ringfence.audit.code import folding
from ringfence.audit.code.called import Call
from ringfence.audit.code.capability import Power
from ringfence.audit.code.checks import CHECKS, checked, stores
from ringfence.audit.code.expressions import DECODED, PIECED, canonical, element_of, elements_of, holder_of, is_hidden
from ringfence.audit.code.known import CARRIERS, CLEANERS, METHOD_SOURCES, RUNNERS, SOURCES, is_ours
from ringfence.audit.code.names import file_kind, is_own_wallet, kind_of, words
from ringfence.audit.code.scopes import Function, Scope
from ringfence.audit.code.state import CREDENTIALS, DEEP, WHOLES, tagged, without
from ringfence.audit.code.statements import Statements
from ringfence.audit.code.values import (
    CLEAN,
    GAP,
    HOLE,
    NOTHING,
    UNKNOWN,
    Taint,
    Value,
    either,
    merge,
    spelt,
    taints_of,
    through,
)

_SMALL: Final = 30  # statements of a function that is worked out for the constants it is given: decoders are shorter
_INLINES: Final = 400  # of one file
_RESULTS: Final = frozenset({"remote", "message", "clipboard", "screen", "typed"})
_FILLS: Final = frozenset(
    {
        "append",
        "extend",
        "add",
        "update",
        "insert",
        "setdefault",
        "put",
        "put_nowait",
        "appendleft",
        "write",
        "attach",
        "add_field",
        "push",
    }
)


_LINKS: Final = 2  # calls in a row through another file: `make().client().send(x)`
_HOLED: Final = frozenset(
    {"format", "with_name", "joinpath", "with_suffix", "expanduser", "resolve", "absolute", "as_posix"}
)


class Calls(Statements):
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
            call = _completed(call, target)
        return self.result(call)

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
        special = _SPECIAL.get(call.ref) or _BY_METHOD.get(call.method)
        found = special(self, call) if special is not None else None
        if found is None:
            found = self._folded(call)
        if found is None and call.ref.startswith(":"):
            found = self._local(call)
        if found is None:
            found = self._foreign(call)
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
                return Value(_by_name(spelt(value), call.kwargs), taints=self._carried(call))
            const = folding.method(value.const, call.method, consts)
            extra = (PIECED,) if is_hidden(const, [spelt(value)]) else ()
            return Value(const, taints=merge((*self._carried(call), *extra)))
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

    def _carried(self, call: Call) -> tuple[Taint, ...]:
        return merge((*taints_of(call.receiver), *(t for arg in call.every() for t in taints_of(arg))))

    def _local(self, call: Call) -> Value | None:
        name = call.ref[1:]
        if name in self.classes:
            return self._made(call, name)
        function = self.functions.get(name)
        if function is None:
            return self._unknown_local(call)
        small = _size(function) <= _SMALL
        if not function.done and self.depth < DEEP and (small or self.depth < 2):
            self.evaluate(function)
        self.handed(call, function)
        if function.wraps:
            for inner in [other for name_, other in self.functions.items() if name_.startswith(f"{function.wraps}.")]:
                self.handed(call, inner)
        found = self._worked_out(function, call) if small else None
        returned = function.returned
        symbol = Taint(f"@:{name}()", f"{name}()")
        value = (
            found
            if found is not None
            else Value(
                returned.const,
                items=returned.items,
                elements=returned.elements,
                others=returned.others,
                ref=f":{name}()" if not returned.ref or "#" in returned.ref else returned.ref,
            )
        )
        inner = tuple(t for t in taints_of(returned) if not t.kind.startswith("@"))
        return Value(
            value.const,
            value.ref,
            merge((*value.taints, symbol, *through(inner, call.line, f"returned by {name}()"))),
            _plain(value.items),
            value.elements if found is not None else None,
            value.others,
            returned.clean and not returned.taints,
        )

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
                self.handed(call, maker)
                break
            cls = self.classes.get(current)
            todo += [base[1:] for base in (cls.bases if cls else ()) if base.startswith(":")]
            for base in cls.bases if cls else ():
                if is_ours(base):
                    self.handed_out(call, base)
        return Value(ref=f":{name}()", taints=without(Value(taints=self._carried(call)), CREDENTIALS | WHOLES).taints)

    def handed(self, call: Call, function: Function) -> None:
        """Note what a function of this file is given."""
        shift = 1 if function.bound and not _through_class(call, function) else 0
        given = [(function.param(index + shift), arg) for index, arg in enumerate(call.args)]
        given += [
            (name if name in function.params else function.params[-1] if function.params else "*", arg)
            for name, arg in call.kwargs.items()
        ]
        base = f":{function.qual}#"
        for name, arg in given:
            self.notes.flow(arg, f"@{base}{name}", call.line, words=f"passed to {function.qual}({name})")
            for text in arg.texts if arg.const is not UNKNOWN else ():
                if len(text) < 60 and text.isupper() and kind_of(text) in {"secret", "exchange-key"}:
                    self.notes.passed(
                        Taint("secret-name", text),
                        f"@{base}{name}",
                        call.line,
                        words=f"{text} asked of {function.qual}({name})",
                    )
        texts = tuple((name, text) for name, arg in given for text in arg.texts if text != HOLE and len(text) < 500)
        if texts:
            self.notes.called(f":{function.qual}", call.line, texts)
        self._callbacks(call)

    def _callbacks(self, call: Call) -> None:
        for arg in call.every():
            if arg.ref.startswith(":") and arg.ref[1:] in self.functions and call.receiver.taints:
                self.notes.flow(call.receiver, f"@{arg.ref}#*", call.line, words="handed to a callback")

    def handed_out(self, call: Call, ref: str) -> None:
        """Note what a function of another file is given."""
        short = ref.rsplit(".", 1)[-1]
        for place, arg in [
            *((str(index), arg) for index, arg in enumerate(call.args)),
            *((f"={name}", arg) for name, arg in call.kwargs.items()),
        ]:
            self.notes.flow(arg, f"@{ref}#{place}", call.line, words=f"passed to {short}()")
        texts = [(str(index), text) for index, arg in enumerate(call.args) for text in arg.texts]
        texts += [(f"={name}", text) for name, arg in call.kwargs.items() for text in arg.texts]
        kept = tuple((name, text) for name, text in texts if text != HOLE and len(text) < 500)
        if kept:
            self.notes.called(ref, call.line, kept)

    def _worked_out(self, function: Function, call: Call) -> Value | None:
        """Work a small function out for the constants that it is given: this is how names are hidden."""
        known = [arg for arg in call.args if arg.const is not UNKNOWN or (arg.elements and len(arg.elements) < 2000)]
        if (
            not call.args
            or len(known) != len(call.args)
            or self.depth > 4
            or self.nested > _INLINES
            or function.cls is not None
            and not function.bound
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

    def _foreign(self, call: Call) -> Value:
        ref = f"{call.ref}()" if call.ref else "?()"
        kind = SOURCES.get(call.ref) or METHOD_SOURCES.get(call.method)
        carried = self._carried(call)
        taints = _kept(call, carried)
        if call.method in _FILLS and isinstance(call.node.func, ast.Attribute):
            for arg in call.every():
                self.augment(call.node.func.value, arg)
        if is_ours(call.ref) and call.ref.count("()") <= _LINKS and "[" not in call.ref and not call.ref.startswith("str."):
            self.handed_out(call, call.ref)
            taints = merge((Taint(f"@{ref}", f"{call.method}()"), *taints))
        if kind is None and call.of_network and call.method in _ANSWERS:
            kind = "remote"
        clean = bool(CLEANERS.intersection(words(call.method).split("_")))
        value = Value(ref=ref if len(ref) < 300 else "", taints=taints, clean=clean)
        self._callbacks(call)
        return (
            tagged(value, kind, f"{call.ref or call.method}()", call.line)
            if kind and not clean
            else self._called_name(value, call)
        )

    def _called_name(self, value: Value, call: Call) -> Value:
        kind = (
            kind_of(call.method)
            if not value.clean and words(call.method).startswith(("get_", "load_", "read_", "fetch_"))
            else ""
        )
        return tagged(value, kind, f"{call.method}()", call.line) if kind else value


_ANSWERS: Final = frozenset(
    {
        "get",
        "post",
        "put",
        "request",
        "urlopen",
        "recv",
        "fetch",
        "getresponse",
        "read",
        "text",
        "json",
        "stream",
        "urlretrieve",
    }
)


def _kept(call: Call, carried: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """Say what of the content of its arguments may be in what a call gives."""
    if not carried:
        return ()
    spelled = set(words(call.method).split("_"))
    makes = call.method[:1].isupper() and call.method not in CARRIERS
    if spelled & CLEANERS or makes or call.of_exchange or call.root in {"jwt", "jose", "hmac", "hashlib"}:
        return tuple(cleaned(taint) for taint in carried if taint.kind not in CREDENTIALS and taint.kind not in WHOLES)
    if "encrypt" in spelled:
        return tuple(
            Taint("sealed", taint.label, taint.way) if taint.kind in CREDENTIALS else cleaned(taint)
            for taint in carried
        )
    if call.of_network and call.method in _ANSWERS and not call.receiver.has("remote"):
        return tuple(taint for taint in carried if taint.kind == "message")
    return carried


def cleaned(taint: Taint) -> Taint:
    """Write a symbol so that no secret comes through it any more, but everything else does."""
    return (
        Taint(f"{taint.kind}!clean", taint.label, taint.way)
        if taint.kind.startswith("@") and "!" not in taint.kind
        else taint
    )


def _plain(items: object) -> None:
    return None


def _size(function: Function) -> int:
    node = function.node
    return 1 if isinstance(node, ast.Lambda) else (node.end_lineno or node.lineno) - node.lineno


def _through_class(call: Call, function: Function) -> bool:
    return (
        function.cls is not None
        and call.receiver.ref == f":{function.cls.qual}"
        and not function.qual.endswith("__init__")
    )


def _by_name(text: str, kwargs: dict[str, Value]) -> str:
    for name, value in kwargs.items():
        text = text.replace("{" + name + "}", spelt(value))
    return text


def _completed(call: Call, target: Value) -> Call:
    held = (target.items or {})["partial"]
    return Call(
        canonical(held.ref),
        held.ref.rsplit(".", 1)[-1],
        call.receiver,
        [*(target.elements or ()), *call.args],
        {**{k: v for k, v in (target.items or {}).items() if k != "partial"}, **call.kwargs},
        call.node,
        call.line,
    )


def _getattr(self: Calls, call: Call) -> Value | None:
    if len(call.args) < 2:
        return None
    name = call.args[1].text
    if name is None or GAP in name:
        owner = call.args[0].ref
        if owner in {"os", "subprocess", "builtins", "__builtins__", "sys"} and call.args[1].has("decoded"):
            self.notes.add("hidden-call", call.line, f"{owner}.?", owner)
        held = call.args[1].ref
        if held and is_ours(held) or "#" in held or name is not None:
            self.notes.passed(Taint("call", "a call by name"), "named-call", call.line, call.args[1].texts)
        return Value(ref=f"{owner}.?" if owner else "", taints=taints_of(call.args[0]), items={"named": call.args[1]})
    self.reached(call.args[1], name, call.line, call.args[0].ref)
    found = self.attribute(call.args[0], name, call.line)
    return either(found, call.args[2]) if len(call.args) > 2 else found


def _same(self: Calls, call: Call) -> Value | None:
    return call.args[0] if call.args else None


def _registered(self: Calls, call: Call) -> Value | None:
    """`atexit.register(f, x)` calls f(x) in the end."""
    if call.args and call.args[0].ref:
        ref = canonical(call.args[0].ref)
        self.result(Call(ref, ref.rsplit(".", 1)[-1], NOTHING, call.args[1:], call.kwargs, call.node, call.line))
    return None


def _by_dunder(self: Calls, call: Call) -> Value | None:
    name = call.args[0].text if call.args else None
    if name is None:
        return None
    self.reached(call.args[0], name, call.line, call.receiver.ref)
    return self.attribute(call.receiver, name, call.line)


def _setattr(self: Calls, call: Call) -> Value | None:
    name = call.args[1].text if len(call.args) > 2 else None
    if name is not None and GAP not in name:
        stores.attribute_stored(self, call.args[0], name, call.args[2], call.line)
    return None


def _imported(self: Calls, call: Call) -> Value | None:
    name = call.arg(0, "name").text
    if name is None or GAP in name:
        return None
    self.notes.able(Power.EVALUATE, f"imports {name} by name", call.line) if call.args[0].has(
        "pieced", "decoded"
    ) else None
    if call.args[0].has("pieced", "decoded") and name.split(".")[0] in {
        "os",
        "subprocess",
        "ctypes",
        "marshal",
        "builtins",
        "socket",
        "base64",
        "requests",
        "urllib",
        "pty",
    }:
        self.notes.add("hidden-call", call.line, f"imports {name}", name)
    return self.outside(name, name)


def _partial(self: Calls, call: Call) -> Value | None:
    if not call.args:
        return None
    return Value(
        ref="functools.partial()",
        items={**call.kwargs, "partial": call.args[0]},
        elements=tuple(call.args[1:]),
        taints=self._carried(call),
    )


def _map(self: Calls, call: Call) -> Value | None:
    if len(call.args) < 2:
        return None
    elements = elements_of(call.args[1])
    several = elements if elements is not None and len(elements) <= 5000 else (element_of(call.args[1]),)
    found = tuple(
        self.result(
            Call(
                canonical(call.args[0].ref),
                call.args[0].ref.rsplit(".", 1)[-1],
                NOTHING,
                [item],
                {},
                call.node,
                call.line,
            )
        )
        for item in several
    )
    return Value(
        elements=found if elements is not None else None,
        taints=merge((*taints_of(call.args[1]), *(t for item in found for t in item.taints))),
    )


def _threaded(self: Calls, call: Call) -> Value | None:
    """`Thread(target=f, args=(x,))` and its like call f(x)."""
    target = call.arg(1 if call.method in {"Timer"} else 99, "target", "function", "fn", "func")
    if call.method in {"submit", "run_in_executor", "to_thread", "call_soon", "call_later"}:
        target = next((arg for arg in call.args if arg.ref), NOTHING)
        given = call.args[call.args.index(target) + 1 :] if target in call.args else []
    else:
        given = list(call.arg(2 if call.method == "Timer" else 99, "args").elements or ())
    if target.ref:
        self.result(
            Call(canonical(target.ref), target.ref.rsplit(".", 1)[-1], NOTHING, given, {}, call.node, call.line)
        )
    return None


def _opened(self: Calls, call: Call) -> Value | None:
    path = call.arg(0, "file", "path") if call.args or call.kwargs else NOTHING
    if call.ref not in {
        "open",
        "io.open",
        "codecs.open",
        "aiofiles.open",
        "gzip.open",
        "os.open",
        "sqlite3.connect",
        "pathlib.Path",
    } and not _is_path(call):
        return None
    if call.receiver.text is not None or _is_path(call):
        path = call.receiver if call.method != "with_name" else path
    taints = self.file_taints(path, call.line)
    return Value(
        ref="open()",
        items={"path": path},
        taints=merge(
            (
                Taint("opened", spelt(path).replace(GAP, "?")[-80:]),
                *taints,
                *(t for t in path.taints if t.kind in {"home-files", "wallet", "browser", "machine-key"}),
            )
        ),
    )


def _is_path(call: Call) -> bool:
    return call.method in {"open", "read_text", "read_bytes"} and (
        "Path" in call.receiver.ref or call.receiver.has("home-files") or isinstance(call.receiver.const, str)
    )


def _read_path(self: Calls, call: Call) -> Value | None:
    return _opened(self, call) if _is_path(call) else None


def _environment(self: Calls, call: Call) -> Value | None:
    """`os.getenv(name)`, `os.environ.get(name)`, and a dictionary's own `get`."""
    is_env = call.ref == "os.getenv" or call.receiver.ref == "os.environ"
    if call.method not in {"get", "pop", "getenv", "setdefault"} or not call.args or (call.of_network and not is_env):
        return None
    if is_env:
        base: Value = Value(ref="os.environ")
        holder = ""
    elif (
        call.args[0].text is None
        or "://" in spelt(call.args[0]) or spelt(call.args[0]).startswith("/")
        or (call.receiver.items is None and call.receiver.ref in {"", "?"} and call.kwargs)
    ):
        return None
    else:
        base, holder = (
            call.receiver,
            holder_of(call.node.func.value) if isinstance(call.node.func, ast.Attribute) else "",
        )
    found = self.entry(base, call.args[0], holder, call.line)
    found = Value(found.const, found.ref, found.taints, found.items, found.elements, found.others)
    return either(found, call.args[1]) if len(call.args) > 1 else found


def _joined(self: Calls, call: Call) -> Value | None:
    if not isinstance(call.receiver.const, (str, bytes)) or len(call.args) != 1:
        return None
    parts = call.args[0].elements
    taints = taints_of(call.args[0])
    if parts is None:
        return Value(taints=taints)
    if isinstance(call.receiver.const, bytes):
        pieces = [part.const for part in parts if isinstance(part.const, bytes)]
        return Value(
            folding.bounded(call.receiver.const.join(pieces)) if len(pieces) == len(parts) else UNKNOWN, taints=taints
        )
    const = folding.bounded(call.receiver.const.join(spelt(part) for part in parts))
    return Value(
        const, taints=merge((*taints, PIECED)) if is_hidden(const, [spelt(part) for part in parts]) else taints
    )


def _bytes(self: Calls, call: Call) -> Value | None:
    elements = call.args[0].elements if call.args else None
    if elements is None:
        return Value(taints=taints_of(call.args[0])) if call.args and call.args[0].const is UNKNOWN else None
    numbers = [part.const for part in elements]
    if all(isinstance(number, int) and 0 <= number < 256 for number in numbers):
        return Value(
            bytes(number for number in numbers if isinstance(number, int)),
            taints=merge((DECODED, PIECED, *taints_of(call.args[0]))),
        )
    return Value(taints=taints_of(call.args[0]))


def _sequence(self: Calls, call: Call) -> Value | None:
    """`list(x)`, `reversed(x)`, `sorted(x)`, `tuple(x)`, `enumerate(x)`, `range(n)`, `zip(...)`."""
    if call.ref == "range":
        numbers = [arg.const for arg in call.args]
        if numbers and all(isinstance(number, int) for number in numbers):
            span = (
                range(*[number for number in numbers if isinstance(number, int)][:3])
                if 0 not in numbers[2:]
                else range(0)
            )
            return Value(elements=tuple(Value(number) for number in span)) if len(span) <= 2000 else CLEAN
        return CLEAN
    if not call.args:
        return Value(ref=f"{call.ref}()", items=dict(call.kwargs) if call.ref == "dict" else None)
    elements = elements_of(call.args[0])
    if call.ref == "enumerate" and elements is not None:
        return Value(elements=tuple(Value(elements=(Value(index), item)) for index, item in enumerate(elements)))
    if call.ref == "zip":
        return _zipped(call)
    if call.ref == "reversed" and elements is not None:
        return Value(elements=elements[::-1], taints=merge((DECODED, *call.args[0].taints)))
    if call.ref == "dict" and call.args[0].items is not None:
        return Value(items={**call.args[0].items, **call.kwargs}, taints=call.args[0].taints)
    return Value(elements=elements if call.ref not in {"dict", "enumerate"} else None, taints=taints_of(call.args[0]))


def _zipped(call: Call) -> Value:
    several = [elements_of(arg) for arg in call.args]
    if all(part is not None for part in several):
        rows = zip(*[part for part in several if part is not None], strict=False)
        return Value(elements=tuple(Value(elements=tuple(row)) for row in rows))
    return Value(taints=merge(t for arg in call.args for t in taints_of(arg)))


def _names(self: Calls, call: Call) -> Value | None:
    if call.ref == "vars" and call.args:
        taints = call.args[0].taints
        whole = (
            (Taint("config", f"vars({call.args[0].ref})", ((call.line, "takes every field of the client"),)),)
            if call.args[0].ref.split(".")[0] in {"ccxt"}
            else ()
        )
        return Value(ref=f"{call.args[0].ref}.__dict__", taints=merge((*whole, *taints)))
    return Value(ref=f"{call.ref}()")


def _super(self: Calls, call: Call) -> Value | None:
    function = self.scope.function
    cls = function.cls if function is not None else None
    base = next(iter(cls.bases), "") if cls is not None else ""
    return Value(ref=f"{base}()" if base else "super()")


def _home(self: Calls, call: Call) -> Value | None:
    return Value("~", ref="pathlib.Path()")


def _walked(self: Calls, call: Call) -> Value | None:
    """Going through directories: whose files they are depends on where it starts."""
    start = (
        call.receiver
        if call.method in {"rglob", "glob", "iterdir"} and call.receiver.const is not UNKNOWN
        else call.arg(0, "top", "path", "pathname")
    )
    text = spelt(start).replace("\\", "/")
    low = text.lower()
    is_home = (
        low.startswith(("~", "/home", "/users", "c:/", "d:/"))
        or low in {"/", "\\"}
        or any(name in text for name in ("USERPROFILE", "os.environ[HOME", "APPDATA", "HOMEPATH"))
    )
    held = file_kind(text.replace(GAP, "")) or file_kind(
        f"{text.replace(GAP, '')}/{spelt(call.arg(0))}".replace(GAP, "")
    )
    taints = []
    if is_home:
        taints.append(
            Taint("home-files", text.replace(GAP, "") or "home", ((call.line, "goes through the user's files"),))
        )
    if held:
        taints += self.file_taints(Value(text), call.line)
    return Value(ref=f"{call.ref}()", taints=merge([*taints, *start.taints])) if taints else None


def _text_kept(self: Calls, call: Call) -> Value | None:
    """`str(x)`, `repr(x)`, `json.dumps(x)` keep what is in x."""
    return (
        Value(taints=self._carried(call), clean=bool(call.args and call.args[0].clean))
        if call.args and call.args[0].const is UNKNOWN
        else None
    )


def _compiled(self: Calls, call: Call) -> Value | None:
    return Value(ref="compile()", taints=taints_of(call.args[0]), const=call.args[0].const) if call.args else None


def _attrgetter(self: Calls, call: Call) -> Value | None:
    """`operator.attrgetter(name)(x)` and `methodcaller(name)(x)`."""
    name = call.args[0].text if call.args else None
    if name is not None:
        self.reached(call.args[0], name, call.line, "operator")
    return Value(
        ref=f"operator.{call.method}()",
        items={"partial": Value(ref="getattr"), "named": Value(name)} if name and call.method == "attrgetter" else None,
    )


Special = Callable[[Calls, Call], Value | None]

_SPECIAL: Final[dict[str, Special]] = {
    "getattr": _getattr,
    "object.__getattribute__": _getattr,
    "setattr": _setattr,
    "staticmethod": _same,
    "classmethod": _same,
    "atexit.register": _registered,
    "__import__": _imported,
    "importlib.import_module": _imported,
    "importlib.__import__": _imported,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "map": _map,
    "open": _opened, "io.open": _opened, "codecs.open": _opened, "aiofiles.open": _opened, "gzip.open": _opened,
    "sqlite3.connect": _opened,
    "os.getenv": _environment,
    "bytes": _bytes, "bytearray": _bytes,
    "list": _sequence, "tuple": _sequence, "set": _sequence, "reversed": _sequence, "sorted": _sequence, "dict": _sequence,
    "enumerate": _sequence, "range": _sequence, "zip": _sequence,
    "globals": _names, "locals": _names, "vars": _names,
    "super": _super,
    "pathlib.Path.home": _home,
    "os.walk": _walked, "glob.glob": _walked, "os.listdir": _walked, "os.scandir": _walked, "glob.iglob": _walked,
    "str": _text_kept, "repr": _text_kept, "json.dumps": _text_kept,
    "compile": _compiled,
    "operator.attrgetter": _attrgetter, "operator.methodcaller": _attrgetter,
}  # fmt: skip

_BY_METHOD: Final[dict[str, Special]] = {
    "get": _environment, "pop": _environment,
    "join": _joined,
    "__getattribute__": _by_dunder,
    "read_text": _read_path, "read_bytes": _read_path,
    "rglob": _walked, "glob": _walked, "iterdir": _walked,
    "Thread": _threaded, "Timer": _threaded, "Process": _threaded, "submit": _threaded, "run_in_executor": _threaded, "to_thread": _threaded,
}  # fmt: skip

_ = is_own_wallet
