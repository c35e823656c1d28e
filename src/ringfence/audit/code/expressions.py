"""Reading expressions: what they may be, and what is in them. Nothing is run."""

import ast
import re
from collections.abc import Callable
from typing import Final, cast

from ringfence.audit.code import folding
from ringfence.audit.code.capability import Power
from ringfence.audit.code.hosts import host_of, imitated, urls
from ringfence.audit.code.known import DANGEROUS, SOURCES
from ringfence.audit.code.names import CONFIG, entry_kind, is_config, kind_of
from ringfence.audit.code.state import WHOLES, State, named_by, tagged, without
from ringfence.audit.code.values import (
    CLEAN,
    GAP,
    HOLE,
    LONG,
    NOTHING,
    UNKNOWN,
    Taint,
    Value,
    either,
    merge,
    spelt,
    taints_of,
)

MANY: Final = (
    5000  # elements of a list whose constants are put together: longer payloads are read by their decoding call
)
SHORT: Final = 6  # characters of a secret that may be shown: four by the house's own rule, and two of a prefix
PIECED: Final = Taint("pieced", "put together from pieces")
HIDEABLE: Final = DANGEROUS | {"os", "builtins", "requests", "socket", "base64", "pty"}
DECODED: Final = Taint("decoded", "decoded text")
_ENDINGS: Final = frozenset(
    "com org net io xyz top info cc co me dev app site online pro live invalid example finance exchange trade ltd club vip us eu uk ru cn hk ai".split()
)


