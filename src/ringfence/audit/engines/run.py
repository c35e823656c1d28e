"""Asks other scanners for a second opinion, and says what they say in our own words.

An engine that is not there, fails, breaks off or prints what nobody understands has looked at nothing: that is
unanswered, and never a pass. What it prints is taken for hostile: no text of it comes through but names of its rules
that look like such, and no file that is not there.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ringfence.audit import tree
from ringfence.audit.engines import alone, child, reach
from ringfence.audit.engines.said import Garbage, Missed, Said
from ringfence.audit.engines.table import BY_NAME, ENGINES, Engine, Given, Task
from ringfence.audit.finding import Finding, Place, Unanswered
from ringfence.confine import launch

FINDINGS = 10_000
"""Findings of one engine that are taken over: more is a list that nobody reads."""

SECONDS = 120.0
"""For one engine: gitleaks took 8 seconds for 1.8 million lines."""

MEMORY = 2 << 30  # bytes of private memory; gitleaks took 0.1 GiB for freqtrade
SPACE = 16 << 30  # bytes of addresses: gitleaks sets more than 4 GiB of them aside, and uses few
FILE = 16 << 20  # bytes of a file that an engine writes in its scratch directory
_RULE = re.compile(r"[A-Za-z0-9]{1,24}(?:[-_.][A-Za-z0-9]{1,24}){0,9}")  # too short for a key
_LINES = 1 << 31


def available(where: Iterable[Path] | None = None) -> dict[str, Path]:
    """Say which engines are there, and where: in `where`, or in RINGFENCE_ENGINES, or in PATH."""
    places = _where(where)
    found = (reach.locate(engine, places) for engine in ENGINES)
    return {one.engine.name: one.path for one in found if one is not None}


def run_all(
    names: Iterable[str],
    target: Path,
    home: Path,
    given: Given | None = None,
    where: Iterable[Path] | None = None,
    seconds: float = SECONDS,
) -> tuple[Finding | Unanswered, ...]:
    """Ask each of the named engines; a name that no engine has is unanswered too."""
    told = list[Finding | Unanswered]()
    places = _where(where)
    for name in dict.fromkeys(names):
        engine = BY_NAME.get(name)
        if engine is None:
            told.append(_unanswered(f"no engine is called {name!r}; there are {', '.join(BY_NAME)}"))
            continue
        with tempfile.TemporaryDirectory(prefix="ringfence-engine-") as scratch:
            told += run(engine, target, Path(scratch), seconds, Around(home, given or Given(), places))
    return tuple(told)


@dataclass(frozen=True, slots=True)
class Around:
    """What a run needs beside its target: the deployment's home, which no engine may read, and what is given."""

    home: Path
    given: Given = field(default_factory=Given)
    where: tuple[Path, ...] = ()


def run(
    engine: Engine, target: Path, scratch: Path, seconds: float, around: Around
) -> tuple[Finding | Unanswered, ...]:
    """Ask one engine about one target, with an empty scratch directory of ours."""
    try:
        root = target.resolve(strict=True)
        return tuple(_told(engine, root, scratch.resolve(strict=True), seconds, around))
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "a path of it is no UTF-8"
        return (_unanswered(f"{engine.name} was not asked: {why}"),)


def _told(engine: Engine, root: Path, scratch: Path, seconds: float, around: Around) -> Iterator[Finding | Unanswered]:
    found = reach.locate(engine, around.where)
    if found is None:
        yield _unanswered(f"{engine.name} was not asked: it is not there; get it from {engine.get}")
        return
    job, task = _job(found, root, scratch, seconds, around)
    if why := _refused(found, root, job, around):
        yield _unanswered(f"{engine.name} was not asked: {why}")
        return
    ended = child.run(job, seconds)
    if ended.began != alone.CONFINED:
        why = ended.began.decode("utf-8", "replace").removeprefix("confined").removeprefix(" but ")
        yield _unanswered(f"{engine.name} was not asked: it could not be confined: {why or 'the launcher failed'}")
        return
    yield from _read(engine, root, task, ended)


def _refused(found: reach.Found, root: Path, job: alone.Job, around: Around) -> str:
    """Say why an engine must not be started, or nothing."""
    engine = found.engine
    lacking = [name for name in engine.wants if not getattr(around.given, name)]
    if lacking:
        return f"it needs {' and '.join(lacking)}"
    if root.is_dir() and not engine.tree:
        return "it looks at one file, and this is a directory"
    if found.path.resolve().is_relative_to(root) or found.path.is_relative_to(root):
        return f"{found.path} is part of what it should judge"
    if why := reach.closed(map(Path, job.read), around.home) or reach.wide(
        Path(one) for one in job.read if one != str(root)
    ):
        return why
    return next((f"there is a vault in {name}" for name in reach.vaults(root)), "")


