"""`ringfence audit host`: is the server fit to run a bot on? It looks, and never changes anything on the server."""

import contextlib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ringfence.audit.checked import Checked, Verdict
from ringfence.audit.finding import Place, Severity, Unanswered
from ringfence.audit.host import others, run
from ringfence.audit.host.checks.all import CHECKS
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.live import Live
from ringfence.audit.host.others import Said
from ringfence.audit.host.score import score
from ringfence.audit.host.snapshot import Recorder, Snapshot
from ringfence.audit.host.source import Source, Unseen
from ringfence.audit.host.updates import SIMULATE
from ringfence.audit.report import Report
from ringfence.cli import auditing, show
from ringfence.cli.auditing import BaselineOption, Everything, FailOn, Html, Sarif, WaiversOption, Wish
from ringfence.deploy import bots, names
from ringfence.deploy.bots import Bot
from ringfence.errors import Misconfigured

EXPECTED = "host.toml"
"""What is meant to be on the server, in the deployment's directory."""

_HINT = 'it says what is meant to be on the server, such as bots = ["bot"], people = ["anna"], ports = ["tcp/22"]'
_UNSEEN = "some of it only root may see: run it with sudo"


def host(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    snapshot: Annotated[
        Path | None, typer.Option("--snapshot", metavar="DIR", help="Audit a recorded server instead of this one.")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="DIR", help="Write what was seen, without secrets, to a new directory."),
    ] = None,
    expected: Annotated[
        Path | None,
        typer.Option(
            "--expected", metavar="FILE", help=f"What is meant to be there; without it {EXPECTED} of the deployment."
        ),
    ] = None,
    ssh_audit: Annotated[
        Path | None, typer.Option("--ssh-audit", metavar="FILE", help="Take in what `ssh-audit -j` printed.")
    ] = None,
    fail_on: FailOn = Severity.HIGH,
    everything: Everything = False,
    sarif: Sarif = None,
    html: Html = None,
    waivers: WaiversOption = None,
    baseline: BaselineOption = None,
    as_json: show.AsJson = False,
) -> None:
    """Say whether a server is fit to run a bot on: patches, firewall, logins, kernel, services, logs; it only looks."""
    wish = Wish(fail_on, everything, as_json, sarif, html, waivers, baseline)
    if snapshot is not None and record is not None:
        raise Misconfigured("a recorded server is not recorded again", hint="give --snapshot or --record, not both")
    if record is not None and os.path.lexists(record):
        raise Misconfigured(f"{record} is there already", hint="name a directory that is not there yet")
    meant = _expected(context.obj, expected)
    source: Source = Live(ahead=(SIMULATE,)) if snapshot is None else Snapshot(snapshot)
    recorder = Recorder(source)
    with auditing.waiting("asking the server"):
        asked = Host(recorder)
        checked = run.ask(asked, meant, CHECKS)
        name, told = _name(asked), _others(asked, ssh_audit)
    if record is not None:
        recorder.write(record)
    report = Report(
        ("host",),
        name if snapshot is None else str(snapshot),
        auditing.now(),
        unanswered=(*run.unanswered(checked), *told.unanswered),
        notes=_notes(checked, snapshot, record),
        checks=checked,
        score=score(checked),
    )
    auditing.finish(context.obj, report, (*run.findings(checked), *told.findings), wish)


def _others(asked: Host, ssh_audit: Path | None) -> Said:
    """Take in what other auditors said, where they are there: Lynis' last report, and the one that is named."""
    found: list[Said] = []
    try:
        report = asked.text(others.LYNIS)
        found += [] if report is None else [others.lynis(report, asked.now)]
    except Unseen as error:
        found.append(Said(unanswered=(Unanswered(Place(others.LYNIS), str(error)),)))
    if ssh_audit is not None:
        text = auditing.text_of(ssh_audit)
        found.append(others.ssh_audit(text, str(ssh_audit)))
    every = [one for said in found for one in said.findings]
    return Said(tuple(every), tuple(one for said in found for one in said.unanswered))


def _expected(home: Path, given: Path | None) -> Expected:
    """Read what is meant to be on the server, beside what is deployed; what nobody wrote down is not held to it."""
    path = given or home / EXPECTED
    try:
        meant = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Expected)
    except FileNotFoundError:
        if given is None:
            return _deployed(home, Expected())
        raise Misconfigured(f"{path}: no such file", hint=_HINT) from None
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None
    except ValueError as error:  # no UTF-8, no TOML, no such field
        raise Misconfigured(f"{path}: {error}", hint=_HINT) from None
    return _deployed(home, meant)


def _deployed(home: Path, meant: Expected) -> Expected:
    """Add the users and units that `ringfence deploy` made, where this home is deployed; the rest stays as it is."""
    if str(home) != names.HOME or not Path(names.PROGRAM).exists():
        return meant
    found = bots.load(home)
    ours = (*names.PROCESSES, *((names.PAPER,) if Path(names.UNITS, names.unit(names.PAPER)).exists() else ()))
    running = [names.bot_unit(bot) for bot, one in found.items() if one.command]
    return msgspec.structs.replace(
        meant,
        bots=tuple(dict.fromkeys((*meant.bots, *map(names.bot_user, found)))),
        ours=tuple(dict.fromkeys((*meant.ours, *map(names.user, ours)))),
        units=tuple(dict.fromkeys((*meant.units, *map(names.unit, ours), *running))),
        made=tuple(dict.fromkeys((*meant.made, *_made(found)))),
        home=meant.home or str(home),
    )


def _made(found: Mapping[str, Bot]) -> Iterator[str]:
    """List what starts by itself because of the deployment, beside its services."""
    yield from (names.WALL, names.TARGET)
    for bot, one in found.items():
        yield from (names.bot_unit(bot, "socket"), names.probe_unit(bot))
        yield from (names.canary_unit(bot), names.canary_unit(bot, "timer"))
        for port in one.ui:
            yield from (names.ui_unit(bot, port), names.ui_unit(bot, port, "socket"))


def _name(asked: Host) -> str:
    with contextlib.suppress(Unseen):
        return (asked.text("/etc/hostname") or "").strip() or "this server"
    return "this server"


def _notes(checked: tuple[Checked, ...], snapshot: Path | None, record: Path | None) -> tuple[str, ...]:
    hidden = any(one.verdict is Verdict.UNKNOWN for one in checked)
    notes = []
    if hidden and snapshot is None and os.geteuid() != 0:
        notes.append(_UNSEEN)
    if record is not None:
        notes.append(f"what was seen is in {record}, without secrets; look at it before you send it to somebody")
    return tuple(notes)
