"""What the audit commands share: what is asked of them, and how a survey becomes a report that is shown."""

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ringfence.audit import exempt, waivers
from ringfence.audit import survey as surveying
from ringfence.audit.code import javascript, project
from ringfence.audit.engines import run
from ringfence.audit.engines.table import Given
from ringfence.audit.finding import Finding, Severity, Unanswered
from ringfence.audit.messages import Look
from ringfence.audit.report import Report, settle
from ringfence.audit.secrets.known import Known
from ringfence.audit.survey import Scope, Survey
from ringfence.cli import digests, findings
from ringfence.cli.progress import QUIET_SECONDS, Progress
from ringfence.errors import Misconfigured
from ringfence.settings import Settings

Answers = tuple[tuple[Finding, ...], tuple[Unanswered, ...]]
WAIVERS = "waivers.toml"
_UNKNOWN = (
    "this deployment's own keys were not searched for by value, since their digests are not there: "
    "`ringfence audit remember` makes them"
)

Target = Annotated[Path, typer.Argument(metavar="PATH", help="A directory or a file; nothing in it is run.")]
With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="ENGINE",
        help="Ask another scanner too, confined: gitleaks, betterleaks, hexora, yara-x; once for each.",
    ),
]
YaraRules = Annotated[list[Path] | None, typer.Option("--rules", metavar="FILE", help="YARA rules, for --with yara-x.")]
FailOn = Annotated[Severity, typer.Option("--fail-on", help="From which severity on the exit code is 1.")]
Everything = Annotated[bool, typer.Option("--all", help="List everything, the harmless too.")]
Sarif = Annotated[Path | None, typer.Option("--sarif", metavar="FILE", help="Write SARIF as well.")]
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page as well.")]
WaiversOption = Annotated[
    Path | None,
    typer.Option("--waivers", metavar="FILE", help=f"What is answered for; without it {WAIVERS} of the deployment."),
]
BaselineOption = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", help="An earlier --json: only what is new counts.")
]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds; what is not read by then is said.")]
Lock = Annotated[
    list[Path] | None, typer.Option("--lock", metavar="FILE", help="A lock file with hashes, for --wheels.")
]
Wheels = Annotated[
    Path | None,
    typer.Option("--wheels", metavar="DIR", help="Wheels that --lock names: their files need no judging."),
]


@dataclass(frozen=True, slots=True)
class Wish:
    """How a report is wanted."""

    fail_on: Severity = Severity.HIGH
    everything: bool = False
    as_json: bool = False
    sarif: Path | None = None
    html: Path | None = None
    waivers: Path | None = None
    baseline: Path | None = None


def root_of(path: Path) -> Path:
    """Find what is to be audited; raises `Misconfigured`."""
    try:
        return path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise Misconfigured(f"{path}: {getattr(error, 'strerror', None) or 'it leads in a circle'}") from None


def known(home: Path) -> Known | None:
    """Read the digests of this deployment's own keys; None where it has none."""
    return digests.read(Settings(home))


def notes(look: Look) -> tuple[str, ...]:
    """Say what was not looked for."""
    return () if look.known else (_UNKNOWN,)


def survey(root: Path, look: Look, scope: Scope) -> Survey:
    """Look at a tree, and say how far it has come."""
    with Progress() as progress:
        return surveying.survey(root, look, scope, progress.say)


@contextlib.contextmanager
def waiting(words: str) -> Iterator[None]:
    """Say what takes so long."""
    with Progress() as progress:
        later = threading.Timer(QUIET_SECONDS, progress.say, (words,))
        later.start()
        try:
            yield
        finally:
            later.cancel()
            later.join()


def asked(home: Path, root: Path, names: list[str] | None, given: Given | None = None) -> Answers:
    """Ask other scanners, each where it can reach nothing; what they do not answer is said."""
    if not names:
        return (), ()
    with waiting(f"asking {', '.join(names)}"):
        told = run.run_all(names, root, home, given)
    return (
        tuple(one for one in told if isinstance(one, Finding)),
        tuple(one for one in told if isinstance(one, Unanswered)),
    )


def yara(rules: list[Path] | None) -> Given | None:
    """Hand rules on to yara-x."""
    return Given(rules=tuple(map(str, rules))) if rules else None


def judged(seen: Survey) -> list[Finding]:
    """Gather what each file's code says, and all of them together; what was not followed is kept with the survey."""
    alone = [one for read in seen.code for one in read.findings]
    joined = project.joined(seen.modules)
    seen.unanswered += joined.unanswered
    return [*alone, *joined.findings, *javascript.link({one.path: one for one in seen.scripts})]


def report(
    audits: tuple[str, ...], root: Path, seen: Survey, odd: Iterable[Unanswered] = (), notes: tuple[str, ...] = ()
) -> Report:
    """Begin a report with everything but its findings."""
    of_code = [one for read in seen.code for one in read.unanswered]
    gaps = {*seen.unanswered, *of_code, *odd}
    return Report(
        audits,
        str(root),
        now(),
        unanswered=tuple(sorted(gaps, key=lambda one: (one.place, one.why))),
        files=seen.files,
        size=seen.size,
        notes=notes,
    )


def exempted(locks: Iterable[Path], wheels: Path | None) -> tuple[frozenset[bytes], tuple[Unanswered, ...]]:
    """List the files that a lock answers for by their SHA-256, and the wheels that none does."""
    if wheels is None:
        return frozenset(), ()
    hashes = frozenset(one for path in locks for one in exempt.locked(text_of(path)))
    found = tuple(exempt.files_of(wheels, hashes))
    return (
        frozenset(one for one in found if isinstance(one, bytes)),
        tuple(one for one in found if isinstance(one, Unanswered)),
    )


def finish(home: Path, report: Report, found: Iterable[Finding], wish: Wish) -> None:
    """Settle a report, show it as it is wanted, and exit with its code."""
    answered = _waivers(home, wish.waivers, report.at.date())
    before = None if wish.baseline is None else waivers.baseline(str(wish.baseline), _bytes(wish.baseline))
    settled = settle(report, found, answered, before)
    findings.write(settled, wish.sarif, wish.html)
    if wish.as_json:
        findings.as_json(settled)
    else:
        findings.draw(settled, everything=wish.everything)
    raise typer.Exit(settled.code(wish.fail_on))


def now() -> dt.datetime:
    """Tell the time, UTC, to the second."""
    return dt.datetime.fromtimestamp(int(time.time()), dt.UTC)


def _waivers(home: Path, given: Path | None, today: dt.date) -> tuple[waivers.Waiver, ...]:
    path = given or home / WAIVERS
    if given is None:
        with contextlib.suppress(FileNotFoundError):
            return waivers.read(str(path), path.read_text("utf-8"), today)
        return ()
    return waivers.read(str(path), text_of(path), today)


def text_of(path: Path) -> str:
    """Read a file that was named; raises `Misconfigured`."""
    return _bytes(path).decode("utf-8", "replace")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None
