"""What a file of settings says, in one form for all languages: tables, lists, texts, and the keys to each."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

Tree = dict[str, "Tree"] | list["Tree"] | str
"""A table, a list or a text; numbers and the like are texts."""

_NODES: Final = 500_000  # of one file; a lock file of a large project has a hundred thousand
_DEPTH: Final = 60
_AGAIN: Final = 4  # times that one table is looked at, for each place that has it by an anchor


class Unread(Exception):
    """A file that is not what its name says, or too large or deep to be parsed."""


def walk(tree: Tree) -> Iterator[tuple[tuple[str, ...], Tree]]:
    """Yield every table, list and text, with the keys to it; raises `Unread` where there is no end to them."""
    seen = Counter[int]()
    waiting: list[tuple[tuple[str, ...], Tree]] = [((), tree)]
    for _ in range(_NODES):
        if not waiting:
            return
        keys, node = waiting.pop()
        yield keys, node
        if isinstance(node, str) or len(keys) >= _DEPTH or seen[id(node)] >= _AGAIN:
            continue
        seen[id(node)] += 1
        if isinstance(node, dict):
            waiting += [((*keys, key), inner) for key, inner in node.items()]
        else:
            waiting += [((*keys, ""), inner) for inner in node]
    raise Unread("has more settings than any honest file")
