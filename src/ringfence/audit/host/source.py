"""The only way to touch the server: four questions, asked of the live system or of a snapshot of one.

What is not there is None; what cannot be looked at raises `Unseen`, and is never taken for what is not there.
"""

import stat
from typing import Protocol

import msgspec

MOST = 8 * 1024 * 1024
"""Bytes of one file that are read: dpkg's list of a full desktop is 6 MB."""


class Unseen(Exception):
    """Something could not be looked at; says why in a few words."""


class Status(msgspec.Struct, frozen=True):
    """What lstat(2) says of a file; `target` is where a symbolic link leads, empty for anything else."""

    mode: int
    uid: int
    gid: int
    size: int = 0
    mtime: float = 0
    target: str = ""

    @property
    def bits(self) -> int:
        """The permission bits, setuid and the like among them."""
        return stat.S_IMODE(self.mode)

    @property
    def is_dir(self) -> bool:
        """Say whether it is a directory."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        """Say whether it is a plain file."""
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        """Say whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)


class Ran(msgspec.Struct, frozen=True):
    """What a command came to: its exit code and what it printed, without what it complained of."""

    code: int
    out: str


class Marked(msgspec.Struct, frozen=True):
    """A file that a walk found to be set-user-id, set-group-id, writable by anybody, or nobody's."""

    path: str
    status: Status
    capable: bool = False  # it has file capabilities
    unowned: bool = False


class Source(Protocol):
    """Where the answers come from. Paths are absolute, as on the server that is looked at."""

    now: float
    """Seconds since 1970, UTC: when it was looked at."""

    def read(self, path: str, most: int = MOST) -> bytes | None:
        """Read a file, links followed; None where there is none. Raises `Unseen`, also for what is longer."""
        ...

    def status(self, path: str) -> Status | None:
        """Look at a file, not at what it links to; None where there is none. Raises `Unseen`."""
        ...

    def names(self, path: str) -> tuple[str, ...] | None:
        """List a directory, in order; None where there is none. Raises `Unseen`."""
        ...

    def run(self, *command: str) -> Ran:
        """Run a program that only looks, for 30 s at most; raises `Unseen` where there is none or it hangs."""
        ...

    def marked(self) -> tuple[Marked, ...]:
        """Walk the disks for files whose rights stand out; raises `Unseen` where that takes more than 2 s."""
        ...
