"""`ringfence radius`: the most that a bot can cost in a day if somebody else controls it from now on."""

from typing import Literal

import typer
from rich.table import Table
from rich.text import Text

from ringfence.cli import control, show
from ringfence.cli.answers import AccountRadius, BotRadius, Figure, Figures, PolicyText, Radius, Term, read
from ringfence.ipc.messages import AskPolicy
from ringfence.model.bound import Bound
from ringfence.policy.bound import radius as bounds
from ringfence.policy.load import load as load_policy
from ringfence.policy.policy import AccountPolicy, Policy
from ringfence.policy.together import account_radius
from ringfence.settings import load

WHOLE = "the whole account"
UNCONFINED = "everything runs as one user, so a bot that is taken over can reach the real key"


def radius(context: typer.Context, as_json: show.AsJson = False) -> None:
    """Show the most that each bot can cost in a day, and what the figures are made of."""
    found = of_policy(load_policy(read(control.ask(load(context.obj), AskPolicy()), PolicyText).text))
    if as_json:
        return show.value(found)
    draw(found)
    return None


def of_policy(policy: Policy) -> Radius:
    """Work the figures out for a policy that is not in force."""
    return Radius(
        tuple(
            BotRadius(
                *_both(*bounds(bot, confined=False)),
                bot.name,
                Figures(*_both(*bounds(bot, confined=True))),
                bot.tunnels,
            )
            for bot in policy.bots.values()
        ),
        tuple(_of_account(policy, account) for account in policy.accounts.values()),
    )


def _of_account(policy: Policy, account: AccountPolicy) -> AccountRadius:
    bots = [bot for bot in policy.bots.values() if bot.account == account.name]
    whole, limited = (account_radius(account, bots, confined=confined) for confined in (False, True))
    return AccountRadius(*_both(*whole), account.name, Figures(*_both(*limited)))


def draw(found: Radius) -> None:
    """Show the figures: what holds first, then what the limits alone would make of it."""
    console = show.out()
    rows: list[tuple[str, Figures, Figures | None]] = []
    rows += [(f"bot {bot.bot}", bot, bot.if_confined) for bot in found.bots]
    if len(found.bots) > 1:
        rows += [(f"account {each.account}, all its bots", each, each.if_confined) for each in found.accounts]
    for name, holds, alone in rows:
        limits = holds if found.confined or alone is None else alone
        console.print(Text(show.plain(name), "bold"))
        console.print(_figures(holds, limits))
        _draw_tunnels(holds)
        console.print()
    console.print(
        "Each is for 24 hours; where nobody acts for 8 hours more, a third more. Without Ringfence: all of it."
    )
    if not found.confined:
        console.print(Text(f"{WHOLE.capitalize()} is what counts: {UNCONFINED}.", "yellow"))
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
