"""`ringfence policy`: check a draft, see in money what it changes, and put it in force."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ringfence.cli import control, radius, show
from ringfence.cli.answers import Applied, PolicyText, Status, read
from ringfence.cli.changes import Change, Effect, diff, widens
from ringfence.cli.unlock import PassphraseFd, prove
from ringfence.errors import Misconfigured
from ringfence.ipc.messages import AskApply, AskPolicy, AskStatus
from ringfence.policy.draft import load_draft
from ringfence.policy.policy import BotPolicy, Policy, Unlimited, digest
from ringfence.settings import Settings, load

app = typer.Typer(help="What each bot may do.", no_args_is_help=True)

_File = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="The draft; without it, policy.toml of the deployment.")
]
_CAPS = ("order_notional", "window_notional", "exposure", "loss_budget")
_STYLES = {Effect.WIDER: "yellow", Effect.NARROWER: "green", Effect.FIGURE: "bold"}


@app.command("check")
def check(context: typer.Context, file: _File = None, as_json: show.AsJson = False) -> None:
    """Read a draft, and show what it would let a captured bot cost; exit code 2 where it cannot be meant."""
    policy = _read(_path(context, file))
    warnings = tuple(_warnings(policy))
    found = radius.of_policy(policy)
    if as_json:
        return show.value({"digest": digest(policy), "bots": found.bots, "warnings": warnings})
    radius.draw(found)
    for warning in warnings:
        show.out().print(f"warning: {warning}", style="yellow")
    return typer.echo(f"\nthe policy reads well: {len(policy.bots)} bots, {len(policy.symbols)} symbols")


@app.command("apply")
def apply(
    context: typer.Context,
    file: _File = None,
    yes: show.Yes = False,
    as_json: show.AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Show what a draft changes, and make it the policy in force. The first needs no passphrase, later ones do."""
    settings = load(context.obj)
    policy = _read(_path(context, file))
    old = _in_force(settings)
    if old is not None and old.text == policy.text:
        raise Misconfigured("this policy is already in force")
    if not as_json:
        _show(old, policy)
    show.confirm("put it in force?", yes=yes)
    proof = None if old is None else prove(settings, passphrase_fd, "apply", policy.text.encode())
    body = control.ask(settings, AskApply(policy.text, proof))
    if as_json:
        return show.document(body)
    applied = read(body, Applied)
    return typer.echo(f"policy {applied.digest[:12]} is in force, as entry {applied.seq} of the journal")


@app.command("show")
def show_(context: typer.Context, as_json: show.AsJson = False) -> None:
    """Print the policy in force."""
    body = control.ask(load(context.obj), AskPolicy())
    if as_json:
        return show.document(body)
    found = read(body, PolicyText)
    return typer.echo(f"# policy {found.digest[:12]}, entry {found.seq} of the journal\n{found.text.strip()}")


def _path(context: typer.Context, file: Path | None) -> Path:
    return load(context.obj).policy_draft if file is None else file


def _read(path: Path) -> Policy:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is not text in UTF-8") from None
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None
    try:
        return load_draft(text)
    except Misconfigured as error:
        raise Misconfigured(f"{path}: {error}", hint=error.hint) from None


def _in_force(settings: Settings) -> Policy | None:
    if read(control.ask(settings, AskStatus()), Status).policy is None:
        return None
    return load_draft(read(control.ask(settings, AskPolicy()), PolicyText).text)


def _show(old: Policy | None, new: Policy) -> None:
    changes = diff(old, new, confined=True)
    console = show.out()
    console.print(_changes(changes) if old else _settings(changes))
    console.print()
    if not changes:
        console.print("The words change, the settings do not.")
    if widens(changes):
        console.print("This lets more happen than now." if old else "It is the first: until now nothing may happen.")
    note = f"The figures are what the limits alone allow; {radius.UNCONFINED}, so what counts is {radius.WHOLE}.\n"
    console.print(note, style="dim")


def _settings(changes: tuple[Change, ...]) -> Table:
    rows = show.table("setting", "value")
    for change in changes:
        rows.add_row(show.plain(change.what), show.plain(change.after), style=_STYLES[change.effect])
    return rows


def _changes(changes: tuple[Change, ...]) -> Table:
    rows = show.table("what changes", "from", "to", "")
    for change in changes:
        effect = "" if change.effect is Effect.FIGURE else str(change.effect)
        said = map(show.plain, (change.what, change.before, change.after, effect))
        rows.add_row(*said, style=_STYLES[change.effect])
    return rows


def _warnings(policy: Policy) -> Iterator[str]:
    for bot in policy.bots.values():
        yield from (f"bot {bot.name}: {what}" for what in _doubts(bot))


def _doubts(bot: BotPolicy) -> Iterator[str]:
    """Say what is allowed to be written and seldom meant."""
    limits = bot.limits
    if limits is None:
        return
    for name in _CAPS:
        if isinstance(getattr(limits, name), Unlimited):
            yield f"{name} is unlimited"
    order, window, exposure = limits.order_notional, limits.window_notional, limits.exposure
    if not isinstance(order, Unlimited) and not isinstance(window, Unlimited) and order > window:
        yield "order_notional is more than window_notional, so no order of that size can pass"
    if not isinstance(order, Unlimited) and not isinstance(exposure, Unlimited) and order > exposure:
        yield "order_notional is more than exposure, so no order of that size can open a position"
