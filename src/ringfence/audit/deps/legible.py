"""Which sources of a package a person can read, and which somebody made unreadable. Each file is read once."""

from collections.abc import Iterator
from pathlib import Path

from ringfence.audit.deps.checks import listed
from ringfence.audit.deps.environment_rules import MINIFIED, OBFUSCATED
from ringfence.audit.deps.held import contents, joined
from ringfence.audit.deps.opaque import is_minified, is_readable, obfuscator
from ringfence.audit.finding import Finding, Place, Unanswered

CODE = 8 << 20  # bytes of one source that are looked at; ccxt's longest has 1 MB
_MINIFIED = "minified"


class Legibility:
    """What was seen of the sources below one directory; `shown` is its path from the root."""

    def __init__(self, top: Path, shown: str) -> None:
        self.top, self.shown = str(top), shown
        self.seen: dict[str, str] = {}

    def look(self, path: str, code: bytes) -> None:
        """Look at a source that somebody has read already."""
        maker = obfuscator(code)
        self.seen[path] = f"by {maker}" if maker else _MINIFIED if is_minified(code) else ""

    def judge(self, name: str, paths: list[str]) -> Iterator[Finding | Unanswered]:
        """Judge those of a package's files that are sources."""
        minified: list[str] = []
        for path in filter(is_readable, paths):
            if path not in self.seen:
                code = contents(f"{self.top}/{path}", CODE)
                if isinstance(code, str):
                    yield Unanswered(Place(joined(self.shown, path)), code)
                    continue
                self.look(path, code)
            seen = self.seen[path]
            if seen == _MINIFIED:
                minified.append(path)
            elif seen:
                place = Place(joined(self.shown, path))
                yield OBFUSCATED.found(place, f"made unreadable {seen}", f"{name} {path}")
        if minified:
            text = f"{len(minified)} files of {name} have lines too long to read: {listed(sorted(minified)[:3])}"
            yield MINIFIED.found(Place(joined(self.shown, min(minified))), text, name)
