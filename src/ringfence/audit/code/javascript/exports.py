"""What a file gives to whoever imports it: values, results, fields, and what it gives on of other files.

It must never give a text of the file away: what values carry is told, and the two ends of an address.
"""

import re
from typing import Final

from ringfence.audit.code.javascript.addresses import is_address, shortened
from ringfence.audit.code.javascript.finds import Finds
from ringfence.audit.code.javascript.literals import module
from ringfence.audit.code.javascript.report import Again, Export
from ringfence.audit.code.javascript.scopes import CLASSES, FUNCTIONS, Binding, parameters
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import Kind, Taint, Value

RULES: Final = {
    Kind.WALLET_KEY: "credential-sent",
    Kind.KEYPAIR: "credential-sent",
    Kind.SECRET: "credential-sent",
    Kind.ENVIRONMENT: "environment-sent",
    Kind.FILE: "secret-file-sent",
    Kind.WALLET: "wallet-sent",
    Kind.MACHINE: "wallet-sent",
    Kind.CLIPBOARD: "clipboard-sent",
    Kind.LISTING: "files-collected",
}
"""Which rule names a value of each kind that goes to the network."""
_NAMED: Final = re.compile(r"(?:module\.)?exports\.(?P<name>\w+)$")
_INNER: Final = 50  # elements and fields of one value that are looked at for addresses
_DEPTH: Final = 2  # how deep they are looked for: a table of records
_SMALL: Final = 64 * 1024  # bytes of a file by hand: a library is looked through for keys alone
_MOST: Final = 2000  # crossings of one file: hand-written ones have tens


def worth(finds: Finds, value: Value) -> tuple[Taint, ...]:
    """List what of a value matters to other files: what it carries, and the addresses that it may be."""
    held = value.has(*RULES, Kind.REMOTE, Kind.IMPORTED, Kind.ARGUMENT)
    return (*held, *(Taint(Kind.ADDRESS, shortened(text)) for text in _addresses(finds, value)))


def _addresses(finds: Finds, value: Value, depth: int = 0) -> list[str]:
    """List the addresses that are written in a value, or in its elements and fields."""
    inner = list((value.items or ())[:_INNER])
    for kid in (kid for node in value.nodes if node.type == "object" for kid in node.kids[:_INNER]):
        inner += [finds.reader.value(kid.child("value"))] if kid.type == "pair" else []
    deeper = [text for one in inner for text in _addresses(finds, one, depth + 1)] if depth < _DEPTH else []
    return [*(text for text in value.texts if is_address(text)), *deeper][:4]


# What an export has to speak of before it can carry anything that is followed.
_SPEAKS: Final = re.compile(
    rb"\benv\b|[sS]ecret|SECRET|PRIV|private_?[kK]ey|(?i:mnemonic|seed|keypair)|readFile|readdir|clipboard|['\"]\s?\+\s?['\"]|require\(|fetch|axios|\bhttps?\b"
    rb"|['\"`](?:0x[0-9a-fA-F]{40}|[0-9A-Za-z]{32,62})['\"`]"
)


def _silent(finds: Finds, node: Node) -> bool:
    """Say whether a value speaks of nothing that is followed; a function may still hand on what it is given."""
    if node.type in FUNCTIONS and len(finds.reader.index.source.data) < _SMALL and parameters(node):
        return False
    return _SPEAKS.search(finds.reader.index.source.data, node.start, node.end) is None


def exports(finds: Finds) -> list[Export]:
    """List what names of this file carry, as values and as results: whoever imports one gets it."""
    if not finds.reader.exporting:
        return []
    found: list[Export] = [*_results(finds)]
    root = finds.reader.index.scopes[id(finds.reader.index.source.root)]
    for name, bindings in list(root.bound.items())[:_MOST]:
        for binding in bindings[:4]:
            found += _bound(finds, name, binding)
    for value in _whole(finds):
        found += [*_fields(finds, "", value), *_export(finds, "", value)]
    for name, value in _assigned(finds):
        found += [*_export(finds, name, value), *_fields(finds, name + ".", value)]
    return found


