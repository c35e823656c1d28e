"""The Merkle tree over the journal's entries: RFC 6962 section 2.1, SHA-256, and its tiles (C2SP tlog-tiles). Pure.

A tree is named by its size and root. Whoever holds those two can be shown that an entry is in it (inclusion) and that a
later tree only added to it (consistency); neither proof needs any other entry. Must never read, write or log anything.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from ringfence.errors import Broken

EMPTY_ROOT = hashlib.sha256(b"").digest()  # RFC 6962 section 2.1
TILE_WIDTH = 256  # tlog-tiles: a tile is a subtree of height 8


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry; the prefix keeps a leaf from ever passing as a node."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """As much of a tree as appending needs: its size and the roots of its full subtrees, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "Frontier":
        """Return the tree with one more leaf hash; takes at most log2(size) hashes."""
        peaks, rest = [*self.peaks], self.size
        while rest & 1:
            leaf = node_hash(peaks.pop(), leaf)
            rest >>= 1
        return Frontier(self.size + 1, (*peaks, leaf))

    @property
    def root(self) -> bytes:
        """The Merkle Tree Hash."""
        if not self.peaks:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(self.peaks))


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the Merkle Tree Hash of a list of leaf hashes."""
    return reduce(Frontier.append, leaves, Frontier()).root


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


def tiles(leaves: Iterable[bytes]) -> Iterator[tuple[int, int, list[bytes]]]:
    """Yield every tile as (level, index, hashes): full ones as soon as they are, then the partial ones."""
    open_tiles: list[tuple[int, list[bytes]]] = []
    for leaf in leaves:
        node, level = leaf, 0
        while True:
            if level == len(open_tiles):
                open_tiles.append((0, []))
            index, hashes = open_tiles[level]
            hashes.append(node)
            if len(hashes) < TILE_WIDTH:
                break
            yield level, index, hashes
            open_tiles[level] = (index + 1, [])
            node, level = root(hashes), level + 1
    for level, (index, hashes) in enumerate(open_tiles):
        if hashes:
            yield level, index, hashes


def tile_path(level: int | str, index: int, width: int) -> str:
    """Name a tile's file as tlog-tiles does, such as `tile/0/x001/x234/067.p/112`; level "entries" is a bundle."""
    head, tail = divmod(index, 1000)
    path = f"{tail:03}"
    while head:
        head, tail = divmod(head, 1000)
        path = f"x{tail:03}/{path}"
    return f"tile/{level}/{path}" + (f".p/{width}" if width < TILE_WIDTH else "")


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
