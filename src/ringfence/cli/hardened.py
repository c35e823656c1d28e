"""What becomes of what was hardened: it is kept, or it goes back."""

import contextlib
import time
from collections.abc import Iterable, Iterator

import typer
from rich.text import Text

from ringfence.cli import show
from ringfence.deploy import record, undo
from ringfence.deploy.machine import Live
from ringfence.deploy.record import Record
from ringfence.errors import Misconfigured
from ringfence.harden import back, names, trial
from ringfence.harden.area import Area


def keep(areas: list[Area] | None) -> None:
    """Keep all that is on trial."""
    if areas:
        raise Misconfigured("all that is on trial is kept, or none of it", hint="ringfence harden --keep")
    with trial.alone(patience=5):
        kept = trial.keep(Live())
    show.out().print(Text(f"kept: {', '.join(kept.areas)}; ringfence harden --undo takes it back", "green"))


def take_back(areas: list[Area], *, yes: bool, plan_only: bool) -> None:
    """Undo what is on trial of some areas and what was kept of them, after it was shown."""
    listed = list(_records(areas))
    if not listed and trial.load() is None:
        typer.echo("nothing of that was hardened here")
        return
    for which in listed:
        for one in reversed(record.load(which=which).done):
            if said := undo.words(one):
                typer.echo(f"- {said}")
    if plan_only:
        return
    show.confirm("Do this?", yes=yes)
    with trial.alone(patience=5):
        _take_back(areas, listed)
    typer.echo("it is as it was before")


def _take_back(areas: list[Area], listed: list[str]) -> None:
    machine = Live()
    for which in listed:
        tried = which in {names.trial_of(area) for area in areas}
        for each in back.take_back(which, machine, tell, whatever=tried):
            tell(f"left: {each}")
    for area in areas:
        back.end(area, machine)


def _records(areas: Iterable[Area]) -> Iterator[str]:
    """List the records of some areas, the last thing done first: what is on trial stands upon what was kept."""
    tried = trial.records()
    for area in reversed(list(dict.fromkeys(areas))):
        if names.trial_of(area) in tried:
            yield names.trial_of(area)
        if record.load(which=names.kept_of(area)) != Record():
            yield names.kept_of(area)


def clock(moment: float) -> str:
    """Show a moment of today on the reader's clock."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


def tell(words: str) -> None:
    """Tell what is done as it is done; a terminal that has gone stops nothing."""
    with contextlib.suppress(OSError):
        typer.echo(words, err=True)
