"""`ringfence bot`: virtual keys, one a bot. They open nothing at any exchange."""

from enum import StrEnum
from typing import Annotated

import typer

from ringfence.cli import control, digests, show
from ringfence.cli.answers import Bot, Status, read
from ringfence.cli.names import listener_of, name
from ringfence.cli.pointing import Pointing
from ringfence.cli.unlock import (
    PassphraseFd,
    account_of,
    bot_of,
    bots_of,
    keep_passes,
    masked,
    new_bot,
    open_vault,
)
from ringfence.dialects.dialect import Algorithm
from ringfence.errors import Misconfigured, Unreachable
from ringfence.ipc.messages import AskStatus
from ringfence.model.facts import Role
from ringfence.settings import Settings, load

app = typer.Typer(help="Bots, and the virtual keys that they hold in place of real ones.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="What policies call the bot.")]


class Format(StrEnum):
    """How `bot env` says what a client needs."""

    ENV = "env"
    CCXT = "ccxt"
    JSON = "json"


class KeyType(StrEnum):
    """What a bot's client signs with."""

    HMAC = "hmac"
    ED25519 = "ed25519"
    RSA = "rsa"


_ALGORITHMS = {KeyType.HMAC: Algorithm.HMAC, KeyType.ED25519: Algorithm.ED25519, KeyType.RSA: Algorithm.RSA}


@app.command("add")
def add(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    bot: _Name,
    account: Annotated[str, typer.Option(help="Whose account it trades on.")],
    role: Annotated[Role, typer.Option(help="A watching bot may read and place nothing.")] = Role.TRADE,
    key_type: Annotated[
        KeyType, typer.Option(help="What its client signs with; a pair's private half is shown once.")
    ] = (KeyType.HMAC),
    as_json: show.AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Make a virtual key for a bot, and show it."""
    settings = load(context.obj)
    name(bot, "a bot")
    with open_vault(settings, passphrase_fd) as vault:
        listener = listener_of(settings, account_of(vault, account).exchange)
        keep_passes(settings, vault)  # where they cannot be read, that is better said before the bot is made
        with new_bot(vault, bot, account, role, _ALGORITHMS[key_type]) as (record, secret):
            made = Pointing(bot, record.key, str(secret.view(), "ascii"), listener, settings.trust)
        keep_passes(settings, vault)
        digests.keep(settings, vault)
    told = control.reload(settings)
    if as_json:
        return show.value(made.document())
    show.out().print(made.text(), soft_wrap=True)
    then = "the signer knows it" if told else "no signer is running; the next one reads it"
    if key_type is not KeyType.HMAC:
        return typer.echo(
            f"\n{then}. Keep the private key where the bot finds it: it is not kept here, nor shown again."
        )
    return typer.echo(f"\n{then}. `ringfence bot env {bot}` shows it again, and how to point a client at it.")


@app.command("list")
def list_(context: typer.Context, as_json: show.AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """List the bots; asks for the passphrase only where no signer runs."""
    bots = _bots(load(context.obj), passphrase_fd)
    if as_json:
        return show.value(
            {"bots": [{key: getattr(bot, key) for key in ("bot", "account", "role", "key")} for bot in bots]}
        )
    rows = show.table("bot", "account", "role", "virtual key")
    for bot in bots:
        rows.add_row(*map(show.plain, (bot.bot, bot.account, bot.role, bot.key)))
    return show.out().print(rows if bots else "no bots; add one with `ringfence bot add`")


@app.command("env")
def env(
    context: typer.Context,
    bot: _Name,
    form: Annotated[
        Format, typer.Option("--format", help="For a shell, for ccxt and freqtrade, or for a program.")
    ] = Format.ENV,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Print a bot's virtual key and the addresses that point its client at Ringfence."""
    settings = load(context.obj)
    with open_vault(settings, passphrase_fd) as vault:
        record = bot_of(vault, bot)
        if record.algorithm:
            raise Misconfigured(
                f"the private key of bot {bot} was shown when it was made, and is not kept",
                hint=f"`ringfence bot remove {bot}` and `bot add {bot} --key-type ...` make a new one",
            )
        with vault.reveal(record.id) as secret:
            listener = listener_of(settings, record.exchange)
            found = Pointing(bot, record.key, str(secret.view(), "ascii"), listener, settings.trust)
    match form:
        case Format.ENV:
            typer.echo(found.env())
        case Format.CCXT:
            show.value(found.ccxt())
        case Format.JSON:
            show.value(found.document())


@app.command("remove")
def remove(context: typer.Context, bot: _Name, yes: show.Yes = False, passphrase_fd: PassphraseFd = None) -> None:
    """Take a bot's virtual key out of the vault; whoever holds it can do nothing any more."""
    settings = load(context.obj)
    show.confirm(f"take the virtual key of {bot} out of the vault?", yes=yes)
    with open_vault(settings, passphrase_fd) as vault:
        digests.keep(settings, vault)  # a copy of it in a file says that somebody had the file
        vault.remove(bot_of(vault, bot).id)
        keep_passes(settings, vault)
    told = control.reload(settings)
    typer.echo(f"bot {bot} is gone" + ("" if told else "; no signer is running, and the next one will not know it"))
    typer.echo("what it has resting at the exchange stays there; cancel it where it must not fill")


def _bots(settings: Settings, passphrase_fd: int | None) -> tuple[Bot, ...]:
    try:
        return read(control.ask(settings, AskStatus()), Status).bots
    except Unreachable:
        pass
    with open_vault(settings, passphrase_fd) as vault:
        return tuple(Bot(one.bot, one.account, one.role, masked(one.key)) for one in bots_of(vault))