class Expressions(State):
    """The part of the reader that reads expressions."""

    def eval(self, node: ast.expr) -> Value:
        """Read an expression."""
        self.steps -= 1
        if self.steps < 0:
            self.spend()
        reader = _READERS.get(type(node))
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

    def _constant(self, node: ast.Constant) -> Value:
        value = node.value
        if isinstance(value, str):
            if "." in value:
                self.text_seen(value, node.lineno)
            return Value(value.replace(GAP, "\ufffd") if GAP in value else value)
        return Value(value) if isinstance(value, (bytes, int, float, bool)) or value is None else NOTHING

    def _name(self, node: ast.Name) -> Value:
        name = node.id
        value = self.lookup(name)
        if kind_of(name):
            return named_by(value, name, name, node.lineno)
        if is_config(name) and value.ref.startswith(":") and "#" in value.ref:
            return tagged(value, CONFIG, name, node.lineno)
        kind = SOURCES.get(value.ref)
        return tagged(value, kind, value.ref, node.lineno) if kind and value.ref != "input" else value

    def _attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.eval(node.value), node.attr, node.lineno)

    def attribute(self, base: Value, name: str, line: int) -> Value:
        """Give an attribute of a value."""
        value = self._plain_attribute(base, name)
        label = f"{base.ref.rsplit('.', 1)[-1].strip(':()') or '?'}.{name}" if base.ref else name
        if kind_of(name):
            return named_by(value, name, label, line)
        if name in _ACCOUNT_KEYS and "account." in base.ref.lower():
            return tagged(value, "secret", label, line)
        if name == "__dict__" and _CLIENT_NAMES.search(base.ref):
            return tagged(value, CONFIG, label, line)
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
        inner = without(base, WHOLES).taints if base.taints else ()
        if inner and base.ref and inner[0].kind == f"@{base.ref}":
            inner = (Taint(f"@{ref}", name), *inner[1:]) if not base.ref.startswith(":") else inner
        return Value(ref=ref, taints=inner)

    def _member(self, owner: str, name: str) -> Value:
        seen: set[str] = set()
        todo = [owner[1:-2]]
        while todo:
            cls = self.classes.get(todo.pop(0))
            if cls is None or cls.qual in seen:
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

    def _subscript(self, node: ast.Subscript) -> Value:
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
            if base.items is not None and len(base.items) < 50:
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
            return Value(ref=f"os.environ[{text}]")
        kept = without(base, WHOLES)
        found = self.fields.get(f"{base.ref}[{text}]") if base.ref else None
        return (
            found
            if found is not None
            else Value(ref=f"{base.ref}[{text}]" if base.ref else "", taints=kept.taints, clean=base.clean)
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
        return tagged(value, kind, f"{holder}[{key}]" if holder else key, line) if kind else value

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

    def _joined(self, node: ast.JoinedStr) -> Value:
        pieces, taints, clean = [], [], False
        for part in node.values:
            if isinstance(part, ast.Constant):
                pieces.append(str(part.value).replace(GAP, "\ufffd"))
                continue
            value = self.eval(cast(ast.FormattedValue, part).value)
            spec = cast(ast.FormattedValue, part).format_spec
            clean = _cuts(spec)
            pieces.append(spelt(value))
            taints += [] if clean else taints_of(value)
        text = "".join(pieces)
        if is_hidden(text, pieces):
            taints.append(PIECED)
        if "://" in text:
            self.text_seen(text, node.lineno)
        return Value(text if len(text) <= LONG else UNKNOWN, taints=merge(taints) if taints else ())

    def _binary(self, node: ast.BinOp) -> Value:
        # a long sum leans to the left: it is read without a call for each of its thousands of pieces
        chain: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            chain.append(left)
            left = left.left
        value = self.eval(left)
        for part in reversed(chain):
            value = self.operate(part.op, value, self.eval(part.right))
        if isinstance(value.const, str) and "://" in value.const:
            self.text_seen(value.const, node.lineno)
        return value

    def operate(self, op: ast.operator, left: Value, right: Value) -> Value:
        """Read one operation."""
        taints = (
            merge((*taints_of(left), *taints_of(right)))
            if left.taints or right.taints or left.items or right.items or right.elements
            else ()
        )
        if isinstance(op, ast.Mod) and isinstance(left.const, (str, bytes)):
            args = list(right.elements) if right.elements is not None else [right]
            return Value(
                folding.percent(spelt(left), [arg.const if arg.const is not UNKNOWN else spelt(arg) for arg in args]),
                taints=taints,
            )
        if isinstance(op, ast.Div) and (
            isinstance(left.const, str) or isinstance(right.const, str) or "Path" in left.ref
        ):
            return Value(f"{spelt(left).rstrip('/')}/{spelt(right)}", taints=taints)
        if isinstance(op, ast.Add):
            return self._added(left, right, taints)
        const = _number(op, left, right)
        extra = (DECODED,) if isinstance(op, ast.BitXor) and const is UNKNOWN else ()
        return Value(const, taints=(*taints, *extra))

    def _added(self, left: Value, right: Value, taints: tuple[Taint, ...]) -> Value:
        if left.elements is not None and right.elements is not None:
            return Value(elements=(*left.elements, *right.elements)[:MANY], taints=merge((*left.taints, *right.taints)))
        texts = isinstance(left.const, str) or isinstance(right.const, str)
        const = folding.add(spelt(left) if texts else left.const, spelt(right) if texts else right.const)
        whole = isinstance(left.const, (str, bytes)) and isinstance(right.const, (str, bytes))
        hidden = whole and is_hidden(const, (spelt(left), spelt(right)))
        return Value(const, taints=merge((*taints, PIECED)) if hidden else taints, clean=left.clean and right.clean)

    def _either(self, node: ast.BoolOp) -> Value:
        found = NOTHING
        for part in node.values:
            found = either(found, self.eval(part))
        return found

    def _if(self, node: ast.IfExp) -> Value:
        self.eval(node.test)
        return either(self.eval(node.body), self.eval(node.orelse))

    def _compare(self, node: ast.Compare) -> Value:
        self.eval(node.left)
        for part in node.comparators:
            self.eval(part)
        return CLEAN

    def _unary(self, node: ast.UnaryOp) -> Value:
        value = self.eval(node.operand)
        if isinstance(node.op, ast.Not):
            return Value(not value.const, clean=True) if isinstance(value.const, bool) else CLEAN
        if isinstance(value.const, int) and isinstance(node.op, ast.USub):
            return Value(-value.const)
        if isinstance(value.const, int) and isinstance(node.op, ast.Invert):
            return Value(~value.const)
        return value

    def _dict(self, node: ast.Dict) -> Value:
        items: dict[str, Value] = {}
        loose: list[Taint] = []
        for key, part in zip(node.keys, node.values, strict=True):
            value = self.eval(part)
            name = self.eval(key).text if key is not None else None
            if name is not None and len(items) < MANY:
                items[name] = value
            elif key is None and value.items is not None:
                items.update(value.items)
            else:
                loose += taints_of(value)
        if "urls" in items or "hostname" in items:
            self.table_seen(items, node.lineno)
        return Value(items=items, taints=merge(loose))

    def table_seen(self, items: dict[str, Value], line: int) -> None:
        """Look at a table of options that names hosts."""
        raise NotImplementedError

    def _list(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        found: list[Value] = []
        for part in node.elts:
            if isinstance(part, ast.Starred):
                value = self.eval(part.value)
                found += value.elements if value.elements is not None else [Value(taints=value.taints)]
            else:
                found.append(self.eval(part))
        return Value(elements=tuple(found[:MANY]))

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
        return self._each(node.generators, [node.elt], 0)

    def _dict_comprehension(self, node: ast.DictComp) -> Value:
        return self._each(node.generators, [node.value, node.key], 0)

    def _each(self, generators: list[ast.comprehension], results: list[ast.expr], at: int) -> Value:
        if at == len(generators):
            values = [self.eval(result) for result in results]
            return (
                values[0] if len(values) == 1 else Value(taints=merge(t for value in values for t in taints_of(value)))
            )
        this = generators[at]
        source = self.eval(this.iter)
        elements = elements_of(source)
        if (
            elements is not None
            and len(generators) == 1
            and not this.ifs
            and len(results) == 1
            and len(elements) <= MANY
        ):
            return Value(elements=tuple(self._one(this.target, element, results[0]) for element in elements))
        self.bind_target(this.target, element_of(source))
        for test in this.ifs:
            self.eval(test)
        inner = self._each(generators, results, at + 1)
        return Value(taints=taints_of(inner), clean=inner.clean)

    def _one(self, target: ast.expr, element: Value, result: ast.expr) -> Value:
        self.bind_target(target, element)
        return self.eval(result)

    def bind_target(self, target: ast.expr, value: Value) -> None:
        """Let a target stand for a value."""
        raise NotImplementedError

    def _lambda(self, node: ast.Lambda) -> Value:
        return self.define(node, f"<lambda@{node.lineno}.{node.col_offset}>")

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.eval(node.value)
        self.bind(node.target.id, value)
        return value

    def _inner(self, node: ast.Await | ast.Starred | ast.FormattedValue) -> Value:
        return self.eval(node.value)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Value:
        if node.value is not None:
            value = self.eval(node.value)
            if self.scope.function is not None:
                self.notes.flow(value, f"@:{self.scope.function.qual}()", node.lineno, words="yielded")
        return NOTHING

    def call(self, node: ast.Call) -> Value:
        """Read a call."""
        raise NotImplementedError


_ACCOUNT_KEYS: Final = frozenset({"key", "privateKey", "private_key", "_private_key", "_key_obj"})
_CLIENT_NAMES: Final = re.compile(r"(?:^ccxt\.|exchange|[#.:]ex|client)\w*(?:\(\))?$")
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


def canonical(ref: str) -> str:
    """Write the names of built-ins in one way."""
    if ref.endswith("__dict__"):
        return ref
    for prefix in ("builtins.", "__builtins__.", "__builtin__.", "__main__.__builtins__."):
        if ref.startswith(prefix):
            return ref[len(prefix) :]
    return ref


def is_hidden(result: object, pieces: "list[str] | tuple[str, ...]") -> bool:
    """Say whether a word that nobody hides was put together so that no piece shows it."""
    if not isinstance(result, str) or len(result) > 100:
        return False
    if "withdraw" in result.lower():
        return not any("withdraw" in piece.lower() for piece in pieces)
    return result in HIDEABLE and result not in pieces


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


def elements_of(value: Value) -> tuple[Value, ...] | None:
    """Give the elements of what is gone through, where they are known."""
    if value.elements is not None:
        return value.elements
    if isinstance(value.const, str) and GAP not in value.const and len(value.const) <= MANY:
        return tuple(Value(char) for char in value.const)
    if isinstance(value.const, bytes) and len(value.const) <= MANY:
        return tuple(Value(number) for number in value.const)
    return None


def element_of(value: Value) -> Value:
    """Give what one element may be."""
    if value.elements:
        found = NOTHING
        for item in value.elements[:8]:
            found = either(found, item)
        return Value(
            found.const,
            found.ref,
            merge((*found.taints, *value.taints)),
            found.items,
            found.elements,
            found.others,
            found.clean,
        )
    if value.items is not None:
        return Value(taints=taints_of(value))
    return Value(taints=value.taints, clean=value.clean, ref=f"{value.ref}[]" if value.ref else "")


def _any_of(base: Value) -> Value:
    found = Value(taints=base.taints)
    for item in list((base.items or {}).values())[:8]:
        found = either(item, found)
    return found


def _is_short(lower: int | None, upper: int | None) -> bool:
    if upper is not None and 0 <= upper <= SHORT and (lower is None or lower >= 0):
        return True
    return lower is not None and -SHORT <= lower < 0 and upper is None


def _cuts(spec: ast.expr | None) -> bool:
    if not isinstance(spec, ast.JoinedStr) or len(spec.values) != 1 or not isinstance(spec.values[0], ast.Constant):
        return False
    width = str(spec.values[0].value).partition(".")[2]
    return width.isdigit() and int(width) <= SHORT


def _number(op: ast.operator, left: Value, right: Value) -> str | bytes | int | float | bool | None:
    one, other = left.const, right.const
    if isinstance(one, int) and isinstance(other, int):
        return cast(int, folding.arithmetic(type(op).__name__, one, other))
    if isinstance(op, ast.Mult) and isinstance(one, (str, bytes)) and isinstance(other, int):
        return cast(str, folding.times(one, other))
    return cast(None, UNKNOWN)


_READERS: Final[dict[type[ast.expr], Callable[[Expressions, ast.expr], Value]]] = cast(
    dict[type[ast.expr], Callable[[Expressions, ast.expr], Value]],
    {
        ast.Constant: Expressions._constant,
        ast.Name: Expressions._name,
        ast.Attribute: Expressions._attribute,
        ast.Subscript: Expressions._subscript,
        ast.Call: lambda self, node: self.call(node),
        ast.JoinedStr: Expressions._joined,
        ast.BinOp: Expressions._binary,
        ast.BoolOp: Expressions._either,
        ast.IfExp: Expressions._if,
        ast.Compare: Expressions._compare,
        ast.UnaryOp: Expressions._unary,
        ast.Dict: Expressions._dict,
        ast.List: Expressions._list,
        ast.Tuple: Expressions._list,
        ast.Set: Expressions._list,
        ast.ListComp: Expressions._comprehension,
        ast.SetComp: Expressions._comprehension,
        ast.GeneratorExp: Expressions._comprehension,
        ast.DictComp: Expressions._dict_comprehension,
        ast.Lambda: Expressions._lambda,
        ast.NamedExpr: Expressions._walrus,
        ast.Await: Expressions._inner,
        ast.Starred: Expressions._inner,
        ast.FormattedValue: Expressions._inner,
        ast.Yield: Expressions._yield,
        ast.YieldFrom: Expressions._yield,
    },
)
_ = HOLE
