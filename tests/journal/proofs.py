"""What anybody else does with the tree: prove that it holds an entry, or that it only grew (RFC 6962, RFC 9162)."""

from collections.abc import Sequence

from ringfence.errors import Broken
from ringfence.journal.tree import EMPTY_ROOT, node_hash, root


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Prove that the leaf at `index` is in the tree of all `leaves` (RFC 6962 section 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise Broken(f"entry {index} is not in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return []
    half = _split(len(leaves))
    if index < half:
        return [*inclusion(leaves[:half], index), root(leaves[half:])]
    return [*inclusion(leaves[half:], index - half), root(leaves[:half])]


def consistency(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """Prove that the tree of all `leaves` begins with its first `old` (RFC 6962 section 2.1.2)."""
    if not 0 <= old <= len(leaves):
        raise Broken(f"a tree of {old} is not the beginning of a tree of {len(leaves)}")
    return _subproof(leaves, old, whole=True) if old else []


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Check an inclusion proof (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(step, node)
            at, last = _climb(at, last)
        else:
            node = node_hash(node, step)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Check a consistency proof (RFC 9162 section 2.1.4.2); the empty tree is the beginning of every tree."""
    if old in (new, 0):
        return not proof and old_root == (new_root if old == new else EMPTY_ROOT)
    path = [old_root, *proof] if old & (old - 1) == 0 else [*proof]
    if not proof or not 0 < old < new:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(step, before), node_hash(step, after)
            at, last = _climb(at, last)
        else:
            after = node_hash(after, step)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)  # the largest power of two smaller than size


def _subproof(leaves: Sequence[bytes], old: int, *, whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    half = _split(len(leaves))
    if old <= half:
        return [*_subproof(leaves[:half], old, whole=whole), root(leaves[half:])]
    return [*_subproof(leaves[half:], old - half, whole=False), root(leaves[:half])]


def _climb(at: int, last: int) -> tuple[int, int]:
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last
