"""`ringfence audit deps`: what a bot is made of, where it comes from, and what is known against it."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ringfence.audit.composition import Composition
from ringfence.audit.crew import Crew
from ringfence.audit.deps.inventory import Inventory
from ringfence.audit.deps.judge import judge
from ringfence.audit.deps.part import Part
from ringfence.audit.deps.reach import reach
from ringfence.audit.deps.sbom import cyclonedx
from ringfence.audit.deps.state import Judged, NotAudited, NotKnown
from ringfence.audit.engines.table import Given
from ringfence.audit.finding import Finding, Place, Severity, Unanswered
from ringfence.audit.messages import Job, Look
from ringfence.audit.report import Report
from ringfence.cli import auditing, findings, show, snapshots
from ringfence.cli.auditing import BaselineOption, Everything, FailOn, Html, Sarif, Target, WaiversOption, Wish

_SECONDS = 300.0  # for a whole environment: 30,000 files take a few


@dataclass(frozen=True, slots=True)
class Parts:
    """What came of looking at what a tree is made of."""

    parts: tuple[Part, ...]
    judged: Judged
    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]
    notes: tuple[str, ...]


def deps(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    path: Target = Path(),
    download: Annotated[
        bool, typer.Option("--download", help="PATH is a file that was downloaded: judge it before it is installed.")
    ] = False,
    bundle: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --download: its sigstore bundle, which sigstore checks.")
    ] = None,
    identity: Annotated[str, typer.Option(help="Who must have signed it.")] = "",
    issuer: Annotated[str, typer.Option(metavar="URL", help="Who must have vouched for the signer.")] = "",
    sbom: Annotated[Path | None, typer.Option("--sbom", metavar="FILE", help="Write CycloneDX 1.6 as well.")] = None,
    fail_on: FailOn = Severity.HIGH,
    everything: Everything = False,
    sarif: Sarif = None,
    html: Html = None,
    waivers: WaiversOption = None,
    baseline: BaselineOption = None,
    as_json: show.AsJson = False,
) -> None:
    """Say what a bot is made of and what is known against it: vulnerable, not known as of a day, or not audited."""
    wish = Wish(fail_on, everything, as_json, sarif, html, waivers, baseline)
    root = auditing.root_of(path)
    found = look(context.obj, root, download=download)
    signed: auditing.Answers = ((), ())
    if bundle is not None:
        given = Given(bundle=str(bundle), identity=identity, issuer=issuer)
        signed = auditing.asked(context.obj, root, ["sigstore"], given)
    if sbom is not None:
        bill = cyclonedx(found.parts, found.judged, int(time.time()), str(uuid.uuid4()))
        findings.put(sbom, json.dumps(bill, indent=1))
    report = Report(
        ("deps",),
        str(root),
        auditing.now(),
        unanswered=(*found.unanswered, *signed[1]),
        files=len({part.place.path for part in found.parts}),
        notes=found.notes,
    )
    auditing.finish(context.obj, report, (*found.findings, *signed[0]), wish)


def look(home: Path, root: Path, *, download: bool = False, aloud: bool = True) -> Parts:
    """Read what a tree is made of, and ask the newest snapshot about each part; `aloud` says what takes so long."""
    with auditing.waiting("reading what it is made of") if aloud else contextlib.nullcontext():
        composed, lost = _composed(root, download=download)
    parts, (snapshot, broken) = composed.inventory.parts, snapshots.newest(home)
    judged = judge(parts, snapshot, int(time.time()), dict(composed.released), broken)
    return Parts(
        parts,
        judged,
        (*composed.inventory.findings, *judged.findings),
        (*lost, *composed.inventory.unanswered, *judged.unanswered),
        tuple(_notes(parts, judged, download=download)),
    )


def _composed(root: Path, *, download: bool) -> tuple[Composition, tuple[Unanswered, ...]]:
    with Crew(root, Look(parts=True, download=download), size=1, seconds=_SECONDS) as crew:
        ((_, seen),) = crew.do([Job(b"")])
    if seen.composition is None:
        return Composition(Inventory()), seen.unanswered or (Unanswered(Place(root.name), "was not read"),)
    return seen.composition, seen.unanswered


def _notes(parts: tuple[Part, ...], judged: Judged, *, download: bool) -> Iterator[str]:
    """Sum up: how many parts, how far they reach, and how many of them could be asked about."""
    if download and parts:
        yield f"{parts[0].name} {parts[0].version or 'of no version'}: {', '.join(parts[0].hashes) or 'no hash'}"
    for one in () if download else reach(parts):
        asked = f"{len(one.direct)} asked for{' (inferred)' if one.inferred else ''}"
        yield f"{one.path}: {asked}, {one.transitive} brought along, {one.depth} deep"
    if parts:
        days = [state.as_of for state in judged.states if isinstance(state, NotKnown)]
        open_ = sum(isinstance(state, NotAudited) for state in judged.states)
        clean = f"nothing known against {len(days):,} as of {min(days)}, " if days else ""
        yield (
            f"{len(parts):,} part{'s' * (len(parts) != 1)}: {clean}{open_:,} not audited; "
            "`ringfence audit update` brings newer advisories"
        )
