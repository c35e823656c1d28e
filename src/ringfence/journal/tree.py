"""The Merkle tree over the journal's entries: RFC 6962 section 2.1, SHA-256, and its tiles (C2SP tlog-tiles). Pure.

A tree is named by its size and root. Whoever has the tiles can show anyone who holds those two that an entry is in it
(inclusion) and that a later tree only added to it (consistency); neither proof needs any other entry. Must never read,
write or log anything.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import count, islice

import msgspec

EMPTY_ROOT = hashlib.sha256(b"").digest()  # RFC 6962 section 2.1
TILE_WIDTH = 256  # tlog-tiles: a tile is a subtree of height 8


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry; the prefix keeps a leaf from ever passing as a node."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier(msgspec.Struct, frozen=True):
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


def tiles(leaves: Iterable[bytes], level: int = 0) -> Iterator[tuple[int, int, list[bytes]]]:
    """Yield every tile as (level, index, hashes), from the leaves up; the last of a level may be partial."""
    rest, above = iter(leaves), list[bytes]()
    for index in count():
        hashes = list(islice(rest, TILE_WIDTH))
        if hashes:
            yield level, index, hashes
        if len(hashes) < TILE_WIDTH:
            break
        above.append(root(hashes))
    if above:
        yield from tiles(above, level + 1)


def tile_path(level: int | str, index: int, width: int) -> str:
    """Name a tile's file as tlog-tiles does, such as `tile/0/x001/x234/067.p/112`; level "entries" is a bundle."""
    path = f"{index % 1000:03}"
    while index := index // 1000:
        path = f"x{index % 1000:03}/{path}"
    return f"tile/{level}/{path}" + (f".p/{width}" if width < TILE_WIDTH else "")