def _results(finds: Finds) -> list[Export]:
    found: list[Export] = []
    for name, functions in list(finds.reader.index.methods.items())[:_MOST]:
        for function in functions[:4]:
            if not _silent(finds, function):
                found += _export(finds, name + "()", finds.reader.returned(function))
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


def given_on(finds: Finds) -> list[Again]:
    """List what a file gives on of another: `export { a } from`, `export * from`, a field that was imported."""
    index = finds.reader.index
    found = [again for node in index.exported for again in _from(finds, node)]
    for value in _whole(finds):
        found += [Again("", name.replace("()", "")) for name in value.names if name.startswith(".")]
        for kid in (kid for node in value.nodes if node.type == "object" for kid in node.kids[:200]):
            found += _kid(finds, kid)
    for name, value in _assigned(finds):
        found += [Again(name, one.replace("()", "")) for one in value.names if one.startswith(".")]
    root = index.scopes[id(index.source.root)]
    for name, bindings in list(root.bound.items())[:_MOST]:
        found += [Again(name, module(one.name)) for one in bindings[:4] if one.how == "import" and one.name[:1] == "."]
    return found


def _kid(finds: Finds, kid: Node) -> list[Again]:
    inner = kid.child("value") if kid.type == "pair" else kid
    if inner is None or inner.type in FUNCTIONS:
        return []
    name = "" if kid.type == "spread_element" else finds.reader.text(kid.child("key") or kid).strip("'\"")[:80]
    return [Again(name, one.replace("()", "")) for one in finds.reader.value(inner).names if one.startswith(".")]


def _from(finds: Finds, node: Node) -> list[Again]:
    source = finds.reader.text(node.child("source")).strip("'\"")
    if not source.startswith("."):
        return []
    clause = next((kid for kid in node.kids if kid.type == "export_clause"), None)
    if clause is None:
        return [Again("", source)]
    found = []
    for one in clause.kids:
        name = finds.reader.text(one.child("name"))
        found.append(Again(finds.reader.text(one.child("alias")) or name, module(f"{source}.{name}")))
    return found


def _assigned(finds: Finds) -> list[tuple[str, Value]]:
    """List what is exported by its name: `exports.a = b`."""
    found = []
    for node in finds.reader.index.assigned[:_MOST]:
        left, right = node.child("left"), node.child("right")
        named = _NAMED.match(finds.reader.head(left, 120)) if left is not None and right is not None else None
        if named is not None and right is not None and right.type not in FUNCTIONS:
            found.append((named["name"], finds.reader.value(right)))
    return found


def _fields(finds: Finds, before: str, value: Value) -> list[Export]:
    found: list[Export] = []
    for kid in (kid for node in value.nodes if node.type == "object" for kid in node.kids[:200]):
        inner = kid.child("value") if kid.type == "pair" else kid
        if inner is not None and inner.type not in FUNCTIONS:
            name = finds.reader.text(kid.child("key") or kid).strip("'\"")[:80]
            found += _export(finds, before + name, finds.reader.value(inner))
    for kid in (kid for node in value.nodes if node.type in CLASSES for kid in node.under() if kid.field == "body"):
        found += (
            [one for inner in kid.kids for one in _static(finds, before, inner)] if kid.type == "class_body" else []
        )
    return found


def _static(finds: Finds, before: str, field: Node) -> list[Export]:
    name, value = field.child("property") or field.child("name"), field.child("value")
    if name is None or value is None or not finds.reader.head(field, 60).startswith(("static", "public static")):
        return []
    return _export(finds, before + finds.reader.text(name).lstrip("#"), finds.reader.value(value))


def _bound(finds: Finds, name: str, binding: Binding) -> list[Export]:
    node = binding.node
    if node is None or _silent(finds, node):
        return []
    if binding.how == "function":
        return _export(finds, name + "()", finds.reader.returned(node))
    if binding.how != "value":
        return []
    value = finds.reader.value(node)
    results = [one for one in value.nodes if one.type in FUNCTIONS]
    more = [export for one in results for export in _export(finds, name + "()", finds.reader.returned(one))]
    return [*_export(finds, name, value), *_fields(finds, name + ".", value), *more]


def _export(finds: Finds, name: str, value: Value) -> list[Export]:
    taints = worth(finds, value)
    return [Export(name, taints)] if taints else []
