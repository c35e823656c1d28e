"""Reading names, attributes, entries and constants: what they stand for, and what their names say of their content."""

import ast
import re
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from ringfence.audit.code import objects
from ringfence.audit.code.capability import Power
from ringfence.audit.code.hosts import host_of, imitated, urls
from ringfence.audit.code.known import DANGEROUS, EXCHANGES, SOURCES, canonical, root_of
from ringfence.audit.code.names import CONFIG, EXCHANGE_KEY, KEY, entry_kind, is_config, kind_of
from ringfence.audit.code.state import State, named_by, part_of, tagged
from ringfence.audit.code.values import (
    FEW,
    GAP,
    LONG,
    NOTHING,
    Taint,
    Value,
    either,
    merge,
    spelt,
    taints_of,
)
from ringfence.audit.code.wordlists import WORDS

MANY: Final = (
    5000  # elements of a list whose constants are put together: longer payloads are read by their decoding call
)
SHORT: Final = 6  # characters of a secret that may be shown: four by the house's own rule, and two of a prefix
PIECED: Final = Taint("pieced", "put together from pieces")
HIDEABLE: Final = DANGEROUS | {"os", "builtins", "requests", "socket", "base64", "pty"}
DECODED: Final = Taint("decoded", "decoded text")
_ENDINGS: Final = WORDS["endings"]


