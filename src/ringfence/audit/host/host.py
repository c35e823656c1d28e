"""A server as the checks see it: texts, and the tables that every check would otherwise parse for itself.

Each view is read once. What cannot be looked at raises `Unseen` from whichever check asks.
"""

import re
from functools import cached_property
from typing import NamedTuple

from ringfence.audit.host.source import Marked, Ran, Source, Status

_FIELDS = 7  # passwd(5)
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)


class User(NamedTuple):
    """A line of /etc/passwd."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str


class Host:
    """One server, live or in a snapshot."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._texts: dict[str, str | None] = {}
        self._ran: dict[tuple[str, ...], Ran] = {}

    @property
    def now(self) -> float:
        """Seconds since 1970, UTC: when it was looked at."""
        return self._source.now

    def text(self, path: str) -> str | None:
        """Read a file as text; None where there is none."""
        if path not in self._texts:
            data = self._source.read(path)
            self._texts[path] = None if data is None else data.decode("utf-8", "replace")
        return self._texts[path]

    def lines(self, path: str) -> tuple[str, ...]:
        """Read the lines of a file that say something: no blanks, no # comments. Empty where there is none."""
        text = self.text(path) or ""
        return tuple(line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#"))

    def status(self, path: str) -> Status | None:
        """Look at a file, not at what it links to."""
        return self._source.status(path)

    def names(self, path: str) -> tuple[str, ...]:
        """List a directory; empty where there is none."""
        return self._source.names(path) or ()

    def under(self, path: str, suffix: str = "") -> tuple[str, ...]:
        """List the paths in a directory whose names end so."""
        return tuple(f"{path.rstrip('/')}/{name}" for name in self.names(path) if name.endswith(suffix))

    def run(self, *command: str) -> Ran:
        """Run a program that only looks."""
        if command not in self._ran:
            self._ran[command] = self._source.run(*command)
        return self._ran[command]

    @cached_property
    def marked(self) -> tuple[Marked, ...]:
        """The files whose rights stand out."""
        return self._source.marked()

    @cached_property
    def users(self) -> dict[str, User]:
        """The users, by name."""
        rows = (line.split(":") for line in self.lines("/etc/passwd"))
        found = dict[str, User]()
        for row in rows:
            if len(row) == _FIELDS and _NUMBER.fullmatch(row[2]) and _NUMBER.fullmatch(row[3]):
                found.setdefault(row[0], User(row[0], int(row[2]), int(row[3]), row[5], row[6]))  # the first counts
        return found
