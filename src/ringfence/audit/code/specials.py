"""Calls whose result is known: names reached by text, files that are opened, sequences, what calls something else.

Each gives what the call gives, or None where it is a call like any other.
"""

import ast
from collections.abc import Callable
from typing import Final

from ringfence.audit.code import folding
from ringfence.audit.code.called import Call
from ringfence.audit.code.capability import Power
from ringfence.audit.code.checks import stores
from ringfence.audit.code.expressions import element_of, elements_of, is_hidden
from ringfence.audit.code.known import is_ours
from ringfence.audit.code.lookups import DECODED, PIECED, canonical, holder_of
from ringfence.audit.code.names import file_kind
from ringfence.audit.code.statements import Statements
from ringfence.audit.code.values import (
    CLEAN,
    GAP,
    NOTHING,
    ROUNDS,
    UNKNOWN,
    Taint,
    Value,
    either,
    merge,
    spelt,
    taints_of,
)


def _getattr(self: Statements, call: Call) -> Value | None:
    if len(call.args) < 2:  # noqa: PLR2004
        return None
    name = call.args[1].text
    if name is None or GAP in name:
        owner = call.args[0].ref
        if owner in {"os", "subprocess", "builtins", "__builtins__", "sys"} and call.args[1].has("decoded"):
            self.notes.add("hidden-call", call.line, f"{owner}.?", owner)
        held = call.args[1].ref
        if is_ours(held):  # a name that another file keeps
            self.notes.passed(Taint("call", "a call by name"), "named-call", call.line, call.args[1].texts)
        return Value(ref=f"{owner}.?" if owner else "", taints=taints_of(call.args[0]), items={"named": call.args[1]})
    self.reached(call.args[1], name, call.line, call.args[0].ref)
    found = self.attribute(call.args[0], name, call.line)
    return either(found, call.args[2]) if len(call.args) > 2 else found  # noqa: PLR2004


def _same(_self: Statements, call: Call) -> Value | None:
    return call.args[0] if call.args else None


def _registered(self: Statements, call: Call) -> Value | None:
    """`atexit.register(f, x)` calls f(x) in the end."""
    if call.args and call.args[0].ref:
        ref = canonical(call.args[0].ref)
        self.result(Call(ref, ref.rsplit(".", 1)[-1], NOTHING, call.args[1:], call.kwargs, call.node, call.line))
    return None


def _by_dunder(self: Statements, call: Call) -> Value | None:
    name = call.args[0].text if call.args else None
    if name is None:
        return None
    self.reached(call.args[0], name, call.line, call.receiver.ref)
    return self.attribute(call.receiver, name, call.line)


def _setattr(self: Statements, call: Call) -> Value | None:
    name = call.args[1].text if len(call.args) > 2 else None  # noqa: PLR2004
    if name is not None and GAP not in name:
        stores.attribute_stored(self, call.args[0], name, call.args[2], call.line)
    return None


def _imported(self: Statements, call: Call) -> Value | None:
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


def _partial(self: Statements, call: Call) -> Value | None:
    if not call.args:
        return None
    return Value(
        ref="functools.partial()",
        items={**call.kwargs, "partial": call.args[0]},
        elements=tuple(call.args[1:]),
        taints=self.carried(call),
    )


def _map(self: Statements, call: Call) -> Value | None:
    if len(call.args) < 2:  # noqa: PLR2004
        return None
    elements = elements_of(call.args[1])
    several = elements if elements is not None and len(elements) <= 5000 else (element_of(call.args[1]),)  # noqa: PLR2004
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


def _threaded(self: Statements, call: Call) -> Value | None:
    """`Thread(target=f, args=(x,))` and its like call f(x)."""
    target = call.arg(1 if call.method == "Timer" else 99, "target", "function", "fn", "func")
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


