"""`ringfence hold`: the orders that wait for a person, and letting one of them pass."""

from typing import Annotated

import typer

from ringfence.cli import control, show
from ringfence.cli.answers import Allowed, Holds, read
from ringfence.cli.unlock import PassphraseFd, prove
from ringfence.ipc.messages import AskAllow, AskHolds
from ringfence.settings import load

app = typer.Typer(help="Orders that wait for a person.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, as_json: show.AsJson = False) -> None:
    """Show the orders that a bot asked for and that are larger than its hold_above, newest first."""
    body = control.ask(load(context.obj), AskHolds())
    if as_json:
        return show.document(body)
    held = read(body, Holds).held
    rows = show.table("id", "when", "bot", "order", "why")
    for each in held:
        rows.add_row(*map(show.plain, (each.id, show.when(each.at), each.bot, each.words, each.why)))
    return show.out().print(rows if held else "no order waits for a person")


@app.command("allow")
def allow(
    context: typer.Context,
    held: Annotated[str, typer.Argument(metavar="ID", help="As `ringfence hold list` shows it.")],
    as_json: show.AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Let one order pass, once, when its bot sends it again: the same symbol, side, size and price."""
    settings = load(context.obj)
    body = control.ask(settings, AskAllow(held, prove(settings, passphrase_fd, "allow", held.encode())))
    if as_json:
        return show.document(body)
    minutes = read(body, Allowed).seconds // 60
    return typer.echo(f"order {held} may pass once within {minutes} minutes; every other rule still holds")
