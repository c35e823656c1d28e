"""`ringfence key`: the real keys in the vault. They come in here and never go out again."""

from pathlib import Path
from typing import Annotated

import typer

from ringfence.cli import control, digests, show
from ringfence.cli.answers import Account, KeyCheck, Status, read
from ringfence.cli.names import name
from ringfence.cli.sealing import KINDS, chosen_exchange, seal, seal_paper_key
from ringfence.cli.unlock import PassphraseFd, account_of, bots_of, keys_of, masked, open_vault, secret
from ringfence.dialects.dialect import Algorithm
from ringfence.errors import Misconfigured, Unreachable
from ringfence.ipc.messages import AskKey, AskStatus
from ringfence.model.facts import Role
from ringfence.model.finding import Level
from ringfence.settings import Settings, load
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.secret import MAX_SIZE, wipe
from ringfence.vault.vault import Vault

app = typer.Typer(help="Real exchange keys: into the vault, and never out again.", no_args_is_help=True)

_FD = typer.Option(metavar="N", help="Read it from file descriptor N instead of asking.")
ReadOnly = Annotated[bool, typer.Option("--read-only", help="The second key of the account, which can only read.")]


@app.command("add")
def add(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="What policies call the account.")],
    exchange: Annotated[str, typer.Option(help="Which exchange it is on.")] = "",
    paper_account: Annotated[
        str, typer.Option(metavar="NAME", help="Take a key of the rehearsal exchange: main, bare, ...")
    ] = "",
    unconfined: Annotated[
        bool, typer.Option("--unconfined", help="Seal a real key although no wall is proven.")
    ] = False,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="It is a second key, which can only read: events are followed with it."),
    ] = False,
    key_fd: Annotated[int | None, _FD] = None,
    secret_fd: Annotated[int | None, _FD] = None,
    secret_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read the secret, or a private key in PEM, from a file.")
    ] = None,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Seal a key of an exchange to the hosts it may ever be sent to; one that may withdraw or transfer is refused."""
    settings, role = load(context.obj), _role(read_only=read_only)
    name(account, "an account")
    chosen = chosen_exchange(settings, exchange, paper_account, unconfined=unconfined)
    given = None if paper_account else (_ask_key(key_fd), _secret(secret_fd, secret_file))
    with open_vault(settings, passphrase_fd) as vault:
        if given is None:
            record, shown = seal_paper_key(settings, vault, account, paper_account, role), ""
        else:
            record, shown = seal(settings, vault, account, chosen, given, role)
        kind = f"{'read-only ' if read_only else ''}{record.algorithm or Algorithm.HMAC}"
        typer.echo(f"account {account}: {kind} key {masked(record.key)}, sealed to {', '.join(record.hosts)}")
        if shown:
            typer.echo(f"its public half is {shown}")
        probe(settings, vault, record)


@app.command("list")
def list_(context: typer.Context, as_json: show.AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """List the accounts whose keys are in the vault; asks for the passphrase only where no signer runs."""
    accounts = _accounts(load(context.obj), passphrase_fd)
    if as_json:
        shown = ("account", "exchange", "key", "read_only_key")
        return show.value({"accounts": [{name: getattr(one, name) for name in shown} for one in accounts]})
    rows = show.table("account", "exchange", "key", "read-only key")
    for one in accounts:
        rows.add_row(*map(show.plain, (one.account, one.exchange, one.key, one.read_only_key or "none")))
    return show.out().print(rows if accounts else "no keys; add one with `ringfence key add`")


@app.command("check")
def check(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="Which account.")],
    read_only: ReadOnly = False,
    as_json: show.AsJson = False,
) -> None:
    """Ask the exchange whether a key works, through the running signer; exit code 1 where it does not."""
    body = control.ask(load(context.obj), AskKey(account, _role(read_only=read_only).value))
    found = read(body, KeyCheck)
    if as_json:
        show.document(body)
    else:
        _show(found)
    raise typer.Exit(0 if found.ok else 1)


@app.command("remove")
def remove(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="Which account.")],
    read_only: ReadOnly = False,
    yes: show.Yes = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Take a key out of the vault. Revoke it at the exchange as well: old copies of the vault still have it."""
    settings, role = load(context.obj), _role(read_only=read_only)
    show.confirm(f"take the {KINDS[role]} of account {account} out of the vault?", yes=yes)
    with open_vault(settings, passphrase_fd) as vault:
        first = account_of(vault, account, role)
        bots = ", ".join(bot.bot for bot in bots_of(vault, account))
        if bots and not read_only:
            raise Misconfigured(f"account {account} still has bots: {bots}", hint="`ringfence bot remove` them first")
        digests.keep(settings, vault)  # it may still open the account, wherever a copy of it lies
        gone = (first,) if read_only else keys_of(vault, account)
        for record in gone:
            vault.remove(record.id)
    keys = " and ".join(masked(record.key) for record in gone)
    typer.echo(f"account {account}: key {keys} is gone; it comes back only by `ringfence key add`")
    _tell_signer(settings, "revoke the key at the exchange as well")


def probe(settings: Settings, vault: Vault, record: Record) -> None:
    """Ask what a new key may do, and take one out again that may withdraw or transfer, or that does not work."""
    if not control.reload(settings):
        return typer.echo("no signer is running; the next one asks what the key may do before it trades with it")
    try:
        found = read(control.ask(settings, AskKey(record.account, record.serves.value)), KeyCheck)
    except Unreachable as error:
        return typer.echo(f"what the key may do is not known yet: {error}; the signer asks again by itself")
    _show(found)
    if found.ok:
        return None
    vault.remove(record.id)
    control.reload(settings)
    raise Misconfigured(
        f"the {KINDS[record.serves]} of account {record.account} is refused, and is out of the vault again",
        hint="change it on the exchange's site as said above, wait a minute, then add it again",
    )


def _show(found: KeyCheck) -> None:
    for finding in found.findings:
        words = f"{found.account}: {finding.text}"
        if finding.level is Level.UNANSWERED:
            words += " (unanswered)"
        show.out().print(show.lamp(show.plain(words), finding.level is Level.OK))
        if finding.fix:
            show.out().print(f"    {finding.fix}", soft_wrap=True, style="dim")


def _role(*, read_only: bool) -> Role:
    return Role.WATCH if read_only else Role.TRADE


def _ask_key(fd: int | None) -> str:
    given = secret("key (its public half)", fd)
    try:
        return given.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Misconfigured("the key is not plain text") from None
    finally:
        wipe(given)


def _secret(fd: int | None, file: Path | None) -> bytearray:
    if file is None:
        return secret("secret of the key", fd, MAX_SIZE)
    try:
        return bytearray(file.read_bytes())
    except OSError as error:
        raise Misconfigured(f"{file}: {error.strerror}") from None


def _accounts(settings: Settings, passphrase_fd: int | None) -> tuple[Account, ...]:
    try:
        return read(control.ask(settings, AskStatus()), Status).accounts
    except Unreachable:
        pass
    with open_vault(settings, passphrase_fd) as vault:
        keys = [record for record in vault.records if record.kind is RecordKind.EXCHANGE]
        watching = {one.account: masked(one.key) for one in keys if one.serves is Role.WATCH}
        trading = (one for one in keys if one.serves is Role.TRADE)
        return tuple(Account(one.account, one.exchange, masked(one.key), watching.get(one.account)) for one in trading)


def _tell_signer(settings: Settings, then: str) -> None:
    known = control.reload(settings)
    typer.echo(f"the signer has read it; {then}" if known else f"no signer is running; the next one reads it; {then}")
