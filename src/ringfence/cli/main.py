"""`ringfence`: what the owner types. This file only dispatches, and tells errors."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import ringfence
from ringfence.cli import (
    adopt,
    bot,
    certificates,
    demo,
    drill,
    factor,
    halt,
    hold,
    incidents,
    init,
    key,
    leaktest,
    log,
    order,
    point,
    policy,
    radius,
    run,
    show,
    status,
    why,
)
from ringfence.errors import RingfenceError

app = typer.Typer(
    name="ringfence",
    help="Run a crypto trading bot with real money and assume that the bot will be compromised.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("init")(init.init)
app.add_typer(key.app, name="key")
app.add_typer(bot.app, name="bot")
app.command("certificates")(certificates.certificates)
app.command("point")(point.point)
app.command("adopt")(adopt.adopt)
app.command("leaktest")(leaktest.leaktest)
app.add_typer(policy.app, name="policy")
app.add_typer(factor.app, name="second-factor")
app.command("run")(run.run)
app.command("status")(status.status)
app.command("halt")(halt.halt)
app.command("resume")(halt.resume)
app.add_typer(hold.app, name="hold")
app.command("why")(why.why)
app.add_typer(order.app, name="order")
app.add_typer(log.app, name="log")
app.command("radius")(radius.radius)
app.command("demo")(demo.demo)
app.command("incidents")(incidents.incidents)
app.command("drill")(drill.drill)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"ringfence {ringfence.__version__}")
        raise typer.Exit


@app.callback()
def begin(
    context: typer.Context,
    home: Annotated[
        Path, typer.Option(envvar="RINGFENCE_HOME", metavar="DIR", help="The deployment's directory.")
    ] = Path("~/.local/share/ringfence"),
    version: Annotated[  # noqa: ARG001  # its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which one.")
    ] = False,
) -> None:
    """Note which deployment is meant."""
    context.obj = home.expanduser().absolute()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit; an error that a person can act on is told in words, and has its own exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        app(given)
    except RingfenceError as error:
        sys.exit(show.fail(error, as_json="--json" in given))
    except OSError as error:
        told = RingfenceError(f"{error.filename or 'the system'}: {error.strerror}")
        sys.exit(show.fail(told, as_json="--json" in given))
    sys.exit(0)