def _job(found: reach.Found, root: Path, scratch: Path, seconds: float, around: Around) -> tuple[alone.Job, Task]:
    engine = found.engine
    inside, home, empty = (scratch / name for name in (secrets.token_hex(16), "home", "empty"))
    for path in (inside, home, empty):
        path.mkdir()
    tree_ = root.is_dir()
    (inside / "target").symlink_to(root if tree_ else root.parent)
    aside = f"{inside}/target/" if tree_ else f"{inside}/target/{root.name}"
    given = around.given.resolved()
    task = Task(str(root), aside, str(empty), str(found.path) if engine.module else "", given)
    if engine.module:
        command = launch.command(engine.module, *engine.arguments(task))
        needed = [*reach.ours(found.path), *given.files]
    else:
        command = [str(found.path), *engine.arguments(task)]
        needed = list(reach.program(found.path))
    environment = {"PATH": reach.search(found.path), "LANG": "C.UTF-8", "HOME": str(home), "TMPDIR": str(home)}
    read = [str(path) for path in dict.fromkeys((*reach.SYSTEM, *needed, root, empty))]
    job = alone.Job(
        command=command,
        environment=environment | dict(engine.environment),
        read=read,
        write=[str(home)] if engine.writes else [],
        closed=[str(around.home)],
        memory=MEMORY,
        space=SPACE,
        cpu=int(seconds * (os.cpu_count() or 1)) + 1,
        file=FILE,
        told=-1,
    )
    msgspec.json.encode(job).decode().encode("utf-8")  # raises where a path is none
    return job, task


def _read(engine: Engine, root: Path, task: Task, ended: child.Ended) -> Iterator[Finding | Unanswered]:
    """Say what an engine said, and all in which it did not do what it should."""
    heard, missed = _heard(engine, ended.output)
    findings, strange = _findings(engine, root, task, heard)
    yield from findings
    for one in missed:
        yield Unanswered(Place(one.path), f"{engine.name}: {one.why}")
    if strange:
        yield _unanswered(f"{engine.name} speaks of {strange} places that are not there, or by names that no rule has")
    if why := _failed(engine, ended, found=bool(heard)):
        yield _unanswered(f"{engine.name} {why}; what it did not say is not known")


def _heard(engine: Engine, output: bytes) -> tuple[list[Said], list[Missed]]:
    heard, missed = list[Said](), list[Missed]()
    try:
        for one in engine.read(output):
            if isinstance(one, Missed):
                missed.append(one)
            elif len(heard) == FINDINGS:
                missed.append(Missed("", f"it has more than {FINDINGS:,} findings; the rest"))
                break
            else:
                heard.append(one)
    except Garbage as garbage:
        missed.append(Missed("", f"it did not print {garbage}"))
    return heard, missed


def _failed(engine: Engine, ended: child.Ended, *, found: bool) -> str:
    if ended.stopped:
        return ended.stopped
    if ended.code < 0:
        return f"was ended by signal {-ended.code}"
    if ended.code not in engine.ended:
        return f"failed with code {ended.code}"
    if engine.found is not None and (ended.code == engine.found) != found:
        return f"ended with code {ended.code}, which is not what it printed"
    # Ours say themselves what they missed; what a package warns of beside that is no failure.
    return "complained of something" if ended.complaint and not engine.module else ""


def _findings(engine: Engine, root: Path, task: Task, heard: list[Said]) -> tuple[list[Finding], int]:
    """Translate what was heard; returns also how much of it named no file that is there, or no rule."""
    by_path, strange = dict[bytes, list[Said]](), 0
    for one in heard:
        path = _below(one.path, task)
        if path is None or not _RULE.fullmatch(one.rule):
            strange += 1
        else:
            by_path.setdefault(path, []).append(one)
    findings = list[Finding]()
    for path, said in sorted(by_path.items()):
        try:
            findings += _of_file(engine, root, path, said)
        except OSError:
            strange += len(said)
    return findings, strange


def _of_file(engine: Engine, root: Path, path: bytes, said: list[Said]) -> Iterator[Finding]:
    """Translate what was said of one file; the same twice is once, and one rule's second place is told apart."""
    os.close(tree.open_below(root, path))
    counted = dict[str, int]()
    for line, rule, sure in dict.fromkeys(_lines(root, path, said)):
        counted[rule] = counted.get(rule, 0) + 1
        subject = rule if counted[rule] == 1 else f"{rule}#{counted[rule]}"
        text = f"{engine.rule.title}: its rule {rule} says so"
        finding = engine.rule.found(Place(tree.named(root, path), line), text, subject)
        yield msgspec.structs.replace(finding, severity=engine.severity(sure))


def _lines(root: Path, path: bytes, said: list[Said]) -> Iterator[tuple[int, str, str]]:
    """Say line, rule and confidence of each, by line; lines of offsets are counted in one pass over the file."""
    data = tree.read(root, path)[0] if any(one.offset >= 0 for one in said) else b""
    at, line = 0, 1
    for one in sorted(said, key=lambda one: (one.offset, one.line, one.rule)):
        if one.offset < 0:
            yield min(max(one.line, 0), _LINES), one.rule, one.sure
            continue
        here = min(one.offset, len(data))
        line, at = line + data.count(b"\n", at, here), here
        yield line, one.rule, one.sure


def _below(said: str, task: Task) -> bytes | None:
    """Name a file from the target, where an engine named one in it."""
    if said in (task.target, task.aside):
        return None if said.endswith("/") else b""
    for root in (task.aside, task.target):
        prefix = root.rstrip("/") + "/"
        if said.startswith(prefix):
            path = said.removeprefix(prefix)
            with suppress(UnicodeError):
                return None if {"", ".", ".."} & set(path.split("/")) or "\0" in path else path.encode("utf-8")
    return None


def _where(where: Iterable[Path] | None) -> tuple[Path, ...]:
    return reach.directories(os.environ) if where is None else tuple(where)


def _unanswered(why: str) -> Unanswered:
    return Unanswered(Place(""), why)
