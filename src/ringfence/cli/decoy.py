"""`ringfence decoy`: keys that are nobody's, planted where a thief looks. Who uses one is noticed, and gets nothing.

Nothing here may tell a decoy from a bot's key to anybody but the owner.
"""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ringfence.cli import control, planting, show
from ringfence.cli.answers import Decoy, Status, read
from ringfence.cli.mint import mint
from ringfence.cli.names import listener_of, name
from ringfence.cli.planting import Spot
from ringfence.cli.pointing import Pointing
from ringfence.cli.unlock import PassphraseFd, fingerprint, masked, open_vault
from ringfence.errors import Misconfigured, Unreachable
from ringfence.ipc.messages import AskStatus
from ringfence.settings import Settings, load
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.secret import Secret
from ringfence.vault.vault import Vault

app = typer.Typer(help="Keys that are nobody's: whoever uses one raises an alarm.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="What the alarm calls it; best after where it lies.")]
_MOST = 50  # half of the alarms that the signer keeps (desk.py): all decoys together push no other alarm out
_LONGEST = 256  # characters of a record's field (docs/format/vault.md)


@app.command("add")
def add(
    context: typer.Context,
    decoy: _Name,
    exchange: Annotated[str, typer.Option(help="Whose key it looks like; without it, the first listener's.")] = "",
    into: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Plant it there: in a new .json, or a new or old .env file.")
    ] = None,
    as_json: show.AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Make a decoy, and print it or plant it in a file. One that there is already is shown again."""
    settings = load(context.obj)
    name(decoy, "a decoy")
    spot = None if into is None else Spot.of(into.expanduser().absolute())
    with open_vault(settings, passphrase_fd) as vault:
        known = _find(vault, decoy)
        _check(decoy, known, exchange, _place(spot))
        planted = spot is not None and known is not None and spot.holds(known.key)
        if spot is not None and not planted:
            spot.check(decoy)
        record, secret = _open(settings, vault, decoy, exchange, _place(spot))
        with secret:
            listener = listener_of(settings, record.exchange)
            pair = Pointing(decoy, record.key, str(secret.view(), "ascii"), listener, settings.trust)
    if spot is not None and not planted:
        _plant(spot, pair, _dialect(record.exchange))
    watched = control.reload(settings)
    if as_json:
        shown = {"key": pair.key, "secret": pair.secret, "url": pair.url}
        return show.value({"decoy": decoy, "exchange": record.exchange, "place": record.account, **shown})
    if spot is None:
        typer.echo(planting.lines(pair))
    else:
        typer.echo(f"decoy {decoy} {'stands already' if planted else 'is planted'} in {spot.file}")
    then = "who uses it raises an alarm" if watched else "no signer is running; the next one watches for it"
    return typer.echo(then)


@app.command("list")
def list_(context: typer.Context, as_json: show.AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """List the decoys and how often each was used; asks for the passphrase only where no signer runs."""
    decoys = _decoys(load(context.obj), passphrase_fd)
    if as_json:
        return show.value({"decoys": decoys})
    rows = show.table("decoy", "exchange", "key", "planted in", "used", right=("used",))
    for one in decoys:
        used = "?" if one.used is None else str(one.used)
        rows.add_row(*map(show.plain, (one.decoy, one.exchange, one.key, one.place or "-", used)))
    return show.out().print(rows if decoys else "no decoys; add one with `ringfence decoy add`")


@app.command("remove")
def remove(context: typer.Context, decoy: _Name, yes: show.Yes = False, passphrase_fd: PassphraseFd = None) -> None:
    """Forget a decoy: who uses it from then on is refused as before, and no alarm is raised."""
    settings = load(context.obj)
    show.confirm(f"forget the decoy {decoy}?", yes=yes)
    with open_vault(settings, passphrase_fd) as vault:
        record = _find(vault, decoy)
        if record is None:
            there = ", ".join(one.bot for one in _records(vault)) or "none"
            return typer.echo(f"there is no decoy {decoy}, and nothing was removed; there is {there}")
        vault.remove(record.id)
    known = control.reload(settings)
    typer.echo(
        f"decoy {decoy} is gone" + ("" if known else "; no signer is running, and the next one will not know it")
    )
    return typer.echo(f"its pair stays where it lies{': ' if record.account else ''}{record.account}")


def _check(decoy: str, known: Record | None, exchange: str, place: str) -> None:
    """Let one decoy be one pair in one place, so that an alarm says which place was read."""
    hint = "choose another name: one for each place"
    if known is not None and exchange not in {"", known.exchange}:
        raise Misconfigured(f"there is already a decoy {decoy}, for {known.exchange}", hint=hint)
    if known is not None and place and known.account not in {"", place}:
        raise Misconfigured(f"there is already a decoy {decoy}, planted in {known.account}", hint=hint)


def _open(settings: Settings, vault: Vault, decoy: str, exchange: str, place: str) -> tuple[Record, Secret]:
    """Open a decoy that there is, or make and seal a new one; the caller wipes its secret."""
    known = _find(vault, decoy)
    if known is None:
        return _make(settings, vault, decoy, exchange, place)
    record, secret = replace(known, account=known.account or place), vault.reveal(known.id)
    if record != known:
        vault.renew((record, secret))
    return record, secret


def _make(settings: Settings, vault: Vault, decoy: str, exchange: str, place: str) -> tuple[Record, Secret]:
    if len(_records(vault)) >= _MOST:
        raise Misconfigured(f"there are {_MOST} decoys already", hint="`ringfence decoy remove` one of them")
    chosen = exchange or next((one.exchange for one in settings.listeners), "binance")
    listener_of(settings, chosen)  # where nobody can come in, nobody would be noticed
    key, secret = mint(_dialect(chosen))
    record = Record(
        id=f"decoy-{decoy}",
        kind=RecordKind.DECOY,
        exchange=chosen,
        account=place,
        bot=decoy,
        key=key,
        created=int(time.time()),
        fingerprint=fingerprint(key),
    )
    vault.add(record, secret)
    return record, secret


def _plant(spot: Spot, pair: Pointing, dialect: str) -> None:
    try:
        spot.plant(pair, dialect)
    except OSError as error:
        hint = f"the decoy is made: mend this and do the same again, or `ringfence decoy remove {pair.bot}`"
        raise Misconfigured(f"{spot.file}: {error.strerror}", hint=hint) from None


def _dialect(exchange: str) -> str:
    return exchange.removeprefix("paper-")


def _place(spot: Spot | None) -> str:
    """Name a file as a record can: in plain characters, and of a long name the end."""
    text = "" if spot is None else str(spot.file)
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text)[-_LONGEST:]


def _records(vault: Vault) -> tuple[Record, ...]:
    return tuple(one for one in vault.records if one.kind is RecordKind.DECOY)


def _find(vault: Vault, decoy: str) -> Record | None:
    return next((one for one in _records(vault) if one.bot == decoy), None)


def _decoys(settings: Settings, passphrase_fd: int | None) -> tuple[Decoy, ...]:
    try:
        return read(control.ask(settings, AskStatus()), Status).decoys
    except Unreachable:
        pass
    with open_vault(settings, passphrase_fd) as vault:
        return tuple(Decoy(one.bot, one.exchange, one.account, masked(one.key)) for one in _records(vault))
