"""`ringfence policy suggest`: whether a draft's limits fit what the bot has really traded."""

import time
from decimal import ROUND_UP, Decimal
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from ringfence.cli import control, show
from ringfence.cli.answers import PolicyText, read
from ringfence.cli.trades import fills_of
from ringfence.cli.writing import DraftFile, draft
from ringfence.errors import Misconfigured
from ringfence.ipc.messages import AskPolicy
from ringfence.model.facts import Role
from ringfence.model.names import BotName, Symbol
from ringfence.policy.amounts import as_percent, plain
from ringfence.policy.load import load as load_policy
from ringfence.policy.past import PastOrder
from ringfence.policy.policy import BotPolicy, Limits, Policy
from ringfence.policy.suggest import UNTOLD, Suggestion
from ringfence.policy.suggest import suggest as suggestion_of
from ringfence.policy.symbols import SYMBOL
from ringfence.policy.trial import Row
from ringfence.settings import Settings, load

_DAY_MS = 86_400_000
_MOST_DAYS = 90
_SOME = 1
_CENT = Decimal("0.01")
_FINEST_SHARE = Decimal("0.000001")

_WHOSE = (
    "All trades of the account in these symbols are taken for this bot's. Positions are rebuilt from them, from where"
    " they never fall below zero. Orders that never filled are not among them, nor is the rest of those that filled"
    " in part."
)
_CHARGED = (
    "An order counts for what it paid; a purchase that took from the book, for what it would reserve at its collar. One"
    " that rested below the market will reserve a little more than it paid: leave it some room."
)


def suggest(
    context: typer.Context,
    file: DraftFile = None,
    bot: Annotated[str, typer.Option(metavar="NAME", help="Which bot's limits; needed where there are several.")] = "",
    days: Annotated[int, typer.Option(min=1, max=_MOST_DAYS, help="How far to look back.")] = 30,
    also: Annotated[str, typer.Option(metavar="LIST", help="Symbols to look at beside the draft's.")] = "",
    as_json: show.AsJson = False,
) -> None:
    """Try a draft on the account's past trades: what each limit would have refused, and which value would not.

    Reads what the exchange has on record, and changes nothing. Exit code 0 where the draft would have refused none, 1
    where some, or where more is paid in fees than it says; 2 where it cannot be meant.
    """
    settings = load(context.obj)
    policy = draft(context, file)
    chosen, limits = _chosen(policy, bot)
    symbols = tuple(dict.fromkeys((*chosen.symbols, *_in_force(settings, chosen), *_named(also, chosen))))
    if not symbols:
        hint = f'--also "BTC/{chosen.currency},ETH/{chosen.currency}" names some'
        raise Misconfigured(f"the symbols of bot {chosen.name} are a class, which nobody has looked up yet", hint=hint)
    now = time.time_ns() // 1_000_000
    fills = fills_of(settings, policy.accounts[chosen.account], symbols, now - days * _DAY_MS)
    found = suggestion_of(chosen, limits, fills)
    if as_json:
        show.value({**_document(found), "account": chosen.account, "days": days, "symbols": symbols})
    elif found.fills:
        _draw(found, chosen, days)
    else:
        _nothing(chosen, symbols, days)
    raise typer.Exit(_SOME if found.refuses or found.fees.over else 0)


def _chosen(policy: Policy, name: str) -> tuple[BotPolicy, Limits]:
    """Pick the bot whose limits are tried."""
    traders = [bot for bot in policy.bots.values() if bot.role is Role.TRADE and bot.guards is None]
    names = ", ".join(bot.name for bot in traders) or "none"
    if name and BotName(name) not in policy.bots:
        raise Misconfigured(f"the draft names no bot {name}", hint=f"those that trade: {names}")
    fitting = [bot for bot in traders if name in {"", bot.name}]
    if name and not fitting:
        raise Misconfigured(f"bot {name} has no limits of its own", hint=f"those that trade: {names}")
    if len(fitting) != 1:
        raise Misconfigured(f"the draft has {len(fitting)} bots that trade", hint=f"--bot NAME: {names}")
    [bot] = fitting
    if bot.limits is None:
        raise Misconfigured(f"bot {bot.name} has no limits")
    return bot, bot.limits


def _in_force(settings: Settings, draft_of: BotPolicy) -> tuple[Symbol, ...]:
    """List where the bot may trade now: what a draft leaves out is to be seen."""
    try:
        found = read(control.ask(settings, AskPolicy()), PolicyText)
    except Misconfigured:  # none is in force yet
        return ()
    bot = load_policy(found.text).bots.get(draft_of.name)
    if bot is None or bot.currency != draft_of.currency:
        return ()
    return bot.symbols if bot.symbol_class is None else tuple(map(Symbol, found.members.get(bot.books, ())))


