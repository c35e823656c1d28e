"""How many parts there are and how far they reach: who asked for each, and what would go if one were given up.

It must never take longer than the lines of what it reads: a lock file may be made to tangle whoever follows it.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

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


def edges(parts: Sequence[Part]) -> Nodes:
    """Say for each part, by its number, which ones it needs: all of that name, where a lock file has several."""
    named: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, part in enumerate(parts):
        named[part.ecosystem, part.name].append(number)
    return {number: _needed(part, named) for number, part in enumerate(parts)}


def _needed(part: Part, named: Mapping[tuple[str, str], list[int]]) -> list[int]:
    found = [named.get((part.ecosystem, name), []) for name in dict.fromkeys(part.needs)]
    return [number for numbers in found for number in numbers]


def _measured(path: str, parts: Sequence[Part]) -> Reach:
    needs = edges(parts)
    roots = [number for number, part in enumerate(parts) if part.direct]
    inferred = not roots and all(part.direct is None for part in parts)
    if inferred:
        needed = {other for number, others in needs.items() for other in others if other != number}
        roots = [number for number in needs if number not in needed]
    depths, owners = _depths(roots, needs), _owners(roots, needs)
    alone = defaultdict[int, int](int)
    for number, owner in owners.items():
        alone[owner] += number != owner
    direct = tuple(sorted(Asked(parts[n].name, parts[n].version, alone[n]) for n in roots))
    reached = len(depths) - len(roots)
    return Reach(path, direct, reached, len(parts) - len(depths), max(depths.values(), default=0), inferred)


def _depths(roots: Sequence[int], needs: Nodes) -> dict[int, int]:
    depths = dict.fromkeys(roots, 1)
    waiting = deque(roots)
    while waiting:
        number = waiting.popleft()
        for other in needs[number]:
            if other not in depths:
                depths[other] = depths[number] + 1
                waiting.append(other)
    return depths


def _owners(roots: Sequence[int], needs: Nodes) -> dict[int, int]:
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
            waiting.extend((other, told) for other in needs[number])
    return owners
