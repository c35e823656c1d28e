"""`ringfence key`: the real keys in the vault. They come in here and never go out again."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ringfence.cli import control, show
from ringfence.cli.answers import Account, KeyCheck, Status, read
from ringfence.cli.keypair import understood
from ringfence.cli.names import listener_of, name
from ringfence.cli.unlock import PassphraseFd, account_of, bots_of, fingerprint, masked, open_vault, secret
from ringfence.dialects.dialect import Algorithm
from ringfence.dialects.registry import dialect_of
from ringfence.dialects.virtual import recognise
from ringfence.errors import Misconfigured, Unreachable
from ringfence.ipc.messages import AskKey, AskStatus
from ringfence.model.finding import Level
from ringfence.model.names import ExchangeId
from ringfence.paper import keyfile
from ringfence.settings import Settings, load
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.secret import MAX_SIZE, wipe
from ringfence.vault.vault import Vault

app = typer.Typer(help="Real exchange keys: into the vault, and never out again.", no_args_is_help=True)

_PAPER = ExchangeId("paper-binance")
_ONE_USER = (
    "a real key needs a wall: everything runs as one user here, so whoever takes the bot over can reach the key, "
    "and the most it can cost is the whole account"
)
_FD = typer.Option(metavar="N", help="Read it from file descriptor N instead of asking.")


@app.command("add")
def add(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="What policies call the account.")],
    exchange: Annotated[str, typer.Option(help="Which exchange it is on.")] = "",
    paper_account: Annotated[
        str, typer.Option(metavar="NAME", help="Take a key of the rehearsal exchange: main, bare, ...")
    ] = "",
    unconfined: Annotated[
        bool, typer.Option("--unconfined", help="Seal a real key although one user is no wall.")
    ] = False,
    key_fd: Annotated[int | None, _FD] = None,
    secret_fd: Annotated[int | None, _FD] = None,
    secret_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read the secret, or a private key in PEM, from a file.")
    ] = None,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Seal a key of an exchange to the hosts it may ever be sent to; one that may withdraw or transfer is refused."""
    settings = load(context.obj)
    name(account, "an account")
    chosen = chosen_exchange(exchange, paper_account, unconfined=unconfined)
    given = None if paper_account else (_ask_key(key_fd), _secret(secret_fd, secret_file))
    with open_vault(settings, passphrase_fd) as vault:
        if given is None:
            record, shown = seal_paper_key(settings, vault, account, paper_account), ""
        else:
            record, shown = seal(settings, vault, account, chosen, given)
        kind = record.algorithm or Algorithm.HMAC
        typer.echo(f"account {account}: {kind} key {masked(record.key)}, sealed to {', '.join(record.hosts)}")
        if shown:
            typer.echo(f"its public half is {shown}")
        probe(settings, vault, record)


@app.command("list")
def list_(context: typer.Context, as_json: show.AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """List the accounts whose keys are in the vault; asks for the passphrase only where no signer runs."""
    accounts = _accounts(load(context.obj), passphrase_fd)
    if as_json:
        shown = ("account", "exchange", "key")
        return show.value({"accounts": [{name: getattr(one, name) for name in shown} for one in accounts]})
    rows = show.table("account", "exchange", "key")
    for one in accounts:
        rows.add_row(*map(show.plain, (one.account, one.exchange, one.key)))
    return show.out().print(rows if accounts else "no keys; add one with `ringfence key add`")


@app.command("check")
def check(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="Which account.")],
    as_json: show.AsJson = False,
) -> None:
    """Ask the exchange whether a key works, through the running signer; exit code 1 where it does not."""
    body = control.ask(load(context.obj), AskKey(account))
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
    yes: show.Yes = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Take a key out of the vault. Revoke it at the exchange as well: old copies of the vault still have it."""
    settings = load(context.obj)
    show.confirm(f"take the key of account {account} out of the vault?", yes=yes)
    with open_vault(settings, passphrase_fd) as vault:
        record = account_of(vault, account)
        bots = ", ".join(bot.bot for bot in bots_of(vault, account))
        if bots:
            raise Misconfigured(f"account {account} still has bots: {bots}", hint="`ringfence bot remove` them first")
        vault.remove(record.id)
    typer.echo(f"account {account}: key {masked(record.key)} is gone; it comes back only by `ringfence key add`")
    _tell_signer(settings, "revoke the key at the exchange as well")


def probe(settings: Settings, vault: Vault, record: Record) -> None:
    """Ask what a new key may do, and take one out again that may withdraw or transfer, or that does not work."""
    if not control.reload(settings):
        return typer.echo("no signer is running; the next one asks what the key may do before it trades with it")
    try:
        found = read(control.ask(settings, AskKey(record.account)), KeyCheck)
    except Unreachable as error:
        return typer.echo(f"what the key may do is not known yet: {error}; the signer asks again by itself")
    _show(found)
    if found.ok:
        return None
    vault.remove(record.id)
    control.reload(settings)
    raise Misconfigured(
        f"the key of account {record.account} is refused, and is out of the vault again",
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


def seal_paper_key(settings: Settings, vault: Vault, account: str, paper_account: str) -> Record:
    """Seal one of the rehearsal exchange's own keys, which are for play money and lie in a file."""
    keys = keyfile.read(settings.home / "paper" / "accounts.json")
    if paper_account not in keys:
        raise Misconfigured(f"the rehearsal exchange has no key {paper_account}", hint=f"there are {', '.join(keys)}")
    taken = keys[paper_account]
    return seal(settings, vault, account, _PAPER, (taken.key, bytearray(taken.secret.encode())))[0]


