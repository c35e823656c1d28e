"""`ringfence policy`: check a draft, see in money what it changes, put it in force, and see what waits."""

from collections.abc import Iterator
from typing import Annotated

import typer

from ringfence.cli import control, radius, replaying, show, suggest, symbols, writing
from ringfence.cli.answers import Applied, Pending, PolicyText, Status, read
from ringfence.cli.changes import Comparison
from ringfence.cli.factor import CodeFd, ask_code
from ringfence.cli.unlock import PassphraseFd, open_vault, proof_by
from ringfence.errors import Misconfigured, RingfenceError
from ringfence.ipc.messages import AskApply, AskDrop, AskPending, AskPolicy, AskStatus, apply_content
from ringfence.model.order import TRIGGERED
from ringfence.policy.draft import load_draft
from ringfence.policy.policy import BotPolicy, Policy, Unlimited, digest
from ringfence.policy.times import as_duration
from ringfence.prices.reference import ENOUGH
from ringfence.settings import Settings, load

app = typer.Typer(help="What each bot may do.", no_args_is_help=True)
app.command("new")(writing.new)
app.command("test")(writing.try_cases)
app.command("replay")(replaying.replay)
app.command("schema")(writing.schema)
app.command("symbols")(symbols.symbols)
app.command("suggest")(suggest.suggest)

_Pin = Annotated[
    bool, typer.Option("--pin", help="Ask the exchanges anew how symbols are traded, though nothing gets wider.")
]
_ANEW = "`--pin` asks the exchanges anew how its symbols are traded"
_SLOTS = 5  # orders that Binance lets wait for a trigger, of one symbol (MAX_NUM_ALGO_ORDERS, attacks.md, S26)
_CAPS = ("order_notional", "window_notional", "exposure", "loss_budget")


@app.command("check")
def check(context: typer.Context, file: writing.DraftFile = None, as_json: show.AsJson = False) -> None:
    """Read a draft, and show what it would let a captured bot cost; exit code 2 where it cannot be meant."""
    policy = writing.draft(context, file)
    warnings = tuple(_warnings(policy))
    found = radius.of_policy(policy, _confined(context))
    if as_json:
        return show.value({"digest": digest(policy), "bots": found.bots, "warnings": warnings})
    radius.draw(found)
    for warning in warnings:
        show.out().print(f"warning: {warning}", style="yellow")
    classes = sum(bot.symbol_class is not None and bot.guards is None for bot in policy.bots.values())
    counted = f"{len(policy.symbols)} symbols" + (f", {classes} classes of symbols" if classes else "")
    return typer.echo(f"\nthe policy reads well: {len(policy.bots)} bots, {counted}")


@app.command("diff")
def diff(context: typer.Context, file: writing.DraftFile = None, as_json: show.AsJson = False) -> None:
    """Show what a draft would change, in settings and in money; exit code 0 where nothing, 1 where something."""
    compared = _compare(load(context.obj), writing.draft(context, file))
    if as_json:
        show.value(compared.document())
    elif compared.settings:
        compared.draw()
        typer.echo(_needs(compared))
    else:
        typer.echo("no setting changes")
    raise typer.Exit(1 if compared.settings else 0)


@app.command("apply")
def apply(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    file: writing.DraftFile = None,
    pin: _Pin = False,
    yes: show.Yes = False,
    as_json: show.AsJson = False,
    passphrase_fd: PassphraseFd = None,
    code_fd: CodeFd = None,
) -> None:
    """Show what a draft changes, and put it in force: at once where it narrows, later where it widens.

    What widens needs the passphrase and a code of the second factor, and then waits; in a rehearsal the passphrase is
    enough and nothing waits. The first policy of all needs neither. Exit code 0: in force, or waiting, as it says; 1:
    refused; 2: the draft cannot be meant.
    """
    settings = load(context.obj)
    compared = _compare(settings, writing.draft(context, file))
    if compared.old is not None and compared.old.text == compared.new.text and not pin:
        raise Misconfigured("this policy is already in force", hint=_ANEW)
    if not as_json:
        compared.draw()
        typer.echo(_needs(compared, pin=pin))
    show.confirm("ask for it?" if compared.wait_ms else "put it in force?", yes=yes)
    proven = compared.wider or (pin and compared.old is not None)
    message = _proven(settings, compared, passphrase_fd, code_fd) if proven else AskApply(compared.new.text, None)
    try:
        body = control.ask(settings, message)
    except Misconfigured as error:
        raise RingfenceError(str(error), hint=error.hint) from None  # refused: nothing is wrong with the file
    if as_json:
        return show.document(body)
    applied = read(body, Applied)
    if applied.due is None:
        return typer.echo(f"policy {applied.digest[:12]} is in force, as entry {applied.seq} of the journal")
    typer.echo(f"policy {applied.digest[:12]} is NOT in force yet: {_when(applied.due, applied.now)}")
    return typer.echo("`ringfence policy pending` shows it, `ringfence policy cancel` drops it")


