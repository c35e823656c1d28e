"""Which calls are worth following: cheap to say, from how they are written alone.

A call is passed over only where its last name is plain, nothing in the file gives that name another meaning, and no
rule knows it. It must never pass over what is computed.
"""

import re
from typing import Final

from ringfence.audit.code.javascript.scopes import FUNCTIONS, Binding, Index
from ringfence.audit.code.javascript.tree import Node

# The last names that any rule starts from, by the clients, modules and methods that the tables of the rules name.
_KNOWN: Final = re.compile(
    r"(?i)^(?:[$_]|.*(?:withdraw|transfer|transaction|contract|submit|request|fetch|axios|clipboard|exec|eval|spawn|fork|"
    r"send|write|post|console|log|require|import|bind|socket|compile|run|http|client).*|get|put|patch|del|delete|head|ajax|stream|"
    r"got|needle|ky|bent|phin|undici|resolve\d?|resolveTxt|lookup|end|emit|invoke|dispatch|field|set|query|attach|open|reply|form|info|warn|"
    r"warning|error|debug|trace|verbose|silly|fatal|dir|table|print|append\w*|output\w*|json|jsonp|render|copy\w*|cp|"
    r"readFile\w*|read|readSync|createReadStream|stat\w*|exists\w*|access\w*|listen|sign|use|call|apply|pipe|then|map|forEach|on|once|getItem|function|setTimeout|"
    r"setInterval|setImmediate|broadcast\w*|ws|connect\w*|create\w*|Bot|Telegra\w*|command|execa|\w*Script|VM|Worker|"
    r"sendBeacon|default|constructor|_compile)$"
)
_CHAINED: Final = frozenset({"member_expression", "call_expression", "await_expression"})
_HOPS: Final = 20  # links of a chain that are climbed: a longer one is followed
_MADE: Final = frozenset({"new_expression", "call_expression", "await_expression", "identifier"})
_ALIASING: Final = frozenset(
    {"identifier", "member_expression", "subscript_expression", "call_expression", "await_expression"}
)


def aliases(index: Index) -> frozenset[str]:
    """List the field names that this file gives to something that was called otherwise before."""
    names = set()
    for node in index.pairs:
        key, value = node.child("key"), node.child("value")
        if key is not None and value is not None and value.type in _ALIASING:
            names.add(index.source.text(key).strip("'\""))
    for node in index.assigned:
        left, right = node.child("left"), node.child("right")
        key = left.child("property") if left is not None else None
        if (
            key is not None
            and right is not None
            and right.type in ("identifier", "member_expression", "subscript_expression")
        ):
            names.add(index.source.text(key))
    return frozenset(names)


def is_worth(index: Index, renamed: frozenset[str], node: Node) -> bool:
    """Say whether a call has to be followed."""
    callee = node.child("function") or node.child("constructor")
    if callee is None:
        return False
    if callee.type == "member_expression":
        name = index.source.text(callee.child("property") or callee)
        return name in renamed or _KNOWN.match(name) is not None or _of_another(index, callee)
    if callee.type != "identifier":
        return True
    name = index.source.text(callee)
    home = index.scope(node).home(name)
    if home is None or name not in home.bound:
        return _KNOWN.match(name) is not None
    return any(binding.how != "function" and not _is_function(binding.node) for binding in home.bound[name])


def _is_function(node: Node | None) -> bool:
    return node is not None and node.type in FUNCTIONS


def _of_another(index: Index, callee: Node) -> bool:
    """Say whether it is called on what another file of the tree gives."""
    at: Node | None = callee
    link = callee
    for _ in range(_HOPS):
        if at is None or at.type not in _CHAINED:
            break
        link = at
        awaited = at.kids[-1] if at.type == "await_expression" and at.kids else None
        at = at.child("object") or at.child("function") or awaited
    if at is None or at.type != "identifier":
        return at is not None and (at.type != "this" or (link is not callee and _is_kept(index, link)))
    name = index.source.text(at)
    home = index.scope(at).home(name)
    return home is not None and any(_is_import(binding) for binding in home.bound.get(name, []))


def _is_kept(index: Index, link: Node) -> bool:
    """Say whether a field of `this` holds what was made or given elsewhere."""
    key = link.child("property")
    values = index.fields.get(index.source.text(key).lstrip("#"), []) if key is not None else []
    return any(value.type in _MADE for value in values[:_HOPS])


def _is_promised(function: Node | None) -> bool:
    """Say whether a function gets what a call gives: `import('./a').then((a) => ...)`."""
    call = function.parent.parent if function is not None and function.parent is not None else None
    callee = call.child("function") if call is not None else None
    return callee is not None and callee.type == "member_expression" and function is not None


def _is_import(binding: Binding) -> bool:
    if binding.how == "import" or (binding.how == "parameter" and _is_promised(binding.node)):
        return True
    node, how = binding.node, binding.how
    return (
        how == "value" and node is not None and node.type in ("call_expression", "new_expression", "await_expression")
    )