class Lookups(State):
    """The part of the reader that looks names up."""

    readers: ClassVar[Mapping[type[ast.expr], Callable[..., Value]]] = {}

    def eval(self, node: ast.expr) -> Value:
        """Read an expression."""
        self.steps -= 1
        if self.steps < 0:
            self.spend()
        reader = self.readers.get(type(node))
        return reader(self, node) if reader else NOTHING

    def text_seen(self, text: str, line: int) -> None:
        """Look at the hosts that a text names."""
        if len(text) > LONG or "." not in text:
            return
        if "://" not in text:
            bare = host_of(text) if " " not in text[:80] else ""
            if bare and bare.rsplit(".", 1)[-1] in _ENDINGS and imitated(bare):
                self.notes.add("look-alike-host", line, f"{bare} imitates {imitated(bare)}", bare)
            return
        for _, host in urls(text):
            self.notes.able(Power.HOST, host, line)
            exchange = imitated(host)
            if exchange:
                self.notes.add("look-alike-host", line, f"{host} imitates {exchange}", host)

    def constant(self, node: ast.Constant) -> Value:
        """Read a constant."""
        value = node.value
        if isinstance(value, str):
            if "." in value:
                self.text_seen(value, node.lineno)
            return Value(value.replace(GAP, "\ufffd") if GAP in value else value)
        return Value(value) if isinstance(value, (bytes, int, float, bool)) or value is None else NOTHING

    def name(self, node: ast.Name) -> Value:
        """Read a name."""
        name = node.id
        value = self.lookup(name)
        if kind_of(name):
            return named_by(value, name, name, node.lineno)
        if is_config(name) and value.ref.startswith(":") and "#" in value.ref:
            return tagged(value, CONFIG, name, node.lineno)
        kind = SOURCES.get(value.ref)
        return tagged(value, kind, value.ref, node.lineno) if kind and value.ref != "input" else value

    def attribute_of(self, node: ast.Attribute) -> Value:
        """Read an attribute."""
        return self.attribute(self.eval(node.value), node.attr, node.lineno)

    def attribute(self, base: Value, name: str, line: int) -> Value:
        """Give an attribute of a value."""
        value = self._plain_attribute(base, name)
        label = f"{base.ref.rsplit('.', 1)[-1].strip(':()') or '?'}.{name}" if base.ref else name
        if kind_of(name) and not base.ref.endswith(("url", "uri")):  # a URL's secret part is no exchange's
            named = named_by(value, name, label, line)
            return tagged(named, EXCHANGE_KEY, label, line) if named.has(KEY) and is_exchange(base.ref) else named
        if name in _ACCOUNT_KEYS and "account." in base.ref.lower():
            return tagged(value, "secret", label, line)
        if name == "requiredCredentials":
            return Value(ref=value.ref, taints=(Taint("credential-names", label),))
        if name == "__dict__":
            known = tagged(value, CONFIG, label, line) if _CLIENT_NAMES.search(base.ref) else value
            return Value(ref=value.ref, taints=merge((*known.taints, *objects.dumped(self, base, line))))
        if name == "f_locals":
            return Value(ref=value.ref, taints=(Taint("frames", "the variables of every function", ((line, label),)),))
        if is_config(name) and base.ref.startswith(":"):
            return tagged(value, CONFIG, label, line)
        kind = SOURCES.get(value.ref) or ("message" if name in _SAID and _is_said_by(base.ref) else "")
        return (
            tagged(value, kind, value.ref.rpartition("#")[2], line) if kind and not kind.startswith("typed") else value
        )

    def _plain_attribute(self, base: Value, name: str) -> Value:
        cls = self.class_of(base.ref)
        if cls is not None:
            return self._member(base.ref, name)
        if base.ref.startswith(":") and base.ref[1:] in self.classes:
            return self.classes[base.ref[1:]].names.get(name, Value(ref=f"{base.ref}.{name}"))
        ref = f"{base.ref}.{name}" if base.ref else f"?.{name}"
        found = self.fields.get(ref)
        if found is not None:
            return found
        if base.items is not None and name in base.items and base.ref:
            return base.items[name]
        ref = canonical(ref)
        itself = base.taints[:1] if base.ref and base.ref[0] != ":" and base.has(f"@{base.ref}") else ()
        inner = part_of(base.taints[len(itself) :])
        if itself:
            inner = (Taint(f"@{ref}", name), *inner)
        return Value(ref=ref, taints=inner)

    def _member(self, owner: str, name: str) -> Value:
        seen: set[str] = set()
        todo = [owner[1:-2]]
        while todo:
            cls = self.classes.get(todo.pop(0))
            if cls is None or cls.qual in seen or len(seen) > FEW * FEW:
                continue
            seen.add(cls.qual)
            if name in cls.fields:
                field = cls.fields[name]
                symbol = Taint(f"@:{cls.qual}().{name}", name)
                return Value(
                    field.const,
                    field.ref or symbol.kind[1:],
                    merge((*field.taints, symbol)),
                    field.items,
                    field.elements,
                    field.others,
                    field.clean,
                )
            if name in cls.names:
                found = cls.names[name]
                function = self.functions.get(found.ref[1:]) if found.ref.startswith(":") else None
                if function is not None and function.is_field:
                    return Value(ref=f"{found.ref}()", taints=(Taint(f"@{found.ref}()", name),))
                return found
            todo += [base[1:] for base in cls.bases if base.startswith(":")]
        symbol = Taint(f"@{owner}.{name}", name)
        return Value(ref=symbol.kind[1:], taints=(symbol,))

    def subscript(self, node: ast.Subscript) -> Value:
        """Read a subscript."""
        base = self.eval(node.value)
        if isinstance(node.slice, ast.Slice):
            return self._sliced(base, node.slice)
        return self.entry(base, self.eval(node.slice), holder_of(node.value), node.lineno)

    def entry(self, base: Value, key: Value, holder: str, line: int) -> Value:
        """Give what stands under a key or number."""
        text = key.text
        if base.ref == "os.environ" and text is None:
            symbols = [taint for taint in key.taints if taint.kind.startswith("@") and "#" in taint.kind]
            return Value(
                ref="os.environ[]",
                taints=tuple(Taint(f"{taint.kind}!env", "a variable of the environment") for taint in symbols),
            )
        if text is None or GAP in text:
            number = key.const if isinstance(key.const, int) else None
            if number is not None and base.elements is not None and -len(base.elements) <= number < len(base.elements):
                return base.elements[number]
            if (
                number is not None
                and isinstance(base.const, (str, bytes))
                and -len(base.const) <= number < len(base.const)
            ):
                return Value(base.const[number : number + 1 or None])
            if base.items is not None and len(base.items) < 50:  # noqa: PLR2004
                return _any_of(base)
            return Value(taints=taints_of(base), clean=base.clean)
        if base.items is not None and text in base.items:
            return self._named_entry(base.items[text], holder, text, line)
        return self._named_entry(self._entry_of(base, key, text, line), holder, text, line)

    def _entry_of(self, base: Value, key: Value, text: str, line: int) -> Value:
        if base.ref in {
            "sys.modules",
            "builtins.__dict__",
            "__builtins__",
            "vars()",
            "globals()",
            "locals()",
        } or base.ref.endswith(".__dict__"):
            return self.hidden_name(base, key, text, line)
        if base.ref == "os.environ":
            self.notes.able(Power.ENVIRONMENT, text, line)
            return Value(ref=f"os.environ[{text}]", taints=(Taint(f"@env:{text}", text),))
        kept = part_of(base.taints)
        found = self.fields.get(f"{base.ref}[{text}]") if base.ref else None
        return (
            found
            if found is not None
            else Value(ref=f"{base.ref}[{text}]" if base.ref else "", taints=kept, clean=base.clean)
        )

    def hidden_name(self, base: Value, key: Value, text: str, line: int) -> Value:
        """Reach something by its name in a table of names."""
        if base.ref == "sys.modules":
            found = Value(ref=text)
        elif base.ref in {"globals()", "locals()", "vars()"}:
            found = self.lookup(text)
        else:
            found = self.attribute(Value(ref=base.ref.removesuffix(".__dict__")), text, line)
        self.reached(key, text, line, base.ref)
        if "builtins" in base.ref and text in DANGEROUS and not key.has("pieced", "decoded"):
            self.notes.add("hidden-call", line, f"{base.ref}[{text}]", text)
        return found

    def reached(self, key: Value, text: str, line: int, owner: str = "") -> None:
        """Say so where a name that nobody hides was put together from pieces."""
        if not key.has("pieced", "decoded"):
            return
        if "withdraw" in text.lower():
            self.notes.add("hidden-withdrawal", line, text, text)
        elif text in DANGEROUS:
            self.notes.add("hidden-call", line, f"{owner.strip(':()')}.{text}".lstrip("."), text)

    def _named_entry(self, value: Value, holder: str, key: str, line: int) -> Value:
        kind = entry_kind(holder, key)
        named = f"{holder}[{key}]" if holder and not value.ref.startswith("os.environ[") else key
        return tagged(value, kind, named, line) if kind else value

    def _sliced(self, base: Value, piece: ast.Slice) -> Value:
        bounds = [self.eval(part) if part is not None else None for part in (piece.lower, piece.upper, piece.step)]
        numbers = [bound.const if bound is not None and isinstance(bound.const, int) else None for bound in bounds]
        known = all(bound is None or isinstance(bound.const, int) for bound in bounds)
        lower, upper, step = numbers
        if known and step != 0 and isinstance(base.const, (str, bytes)) and GAP not in spelt(base):
            turned = (DECODED, PIECED) if step is not None and step not in {0, 1} else ()
            return Value(base.const[lower:upper:step], taints=merge((*base.taints, *turned)))
        if known and step != 0 and base.elements is not None:
            return Value(elements=base.elements[lower:upper:step], taints=base.taints)
        if _is_short(lower, upper):
            return Value(clean=True)
        return Value(taints=taints_of(base), clean=base.clean, ref=base.ref)