@app.command("pending")
def pending(context: typer.Context, as_json: show.AsJson = False) -> None:
    """Show the policy that waits: what it changes, and when it comes into force."""
    settings = load(context.obj)
    found = read(control.ask(settings, AskPending()), Pending)
    if found.change is None:
        return show.value({"change": None}) if as_json else typer.echo("no policy waits")
    compared = _compare(settings, load_draft(found.change.text))
    if as_json:
        told = {name: getattr(found.change, name) for name in ("seq", "text", "at", "due")}
        return show.value({"change": {**told, "now": found.now, **compared.document()}})
    compared.draw()
    asked = f"asked for {show.ago(found.change.at, found.now)}, as entry {found.change.seq} of the journal"
    typer.echo(f"{asked}; {_when(found.change.due, found.now)}")
    return typer.echo("`ringfence policy cancel` drops it, and needs no passphrase")


@app.command("cancel")
def cancel(context: typer.Context, as_json: show.AsJson = False) -> None:
    """Drop the policy that waits; the one in force stays. Needs no passphrase, as a halt does not."""
    body = control.ask(load(context.obj), AskDrop())
    if as_json:
        return show.document(body)
    return typer.echo("the policy that waited is dropped; the one in force stays")


@app.command("show")
def show_(context: typer.Context, as_json: show.AsJson = False) -> None:
    """Print the policy in force."""
    body = control.ask(load(context.obj), AskPolicy())
    if as_json:
        return show.document(body)
    found = read(body, PolicyText)
    return typer.echo(f"# policy {found.digest[:12]}, entry {found.seq} of the journal\n{found.text.strip()}")


def _confined(context: typer.Context) -> frozenset[str]:
    """Name the bots that are proven to be confined; where no signer runs, or there is no deployment, none is."""
    try:
        return read(control.ask(load(context.obj), AskStatus()), Status).proven
    except RingfenceError:
        return frozenset()


def _compare(settings: Settings, new: Policy) -> Comparison:
    status = read(control.ask(settings, AskStatus()), Status)
    if status.policy is None:
        return Comparison(None, new, unknown=not status.first, proven=status.proven)
    old = load_draft(read(control.ask(settings, AskPolicy()), PolicyText).text)
    return Comparison(old, new, proven=status.proven)


def _needs(compared: Comparison, *, pin: bool = False) -> str:
    """Say what the change takes, before anybody is asked for it."""
    if compared.wait_ms:
        wait = as_duration(compared.wait_ms)
        return f"It needs the vault's passphrase and a code of the second factor, and then waits {wait}."
    if compared.wider:
        return "It needs the vault's passphrase. In a rehearsal nothing waits."
    if pin and compared.old is not None:
        return "It comes into force at once. Pinning symbols anew needs the vault's passphrase."
    return "It comes into force at once, and needs no passphrase."


def _proven(settings: Settings, compared: Comparison, passphrase_fd: int | None, code_fd: int | None) -> AskApply:
    text = compared.new.text
    with open_vault(settings, passphrase_fd) as vault:
        code = ask_code(vault, code_fd) if compared.wait_ms else ""
        return AskApply(text, proof_by(vault, settings, "apply", apply_content(text, code)), code)


def _when(due: int, now: int) -> str:
    return f"it comes into force in {show.left(due - now)}, at {show.at(due)}"


def _warnings(policy: Policy) -> Iterator[str]:
    for bot in policy.bots.values():
        yield from (f"bot {bot.name}: {what}" for what in _doubts(bot))


def _looser(bot: BotPolicy) -> Iterator[str]:
    """Say what makes the limits less than they look."""
    if bot.symbol_class is not None and bot.symbol_class.venues < ENOUGH:
        yield f"its class asks for fewer than {ENOUGH} venues, so who moves the price at one may move the reference"
    if bot.shadow_until:
        until = show.at(bot.shadow_until)
        yield f"the limits that may be left out refuse nothing until {until}; the figures are without them"


def _doubts(bot: BotPolicy) -> Iterator[str]:
    """Say what is allowed to be written and seldom meant."""
    limits = bot.limits
    if limits is None:
        return
    for name in _CAPS:
        if isinstance(getattr(limits, name), Unlimited):
            yield f"{name} is unlimited"
    yield from _looser(bot)
    order, window, exposure = limits.order_notional, limits.window_notional, limits.exposure
    if not isinstance(order, Unlimited) and not isinstance(window, Unlimited) and order > window:
        yield "order_notional is more than window_notional, so no order of that size can pass"
    if not TRIGGERED.isdisjoint(bot.kinds) and (limits.symbol_orders or _SLOTS) >= _SLOTS:
        yield f"its stops may take every slot that the exchange has for them; symbol_orders = {_SLOTS - 1} leaves one"
    if not isinstance(order, Unlimited) and not isinstance(exposure, Unlimited) and order > exposure:
        yield "order_notional is more than exposure, so no order of that size can open a position"
