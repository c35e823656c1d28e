"""`ringfence doctor`: which protections are live on this machine, which are not, and what that means."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import typer
from rich.text import Text

from ringfence.cli import control, show
from ringfence.cli.answers import Status, read
from ringfence.cli.examining import Row, State, kernel, systemd
from ringfence.cli.running import processes, running, walls
from ringfence.cli.trying import try_all
from ringfence.errors import Misconfigured, RingfenceError
from ringfence.ipc.messages import AskStatus
from ringfence.settings import Settings, load

_ROOT = Path("/")
_SYSTEMCTL = ("/usr/bin/systemctl", "--version")
_PATIENCE = 5.0  # seconds; it prints its version
_STYLES = {State.LIVE: "green", State.PARTLY: "yellow", State.MISSING: "bold red", State.UNKNOWN: "yellow"}


def doctor(context: typer.Context, as_json: show.AsJson = False) -> None:
    """Try what protects a deployment here, and say what is not live; exit code 1 if something it counts on is not.

    It needs no root, and changes nothing.
    """
    rows = (*kernel(_ROOT, try_all()), systemd(_ROOT, _version()), *_deployment(context.obj))
    if as_json:
        show.value({"uid": os.getuid(), "rows": rows})
    else:
        _draw(rows)
    raise typer.Exit(1 if any(row.wrong for row in rows) else 0)


def _deployment(home: Path) -> tuple[Row, ...]:
    """Look at the deployment, where there is one."""
    try:
        settings = load(home)
    except Misconfigured as error:
        return (Row("processes", State.UNKNOWN, f"{error}, so there is nothing to look at", error.hint or ""),)
    status = _status(settings)
    return (*processes(settings, tuple(running(_ROOT, home)), status), *walls(status))


def _status(settings: Settings) -> Status | None:
    with suppress(RingfenceError, OSError):
        return read(control.ask(settings, AskStatus()), Status)
    return None


def _version() -> str:
    try:
        asked = subprocess.run(_SYSTEMCTL, capture_output=True, text=True, check=False, timeout=_PATIENCE)  # noqa: S603  # no word of anybody
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout


def _draw(rows: tuple[Row, ...]) -> None:
    table = show.table("what", "state", "what that means")
    for row in rows:
        means = Text(show.plain(row.means))
        if row.do and row.state is not State.LIVE:
            means.append(f"\n→ {show.plain(row.do)}", "dim")
        table.add_row(show.plain(row.name), Text(row.state, _STYLES[row.state]), means)
    show.out().print(table)
    wrong = [row.name for row in rows if row.wrong]
    typer.echo(
        f"\nnot as it should be: {', '.join(wrong)}" if wrong else "\neverything that Ringfence counts on is live"
    )
