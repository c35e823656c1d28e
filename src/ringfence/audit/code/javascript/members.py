"""What is known of `object.key`: looked up where the object is written out, judged by its name elsewhere.

It must never let a harmless field carry what its object carries: a webhook's address is no key.
"""

from typing import Final

from ringfence.audit.code.javascript.names import credential
from ringfence.audit.code.javascript.reads import Reads
from ringfence.audit.code.javascript.scopes import CLASSES, FUNCTIONS
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import CLEAN, EVENT, UNKNOWN, Kind, Taint, Value, joined, named

GLOBALS: Final = frozenset({"window", "globalThis", "global", "self", "top", "frames"})
"""What every global name is a field of."""
_CREDENTIALS: Final = (Kind.WALLET_KEY, Kind.SECRET, Kind.AUTH)
_WHOLE: Final = TABLES["whole"]
_HOMES: Final = frozenset({"HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "HOMEPATH"})  # where a user's files lie
_NESTED: Final = 2  # fields of fields of an argument that are told apart
_MARKS: Final = 40  # letters of `static async get` before a method's name
_HARMLESS: Final = TABLES["harmless"]


def member(reader: Reads, held: Value, key: str, node: Node | None) -> Value:
    """Return what is known of a field."""
    line = reader.line(node) if node is not None else 0
    if key == "constructor" and _is_function(held):
        return Value(names=("Function",))
    found = [_written(reader, one, key) for one in held.nodes]
    known = [value for value in found if value is not None]
    if held.nodes and known and not held.names:
        return _named(joined(known), key, line)
    if held.items is not None and key.isdigit():
        return held.items[int(key)] if len(key) < 8 and int(key) < len(held.items) else UNKNOWN  # noqa: PLR2004
    if held.text is not None and key.isdigit() and not held.names:
        return Value((held.text[int(key) : int(key) + 1] if len(key) < 8 else "",), taints=held.taints)  # noqa: PLR2004
    if key == "0" and held.names == ("Object.entries()[]",):
        return Value(taints=frozenset(held.has(Kind.ENVIRONMENT, Kind.LISTING)))
    names = tuple(dict.fromkeys(_name(name, key) for name in held.names))
    if any(name in GLOBALS for name in held.names):
        kept = reader.index.fields.get(key, [])[:8]
        known += [reader.value(one) for one in kept] or [_of_all(key, line)]
    value = joined((*(named(name, line) for name in names), Value(taints=_kept(held, key, line)), *known))
    if "process.env" in held.names:
        return _variable(value, key, line)
    return _named(value, key, line, names)


def _is_function(held: Value) -> bool:
    """Say whether a value is a function, a text or an array that is written out: its constructor is reached by it."""
    return bool(held.texts) or held.items is not None or any(node.type in FUNCTIONS for node in held.nodes)


def _of_all(key: str, line: int) -> Value:
    """Name a field of the global object: other files may have put something there."""
    return Value(taints=frozenset({Taint(Kind.ARGUMENT, f"{EVENT}global:{key[:_MARKS]}#0", line)}))


def _name(name: str, key: str) -> str:
    if key == "constructor":
        return "Function"
    if key in ("default", "promises"):
        return name
    return key if name in GLOBALS else f"{name}.{key}"


def _variable(value: Value, key: str, line: int) -> Value:
    kind = credential(key)
    taints = frozenset({Taint(kind, key, line)}) if kind else frozenset()
    return Value(("~",) if key in _HOMES else (), value.names, taints=taints, clean=kind is None)


def _named(value: Value, key: str, line: int, names: tuple[str, ...] = ()) -> Value:
    kind = credential(key)
    if kind is None or value.clean or value.nodes or value.has(*_CREDENTIALS) or value.texts:
        return value
    what = next((name for name in names if len(name) < 60), key).replace("()", "")  # noqa: PLR2004 - for people
    return joined((value, Value(taints=frozenset({Taint(kind, what, line)}))))


def _written(reader: Reads, node: Node, key: str) -> Value | None:
    """Look a field up in an object or class that is written out; None where it cannot be told."""
    if node.type in CLASSES:
        return _of_class(reader, node, key)
    if node.type != "object":
        return None
    spread: list[Value] = []
    for kid in node.kids:
        if kid.type == "spread_element":
            spread.append(reader.value(kid))
        elif _key(reader, kid) == key:
            return _field(reader, kid)
    inner = [_written(reader, one, key) for value in spread for one in value.nodes if one is not node]
    if any(value is not None for value in inner):
        return joined(value for value in inner if value is not None)
    return None if spread else CLEAN


def _key(reader: Reads, kid: Node) -> str:
    if kid.type == "shorthand_property_identifier":
        return reader.text(kid)
    if kid.type == "method_definition":
        return reader.text(kid.child("name"))
    key = kid.child("key")
    if key is not None and key.type == "computed_property_name" and key.kids:
        return reader.value(key.kids[0]).text or ""
    return reader.text(key).strip("'\"`")


def _field(reader: Reads, kid: Node) -> Value:
    if kid.type == "method_definition":
        return method(reader, kid)
    return reader.value(kid.child("value") if kid.type == "pair" else kid)


def method(reader: Reads, node: Node) -> Value:
    """Return what a method is as a field: itself, or what it gives where it is a getter."""
    name = node.child("name")
    before = (
        reader.text(node)[: name.start - node.start] if name is not None and name.start - node.start < _MARKS else ""
    )
    return reader.returned(node) if "get" in before.split() else Value(nodes=(node,))


def _of_class(reader: Reads, node: Node, key: str) -> Value | None:
    body = node.child("body")
    for kid in body.kids if body is not None else ():
        if kid.type in FUNCTIONS and reader.text(kid.child("name")).lstrip("#") == key:
            return method(reader, kid)
    fields = reader.index.fields.get(key, [])
    return joined(reader.value(value) for value in fields[:8]) if fields else None


def _kept(held: Value, key: str, line: int) -> frozenset[Taint]:
    return frozenset(new for taint in held.taints if (new := passed(taint, key, line)) is not None)


def passed(taint: Taint, key: str, line: int) -> Taint | None:
    """Return what a field carries of one thing that its object carries."""
    whole = key in _WHOLE or key.isdigit()
    match taint.kind:
        case Kind.ENVIRONMENT:
            kind = credential(key)
            return Taint(kind, key, line) if kind else (taint if whole else None)
        case Kind.ARGUMENT if not whole:
            return _inner(taint, key)
        case Kind.FILE | Kind.ARGUMENT | Kind.IMPORTED:
            return taint if whole or (taint.kind is Kind.FILE and credential(key)) else None
        case Kind.WALLET_KEY | Kind.SECRET | Kind.AUTH:
            return None if key in _HARMLESS or (credential(key) is None and not whole) else taint
        case Kind.KEYPAIR:
            held = credential(key) is not None or key in ("_keypair", "seed", "secret")
            return Taint(Kind.WALLET_KEY, f"{taint.what}.{key}"[-60:], line) if held else None
        case Kind.IDENTITY | Kind.SYSTEM:
            return None if key in ("length", "homedir") else taint
        case _:
            return None if key == "length" else taint


def _inner(taint: Taint, key: str) -> Taint | None:
    """Name the field of an argument: what it carries, its callers know."""
    inner = taint.what.rpartition("#")[2]
    if key in _HARMLESS or not key.isidentifier() or inner.count(".") >= _NESTED or len(key) > _MARKS:
        return None
    return Taint(Kind.ARGUMENT, f"{taint.what}.{key}", taint.line)
