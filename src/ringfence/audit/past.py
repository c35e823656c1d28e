"""What the versions of files in a git history hold: of each secret and path the first version, and where it is now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from ringfence.audit import tree
from ringfence.audit.finding import Finding, Place
from ringfence.audit.history import History, Origin
from ringfence.audit.messages import Job

_PURGE = "then take it out of the history: `git filter-repo --path {path} --invert-paths`, and push with --force"


@dataclass(slots=True)
class Past:
    """The findings of one history so far; `repository` is the path of its `.git` from the root of the audit."""

    opened: History
    repository: bytes
    count: int = 0
    found: dict[tuple[str, str, bytes], tuple[Origin, Finding]] = field(default_factory=dict)

    def jobs(self, read_already: Mapping[str, tuple[Finding, ...]]) -> Iterator[Job]:
        """Yield each version to read; one that lies in the tree as well is known by its name in git."""
        for name, data in self.opened.read(self.repository):
            if name in read_already:
                self.note(read_already[name], name)
            else:
                yield Job(self.origin(name).path, data, name)

    def note(self, findings: tuple[Finding, ...], name: str) -> None:
        """Keep what was found in a version, where it is the first of its kind."""
        origin = self.origin(name)
        self.count += 1
        for one in findings:
            key = (one.rule, one.subject, origin.path)
            if key not in self.found or origin.order < self.found[key][0].order:
                self.found[key] = (origin, one)

    def origin(self, name: str) -> Origin:
        """Say where a version comes from; one that no branch has, from the repository alone."""
        return self.opened.blobs.get(name, Origin(self.repository))

    @property
    def findings(self) -> list[Finding]:
        """Every finding, dated."""
        return [self._dated(origin, one) for origin, one in self.found.values()]

    def _dated(self, origin: Origin, one: Finding) -> Finding:
        if not origin.commit:
            return replace(one, place=Place(tree.shown(self.repository)), text=f"{one.text}, {origin.said}")
        top = self.repository.rpartition(b"/")[0]
        path = tree.shown(top + b"/" + origin.path if top else origin.path)
        fix = f"{one.fix}; {_PURGE.format(path=tree.shown(origin.path))}"
        return replace(
            one, place=Place(path, one.place.line, origin.commit), text=f"{one.text}, {origin.said}", fix=fix
        )