_ACCOUNT_KEYS: Final = frozenset({"key", "privateKey", "private_key", "_private_key", "_key_obj"})
_CLIENT_NAMES: Final = re.compile(r"(?:^ccxt\.|exchange|[#.:]ex|client)\w*(?:\(\))?$")
_EXCHANGE_NAMES: Final = re.compile(r"(?:^|[.:#_])(?:ex|exchange|ccxt)(?:\(\))?$")


def is_exchange(ref: str) -> bool:
    """Say whether a dotted name is an exchange's client, by its library or by what it is called."""
    named = ref[:1] in ":?" and _EXCHANGE_NAMES.search(ref) is not None  # not a package of that name
    return root_of(ref) in EXCHANGES or named


_SAID: Final = frozenset(
    {
        "text",
        "content",
        "args",
        "caption",
        "raw_text",
        "clean_content",
        "json",
        "form",
        "query_params",
        "values",
        "data",
        "body",
        "rfile",
        "path_params",
        "match_info",
    }
)
_SPEAKERS: Final = frozenset(
    {
        "update",
        "message",
        "msg",
        "event",
        "ctx",
        "context",
        "interaction",
        "callback_query",
        "effective_message",
        "request",
        "m",
    }
)


def _is_said_by(ref: str) -> bool:
    last = ref.rpartition("#")[2].rpartition(".")[2]
    return last in _SPEAKERS and ("#" in ref or ref in {"flask.request", "quart.request", "bottle.request"})


def holder_of(node: ast.expr) -> str:
    """Name what is subscripted: the last name in it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    if (
        isinstance(node, ast.Call)
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ):
        return node.args[0].value
    return ""


def _any_of(base: Value) -> Value:
    found = Value(taints=base.taints)
    for item in list((base.items or {}).values())[:8]:
        found = either(item, found)
    return found


def _is_short(lower: int | None, upper: int | None) -> bool:
    if upper is not None and 0 <= upper <= SHORT and (lower is None or lower >= 0):
        return True
    return lower is not None and -SHORT <= lower < 0 and upper is None
