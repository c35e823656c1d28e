"""Looks at a whole tree with a crew of workers: every file once, and the git history's every version once.

Ends in bounded time: what is not read when the time is over is unanswered, and said in one line.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from ringfence.audit import history, processes, staged, tree
from ringfence.audit.code.javascript.report import Reading
from ringfence.audit.code.passing import Passing
from ringfence.audit.code.summary import Module, shared
from ringfence.audit.crew import Crew
from ringfence.audit.finding import Finding, Place, Unanswered
from ringfence.audit.garbage import uncollected
from ringfence.audit.messages import Job, Look, Seen
from ringfence.audit.past import Past

Tell = Callable[[str], None]

_ROUNDS = 4  # skimmed files behind skimmed files: packages hand a name on through two or three

SECONDS = 900.0
"""For a whole tree and its history: six times what freqtrade's 26,000 commits take."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at beside the files of the tree."""

    history: bool = False
    processes: bool = False
    staged: bool = False
    seconds: float = SECONDS


@dataclass(slots=True)
class Survey:
    """What has been seen so far."""

    root: Path
    findings: list[Finding] = field(default_factory=list)
    unanswered: list[Unanswered] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)
    scripts: list[Reading] = field(default_factory=list)
    repositories: list[bytes] = field(default_factory=list)
    blobs: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    files: int = 0
    size: int = 0

    @property
    def code(self) -> list[Module | Reading]:
        """Every file of code that was read, in whatever language."""
        return [*self.modules, *self.scripts]

    def take(self, seen: Seen) -> None:
        """Add what came of one file."""
        self.findings += seen.findings
        self.unanswered += seen.unanswered
        self.modules += map(shared, seen.modules)
        self.scripts += seen.scripts
        self.files += 1
        self.size += seen.size
        if seen.blob:
            self.blobs[seen.blob] = seen.findings


def survey(root: Path, look: Look, scope: Scope, tell: Tell) -> Survey:
    """Look at a tree; raises `OSError` where its root cannot be read."""
    seen = Survey(root)
    until = time.monotonic() + scope.seconds
    with uncollected():
        with Crew(root, look) as crew:
            _files(seen, crew, _until(_jobs(seen, scope), until, seen), tell)
        _again(seen, look, until, tell)
    if scope.history and look.secrets:
        with Crew(root, replace(look, code=False)) as crew:
            for repository in seen.repositories:
                _history(seen, crew, repository, until, tell)
    return seen


def _files(seen: Survey, crew: Crew, jobs: Iterator[Job], tell: Tell) -> None:
    for _, done in crew.do(jobs):
        seen.take(done)
        tell(f"{seen.files:,} files read, {len(seen.findings)} findings")


def _again(seen: Survey, look: Look, until: float, tell: Tell) -> None:
    """Read the skimmed files through which content of others passes, and those behind them."""
    passing = Passing(seen.modules)
    with Crew(seen.root, replace(look, secrets=False)) as crew:
        for _ in range(_ROUNDS):
            paths = passing.next(seen.modules)
            if not paths or time.monotonic() > until:
                break
            again = dict[str, Module]()
            for _, done in crew.do(Job(os.fsencode(path), whole=True) for path in paths):
                again |= {module.path: shared(module) for module in done.modules}
                seen.unanswered += done.unanswered
                tell(f"{len(again):,} of {len(paths):,} files read again, for what passes through them")
            seen.modules = [again.get(module.path, module) for module in seen.modules]


def _jobs(seen: Survey, scope: Scope) -> Iterator[Job]:
    for found in _sources(seen.root, scope):
        match found:
            case Job():
                yield found
            case tree.File(path=path):
                yield Job(path)
            case tree.Repository(path=path):
                seen.repositories.append(path)
            case Unanswered():
                seen.unanswered.append(found)


def _sources(root: Path, scope: Scope) -> Iterator[Job | tree.Found]:
    if scope.staged:
        yield from staged.staged(root)
        return
    yield from tree.walk(root)
    if scope.processes:
        yield from processes.processes()


def _until(jobs: Iterator[Job], until: float, seen: Survey) -> Iterator[Job]:
    for job in jobs:
        if time.monotonic() > until:
            why = "the time for this audit was over; this and what comes after it was not read"
            seen.unanswered.append(Unanswered(Place(tree.named(seen.root, job.path)), why))
            return
        yield job


def _history(seen: Survey, crew: Crew, repository: bytes, until: float, tell: Tell) -> None:
    place = tree.shown(repository)
    with history.scratch() as scratch:
        try:
            opened = history.open_(seen.root / place, Path(scratch))
        except history.Unreadable as error:
            seen.unanswered.append(Unanswered(Place(place), f"the git history cannot be read: {error}"))
            return
        past = Past(opened, repository)
        for job, done in crew.do(_until(past.jobs(seen.blobs), until, seen)):
            past.note(done.findings, job.blob)
            seen.unanswered += done.unanswered
            tell(f"git history: {past.count:,} versions of files read, {len(past.found)} findings")
    seen.findings += past.findings
    seen.unanswered += opened.unanswered
