"""`ringfence demo`: see it at work on a rehearsal exchange, in a directory of its own."""

from typing import Annotated

import typer


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the directory that it was run in.")] = False,
) -> None:
    """Let a bot trade on paper, take it over, and compare what that cost with what was promised."""
    from ringfence.drill.demo import run  # noqa: PLC0415  # loads ccxt, which no other command should wait for

    raise typer.Exit(run(keep=keep))
