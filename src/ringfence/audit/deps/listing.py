"""What one file says about packages: the value that every reader makes, and what every check takes."""

from enum import StrEnum

import msgspec

from ringfence.audit.deps.part import Part
from ringfence.audit.finding import Finding, Place, Unanswered


class Kind(StrEnum):
    """What a file is for."""

    DECLARED = "declared"  # says what is wished for; a lock beside it decides
    REQUIRED = "required"  # is installed from as it stands
    LOCKED = "locked"  # says exactly what is installed
    SETTINGS = "settings"  # says from where
    BROUGHT = "brought"  # a package that is here, in a directory of its own


class Entry(msgspec.Struct, frozen=True):
    """One package as a file names it, with what only that file says.

    `file` is the address of the file that is taken, where one is named, also when that is the registry's own. `built`
    says that there is no wheel, `sometimes` that it is wanted on some machines alone, `hooks` that it runs a program
    at install. `own` marks the project itself and its workspace, which no registry has.
    """

    part: Part
    file: str = ""
    built: bool = False
    sometimes: bool = False
    hooks: bool = False
    own: bool = False


class Index(msgspec.Struct, frozen=True):
    """A source of packages that a file names: an extra one, or one in place of the registry."""

    place: Place
    address: str
    extra: bool


class Sheet(msgspec.Struct, frozen=True):
    """The text of one file, and its path from the root."""

    path: str
    text: str

    @property
    def name(self) -> str:
        """Return the file's own name."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """Return the path of the directory that it is in; empty for the root."""
        return self.path.rpartition("/")[0]

    def at(self, line: int = 0) -> Place:
        """Name a line of it."""
        return Place(self.path, line)


class Listing(msgspec.Struct, frozen=True):
    """Everything that one file said.

    `own` is the name of the project that it describes; empty if it names none. `refers` are paths of files that it
    includes, from the root; they can lead out of it.
    """

    place: Place
    kind: Kind
    entries: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    indexes: tuple[Index, ...] = ()
    own: str = ""
    refers: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Return the path of the directory that it is in; empty for the root."""
        return self.place.path.rpartition("/")[0]


def unread(sheet: Sheet, kind: Kind, why: str) -> Listing:
    """Say that a file could not be understood."""
    return Listing(sheet.at(), kind, unanswered=(Unanswered(sheet.at(), why),))