def _named(also: str, bot: BotPolicy) -> tuple[Symbol, ...]:
    named = [symbol.strip() for symbol in also.split(",") if symbol.strip()]
    for symbol in named:
        if not SYMBOL.fullmatch(symbol) or not symbol.endswith(f"/{bot.currency}"):
            hint = f'such as "BTC/{bot.currency}": what trades against something else could not be valued'
            raise Misconfigured(f"{symbol} is no symbol for bot {bot.name}", hint=hint)
    return tuple(map(Symbol, named))


def _document(found: Suggestion) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(found)
    return {**told, "untold": UNTOLD, "wide": [row.limit for row in found.wide], "advice": _advice(found)}


def _nothing(bot: BotPolicy, symbols: tuple[Symbol, ...], days: int) -> None:
    typer.echo(f"account {bot.account} has no trades in {', '.join(symbols)} in the last {days} days")
    typer.echo(
        "So nothing tells whether the limits fit. Look further back (--days), at other symbols (--also), or let the bot"
        " trade on the rehearsal exchange and try again."
    )


def _draw(found: Suggestion, bot: BotPolicy, days: int) -> None:
    console = show.out()
    console.print(
        Text.assemble(
            (f"bot {bot.name}", "bold"),
            f": {days} days, {found.orders} orders in {found.fills} fills; {found.exits} of them exits",
        )
    )
    console.print()
    rows = show.table("limit", "draft", "most seen", "refuses none at", "1 in 100 at", "refused")
    for row in found.rows:
        rows.add_row(*_cells(row))
    console.print(rows)
    console.print()
    console.print(_fees(found, bot))
    console.print(Text("Cannot be told from fills:", "dim"))
    console.print(show.facts(*((f"  {names}", Text(why, "dim")) for names, why in UNTOLD.items())))
    for note in (_WHOSE, _CHARGED):
        console.print(Text(note, "dim"))
    console.print()
    for line in _advice(found):
        console.print(Text(show.plain(line)))
    for row in found.refuses:
        console.print(Text(f"  the first of {row.limit}: {_told(row.first)}", "dim"))
    console.print(Text("stealable in a day, by the limits:", "bold"))
    console.print(show.facts(*_stealable(found, bot)))


def _cells(row: Row) -> tuple[Text, ...]:
    """Lay one limit out; a purchase of a hundred-millionth of a cent more is not what a person looks for."""
    counted = f"{row.refused} of {row.judged}" if row.draft is not None else "-"
    style = "dim" if row.draft is None else "bold red" if row.refused else "green"
    values = (row.most and _shown(row.most), *(value and plain(value) for value in (row.none, row.hundredth)))
    return (
        Text(show.plain(row.limit), "dim" if row.draft is None else ""),
        Text(row.draft or "-"),
        *(Text(value or "-") for value in values),
        Text(counted, style),
    )


def _told(order: PastOrder | None) -> str:
    if order is None:
        return ""
    what = f"{order.side.lower()} {plain(order.quantity)} {order.symbol} at {_shown(order.price)}"
    return show.plain(f"{show.at(order.at)}: {what}")


def _shown(value: Decimal) -> str:
    """Round up to the cent, or to what is left of less."""
    return plain(value.quantize(_CENT, ROUND_UP) if value >= 1 else value.normalize())


def _fees(found: Suggestion, bot: BotPolicy) -> Text:
    fees, policy = found.fees, as_percent(found.fee)
    if fees.highest is None:
        return Text(f"fees: paid in another asset, which has no price here; the policy says {policy}")
    highest, paid = as_percent(fees.highest.quantize(_FINEST_SHARE)), fees.paid.quantize(_CENT, ROUND_UP)
    others = f"; {fees.untold} fills paid in another asset" if fees.untold else ""
    line = f"fees: {highest} at most, {plain(paid)} {bot.currency} in all; the policy says {policy}{others}"
    if fees.over:
        return Text(f"{line}: {fees.over} fills paid more, so orders would be charged too little", "bold red")
    return Text(line)


def _advice(found: Suggestion) -> list[str]:
    """Say in one line each what to do about it."""
    lines = [_refusing(row) for row in found.refuses]
    if found.wide:
        lines.append(f"five times wider than was needed, or more: {', '.join(row.limit for row in found.wide)}")
    if not found.refuses and found.orders:
        lines.insert(0, f"the draft would have refused none of {found.orders} orders")
    return lines


def _refusing(row: Row) -> str:
    what = f"{row.limit} {row.does} {row.refused} of {row.judged} orders"
    return what if row.none is None else f"{what}; {plain(row.none)} would have refused none"


def _stealable(found: Suggestion, bot: BotPolicy) -> list[tuple[str, str]]:
    """Say what each choice lets a thief take in a day: nobody is to widen anything without having seen the price."""
    stealable = found.stealable
    choices = (
        ("  the draft", stealable.draft),
        ("  with what refuses raised", stealable.raised),
        ("  with every limit at what refuses none", stealable.fitted),
    )
    shown = choices if found.refuses else (choices[0], choices[2])
    return [
        (name, "no figure holds" if figure is None else f"{plain(figure)} {bot.currency}") for name, figure in shown
    ]
