"""`ringfence point`: what to put where, so that a client comes to Ringfence with everything it sends."""

from typing import Annotated

import typer

from ringfence.cli import show
from ringfence.cli.places import place_of
from ringfence.cli.unlock import PassphraseFd
from ringfence.pointing.answer import answer, lines
from ringfence.pointing.clients import Mode, client, clients
from ringfence.settings import load

ModeOption = Annotated[
    Mode | None, typer.Option(help="How it comes in; without it, the way that changes least for it.")
]


def point(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[CLIENT]", help="Which client; without it, all that are known.")] = "",
    bot: Annotated[str, typer.Option(help="Which bot; without it, the only one.")] = "",
    mode: ModeOption = None,
    show_secret: Annotated[
        bool, typer.Option("--show-secret", help="With the bot's virtual key and secret filled in.")
    ] = False,
    as_json: show.AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Print exactly what points a client at Ringfence, what differs for it, and how to check."""
    if not name:
        return _list(as_json=as_json)
    asked = client(name)
    way = asked.way(mode)
    found = answer(asked, way, place_of(load(context.obj), bot, passphrase_fd, show_secret=show_secret))
    if as_json:
        return show.value(found)
    typer.echo(lines(found))
    if not show_secret:
        typer.echo("\nthe bot's key and secret are filled in with --show-secret")
    return None


def _list(*, as_json: bool) -> None:
    known = clients()
    if as_json:
        return show.value({"clients": {name: list(one.ways) for name, one in known.items()}})
    rows = show.table("client", "", "modes, the best first")
    for name, one in known.items():
        rows.add_row(name, one.title, ", ".join(one.ways))
    return show.out().print(rows)
