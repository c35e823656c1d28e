"""What crosses from one file to others: what their functions are given, what its own ones send, what it exports.

It must never look into another file: what meets there is matched when all files have been read.
"""

import re
from typing import Final

from ringfence.audit.code.javascript.finds import Finds
from ringfence.audit.code.javascript.reach import address, hosts, is_network, is_strange, opens
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.report import Awaited, Crossing, Drained, Export, Given
from ringfence.audit.code.javascript.scopes import FUNCTIONS, Binding
from ringfence.audit.code.javascript.sent import carried
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import Kind, Taint, Value
from ringfence.audit.finding import Place

RULES: Final = {
    Kind.WALLET_KEY: "credential-sent",
    Kind.SECRET: "credential-sent",
    Kind.ENVIRONMENT: "environment-sent",
    Kind.FILE: "secret-file-sent",
    Kind.WALLET: "wallet-sent",
    Kind.CLIPBOARD: "clipboard-sent",
    Kind.LISTING: "files-collected",
}
"""Which rule names a value of each kind that goes to the network."""
_MOST: Final = 2000  # crossings of one file: hand-written ones have tens


def gather(finds: Finds) -> Crossing:
    """Say what of a file matters to others."""
    given: list[Given] = []
    drained: list[Drained] = []
    awaited: list[Awaited] = []
    for node in finds.reader.index.worth:
        called = finds.reader.call(node)
        if any(name.startswith(".") for name in called.names):
            given += _given(finds, called)
        if any(is_network(name) or opens(name) for name in called.names):
            _ends(finds, called, drained, awaited)
    exports = tuple(_exports(finds))
    return Crossing(tuple(given[:_MOST]), tuple(drained[:_MOST]), tuple(awaited[:_MOST]), exports[:_MOST])


def _place(finds: Finds, node: Node) -> Place:
    return finds.place(finds.reader.line(node))


def _given(finds: Finds, called: Called) -> list[Given]:
    found = []
    for number, argument in enumerate(called.arguments[:8]):
        taints = () if argument.type in FUNCTIONS else _worth(finds.reader.value(argument))
        if taints:
            found += [Given(f"{name}#{number}", taints, _place(finds, called.node)) for name in called.names[:2]]
    return found


def _worth(value: Value) -> tuple[Taint, ...]:
    return value.has(*RULES, Kind.IMPORTED, Kind.ARGUMENT)


def _ends(finds: Finds, called: Called, drained: list[Drained], awaited: list[Awaited]) -> None:
    known = hosts(address(finds.reader, called))
    strange = [host for host in known if is_strange(host)]
    if known and not strange:
        return
    host = strange[0] if strange else ""
    for taint in sorted(carried(finds, called)):
        if taint.kind is Kind.ARGUMENT:
            drained.append(Drained(taint.what, host, _place(finds, called.node)))
        elif taint.kind is Kind.IMPORTED:
            awaited.append(Awaited(taint.what, host, _place(finds, called.node)))


# What an export has to speak of before it can carry anything that is followed.
_SPEAKS: Final = re.compile(
    rb"\benv\b|[sS]ecret|SECRET|PRIV|private_?[kK]ey|(?i:mnemonic|seed|keypair)|readFile|readdir|clipboard|['\"]\s?\+\s?['\"]|require\("
)


def _silent(finds: Finds, node: Node) -> bool:
    return _SPEAKS.search(finds.reader.index.source.data, node.start, node.end) is None


def _exports(finds: Finds) -> list[Export]:
    """List what names of this file carry, as values and as results: whoever imports one gets it."""
    if not finds.reader.exporting:
        return []
    found: list[Export] = []
    root = finds.reader.index.scopes[id(finds.reader.index.source.root)]
    for name, bindings in list(root.bound.items())[:_MOST]:
        for binding in bindings[:4]:
            found += _bound(finds, name, binding)
    for value in _whole(finds):
        found += _fields(finds, "", value)
    for name, functions in list(finds.reader.index.methods.items())[:_MOST]:
        for function in functions[:4]:
            if not _silent(finds, function):
                found += _export(name + "()", finds.reader.returned(function))
    return found


def _whole(finds: Finds) -> list[Value]:
    """List the values that a file gives as a whole: `module.exports = x`, `export default x`."""
    index = finds.reader.index
    nodes = [node.child("value") for node in index.exported]
    for node in index.assigned:
        left = node.child("left")
        if left is not None and index.source.text(left) == "module.exports":
            nodes.append(node.child("right"))
    return [finds.reader.value(node) for node in nodes[:20] if node is not None]


def _fields(finds: Finds, before: str, value: Value) -> list[Export]:
    found: list[Export] = []
    for kid in (kid for node in value.nodes if node.type == "object" for kid in node.kids[:200]):
        inner = kid.child("value") if kid.type == "pair" else kid
        if inner is not None and inner.type not in FUNCTIONS:
            name = finds.reader.text(kid.child("key") or kid).strip("'\"")[:80]
            found += _export(before + name, finds.reader.value(inner))
    return found


def _bound(finds: Finds, name: str, binding: Binding) -> list[Export]:
    node = binding.node
    if node is None or _silent(finds, node):
        return []
    if binding.how == "function":
        return _export(name + "()", finds.reader.returned(node))
    if binding.how != "value":
        return []
    value = finds.reader.value(node)
    results = [one for one in value.nodes if one.type in FUNCTIONS]
    more = [export for one in results for export in _export(name + "()", finds.reader.returned(one))]
    return [*_export(name, value), *_fields(finds, name + ".", value), *more]


def _export(name: str, value: Value) -> list[Export]:
    taints = _worth(value)
    return [Export(name, taints)] if taints else []
