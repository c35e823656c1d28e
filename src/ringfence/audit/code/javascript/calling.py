"""What a call calls: plainly, by call and apply, or by a name that is put together.

It must never judge what is called: it only says what it is, and with what.
"""

from ringfence.audit.code.javascript.reads import Called, Reads
from ringfence.audit.code.javascript.scopes import arguments
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import UNKNOWN, Value


def called(reader: Reads, node: Node) -> Called:
    """Return what a call calls."""
    callee = node.child("function") or node.child("constructor")
    while callee is not None and callee.type in ("parenthesized_expression", "non_null_expression") and callee.kids:
        callee = callee.kids[-1]
    value = reader.value(callee)
    given = [*_bound(reader, callee), *arguments(node)]
    owner, method, hidden = UNKNOWN, "", value.pieced
    if callee is not None and callee.type in ("member_expression", "subscript_expression"):
        owner = reader.value(callee.child("object"))
        method = key_of(reader, callee)
        index = reader.value(callee.child("index"))
        hidden = hidden or ((index.pieced or index.decoded) and bool(method))
        if method in ("call", "apply") and (owner.names or owner.nodes) and owner.names != ("Reflect",):
            return _applied(node, owner, given, method)
    if value.names == ("Reflect.apply",) and len(given) > 2:  # noqa: PLR2004 - function, this, arguments
        return _applied(node, reader.value(given[0]), given[1:], "apply")
    return Called(node, value, owner, method, tuple(given), node.type == "new_expression", hidden, _plain(value))


def _bound(reader: Reads, callee: Node | None) -> list[Node]:
    """List what was bound to a function before: `post.bind(null, url)`."""
    if callee is None or callee.type != "identifier":
        return []
    name = reader.text(callee)
    home = reader.index.scope(callee).home(name)
    for binding in home.bound.get(name, [])[:4] if home is not None else ():
        maker = binding.node.child("function") if binding.how == "value" and binding.node is not None else None
        if maker is not None and reader.head(maker, 200).endswith(".bind") and binding.node is not None:
            return arguments(binding.node)[1:]
    return []


def _plain(value: Value) -> tuple[str, ...]:
    return tuple(name.replace("()", "") for name in value.names)


def _applied(node: Node, owner: Value, given: list[Node], how: str) -> Called:
    rest = given[1:]
    if how == "apply" and rest and rest[0].type == "array":
        rest = rest[0].kids
    last = owner.names[0].rpartition(".")[2] if owner.names else ""
    return Called(node, owner, UNKNOWN, last, tuple(rest), new=False, hidden=owner.pieced, names=_plain(owner))


def key_of(reader: Reads, node: Node) -> str:
    """Return the name of the field that is taken of something, where it can be told."""
    if node.type == "member_expression":
        return reader.text(node.child("property")).lstrip("#")
    return reader.value(node.child("index")).text or ""
