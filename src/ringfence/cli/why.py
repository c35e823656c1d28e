"""`ringfence why`: the last refusals, with the rule and the figures."""

from typing import Annotated

import typer

from ringfence.cli import control, show
from ringfence.cli.answers import Refusals, read
from ringfence.ipc.messages import AskWhy
from ringfence.settings import load


def why(
    context: typer.Context,
    bot: Annotated[str | None, typer.Argument(metavar="[BOT]", help="Only this bot's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    as_json: show.AsJson = False,
) -> None:
    """Show what was refused lately, newest first, and why; and what passed that a limit in shadow would refuse."""
    body = control.ask(load(context.obj), AskWhy(bot, limit))
    if as_json:
        return show.document(body)
    refusals = read(body, Refusals).refusals
    rows = show.table("when", "bot", "what it asked", "code", "why")
    for refusal in refusals:
        for number, reason in enumerate(refusal.reasons):
            first = (show.when(refusal.at), refusal.bot, refusal.action) if number == 0 else ("", "", "")
            why = f"passed, in shadow: {reason.text}" if refusal.shadow else reason.text
            rows.add_row(*map(show.plain, (*first, reason.code, why)), style="dim" if refusal.shadow else None)
    return show.out().print(rows if refusals else "nothing has been refused since the signer started")
