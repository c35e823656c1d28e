"""What a deployment has changed, and how it was before: written down before it is done, so that a kill loses nothing.

The first `before` of a thing is kept for ever: undoing leads back to the server as it was, whatever came between.
"""

import os
from pathlib import Path

import msgspec

from ringfence import whole
from ringfence.deploy import names, packages, switches
from ringfence.deploy.machine import Kind, Machine, Rights, asks
from ringfence.deploy.people import people
from ringfence.deploy.wants import (
    Code,
    File,
    Folder,
    Group,
    Link,
    Owned,
    Packages,
    ReadBy,
    Running,
    Sealed,
    Switches,
    User,
    Want,
)
from ringfence.errors import Broken

FORMAT = 1
DEPLOYED = f"{names.RECORD}/record.json"
"""Where the record of a deployment is; another has another file."""


class Absent(msgspec.Struct, frozen=True, tag=True):
    """It was not there."""


class There(msgspec.Struct, frozen=True, tag=True):
    """It was there already, and stays when all is undone: a user, a group, a copy of code."""


class Was(msgspec.Struct, frozen=True, tag=True):
    """What was at a path."""

    kind: Kind
    mode: int
    uid: int
    gid: int
    content: bytes = b""
    target: str = ""


class Were(msgspec.Struct, frozen=True, tag=True):
    """Whose everything in a tree was; a path in it that is new since is not listed."""

    rights: tuple[Rights, ...]


class Stood(msgspec.Struct, frozen=True, tag=True):
    """Whether a unit ran, and whether it starts with the system."""

    active: bool
    enabled: bool


class Ran(msgspec.Struct, frozen=True, tag=True):
    """How switches of the kernel stood."""

    values: tuple[tuple[str, str], ...]


class Lacked(msgspec.Struct, frozen=True, tag=True):
    """The packages that were not there: those that were asked for, and those that came with them."""

    names: tuple[str, ...]


Before = Absent | There | Was | Were | Stood | Ran | Lacked


class Done(msgspec.Struct, frozen=True):
    """One thing that was changed, or was about to be, and how it was before."""

    want: Want
    before: Before


class Record(msgspec.Struct, frozen=True):
    """Everything that a deployment has changed, in the order in which it did; and the units to be started anew."""

    format: int = FORMAT
    done: tuple[Done, ...] = ()
    restart: tuple[str, ...] = ()

    def adding(self, want: Want, before: Before) -> "Record":
        """Add a thing; where it is known, only what is wanted of it is new."""
        same = key(want)
        known = next((one for one in self.done if key(one.want) == same), None)
        if known is None:
            return msgspec.structs.replace(self, done=(*self.done, Done(want, before)))
        kept = tuple(Done(want, one.before) if one is known else one for one in self.done)
        return msgspec.structs.replace(self, done=kept)

    def without(self, want: Want) -> "Record":
        """Take a thing out that has been undone."""
        return msgspec.structs.replace(self, done=tuple(one for one in self.done if key(one.want) != key(want)))


def key(want: Want) -> tuple[str, str]:
    """Say what a want is about, whatever is wanted of it."""
    kind = type(want).__name__
    match want:
        case Group(name) | User(name):
            return kind, name
        case Running(unit):
            return kind, unit
        case Packages(every):
            return kind, " ".join(every)
        case Switches() | Folder() | File() | Link() | Code() | Sealed() | ReadBy() | Owned():
            return kind, want.path


def before(want: Want, machine: Machine) -> Before:  # noqa: C901, PLR0911  # one a want
    """Look how a thing is now."""
    match want:
        case Group(name):
            return There() if name in people(machine).groups else Absent()
        case User(name):
            return There() if name in people(machine).users else Absent()
        case ReadBy(path, _, but):
            return Were(machine.rights(path, but))
        case Owned(path):
            return Absent() if machine.look(path) is None else Were(machine.rights(path))
        case Running(unit):
            return Stood(asks(machine, "is-active", unit) == "active", asks(machine, "is-enabled", unit) == "enabled")
        case Switches(_, values):
            return Ran(switches.now(machine, values))
        case Packages(every):
            return Lacked(packages.to_come(machine, every))
        case Code(path):
            return Absent()
        case Folder() | File() | Link() | Sealed():
            seen = machine.look(want.path)
            return Absent() if seen is None else Was(*seen)


def load(root: Path = Path("/"), which: str = DEPLOYED) -> Record:
    """Read what was done, nothing where there is no record; raises `Broken` for one that cannot be read."""
    path = root / which.lstrip("/")
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Record)
    except FileNotFoundError:
        return Record()
    except (OSError, msgspec.MsgspecError) as error:
        raise Broken(f"{path} cannot be read: {error}", hint="nothing was changed; a backup of it undoes all") from None
    if found.format != FORMAT:
        raise Broken(f"{path} is of another version of Ringfence ({found.format})", hint="use that version to undo")
    return found


def save(record: Record, root: Path = Path("/"), which: str = DEPLOYED) -> None:
    """Write what is done, or about to be; nobody but root reads it, since it holds what files held.

    An empty record is no file, and the folder goes with the last one.
    """
    path = root / which.lstrip("/")
    if not record.done and not record.restart:
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
        return
    whole.put(path, msgspec.json.encode(record), 0o600)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
