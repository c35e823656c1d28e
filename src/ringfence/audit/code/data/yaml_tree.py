"""Reads YAML into a tree of settings, by its nodes: no tag makes an object, no anchor grows."""

from typing import Final

import yaml

from ringfence.audit.code.data.tree import Tree, Unread

_SLOW: Final = 1 << 20  # characters of YAML: a second
_SLOWEST: Final = 1 << 17  # and by the parser written in Python


def documents(text: str) -> Tree | None:
    """Read every document of a file; nothing where it is no YAML. Raises `Unread` where it is too large."""
    if len(text) > _SLOW:
        raise Unread("is too large to be read as YAML")
    fast: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for loader in (fast, yaml.SafeLoader) if len(text) <= _SLOWEST else (fast,):
        try:
            nodes = list(yaml.compose_all(text, Loader=loader))
        except (yaml.YAMLError, ValueError):
            continue
        return [_of_node(node, {}) for node in nodes]
    return None


def _of_node(node: yaml.Node, made: dict[int, Tree]) -> Tree:
    """Write a node as a tree; one that an anchor puts into several places is one and the same object there."""
    if id(node) in made:
        return made[id(node)]
    if isinstance(node, yaml.MappingNode):
        table: dict[str, Tree] = {}
        made[id(node)] = table
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            inner = _of_node(value, made)
            if name == "<<":
                _merged(table, inner if isinstance(inner, list) else [inner])
            else:
                table[name] = inner
        return table
    if isinstance(node, yaml.SequenceNode):
        items: list[Tree] = []
        made[id(node)] = items
        items += [_of_node(inner, made) for inner in node.value]
        return items
    return str(node.value)


def _merged(table: dict[str, Tree], others: list[Tree]) -> None:
    """Add what other tables have and this one has not (yaml.org/type/merge)."""
    for other in others[:50]:
        for name, value in other.items() if isinstance(other, dict) else ():
            table.setdefault(name, value)