def _opened(self: Statements, call: Call) -> Value | None:
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
    named = (Taint(f"{t.kind}!file", t.label) for t in path.taints if t.kind.startswith("@") and "#" in t.kind)
    return Value(
        ref="open()",
        items={"path": path},
        taints=merge(
            (
                *named,
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


def _read_path(self: Statements, call: Call) -> Value | None:
    return _opened(self, call) if _is_path(call) else None


def _environment(self: Statements, call: Call) -> Value | None:
    """`os.getenv(name)`, `os.environ.get(name)`, and a dictionary's own `get`."""
    is_env = call.ref == "os.getenv" or call.receiver.ref == "os.environ"
    if call.method not in {"get", "pop", "getenv", "setdefault"} or not call.args or (call.of_network and not is_env):
        return None
    if is_env:
        base: Value = Value(ref="os.environ")
        holder = ""
    elif (
        call.args[0].text is None
        or "://" in spelt(call.args[0])
        or spelt(call.args[0]).startswith("/")
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


def _joined(_self: Statements, call: Call) -> Value | None:
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


def _bytes(_self: Statements, call: Call) -> Value | None:
    elements = call.args[0].elements if call.args else None
    if elements is None:
        return Value(taints=taints_of(call.args[0])) if call.args and call.args[0].const is UNKNOWN else None
    numbers = [part.const for part in elements]
    if all(isinstance(number, int) and 0 <= number < 256 for number in numbers):  # noqa: PLR2004
        return Value(
            bytes(number for number in numbers if isinstance(number, int)),
            taints=merge((DECODED, PIECED, *taints_of(call.args[0]))),
        )
    return Value(taints=taints_of(call.args[0]))


def _sequence(_self: Statements, call: Call) -> Value | None:
    """`list(x)`, `reversed(x)`, `sorted(x)`, `tuple(x)`, `enumerate(x)`, `range(n)`, `zip(...)`."""
    if call.ref == "range":
        numbers = [arg.const for arg in call.args]
        if numbers and all(isinstance(number, int) for number in numbers):
            span = (
                range(*[number for number in numbers if isinstance(number, int)][:3])
                if 0 not in numbers[2:]
                else range(0)
            )
            return Value(elements=tuple(Value(number) for number in span)) if len(span) <= ROUNDS else CLEAN
        return CLEAN
    if not call.args:
        return Value(ref=f"{call.ref}()", items=dict(call.kwargs) if call.ref == "dict" else None)
    elements = elements_of(call.args[0])
    if call.ref == "enumerate" and elements is not None:
        return Value(elements=tuple(Value(elements=(Value(index), item)) for index, item in enumerate(elements)))
    if call.ref == "zip":
        return _zipped(call)
    if call.ref == "reversed" and elements is not None:
        spelt_out = bool(elements) and all(part.const is not UNKNOWN for part in elements)
        turned = (DECODED,) if spelt_out else ()  # a list of things, the last first, hides nothing
        return Value(elements=elements[::-1], taints=merge((*turned, *call.args[0].taints)))
    if call.ref == "dict" and call.args[0].items is not None:
        return Value(items={**call.args[0].items, **call.kwargs}, taints=call.args[0].taints)
    return Value(elements=elements if call.ref not in {"dict", "enumerate"} else None, taints=taints_of(call.args[0]))


def _zipped(call: Call) -> Value:
    several = [elements_of(arg) for arg in call.args]
    if all(part is not None for part in several):
        rows = zip(*[part for part in several if part is not None], strict=False)
        return Value(elements=tuple(Value(elements=tuple(row)) for row in rows))
    return Value(taints=merge(t for arg in call.args for t in taints_of(arg)))


def _names(_self: Statements, call: Call) -> Value | None:
    if call.ref == "vars" and call.args:
        taints = call.args[0].taints
        whole = (
            (Taint("config", f"vars({call.args[0].ref})", ((call.line, "takes every field of the client"),)),)
            if call.args[0].ref.split(".")[0] == "ccxt"
            else ()
        )
        return Value(ref=f"{call.args[0].ref}.__dict__", taints=merge((*whole, *taints)))
    return Value(ref=f"{call.ref}()")


def _super(self: Statements, _call: Call) -> Value | None:
    function = self.scope.function
    cls = function.cls if function is not None else None
    base = next(iter(cls.bases), "") if cls is not None else ""
    return Value(ref=f"{base}()" if base else "super()")


def _home(_self: Statements, _call: Call) -> Value | None:
    return Value("~", ref="pathlib.Path()")


def _walked(self: Statements, call: Call) -> Value | None:
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


def _text_kept(self: Statements, call: Call) -> Value | None:
    """`str(x)`, `repr(x)`, `json.dumps(x)` keep what is in x."""
    return (
        Value(taints=self.carried(call), clean=bool(call.args and call.args[0].clean))
        if call.args and call.args[0].const is UNKNOWN
        else None
    )


def _compiled(_self: Statements, call: Call) -> Value | None:
    return Value(ref="compile()", taints=taints_of(call.args[0]), const=call.args[0].const) if call.args else None


def _attrgetter(self: Statements, call: Call) -> Value | None:
    """`operator.attrgetter(name)(x)` and `methodcaller(name)(x)`."""
    name = call.args[0].text if call.args else None
    if name is not None:
        self.reached(call.args[0], name, call.line, "operator")
    return Value(
        ref=f"operator.{call.method}()",
        items={"partial": Value(ref="getattr"), "named": Value(name)} if name and call.method == "attrgetter" else None,
    )


Special = Callable[[Statements, Call], Value | None]

SPECIAL: Final[dict[str, Special]] = {
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
    "list": _sequence, "tuple": _sequence, "set": _sequence, "reversed": _sequence,
    "sorted": _sequence, "dict": _sequence,
    "enumerate": _sequence, "range": _sequence, "zip": _sequence,
    "globals": _names, "locals": _names, "vars": _names,
    "super": _super,
    "pathlib.Path.home": _home,
    "os.walk": _walked, "glob.glob": _walked, "os.listdir": _walked, "os.scandir": _walked, "glob.iglob": _walked,
    "str": _text_kept, "repr": _text_kept, "json.dumps": _text_kept,
    "compile": _compiled,
    "operator.attrgetter": _attrgetter, "operator.methodcaller": _attrgetter,
}  # fmt: skip

BY_METHOD: Final[dict[str, Special]] = {
    "get": _environment, "pop": _environment,
    "join": _joined,
    "__getattribute__": _by_dunder,
    "read_text": _read_path, "read_bytes": _read_path,
    "rglob": _walked, "glob": _walked, "iterdir": _walked,
    "Thread": _threaded, "Timer": _threaded, "Process": _threaded, "submit": _threaded,
    "run_in_executor": _threaded, "to_thread": _threaded,
}  # fmt: skip
