"""Reads the assignments of a configuration in Python, `c.ServerApp.ip = "..."`, without running it."""

import ast
import warnings

from ringfence.audit.bot.node import Node, Odd, Scalar, Table
from ringfence.audit.finding import Place

_UNKNOWN = "computed"


def read(path: str, text: str) -> Table:
    """List what is assigned to dotted names, the last of each; what only running would tell is `open`. Raises `Odd`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Odd(Place(path), "is no Python that can be read") from None
    rows: dict[str, Node] = {}
    for node in sorted(ast.walk(tree), key=lambda one: (getattr(one, "lineno", 0), getattr(one, "col_offset", 0))):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                name = _dotted(target)
                if name:
                    rows[name] = _value(node.value, Place(path, node.lineno))
    return Table(rows, Place(path))


def _dotted(node: ast.expr) -> str:
    names = list[str]()
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join(reversed(names)) if isinstance(node, ast.Name) and names else ""


def _value(node: ast.expr, place: Place) -> Scalar:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bool | int | None):
        return Scalar("" if node.value is None else str(node.value), place)
    return Scalar(_UNKNOWN, place, open=True)
