"""Calls whose result is known: names reached by text, files that are opened, sequences, what calls something else.

Each gives what the call gives, or None where it is a call like any other.
"""

import ast
from typing import Final

from ringfence.audit.code import objects, sequences
from ringfence.audit.code.called import Call, completed, later
from ringfence.audit.code.capability import Power
from ringfence.audit.code.checks import stores
from ringfence.audit.code.known import is_ours
from ringfence.audit.code.lookups import holder_of, is_exchange
from ringfence.audit.code.names import SECRET, file_kind, plain
from ringfence.audit.code.sequences import Special
from ringfence.audit.code.state import tagged
from ringfence.audit.code.statements import Statements
from ringfence.audit.code.values import (
    GAP,
    NOTHING,
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
    if call.args[1].has("credential-names"):
        return tagged(Value(taints=call.args[0].taints), SECRET, "every credential of the client", call.line)
    if name is None or GAP in name:
        owner = call.args[0].ref
        if call.args[1].has("listed-names") and is_exchange(owner):
            self.notes.add("hidden-call", call.line, "a method of the client, chosen from all that it has", owner)
        if owner in {"os", "subprocess", "builtins", "__builtins__", "sys"} and call.args[1].has("decoded"):
            self.notes.add("hidden-call", call.line, f"{owner}.?", owner)
        held = call.args[1].ref
        if is_ours(held):  # a name that another file keeps
            self.notes.passed(Taint("call", "a call by name"), "named-call", call.line, call.args[1].texts)
        return Value(ref=f"{owner}.?" if owner else "", taints=taints_of(call.args[0]), items={"named": call.args[1]})
    found = NOTHING
    for text in (each for each in call.args[1].texts if GAP not in each):
        self.reached(call.args[1], text, call.line, call.args[0].ref)
        found = either(found, self.attribute(call.args[0], plain(text), call.line))
    return either(found, call.args[2]) if len(call.args) > 2 else found  # noqa: PLR2004


def _same(_self: Statements, call: Call) -> Value | None:
    return call.args[0] if call.args else None


def _registered(self: Statements, call: Call) -> Value | None:
    """`atexit.register(f, x)` calls f(x) in the end, `weakref.finalize(o, f, x)` when an object goes."""
    at = 1 if call.method in {"finalize", "call_later", "call_at", "enter", "enterabs"} else 0
    if len(call.args) > at and call.args[at].ref:
        target = call.args[at]
        made = later(call, target, call.args[at + 1 :], call.kwargs)
        self.result(completed(made, target) if target.items is not None and "partial" in target.items else made)
    return None


def _typed(self: Statements, call: Call) -> Value | None:
    """`type(name, bases, table)` makes a class."""
    bases, table = call.arg(1).elements, call.arg(2).items
    if bases is None or table is None or len(call.args) < 3:  # noqa: PLR2004
        return None
    stores.class_made(self, tuple(base.ref for base in bases), table, call.line)
    return None


def _by_dunder(self: Statements, call: Call) -> Value | None:
    name = call.args[0].text if call.args else None
    if name is None:
        return None
    self.reached(call.args[0], name, call.line, call.receiver.ref)
    return self.attribute(call.receiver, plain(name), call.line)


def _setattr(self: Statements, call: Call) -> Value | None:
    name = call.args[1].text if len(call.args) > 2 else None  # noqa: PLR2004
    if name is not None and GAP not in name and call.node.args:
        self.keep_attribute(call.node.args[0], plain(name), call.args[2], call.line)
    return None


def _imported(self: Statements, call: Call) -> Value | None:
    name = call.arg(0, "name").text
    if name is None or GAP in name:
        return None
    whole = name
    if call.ref.endswith("__import__") and not call.arg(3, "fromlist").elements:
        name = name.partition(".")[0]  # `__import__("a.b")` gives a
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
    if whole != name:
        self._imported(whole, call.line)
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


def _threaded(self: Statements, call: Call) -> Value | None:
    """`Thread(target=f, args=(x,))` and its like call f(x)."""
    target = call.arg(1 if call.method == "Timer" else 99, "target", "function", "fn", "func")
    if call.method in {"submit", "run_in_executor", "to_thread", "call_soon", "call_later"}:
        target = next((arg for arg in call.args if arg.ref), NOTHING)
        given = call.args[call.args.index(target) + 1 :] if target in call.args else []
    else:
        given = list(call.arg(2 if call.method == "Timer" else 99, "args").elements or ())
    if target.ref:
        self.result(later(call, target, given))
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
    named = (Taint(f"{t.kind}!file", t.label) for t in path.taints if t.kind.startswith("@") and "!" not in t.kind)
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
    if call.method in {"read_text", "read_bytes"}:
        return True
    return call.method == "open" and (
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


def _dumped(self: Statements, call: Call) -> Value | None:
    """`asdict(x)`, `pickle.dumps(x)`, `x.model_dump()`: every field of an object."""
    held = call.args[0] if call.args else call.receiver
    if self.class_of(held.ref) is None and call.method not in {"asdict", "astuple"}:
        return None
    return Value(ref=f"{call.ref}()", taints=objects.dumped(self, held, call.line))


def _listed(_self: Statements, call: Call) -> Value | None:
    """`dir(x)` names everything that an object has."""
    return Value(ref="dir()", taints=(Taint("listed-names", "dir()"),)) if call.args else None


def _names(self: Statements, call: Call) -> Value | None:
    if call.ref == "vars" and call.args:
        taints = call.args[0].taints
        whole = (
            (Taint("config", f"vars({call.args[0].ref})", ((call.line, "takes every field of the client"),)),)
            if call.args[0].ref.split(".")[0] == "ccxt"
            else ()
        )
        fields = objects.dumped(self, call.args[0], call.line)
        return Value(ref=f"{call.args[0].ref}.__dict__", taints=merge((*whole, *fields, *taints)))
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
    inner = spelt(call.arg(0)).replace("*", "") if call.method in {"glob", "rglob", "iglob"} else ""
    within = f"{text}/{inner}".replace(GAP, "").rstrip("/")
    held = file_kind(text.replace(GAP, "")) or file_kind(within)
    taints = []
    if is_home:
        taints.append(
            Taint("home-files", text.replace(GAP, "") or "home", ((call.line, "goes through the user's files"),))
        )
    if held:
        taints += self.file_taints(Value(within), call.line)
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
    if name is not None and call.method == "methodcaller":
        self.result(Call(f"?.{name}", name, NOTHING, call.args[1:], call.kwargs, call.node, call.line))
    return Value(
        ref=f"operator.{call.method}()",
        items={"partial": Value(ref="getattr"), "named": Value(name)} if name and call.method == "attrgetter" else None,
    )


def _field(self: Statements, call: Call) -> Value | None:
    """`field(default_factory=f)` is what f gives."""
    factory = call.arg(-1, "default_factory", "factory")
    return self.result(later(call, factory, [])) if factory.ref else None


SPECIAL: Final[dict[str, Special]] = {
    **sequences.SPECIAL,
    "getattr": _getattr,
    "object.__getattribute__": _getattr,
    "setattr": _setattr,
    "staticmethod": _same,
    "classmethod": _same,
    "atexit.register": _registered, "weakref.finalize": _registered,
    "dataclasses.field": _field, "pydantic.Field": _field, "attrs.field": _field, "attr.ib": _field,
    "type": _typed, "types.new_class": _typed,
    "__import__": _imported,
    "importlib.import_module": _imported,
    "importlib.__import__": _imported,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "open": _opened, "io.open": _opened, "codecs.open": _opened, "aiofiles.open": _opened, "gzip.open": _opened,
    "sqlite3.connect": _opened,
    "os.getenv": _environment,
    "globals": _names, "locals": _names, "vars": _names,
    "super": _super, "dir": _listed,
    "pathlib.Path.home": _home,
    "os.walk": _walked, "glob.glob": _walked, "os.listdir": _walked, "os.scandir": _walked, "glob.iglob": _walked,
    "str": _text_kept, "repr": _text_kept, "json.dumps": _text_kept,
    "compile": _compiled,
    "dataclasses.asdict": _dumped, "dataclasses.astuple": _dumped, "attr.asdict": _dumped, "attrs.asdict": _dumped,
    "pickle.dumps": _dumped, "copy.copy": _dumped, "copy.deepcopy": _dumped, "msgspec.asdict": _dumped,
    "operator.attrgetter": _attrgetter, "operator.methodcaller": _attrgetter,
}  # fmt: skip

BY_METHOD: Final[dict[str, Special]] = {
    "get": _environment, "pop": _environment,
    **sequences.BY_METHOD,
    "model_dump": _dumped, "model_dump_json": _dumped, "_asdict": _dumped,
    "__getattribute__": _by_dunder,
    "open": _read_path, "read_text": _read_path, "read_bytes": _read_path,
    "rglob": _walked, "glob": _walked, "iterdir": _walked,
    "Thread": _threaded, "Timer": _threaded, "Process": _threaded, "submit": _threaded,
    "run_in_executor": _threaded, "to_thread": _threaded, "call_soon": _threaded,
    "call_later": _registered, "call_at": _registered,
}  # fmt: skip
