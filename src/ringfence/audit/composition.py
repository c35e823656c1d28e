"""What a bot is made of, read in a process that can do nothing but read: its parts, and when they came out."""

from pathlib import Path

import msgspec

from ringfence.audit import limits, tree
from ringfence.audit.deps import dates
from ringfence.audit.deps.ages import Release
from ringfence.audit.deps.download import judge
from ringfence.audit.deps.inventory import Inventory, read

_DATED = ("uv.lock", "pylock.toml")  # lock files that say when a release came out


class Composition(msgspec.Struct, frozen=True):
    """The inventory of a tree, and the times of releases (seconds since 1970) that its lock files tell."""

    inventory: Inventory
    released: tuple[tuple[Release, int], ...] = ()


def compose(root: Path) -> Composition:
    """Read a tree."""
    found = read(root)
    released = dict[Release, int]()
    for path in sorted({part.place.path for part in found.parts}):
        if path.rpartition("/")[2] in _DATED:
            data, _ = tree.read(root, path.encode("utf-8", "surrogateescape"), limits.FILE)
            released |= dates.locked(data.decode("utf-8", "replace"))
    return Composition(found, tuple(released.items()))


def judged(path: Path) -> Composition:
    """Judge one file that was downloaded, before anything is installed from it."""
    return Composition(judge(path))
