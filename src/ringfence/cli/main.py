"""`ringfence`: what the owner types. This file only dispatches, and tells errors."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, NoReturn, cast

import typer

import ringfence
from ringfence.cli import commands, show
from ringfence.errors import RingfenceError


def build(names: Iterable[str] = commands.COMMANDS) -> typer.Typer:
    """Put the program together with some of its commands, or all."""
    app = typer.Typer(
        name="ringfence",
        help="Run a crypto trading bot with real money and assume that the bot will be compromised.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        callback=begin,
    )
    for name in names:
        found = commands.load(name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(cast(Callable[..., object], found))
    return app


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"ringfence {ringfence.__version__}")
        raise typer.Exit


def begin(
    context: typer.Context,
    home: Annotated[
        Path,
        typer.Option(envvar="RINGFENCE_HOME", metavar="DIR", readable=False, help="The deployment's directory."),
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
        build(commands.asked(given))(given)
    except RingfenceError as error:
        sys.exit(show.fail(error, as_json="--json" in given))
    except OSError as error:
        told = RingfenceError(f"{error.filename or 'the system'}: {error.strerror}")
        sys.exit(show.fail(told, as_json="--json" in given))
    sys.exit(0)
