"""`ringfence harden`: fixes of this server, shown as a diff, done when they are named, and taken back unless kept."""

import contextlib
import os
import signal
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from ringfence.audit.host import live
from ringfence.audit.host.host import Host
from ringfence.cli import hardened, planning, show
from ringfence.cli.hardened import clock, tell
from ringfence.cli.server import EXPECTED
from ringfence.deploy import code
from ringfence.deploy.machine import Live
from ringfence.errors import Misconfigured, RingfenceError
from ringfence.harden import back, person, trial
from ringfence.harden.area import TRIED, Area, Asked
from ringfence.harden.carry import Work, at_once, on_trial, work
from ringfence.harden.offer import offer, wrong

_MINUTE = 60


def harden(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    areas: Annotated[
        list[Area] | None, typer.Argument(metavar="[AREA...]", help=f"What to harden: {', '.join(Area)}.")
    ] = None,
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would be done, and do nothing.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep what is on trial: it is not taken back any more.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Undo all of it, or what is named.")] = False,
    minutes: Annotated[
        float, typer.Option(min=0.1, max=1440, help="How long ssh, firewall and kernel wait for --keep.")
    ] = 10,
    ssh_from: Annotated[
        list[str] | None,
        typer.Option("--ssh-from", metavar="PLACE", help="Let SSH in from there alone: wg0, 203.0.113.0/24, or any."),
    ] = None,
    yes: show.Yes = False,
    as_json: show.AsJson = False,
) -> None:
    """Harden this server: without a name it only shows what it offers; ssh, firewall and kernel go back unless kept."""
    _insist(keep=keep, undo=undo, plan_only=plan_only)
    if keep:
        return hardened.keep(areas)
    if undo:
        return hardened.take_back(areas or list(Area), yes=yes, plan_only=plan_only)
    if as_json and areas and not plan_only:
        raise Misconfigured("--json shows a plan", hint="add --plan")
    asked = Asked(tuple(ssh_from or ()), _ports(context.obj))
    if asked.ssh_from and areas and Area.FIREWALL not in areas:
        raise Misconfigured("--ssh-from is for the firewall", hint="ringfence harden firewall --ssh-from ...")
    chosen = [] if plan_only or not areas else list(dict.fromkeys(areas))
    with trial.alone() if chosen else contextlib.nullcontext():
        if chosen:
            _insist_on_no_trial()
        works = _look(areas or Area, asked, as_json=as_json)
        if not chosen:
            raise typer.Exit(0 if all(one.lacking.empty and not one.offered.refused for one in works) else 1)
        raise typer.Exit(_carry_out(works, minutes * _MINUTE, yes=yes))


def _insist(*, keep: bool, undo: bool, plan_only: bool) -> None:
    if os.geteuid() != 0:
        raise Misconfigured("only root can see and change how a server is set", hint="run it with sudo; --plan too")
    if keep and (undo or plan_only):
        raise Misconfigured("--keep stands alone", hint="ringfence harden --keep")


def _insist_on_no_trial() -> None:
    """One trial at a time. One that was cut off in the middle goes back first."""
    waiting = trial.load()
    if waiting is None:
        return
    if waiting.done:
        said = f"{', '.join(waiting.areas)} on trial until {clock(waiting.until)}"
        raise Misconfigured(said, hint="ringfence harden --keep, or --undo, and then this again")
    tell("a trial was cut off in the middle: it goes back first")
    for each in back.roll_back(Live(), tell):
        tell(f"left: {each}")


def _ports(home: Path) -> tuple[str, ...]:
    """Read which ports the owner means to be reached from outside; none where nobody wrote any down."""
    path = home / EXPECTED
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")).get("ports", ()), tuple[str, ...])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise Misconfigured(
            f"{path}: {error}", hint='ports = ["tcp/443"] are what may be reached from outside'
        ) from None


def _look(areas: Iterable[Area], asked: Asked, *, as_json: bool) -> list[Work]:
    """Look at the server, and show what is offered."""
    host, machine = Host(live.Live()), Live()
    works = [work(offer(area, host, asked), machine) for area in dict.fromkeys(areas)]
    if as_json:
        show.value({"trial": trial.load(), "areas": [_as_value(one) for one in works]})
        return works
    for one in works:
        _draw(one, host)
    _draw_trial()
    _draw_person(host)
    return works


def _as_value(one: Work) -> dict[str, object]:
    told = one.offered
    return {"area": told.area, "steps": one.lacking.words, "refused": told.refused, "notes": told.notes}


def _draw(one: Work, host: Host) -> None:
    console, told = show.out(), one.offered
    if told.refused:
        console.print(
            Text.assemble((told.area, "bold"), f": nothing is offered: {show.plain(told.refused)}"), soft_wrap=True
        )
    elif one.lacking.empty:
        said = wrong(told.area, host) if told.wants else ""
        state = Text(f"not in force: {show.plain(said)}", "red") if said else Text("nothing to do", "green")
        console.print(Text.assemble((told.area, "bold"), ": ", state), soft_wrap=True)
    else:
        on_trial = "on trial, then kept or taken back" if told.area in TRIED else "at once; --undo takes it back"
        console.print(Text.assemble((told.area, "bold"), f": {on_trial}"))
        planning.draw(one.lacking)
    for note in told.notes:
        console.print(Text(f"! {show.plain(note)}", "yellow"), soft_wrap=True)


def _draw_trial() -> None:
    waiting = trial.load()
    if waiting is not None:
        said = f"{', '.join(waiting.areas)}: on trial until {clock(waiting.until)}; ringfence harden --keep, or --undo"
        show.out().print(Text(said, "bold yellow"), soft_wrap=True)


def _carry_out(works: list[Work], seconds: float, *, yes: bool) -> int:
    """Do what was named: first what can lock nobody out, whatever becomes of each, then the rest on trial."""
    todo = [one for one in works if not one.lacking.empty]
    code_ = 1 if any(one.offered.refused for one in works) else 0
    if todo:
        show.confirm("Do this?", yes=yes)
    for one in todo:
        if one.offered.area not in TRIED:
            code_ = max(code_, _at_once(one))
    if risky := [one for one in todo if one.offered.area in TRIED]:
        _on_trial(risky, seconds)
    return code_


def _at_once(one: Work) -> int:
    try:
        at_once(one, Live(), tell)
    except RingfenceError as error:
        return show.fail(RingfenceError(f"{one.offered.area}: {error}", hint=error.hint), as_json=False)
    return 0


def _on_trial(works: list[Work], seconds: float) -> None:
    if not Path("/run/systemd/system").is_dir():
        raise Misconfigured("there is no systemd to take it back", hint="nothing is tried where it could not go back")
    python = code.python()
    # Whoever is stopped in here (^Z, a terminal that hangs) does nothing any more once the time is up.
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        tried = on_trial(works, Live(), _wrong, tell, python=python, seconds=seconds)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    console = show.out()
    console.print(Text(f"on trial until {clock(tried.until)}: {', '.join(tried.areas)}", "bold yellow"))
    console.print("leave this login open, and log in once more from another terminal")
    console.print("  it works:       ringfence harden --keep")
    console.print("  it does not:    do nothing, and all of it is taken back then, or at the next start of the server")


def _wrong(area: str) -> str:
    return wrong(Area(area), Host(live.Live()))


def _draw_person(host: Host) -> None:
    console = show.out()
    console.print("left to you, whatever else is done:")
    for step in person.steps(host):
        console.print(Text(f"* {step.what}", "bold"), soft_wrap=True)
        for line in step.how:
            console.print(f"    {line}", soft_wrap=True)
