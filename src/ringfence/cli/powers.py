"""`ringfence audit powers`: what a tree or a package is able to do, and what a newer one is able to do besides."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from ringfence.audit import survey as surveying
from ringfence.audit.code.capability import Capability
from ringfence.audit.code.compare import compare
from ringfence.audit.messages import Look
from ringfence.audit.survey import Scope
from ringfence.cli import auditing, show
from ringfence.cli.auditing import Target, Timeout

_GAINED = 1  # exit code: the newer one can do what the older cannot


def powers(
    path: Target = Path(),
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="OLD", help="An earlier version: only what was gained is listed."),
    ] = None,
    timeout: Timeout = surveying.SECONDS,
    as_json: show.AsJson = False,
) -> None:
    """List hosts, programs, files, environment and keys that code reaches; exit code 1 if it gained any."""
    now = _powers(path, timeout)
    gained = now if against is None else compare(_powers(against, timeout), now)
    if as_json:
        show.value({"powers" if against is None else "gained": gained})
    else:
        _draw(gained, compared=against is not None)
    raise typer.Exit(_GAINED if against is not None and gained else 0)


def _powers(path: Path, timeout: float) -> tuple[Capability, ...]:
    root = auditing.root_of(path)
    seen = auditing.survey(root, Look(code=True), Scope(seconds=timeout))
    return tuple(one for read in seen.code for one in read.capabilities)


def _draw(found: tuple[Capability, ...], *, compared: bool) -> None:
    if not found:
        typer.echo("it can do nothing that the earlier version could not" if compared else "no powers were found")
        return
    counts = Counter((one.power, one.what) for one in found)
    first = {(one.power, one.what): one.place for one in sorted(found, reverse=True)}
    rows = show.table("power", "what", "places", "first", right=("places",))
    for power, what in sorted(counts):
        place = show.plain(str(first[power, what]))
        rows.add_row(power.value, Text(show.plain(what)), str(counts[power, what]), Text(place, "dim"))
    show.out().print(rows)
