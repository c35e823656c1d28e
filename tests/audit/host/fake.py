"""A server that a test makes up: files, rights and what commands print, all in one value."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import MOST, Marked, Ran, Status, Unseen

NOW = 1_795_860_000.0  # 2026-11-28


def file(mode: int = 0o644, uid: int = 0, gid: int = 0, *, size: int = 0, mtime: float = NOW) -> Status:
    """Describe a plain file."""
    return Status(stat.S_IFREG | mode, uid, gid, size, mtime)


def folder(mode: int = 0o755, uid: int = 0, gid: int = 0) -> Status:
    """Describe a directory."""
    return Status(stat.S_IFDIR | mode, uid, gid)


def link(target: str) -> Status:
    """Describe a symbolic link."""
    return Status(stat.S_IFLNK | 0o777, 0, 0, target=target)


@dataclass
class Fake:
    """A made-up server. A file in `texts` is there, 0644 and root's, unless `stats` says otherwise.

    `hidden` cannot be looked at; a command that is not in `commands` is not installed.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    stats: Mapping[str, Status] = field(default_factory=dict)
    commands: Mapping[str, str | tuple[int, str]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    odd: tuple[Marked, ...] = ()
    now: float = NOW

    def read(self, path: str, most: int = MOST) -> bytes | None:
        self._see(path)
        text = self.texts.get(path)
        if text is not None and len(text) > most:
            raise Unseen(f"{path} is too large")
        return None if text is None else text.encode()

    def status(self, path: str) -> Status | None:
        self._see(path)
        if path in self.stats:
            return self.stats[path]
        if path in self.texts:
            return file(size=len(self.texts[path]))
        return folder() if any(each.startswith(f"{path.rstrip('/')}/") for each in self._paths()) else None

    def names(self, path: str) -> tuple[str, ...] | None:
        self._see(path)
        under = f"{path.rstrip('/')}/"
        found = {each.removeprefix(under).partition("/")[0] for each in self._paths() if each.startswith(under)}
        return tuple(sorted(found)) or (() if path in self.stats else None)

    def run(self, *command: str) -> Ran:
        told = self.commands.get(" ".join(command))
        if told is None:
            raise Unseen(f"{command[0]} is not installed")
        return Ran(0, told) if isinstance(told, str) else Ran(*told)

    def marked(self) -> tuple[Marked, ...]:
        return self.odd

    def _see(self, path: str) -> None:
        if path in self.hidden:
            raise Unseen(f"{path}: permission denied")

    def _paths(self) -> set[str]:
        return {*self.texts, *self.stats}


def host(texts: Mapping[str, str] | None = None, **rest: object) -> Host:
    """Make up a server."""
    return Host(Fake(texts or {}, **rest))  # type: ignore[arg-type]
