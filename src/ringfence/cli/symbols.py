"""`ringfence policy symbols`: which symbols each bot may trade now, and for a class when somebody last looked."""

from typing import Annotated

import typer
from rich.table import Table

from ringfence.cli import control, show
from ringfence.cli.answers import PolicyText, read
from ringfence.ipc.messages import AskPolicy
from ringfence.policy.amounts import plain
from ringfence.policy.draft import load_draft
from ringfence.policy.policy import BotPolicy, SymbolClass
from ringfence.policy.times import as_duration
from ringfence.settings import load


def symbols(
    context: typer.Context,
    pinned: Annotated[bool, typer.Option("--pinned", help="Show how each trades, as it was pinned.")] = False,
    as_json: show.AsJson = False,
) -> None:
    """List the symbols that each bot may trade now: those that its policy names, or what its class comes to.

    A class is looked up when the policy is applied and once a day; what leaves it can still be sold.
    """
    found = read(control.ask(load(context.obj), AskPolicy()), PolicyText)
    bots = load_draft(found.text).bots.values()
    traded = {bot.name: found.members.get(bot.books, ()) if bot.symbol_class else bot.symbols for bot in bots}
    if as_json:
        classes = [bot.name for bot in bots if bot.symbol_class is not None]
        looked = found.looked if classes else None
        return show.value({"bots": traded, "classes": classes, "looked": looked, "pinned": found.pinned})
    if pinned:
        return show.out().print(_pinned(found))
    rows = show.table("bot", "symbols", "may trade now", right=("symbols",))
    for bot in bots:
        rows.add_row(bot.name, str(len(traded[bot.name])), ", ".join(traded[bot.name]) or _none(bot))
    show.out().print(rows)
    for bot in bots:
        if bot.symbol_class is not None and bot.guards is None:
            typer.echo(f"{bot.name}: {_words(bot, bot.symbol_class)}; looked up {show.ago(found.looked, found.now)}")
    return None


def _pinned(found: PolicyText) -> Table:
    columns = ("account", "symbol", "its name there", "price step", "quantity step", "least order")
    rows = show.table(*columns, right=columns[3:])
    for account, instruments in found.pinned.items():
        for one in instruments:
            least = f"{plain(one.min_notional)} {one.quote}"
            cells = (account, one.symbol, one.native, plain(one.tick), plain(one.step), least)
            rows.add_row(*map(show.plain, cells))
    return rows


def _none(bot: BotPolicy) -> str:
    return "none" if bot.symbol_class is None else "none: only exits pass"


def _words(bot: BotPolicy, described: SymbolClass) -> str:
    barred = f", not {', '.join(described.barred)}" if described.barred else ""
    return (
        f"at most {described.most} pairs against {bot.currency}, those with the highest volume of a day,"
        f" {plain(described.volume)} or more, listed for {as_duration(described.listed_ms)},"
        f" priced by {described.venues} venues{barred}"
    )
