"""The files of one site directory and of the environment around it, measured: what a RECORD is held against.

It must never measure a file that is outside of what is audited, whatever a RECORD names.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from ringfence.audit.deps.held import HASHED, contents, digest, joined, listing, scan
from ringfence.audit.deps.legible import CODE, Legibility
from ringfence.audit.deps.opaque import is_readable
from ringfence.audit.finding import Place, Unanswered

_LIBRARIES = frozenset({"lib", "lib64", "Lib"})  # where the site directory itself is


class SiteFiles:
    """One site directory. `shown` is its path from the root of the audit; `ups` how far up its environment begins."""

    def __init__(self, root: Path, shown: str) -> None:
        self.root, self.path, self.shown = root, root / shown, shown
        self.listed = listing(self.path, shown)
        self.ups = _ups((root.absolute() / shown).parts)
        pieces = shown.split("/") if shown else []
        self.whole = len(pieces) >= self.ups  # the environment begins inside what is audited
        self.prefix = "/".join(pieces[: len(pieces) - self.ups]) if self.whole else ""
        self.around: dict[str, int] = {}
        self.legibility = Legibility(self.path, shown)
        self.hashed = self.past = self.beyond = self.closed = 0

    def look_around(self, named: Iterable[str]) -> None:
        """List what RECORDs name beside the libraries: programs, shared files, whatever else they put there."""
        up = "../" * self.ups
        if not self.ups or not self.whole:
            return
        folders = {"bin", "Scripts"} | {
            path.removeprefix(up).partition("/")[0] for path in named if path.startswith(up)
        }
        for entry in scan(self.root / self.prefix, self.prefix, []):
            if entry.is_file(follow_symlinks=False):
                self.around[f"{up}{entry.name}"] = entry.stat(follow_symlinks=False).st_size
            elif entry.is_dir(follow_symlinks=False) and entry.name in folders - _LIBRARIES:
                beside = listing(self.root / self.prefix / entry.name, joined(self.prefix, entry.name))
                self.around |= {f"{up}{entry.name}/{path}": size for path, size in beside.files.items()}

    def allowed(self, path: str) -> bool:
        """Say whether a path of a RECORD is inside the environment."""
        return not path.startswith("/") and path.count("../") <= self.ups

    def measure(self, path: str, algorithm: str) -> tuple[int, bytes] | None:
        """Measure a file that was listed; one that was not is not there, or behind a link."""
        size = self.listed.files.get(path, self.around.get(path))
        if size is None:
            self.beyond += path.startswith("../") and not self.whole
            return None
        if not algorithm:
            return size, b""
        if self.hashed + size > HASHED:
            self.past += 1
            return None
        self.hashed += size
        measured = self._digest(path, size, algorithm)
        self.closed += measured is None
        return measured

    def _digest(self, path: str, size: int, algorithm: str) -> tuple[int, bytes] | None:
        if size > CODE or not is_readable(path):
            return digest(f"{self.path}/{path}", algorithm)
        code = contents(f"{self.path}/{path}", CODE)
        if isinstance(code, str):
            return None
        self.legibility.look(path, code)
        return len(code), hashlib.new(algorithm, code, usedforsecurity=False).digest()

    def gone(self, missing: Iterable[str]) -> list[str]:
        """Return which of the files that were not measured are really not there."""
        held = {**self.listed.files, **self.around}
        return [
            path
            for path in missing
            if path not in held and not path.endswith(".pyc") and (self.whole or not path.startswith("../"))
        ]

    def unread(self) -> Iterator[Unanswered]:
        """Say what was not looked at."""
        whys = {
            "links were not followed": self.listed.links,
            f"files are past the {HASHED >> 30} GiB that are hashed": self.past,
            "files of its packages are outside of what is audited": self.beyond,
            "files could not be read": self.closed,
        }
        yield from self.listed.unanswered
        yield from (Unanswered(Place(self.shown), f"{count} {why}") for why, count in whys.items() if count)


def _ups(parts: tuple[str, ...]) -> int:
    """Return how many directories up the environment begins: from lib/python3.11/site-packages it is three."""
    pieces = [part.lower() for part in parts]
    if pieces[-3:-2] and pieces[-3] in {"lib", "lib64"} and pieces[-2].startswith(("python", "pypy")):
        return 3
    return 2 if pieces[-2:] == ["lib", "site-packages"] else 0
