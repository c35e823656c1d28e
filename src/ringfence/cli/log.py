"""`ringfence log`: the journal, to look at, to take away, and to check."""

import tempfile
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ringfence.cli import control, show
from ringfence.cli.answers import Log, LogEntry, read
from ringfence.cli.export import VKEY, export
from ringfence.errors import Misconfigured
from ringfence.ipc.messages import AskLog
from ringfence.journal.verify import verify as check
from ringfence.settings import Settings, load

app = typer.Typer(
    help="The journal: every decision, in an order that nobody can change unnoticed.", no_args_is_help=True
)

_FOLLOW_SECONDS = 1.0
_LAST = 20  # what a screen holds
_WIDE = 80  # of one value: a policy is a whole page
_AT_ONCE = 1_000  # what the signer gives at most
_FAILED = 4  # the exit code of `Broken`


@app.command("show")
def show_(
    context: typer.Context,
    after: Annotated[
        int | None, typer.Option(min=-1, help="Begin after this entry; without it, show the last.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=_AT_ONCE, help="At most so many.")] = _LAST,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is added.")] = False,
    as_json: show.AsJson = False,
) -> None:
    """Print entries, oldest first. --json has them whole; with --follow one line an entry."""
    settings = load(context.obj)
    after = _ask(settings, 0, 1).size - limit - 1 if after is None else after
    body = control.ask(settings, AskLog(after, limit))
    found = read(body, Log)
    if as_json and not follow:
        return show.document(body)
    last = _print(found, after, as_json=as_json)
    while follow:
        time.sleep(_FOLLOW_SECONDS)
        last = _print(_ask(settings, last, _AT_ONCE), last, as_json=as_json)
    return None


@app.command("export")
def export_(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; a second time only adds what is new.")],
) -> None:
    """Write the journal as files that anyone can check (tlog-tiles), up to its last checkpoint."""
    point = export(_journal(load(context.obj)), directory)
    typer.echo(f"{point.size} entries in {directory}, root {point.root.hex()}")
    typer.echo(f"keep {directory / 'checkpoint'} and {directory / VKEY} where this server cannot reach them")


@app.command("verify")
def verify(
    context: typer.Context,
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="An exported journal; without it, this one.")
    ] = None,
    vkey: Annotated[str | None, typer.Option(help="The public key, from somebody you trust.")] = None,
    against: Annotated[Path | None, typer.Option(metavar="FILE", help="A checkpoint you kept earlier.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Check every entry, the tree and the signature; exit code 4 where something does not fit."""
    old = None if against is None else _bytes(against)
    if directory is not None:
        return _verify(directory, vkey, old, as_json=as_json)
    with tempfile.TemporaryDirectory(prefix="ringfence-") as made:
        export(_journal(load(context.obj)), Path(made))
        return _verify(Path(made), vkey, old, as_json=as_json)


def _verify(directory: Path, vkey: str | None, old: bytes | None, *, as_json: bool) -> None:
    found = check(directory, vkey or _bytes(directory / VKEY).decode("utf-8", "replace").strip(), old)
    ok = not found.problems
    if as_json:
        show.value({"ok": ok, "size": found.size, "root": found.root.hex(), "problems": found.problems})
    else:
        _tell(found.size, found.root, found.problems, trusted=vkey is not None)
    raise typer.Exit(0 if ok else _FAILED)


def _tell(size: int, root: bytes, problems: tuple[str, ...], *, trusted: bool) -> None:
    for problem in problems:
        typer.echo(show.plain(problem))
    if problems:
        return typer.echo("not verified")
    typer.echo(f"verified: {size} entries, root {root.hex()}")
    if not trusted:
        typer.echo("the key was the journal's own; give --vkey, from elsewhere, to see that the signer wrote it")
    return None


def _ask(settings: Settings, after: int, limit: int) -> Log:
    return read(control.ask(settings, AskLog(after, limit)), Log)


def _print(found: Log, last: int, *, as_json: bool) -> int:
    for entry in found.entries:
        if as_json:
            typer.echo(msgspec.json.encode(entry).decode("ascii", "backslashreplace"))
        else:
            typer.echo(_line(entry))
    return found.entries[-1].seq if found.entries else last


def _line(entry: LogEntry) -> str:
    """Show one entry on one line: number, time, kind, who, and what it says in the order in which it is hashed."""
    fields = msgspec.json.decode(entry.text, type=dict[str, object])
    at = fields.pop("t_wall", None)
    when = show.at(at) if isinstance(at, int) else "?"
    who = fields.pop("actor", "")
    hidden = {"seq", "kind", "t_boot", "v"}
    said = " ".join(f"{key}={_value(value)}" for key, value in fields.items() if key not in hidden)
    return show.plain(f"{entry.seq:>6}  {when}  {entry.kind:<11}  {who}  {said}")


def _value(value: object) -> str:
    text = value if isinstance(value, str) and " " not in value else msgspec.json.encode(value).decode()
    return text if len(text) <= _WIDE else f"{text[:_WIDE]}…"


def _journal(settings: Settings) -> Path:
    if not settings.journal.exists():
        raise Misconfigured("there is no journal yet", hint="it begins with the first `ringfence run`")
    return settings.journal


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None
