"""What a call gives back: by what it calls, where that is known by name or written in the file.

What is not known gives back nothing of what it was given: a balance is no key because a key was needed to ask for it.
"""

import re
from collections.abc import Callable
from typing import Final

from ringfence.audit.code.javascript.applying import chosen, helped, walked
from ringfence.audit.code.javascript.carrying import after, carrying
from ringfence.audit.code.javascript.decoding import decoder
from ringfence.audit.code.javascript.folds import fold, folds
from ringfence.audit.code.javascript.instances import made
from ringfence.audit.code.javascript.members import member
from ringfence.audit.code.javascript.names import file_kind
from ringfence.audit.code.javascript.reach import HTTP, address, is_network, opens
from ringfence.audit.code.javascript.reads import Called, Reads
from ringfence.audit.code.javascript.scopes import CLASSES, FUNCTIONS
from ringfence.audit.code.javascript.sources import source
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import (
    CLEAN,
    UNKNOWN,
    Kind,
    Taint,
    Value,
    joined,
    named,
    together,
)

_PASSING: Final = TABLES["passing"]
_CLEANING: Final = re.compile(
    r"(?i)^(?:is|has|exists|includes|startsWith|endsWith|indexOf|test|check|valid|verif|mask|redact|hide|truncate|short"
    r"|sign|hmac|createH|digest|sha\d|md5|keccak|address|pubkey|publicKey|computeAddress|count|compare)|hash|signature"
    r"|toaccount|fromsecretkey|fromseed|fromprivatekey|masked|redacted"
)
_ENTRIES: Final = ("Object.entries()",)  # names with what they stand for: the names alone hold no key
_KEEPING: Final = frozenset({"filter", "slice", "sort", "toSorted"})
_BALANCE: Final = re.compile(r"(?i)^(?:get|fetch)?(?:token|account|free|spot|sol|native|total|my)*balances?(?:of)?$")
_THROUGH: Final = (Kind.REMOTE, Kind.DECODED, Kind.LISTING, Kind.CLIPBOARD)
_SECRETS: Final = (Kind.WALLET_KEY, Kind.SECRET, Kind.AUTH)
_SHORT: Final = 8  # characters of a secret that may be shown: what rules elsewhere call a mask


def result(reader: Reads, called: Called) -> Value:
    """Return what a call gives back."""
    for look in _LOOKS:
        found = look(reader, called)
        if found is not None:
            return found
    return _unknown(reader, called)


def _required(reader: Reads, called: Called) -> Value | None:
    name = called.value.names[0] if called.value.names else ""
    if not called.arguments or not (name in ("require", "import") or name.endswith(".require")):
        return named("require") if name in ("module.createRequire()", "module.createRequire") else None
    wanted = reader.value(called.arguments[0])
    if wanted.text is None:
        return Value(taints=wanted.taints, decoded=wanted.decoded)
    plain = wanted.text.removeprefix("node:").replace("fs/promises", "fs").replace("fs-extra", "fs")
    value = named("fetch" if plain in ("node-fetch", "cross-fetch") else plain, reader.line(called.node))
    kind = file_kind(plain) if plain.endswith(".json") else None
    taints = value.taints | ({Taint(kind, plain, reader.line(called.node))} if kind else set())
    return Value(names=value.names, taints=taints, pieced=wanted.pieced or wanted.decoded)


def _built(reader: Reads, called: Called) -> Value | None:
    if not called.new:
        return None
    classes = tuple(node for node in called.value.nodes if node.type in CLASSES)
    if classes:
        return made(reader, classes)
    name = called.names[0] if called.names else ""
    if name == "Proxy" and called.arguments:
        return reader.value(called.arguments[0])
    if name == "Promise" and called.arguments:
        return _promised(reader, called.arguments[0])
    if name == "URL" and called.arguments:
        return together([reader.value(one) for one in reversed(called.arguments[:2])], pieced=False)
    return (
        None
        if name.rpartition(".")[2] in _PASSING or name.endswith("Command") or opens(name)
        else Value(names=after(called))
    )


def _promised(reader: Reads, function: Node) -> Value:
    held = function.child("parameters") or function.child("parameter")
    first = held if held is None or held.type == "identifier" else next(iter(held.kids), None)
    if first is None:
        return UNKNOWN
    calls = reader.within(function, reader.text(first))
    return joined(reader.value(given) for call in calls for given in reader.call(call).arguments[:1])


def _local(reader: Reads, called: Called) -> Value | None:
    functions = [node for node in called.value.nodes if node.type in FUNCTIONS]
    if not functions and called.method and not called.value.names:
        functions = reader.index.methods.get(called.method, [])[:4]
    if not functions:
        return None
    if _CLEANING.search(called.last) and not called.last.startswith("check"):
        return CLEAN
    return helped(reader, called, functions) or joined(reader.returned(function) for function in functions)


def _network(reader: Reads, called: Called) -> Value | None:
    for name in called.names:
        head, _, last = name.rpartition(".")
        if last in ("create", "extend", "defaults", "instance") and head in HTTP:
            return Value(address(reader, called).texts, names=(head,), taints=_told(reader, called))
        if opens(name):
            return Value(address(reader, called).texts, names=after(called), taints=_remote(reader, called, name))
        if is_network(name):
            return Value(names=after(called), taints=_remote(reader, called, name))
    return None


