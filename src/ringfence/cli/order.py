"""`ringfence order show`: all that is known of one order."""

from typing import Annotated

import typer
from rich.text import Text

from ringfence.cli import control, show
from ringfence.cli.answers import Order, read
from ringfence.ipc.messages import AskOrder
from ringfence.settings import load

app = typer.Typer(help="Single orders.", no_args_is_help=True)

_TIMES = frozenset({"at", "settled_at", "t_wall"})
_AMOUNTS = frozenset(
    {"quantity", "price", "reference", "fee", "notional", "loss", "executed", "executed_quote", "base_fee", "position"}
)
_QUIET = frozenset({"content", "seq", "t_boot", "v"})  # for the machine: a digest, a number shown above, a clock


@app.command("show")
def show_(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF", help="Intent number, client id, or the exchange's order id.")],
    as_json: show.AsJson = False,
) -> None:
    """Show what was allowed, what became of it, and which entries of the journal say so."""
    body = control.ask(load(context.obj), AskOrder(ref))
    if as_json:
        return show.document(body)
    found = read(body, Order)
    console = show.out()
    console.print(Text(f"intent {found.intent.get('seq')}", "bold"))
    console.print(show.facts(*_rows(dict(found.intent))))
    for number, outcome in zip(found.entries[1:], found.outcomes, strict=False):
        console.print(Text(f"\nentry {number}", "bold"))
        console.print(show.facts(*_rows(outcome)))
    return console.print(f"\nin the journal: entries {', '.join(map(str, found.entries))}", style="dim")


def _rows(fields: dict[str, object]) -> list[tuple[str, str]]:
    return [(key, _say(key, thing)) for key, thing in fields.items() if key not in _QUIET and thing not in (None, "")]


def _say(key: str, thing: object) -> str:
    if key in _TIMES and isinstance(thing, int):
        return show.at(thing)
    return show.amount(thing) if key in _AMOUNTS and isinstance(thing, str) else str(thing)
