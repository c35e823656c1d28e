"""`ringfence radius`: the most that a bot can cost in a day if somebody else controls it from now on."""

from typing import Literal

import typer
from rich.table import Table
from rich.text import Text

from ringfence.cli import control, show
from ringfence.cli.answers import (
    AccountRadius,
    BotRadius,
    Figure,
    Figures,
    PolicyText,
    Radius,
    Status,
    Term,
    Wall,
    read,
)
from ringfence.ipc.messages import AskPolicy, AskStatus
from ringfence.model.bound import Bound
from ringfence.policy.bound import radius as bounds
from ringfence.policy.load import load as load_policy
from ringfence.policy.policy import AccountPolicy, Policy
from ringfence.policy.together import account_radius
from ringfence.settings import load

WHOLE = "the whole account"
UNCONFINED = "nothing proves that a bot that is taken over cannot reach the real key; `ringfence deploy` does"


def radius(context: typer.Context, as_json: show.AsJson = False) -> None:
    """Show the most that each bot can cost in a day, and what the figures are made of."""
    settings = load(context.obj)
    status = read(control.ask(settings, AskStatus()), Status)
    found = of_policy(load_policy(read(control.ask(settings, AskPolicy()), PolicyText).text), status.proven)
    if as_json:
        return show.value(found)
    draw(found)
    for wall in status.walls:
        if not wall.held:
            show.out().print(Text(show.plain(f"bot {wall.bot}: {why(wall)}"), "yellow"), soft_wrap=True)
    return None


def of_policy(policy: Policy, proven: frozenset[str] = frozenset()) -> Radius:
    """Work the figures out for a policy, in force or not; `proven` are the bots that are seen to be confined."""
    bots = tuple(
        BotRadius(
            *_both(*bounds(bot, confined=bot.name in proven)),
            bot.name,
            Figures(*_both(*bounds(bot, confined=True))),
            bot.tunnels,
            bot.name in proven,
        )
        for bot in policy.bots.values()
    )
    accounts = tuple(_of_account(policy, account, proven) for account in policy.accounts.values())
    return Radius(bots, accounts, bool(bots) and all(bot.confined for bot in bots))


def why(wall: Wall) -> str:
    """Say why a bot is not held to be confined."""
    if not wall.failed:
        hours = wall.age_s // 3600
        return f"its canary last ran {hours} h ago, and what it found is no longer believed; `ringfence canary`"
    more = f", and {len(wall.failed) - 1} more" if len(wall.failed) > 1 else ""
    return f"it is not confined: {wall.failed[0]}{more}; `ringfence canary {wall.bot}`"


def _of_account(policy: Policy, account: AccountPolicy, proven: frozenset[str]) -> AccountRadius:
    """Add up all bots of an account: the wall is as good as that of its worst bot."""
    bots = [bot for bot in policy.bots.values() if bot.account == account.name]
    held = all(bot.name in proven for bot in bots)
    whole, limited = (account_radius(account, bots, confined=confined) for confined in (held, True))
    return AccountRadius(*_both(*whole), account.name, Figures(*_both(*limited)))


def draw(found: Radius) -> None:
    """Show the figures: what holds first, then what the limits alone would make of it."""
    console = show.out()
    rows: list[tuple[str, Figures, Figures | None]] = []
    rows += [(f"bot {bot.bot}", bot, bot.if_confined) for bot in found.bots]
    if len(found.bots) > 1:
        rows += [(f"account {each.account}, all its bots", each, each.if_confined) for each in found.accounts]
    for name, holds, alone in rows:
        limits = alone or holds
        console.print(Text(show.plain(name), "bold"))
        console.print(_figures(holds, limits))
        _draw_tunnels(holds)
        console.print()
    console.print(
        "Each is for 24 hours; where nobody acts for 8 hours more, a third more. Without Ringfence: all of it."
    )
    open_ = [bot.bot for bot in found.bots if not bot.confined]
    if open_ and len(open_) == len(found.bots):
        console.print(Text(f"{WHOLE.capitalize()} is what counts: {UNCONFINED}.", "yellow"))
    elif open_:
        named = show.plain(", ".join(open_))
        console.print(
            Text(f"{WHOLE.capitalize()} is what counts for {named}: no canary has found it confined.", "yellow")
        )
    if open_:
        console.print("The other figures are what the limits would hold it to behind a wall.", style="dim")


def _draw_tunnels(holds: Figures) -> None:
    """Say to whom a bot that is taken over can send whatever it knows; no figure bounds that."""
    if isinstance(holds, BotRadius) and holds.tunnels:
        hosts = show.plain(", ".join(holds.tunnels))
        show.out().print(Text(f"  can tell what it knows to {hosts}", "yellow"), soft_wrap=True)


def _figures(bot: Figures, limits: Figures) -> Table:
    rows = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    sides: tuple[Literal["left", "right"], ...] = ("left", "right", "left")
    for justify in sides:
        rows.add_column(justify=justify, overflow="fold")
    pairs = (("stealable", bot.stealable, limits.stealable), ("gambleable", bot.gambleable, limits.gambleable))
    for name, holds, alone in pairs:
        rows.add_row(Text(f"  {name}"), Text(say(holds), "bold"), "")
        if holds != alone:
            rows.add_row("", Text(say(alone)), "by its limits")
        for term in alone.terms:
            why = Text(show.plain(f"{term.name}: {term.why}"), "dim")
            rows.add_row("", Text(show.plain(term.amount), "dim"), why)
    return rows


def say(figure: Figure) -> str:
    """Say a bound in words."""
    return WHOLE if figure.amount is None else show.plain(f"{figure.amount} {figure.currency}")


def _both(stealable: Bound, gambleable: Bound) -> tuple[Figure, Figure]:
    return _figure(stealable), _figure(gambleable)


def _figure(bound: Bound) -> Figure:
    terms = tuple(Term(term.name, str(term.amount), term.why) for term in bound.terms)
    return Figure(None if bound.amount is None else str(bound.amount), bound.currency, terms)