def chosen_exchange(exchange: str, paper_account: str, *, unconfined: bool) -> ExchangeId:
    """Say which exchange is meant, and refuse a real one that nobody insisted on."""
    chosen = ExchangeId(exchange or (_PAPER if paper_account else ""))
    if not chosen:
        raise Misconfigured("which exchange is the key for?", hint="give --exchange, such as --exchange binance")
    if paper_account and chosen != _PAPER:
        raise Misconfigured(f"{chosen} is not the rehearsal exchange", hint=f"leave --exchange {chosen} out")
    if dialect_of(chosen).hosts and not unconfined:
        raise Misconfigured(_ONE_USER, hint="rehearse with --paper-account; if you accept that, add --unconfined")
    return chosen


def _ask_key(fd: int | None) -> str:
    given = secret("key (its public half)", fd)
    try:
        return given.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Misconfigured("the key is not plain text") from None
    finally:
        wipe(given)


def _record(settings: Settings, account: str, exchange: ExchangeId, key: str) -> Record:
    listener_of(settings, exchange)
    if recognise(key) is not None:
        raise Misconfigured("this is a virtual key, which no exchange knows", hint="give the key that it stands for")
    return Record(
        id=f"account-{account}",
        kind=RecordKind.EXCHANGE,
        exchange=exchange,
        hosts=_hosts(settings, exchange),
        account=account,
        role="trade",
        key=key,
        created=int(time.time()),
        fingerprint=fingerprint(key),
    )


def _hosts(settings: Settings, exchange: ExchangeId) -> tuple[str, ...]:
    hosts = tuple(sorted(dialect_of(exchange).hosts))
    if hosts:
        return hosts
    if settings.paper is None:
        raise Misconfigured("this deployment has no rehearsal exchange", hint="make one with `ringfence init --paper`")
    return (f"127.0.0.1:{settings.paper.port}",)


def seal(
    settings: Settings, vault: Vault, account: str, exchange: ExchangeId, given: tuple[str, bytearray]
) -> tuple[Record, str]:
    """Seal both halves of a key; returns its record and the fingerprint of its public half, where it has one."""
    key, held = given
    if any(known.id == f"account-{account}" for known in vault.records):
        wipe(held)
        raise Misconfigured(f"account {account} already has a key", hint=f"`ringfence key remove {account}` first")
    algorithm, kept, shown = understood(held)
    record = _record(settings, account, exchange, key)
    if algorithm is not Algorithm.HMAC:
        wipe(held)
        record = replace(record, algorithm=algorithm.value)
    vault.add(record, kept)
    return record, shown


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
        return tuple(Account(record.account, record.exchange, masked(record.key)) for record in keys)


def _tell_signer(settings: Settings, then: str) -> None:
    known = control.reload(settings)
    typer.echo(f"the signer has read it; {then}" if known else f"no signer is running; the next one reads it; {then}")