def _told(reader: Reads, called: Called) -> frozenset[Taint]:
    """Return what a client is told to send with every request."""
    return frozenset(taint for one in called.arguments for taint in reader.value(one).taints)


def _remote(reader: Reads, called: Called, name: str) -> frozenset[Taint]:
    return frozenset({Taint(Kind.REMOTE, name[:60], reader.line(called.node))})


def _path(reader: Reads, called: Called) -> Value | None:
    if not any(name in ("path.join", "path.resolve", "path.posix.join", "path.win32.join") for name in called.names):
        return None
    return together((reader.value(one) for one in called.arguments), "/", pieced=False)


_ADDRESSES: Final = {
    "getAssociatedTokenAddress": 1,
    "getAssociatedTokenAddressSync": 1,
    "PublicKey": 0,
    "getAddress": 0,
}


def _addressed(reader: Reads, called: Called) -> Value | None:
    """Follow an address through what makes an address of it."""
    last = called.last or (called.names[0].rpartition(".")[2] if called.names else "")
    at = _ADDRESSES.get(last)
    if at is None or at >= len(called.arguments):
        return None
    held = reader.value(called.arguments[at])
    return Value(held.texts, after(called), taints=held.taints, clean=held.clean)


def _wrapped(reader: Reads, called: Called) -> Value | None:
    if called.method == "bind" and (called.owner.names or called.owner.nodes):
        return called.owner
    if any(name.rpartition(".")[2] == "promisify" for name in called.names) and called.arguments:
        return reader.value(called.arguments[0])
    if called.names[:1] == ("Reflect.get",) and len(called.arguments) > 1:
        key = reader.value(called.arguments[1])
        found = member(reader, reader.value(called.arguments[0]), key.text or "", called.node)
        return Value(found.texts, found.names, found.nodes, found.items, found.taints, pieced=key.pieced or key.decoded)
    if called.names[:1] == ("Object.assign",) and called.arguments:
        return joined(reader.value(one) for one in called.arguments)
    return None


def _text(reader: Reads, called: Called) -> Value | None:
    if not called.method:
        return None
    if called.method in ("slice", "substring", "substr") and _masks(reader, called) and called.owner.has(*_SECRETS):
        return CLEAN
    if called.method == "map" and called.arguments and "harCode" in reader.head(called.arguments[0], 2000):
        return carrying(reader, called, Taint(Kind.DECODED, "character codes", reader.line(called.node)))
    return fold(called.owner, called.method, _given(reader, called)) if folds(called.owner, called.method) else None


def _given(reader: Reads, called: Called) -> tuple[Value, ...]:
    return tuple(reader.value(one) for one in called.arguments)


def _masks(reader: Reads, called: Called) -> bool:
    given = [reader.text(one) for one in called.arguments]
    if len(given) == 1:
        return given[0].startswith("-") and given[0][1:].isdecimal() and int(given[0][1:]) <= _SHORT
    return len(given) > 1 and given[0] == "0" and given[1].isdecimal() and int(given[1]) <= _SHORT


def _continued(reader: Reads, called: Called) -> Value | None:
    if called.method not in ("then", "map", "flatMap") or not called.arguments:
        return None
    functions = [node for node in reader.value(called.arguments[0]).nodes if node.type in FUNCTIONS]
    if not functions:
        return None
    told = called.method == "then" or called.owner.names == _ENTRIES
    kept = frozenset() if told else called.owner.taints
    return joined((*(reader.returned(one) for one in functions), Value(taints=kept)))


def _passed(reader: Reads, called: Called) -> Value | None:
    last = called.last or (called.names[0].rpartition(".")[2] if called.names else "")
    if called.names[:1] == ("Object.entries",) or (last in _KEEPING and called.owner.names == _ENTRIES):
        return Value(names=_ENTRIES, taints=carrying(reader, called).taints)
    if last in _PASSING or (called.new and last.endswith("Command")):
        return carrying(reader, called)
    if _BALANCE.match(last):
        return Value(names=after(called), taints=frozenset({Taint(Kind.BALANCE, last, reader.line(called.node))}))
    return CLEAN if _CLEANING.search(last) else None


def _unknown(reader: Reads, called: Called) -> Value:
    """Of a call that nothing is known of: what it is called, and what is a stranger's anyhow."""
    taints = set(called.owner.has(*_THROUGH))
    for one in called.arguments:
        if one.type not in FUNCTIONS:
            taints |= set(reader.value(one).has(*_THROUGH))
    imported = {Taint(Kind.IMPORTED, name, reader.line(called.node)) for name in after(called) if name.startswith(".")}
    return Value(names=after(called), taints=frozenset(taints | imported))


_LOOKS: Final[tuple[Callable[[Reads, Called], Value | None], ...]] = (
    _required,
    _addressed,
    _built,
    source,
    decoder,
    _local,
    _network,
    _path,
    _wrapped,
    chosen,
    walked,
    _continued,
    _text,
    _passed,
)
