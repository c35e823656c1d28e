"""`ringfence deploy`: users, units and a wall on this server, shown as a diff first, then made, then proven."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace
from rich.text import Text

from ringfence import whole
from ringfence.cli import canary, planning, show
from ringfence.cli.unlock import PassphraseFd, keep_passphrase
from ringfence.deploy import apply, bots, code, names, preflight, record, relay, runtimes
from ringfence.deploy import undo as undoing
from ringfence.deploy.apply import Plan
from ringfence.deploy.bots import Bot
from ringfence.deploy.layout import Deployment, wants
from ringfence.deploy.machine import Live
from ringfence.deploy.units import Ground
from ringfence.errors import Misconfigured
from ringfence.settings import Settings, load


def deploy(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND...]", help="What starts the bot that --bot names, after --.")
    ] = None,
    bot: Annotated[str, typer.Option(metavar="NAME", help="The bot that is described, or described anew.")] = "",
    directory: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where its code and settings are; it may read them.")
    ] = None,
    write: Annotated[
        list[str] | None, typer.Option(metavar="DIR", help="A folder below that, which it may write to.")
    ] = None,
    ui: Annotated[list[int] | None, typer.Option(metavar="PORT", help="A port on which it shows its pages.")] = None,
    jit: Annotated[bool, typer.Option("--jit", help="It makes code as it runs: numba, PyTorch, node.")] = False,
    container: Annotated[
        bool, typer.Option("--container", help="Docker Compose starts it; then `ringfence compose`.")
    ] = False,
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would be done, and do nothing.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take everything out again; keys and journal stay.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    passphrase_fd: PassphraseFd = None,
    as_json: show.AsJson = False,
) -> None:
    """Give each process and each bot a user and a place of its own, by systemd; prove it; or take it out again."""
    if os.geteuid() != 0:
        raise Misconfigured("only root can make users and units", hint="run it with sudo; --plan too")
    if undo:
        return _undo(yes=yes, plan_only=plan_only)
    settings = load(context.obj)
    preflight.check(Live())
    _insist_on_place(settings)
    described = _described(settings, bot, directory, write, ui, command or [], jit=jit, container=container)
    known, machine = record.load(), Live()
    chosen = apply.plan(wants(_deployment(settings, described)), machine, known)
    if as_json:
        show.value({"empty": chosen.empty, "steps": chosen.words})
    else:
        if chosen.empty:
            show.out().print(Text("everything is as it is wanted", "green"))
        planning.draw(chosen, whole=plan_only)
    if plan_only:
        raise typer.Exit(0 if chosen.empty else 1)
    if not chosen.empty and not yes:
        typer.confirm("Do this?", abort=True, err=True)
    whole.put(settings.home / bots.FILE, bots.text_of(described).encode(), 0o600)
    _carry_out(settings, chosen, machine, passphrase_fd)
    return _prove(context.obj, described)


def _insist_on_place(settings: Settings) -> None:
    if str(settings.home) != names.HOME:
        hint = f"stop it, then: mv {settings.home} {names.HOME}; or make one there: ringfence --home {names.HOME} init"
        raise Misconfigured(f"what systemd runs stands in {names.HOME}, not in {settings.home}", hint=hint)
    if not settings.vault.exists():
        raise Misconfigured(f"there is no vault in {settings.home}", hint=f"ringfence --home {names.HOME} init")


def _described(  # noqa: PLR0913  # one option each
    settings: Settings,
    name: str,
    directory: Path | None,
    write: list[str] | None,
    ui: list[int] | None,
    command: list[str],
    *,
    jit: bool,
    container: bool,
) -> dict[str, Bot]:
    """Read how the bots are started, with what was said of one of them now; what was not said of it stays."""
    there = dict(bots.load(settings.home))
    if not name:
        if command or directory or write or ui or jit or container:
            raise Misconfigured("which bot is that?", hint="give --bot NAME")
        return there
    one = there.get(name, Bot())
    given: dict[str, object] = {"command": tuple(command), "write": tuple(write or ()), "ui": tuple(ui or ())}
    given |= {"directory": str(directory.absolute()) if directory else "", "jit": jit, "container": container}
    made = replace(one, **{key: value for key, value in given.items() if value})
    bots.check(name, made)
    return there | {name: made}


def _deployment(settings: Settings, described: dict[str, Bot]) -> Deployment:
    ground = Ground(code.python(), code.place(), str(settings.home), paper=settings.paper is not None)
    text = (settings.home / "ringfence.toml").read_text("utf-8")
    needed = {name: runtimes.runtimes(one) for name, one in described.items()}
    return Deployment(settings, text, described, ground, needed, Path(relay.__file__).read_text("utf-8"))


def _carry_out(settings: Settings, chosen: Plan, machine: Live, passphrase_fd: int | None) -> None:
    with ExitStack() as stack:

        def secret() -> bytearray:
            kept = stack.enter_context(keep_passphrase(settings, passphrase_fd))
            return bytearray(kept.view())

        left = apply.apply(chosen, machine, secret, _tell)
    for each in left:
        typer.echo(f"left: {each}", err=True)


def _prove(home: Path, described: dict[str, Bot]) -> None:
    """Try every bot's place, and say what it is worth."""
    settings = load(home)
    verdicts = {name: canary.prove(settings, name, one) for name, one in described.items()}
    for name, verdict in verdicts.items():
        canary.draw(name, verdict)
    if not verdicts:
        typer.echo("no bot has a place yet: ringfence deploy --bot NAME --directory DIR -- COMMAND")
    raise typer.Exit(0 if all(verdict.held for verdict in verdicts.values()) else 1)


def _undo(*, yes: bool, plan_only: bool) -> None:
    known = record.load()
    words = [said for one in reversed(known.done) if (said := undoing.words(one))]
    if not known.done:
        typer.echo("nothing is deployed here")
        return
    for said in words:
        typer.echo(f"- {said}")
    if plan_only:
        return
    if not yes:
        typer.confirm("Do this?", abort=True, err=True)
    for each in apply.undo_all(Live(), _tell):
        typer.echo(f"left: {each}", err=True)
    typer.echo(f"everything is out; keys, policy and journal stay in {names.HOME}")


def _tell(words: str) -> None:
    typer.echo(words, err=True)
