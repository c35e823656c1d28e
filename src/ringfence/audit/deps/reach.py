"""How many parts there are and how far they reach: who asked for each, and what would go if one were given up.

It must never take longer than the lines of what it reads: a lock file may be made to tangle whoever follows it.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence

import msgspec

from ringfence.audit.deps.part import Part

Nodes = dict[int, list[int]]


class Asked(msgspec.Struct, frozen=True, order=True):
    """One part that was asked for: `alone` counts the others that would go with it."""

    name: str
    version: str
    alone: int


class Reach(msgspec.Struct, frozen=True):
    """One environment or lock file.

    `direct` are the parts that somebody asked for by name. Where nothing says so they are `inferred`: those that no
    other part needs. `transitive` counts the others that those lead to; `unreached` what nothing leads to. `depth` is
    the longest of the shortest ways from a direct part, 1 for itself; 0 where there is none.
    """

    path: str
    direct: tuple[Asked, ...]
    transitive: int
    unreached: int
    depth: int
    inferred: bool


_SEVERAL = -1  # more than one direct part leads here


def reach(parts: Sequence[Part]) -> tuple[Reach, ...]:
    """Measure each environment or lock file by itself, in order of their paths."""
    held: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        held[part.place.path].append(part)
    return tuple(_measured(path, held[path]) for path in sorted(held))


class Graph(msgspec.Struct, frozen=True):
    """What needs what, through names: `numbers` are the parts of a name, `needs` the names that a part needs.

    Parts that need a name which many have would otherwise be as many lines as both multiplied.
    """

    needs: Nodes
    numbers: Nodes
    size: int

    def after(self, node: int) -> list[int]:
        """Say where one comes to from a part or a name; names are numbered after the parts."""
        return self.needs[node] if node < self.size else self.numbers[node]


def graph(parts: Sequence[Part]) -> Graph:
    """Lay out what needs what within one environment or lock file."""
    size = len(parts)
    names: dict[tuple[str, str], int] = {}
    numbers: Nodes = {}
    for number, part in enumerate(parts):
        node = names.setdefault((part.ecosystem, part.name), size + len(names))
        numbers.setdefault(node, []).append(number)
    needs = {
        number: [names[part.ecosystem, name] for name in dict.fromkeys(part.needs) if (part.ecosystem, name) in names]
        for number, part in enumerate(parts)
    }
    return Graph(needs, numbers, size)


def _measured(path: str, parts: Sequence[Part]) -> Reach:
    laid = graph(parts)
    roots = [number for number, part in enumerate(parts) if part.direct]
    inferred = not roots and all(part.direct is None for part in parts)
    roots = _unneeded(laid) if inferred else roots
    depths, owners = _depths(roots, laid), _owners(roots, laid)
    alone = Counter(owner for number, owner in owners.items() if number < laid.size and number != owner)
    direct = tuple(sorted(Asked(parts[n].name, parts[n].version, alone[n]) for n in roots))
    deepest = max(depths.values(), default=0)
    return Reach(path, direct, len(depths) - len(roots), len(parts) - len(depths), deepest, inferred)


def _unneeded(laid: Graph) -> list[int]:
    """List the parts that nothing but themselves needs."""
    needed = Counter(name for names in laid.needs.values() for name in names)
    named = {number: name for name, numbers in laid.numbers.items() for number in numbers}
    return [number for number in laid.needs if needed[named[number]] == (named[number] in laid.needs[number])]


def _depths(roots: Sequence[int], laid: Graph) -> dict[int, int]:
    """Measure the shortest way to each part; a name on the way does not count."""
    steps = dict.fromkeys(roots, 2)
    waiting = deque(roots)
    while waiting:
        node = waiting.popleft()
        for other in laid.after(node):
            if other not in steps:
                steps[other] = steps[node] + 1
                waiting.append(other)
    return {node: count // 2 for node, count in steps.items() if node < laid.size}


def _owners(roots: Sequence[int], laid: Graph) -> dict[int, int]:
    """Say of each part which direct one alone leads to it, or that several do.

    What a part is told changes twice at most, so each line is followed twice at most.
    """
    owners: dict[int, int] = {}
    waiting = deque((root, root) for root in roots)
    while waiting:
        number, owner = waiting.popleft()
        held = owners.get(number)
        told = owner if held in (None, owner) else _SEVERAL
        if told != held:
            owners[number] = told
            waiting.extend((other, told) for other in laid.after(number))
    return owners
