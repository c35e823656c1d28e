"""Functions that are kept in tables, lists and maps: which calls reach them there.

It must never follow a table by more than the name of its variable.
"""

from typing import Final

from ringfence.audit.code.javascript.scopes import Binding, Index
from ringfence.audit.code.javascript.tree import Node

_FEEDING: Final = frozenset({"add", "push", "register", "set", "unshift", "use"})
_KEPT: Final = frozenset({"arguments", "array", "new_expression", "object", "pair"})
_LONGEST: Final = 80  # letters of a table's name
_CALLS: Final = 50  # calls through one table that are looked at


def table_of(index: Index, function: Node) -> str:
    """Name the variable in whose table, list or map a function is kept; empty where in none."""
    at = function.parent
    if at is not None and at.type == "arguments" and at.parent is not None:
        callee = at.parent.child("function")
        if callee is None or callee.type != "member_expression":
            return ""
        return _text(index, callee.child("object")) if _text(index, callee.child("property")) in _FEEDING else ""
    while at is not None and at.type in _KEPT:
        at = at.parent
    return _text(index, at.child("name")) if at is not None and at.type == "variable_declarator" else ""


def through(index: Index, table: str) -> list[Node]:
    """List the calls of what is kept in a table: `table[a](b)`, `table.get(a)(b)`, each of a loop over it."""
    if index.dispatched is None:
        index.dispatched = {}
        for call in index.calls:
            name = _reached(index, call)
            if name:
                index.dispatched.setdefault(name, []).append(call)
    return index.dispatched.get(table, [])[:_CALLS]


def _reached(index: Index, call: Node) -> str:
    callee = call.child("function")
    if callee is None:
        return ""
    if callee.type == "identifier":
        name = index.source.text(callee)
        home = index.scope(callee).home(name)
        bindings = home.bound.get(name, [])[:4] if home is not None else []
        return next((table for one in bindings if (table := _bound(index, one))), "")
    return _picked(index, callee)


def _picked(index: Index, node: Node) -> str:
    """Name the table of which one is taken: `table[a]`, `table.get(a)`."""
    if node.type == "subscript_expression":
        return _text(index, node.child("object"))
    maker = node.child("function") if node.type == "call_expression" else None
    if maker is not None and maker.type == "member_expression" and _text(index, maker.child("property")) == "get":
        return _text(index, maker.child("object"))
    return ""


def _bound(index: Index, binding: Binding) -> str:
    """Name the table that a name is bound to one of: by a loop, by what walks it, or by taking one out."""
    node = binding.node
    if node is None:
        return ""
    if binding.how == "element":
        return _root(index, node)
    if binding.how == "value":
        return _picked(index, node)
    call = node.parent.parent if node.parent is not None else None
    if binding.how == "parameter" and call is not None and call.type == "call_expression":
        return _root(index, call.child("function") or call)
    return ""


def _root(index: Index, node: Node) -> str:
    """Name what is walked through: `table`, `table.values()`, `Object.values(table)`, `table.forEach`."""
    text = _text(index, node)
    for head in ("Object.values(", "Object.entries("):
        text = text.removeprefix(head)
    for tail in (".forEach", ".map", ".values()", ".entries()", ")"):
        text = text.removesuffix(tail)
    return text


def _text(index: Index, node: Node | None) -> str:
    return index.source.text(node) if node is not None and node.end - node.start < _LONGEST else ""
