"""`ringfence halt` and `ringfence resume`: stopping needs nothing, starting again needs a person."""

from typing import Annotated

import typer

from ringfence.cli import control, show
from ringfence.cli.answers import Switched, read
from ringfence.cli.unlock import PassphraseFd, prove
from ringfence.errors import Unreachable
from ringfence.ipc.messages import AskHalt, AskResume
from ringfence.settings import load

_UNHEARD = "while ringfence is stopped nothing passes, so stop `ringfence run`; halt again once it is back"


def halt(
    context: typer.Context,
    exits_only: Annotated[bool, typer.Option("--exits-only", help="Still let positions be reduced.")] = False,
    no_cancel: Annotated[bool, typer.Option("--no-cancel", help="Leave resting orders where they are.")] = False,
    why: Annotated[str, typer.Option(metavar="TEXT", help="For the journal, and for whoever wonders later.")] = "",
    as_json: show.AsJson = False,
) -> None:
    """Stop new risk at once, and cancel what rests; only `resume` lifts it."""
    try:
        body = control.ask(load(context.obj), AskHalt(exits_only=exits_only, cancel=not no_cancel, why=why))
    except Unreachable as error:
        raise Unreachable(f"not halted: {error}", hint=_UNHEARD) from None
    if as_json:
        return show.document(body)
    done = read(body, Switched)
    passes = "cancels and exits still pass" if exits_only else "cancels still pass"
    resting = f"; cancelling {done.cancelling} resting orders" if done.cancelling else ""
    return typer.echo(f"{done.switch}: {passes}{resting}. `ringfence resume` lifts it.")


def resume(
    context: typer.Context,
    bot: Annotated[str, typer.Argument(metavar="[BOT]", help="Only this bot, which was stopped by itself.")] = "",
    as_json: show.AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Let trading begin again. Asks for the vault's passphrase, since a program must not be able to."""
    settings = load(context.obj)
    body = control.ask(settings, AskResume(prove(settings, passphrase_fd, "resume", bot.encode()), bot))
    if as_json:
        return show.document(body)
    who = f"bot {bot}" if bot else "bots"
    return typer.echo(f"{read(body, Switched).switch}: {who} may place orders again")
