"""`ringfence policy symbols`: which symbols each bot may trade now, and for a class when somebody last looked."""

import typer

from ringfence.cli import control, show
from ringfence.cli.answers import PolicyText, read
from ringfence.ipc.messages import AskPolicy
from ringfence.policy.amounts import plain
from ringfence.policy.draft import load_draft
from ringfence.policy.policy import BotPolicy, SymbolClass
from ringfence.policy.times import as_duration
from ringfence.settings import load


def symbols(context: typer.Context, as_json: show.AsJson = False) -> None:
    """List the symbols that each bot may trade now: those that its policy names, or what its class comes to.

    A class is looked up when the policy is applied and once a day; what leaves it can still be sold.
    """
    found = read(control.ask(load(context.obj), AskPolicy()), PolicyText)
    bots = load_draft(found.text).bots.values()
    traded = {bot.name: found.members.get(bot.books, ()) if bot.symbol_class else bot.symbols for bot in bots}
    if as_json:
        classes = [bot.name for bot in bots if bot.symbol_class is not None]
        return show.value({"bots": traded, "classes": classes, "looked": found.looked if classes else None})
    rows = show.table("bot", "symbols", "may trade now", right=("symbols",))
    for bot in bots:
        rows.add_row(bot.name, str(len(traded[bot.name])), ", ".join(traded[bot.name]) or _none(bot))
    show.out().print(rows)
    for bot in bots:
        if bot.symbol_class is not None and bot.guards is None:
            typer.echo(f"{bot.name}: {_words(bot, bot.symbol_class)}; looked up {show.ago(found.looked, found.now)}")
    return None


def _none(bot: BotPolicy) -> str:
    return "none" if bot.symbol_class is None else "none: only exits pass"


def _words(bot: BotPolicy, described: SymbolClass) -> str:
    barred = f", not {', '.join(described.barred)}" if described.barred else ""
    return (
        f"at most {described.most} pairs against {bot.currency}, those with the highest volume of a day,"
        f" {plain(described.volume)} or more, listed for {as_duration(described.listed_ms)},"
        f" priced by {described.venues} venues{barred}"
    )
