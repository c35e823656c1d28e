"""Where the commands meet the vault: asking for secrets, opening it, proving that a person stands behind a command.

Secrets come from the terminal without echo or from a file descriptor, as bytes that are wiped; never as an argument.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ringfence import passes
from ringfence.cli import control
from ringfence.cli.keypair import new_pair
from ringfence.cli.mint import mint
from ringfence.cli.prompt import prompt
from ringfence.dialects.dialect import Algorithm
from ringfence.errors import Broken, Misconfigured
from ringfence.ipc.messages import Proof, proof_text
from ringfence.model.facts import Role
from ringfence.settings import Settings
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.secret import Secret, wipe
from ringfence.vault.unlock import MAX_PASSPHRASE, from_credential, read_passphrase
from ringfence.vault.vault import Vault

_KEY = 32  # bytes: a key of AES-256

PassphraseFd = Annotated[
    int | None, typer.Option(metavar="N", help="Read the vault's passphrase from file descriptor N instead of asking.")
]


def secret(what: str, fd: int | None, most: int = MAX_PASSPHRASE) -> bytearray:
    """Ask for a secret, or read it from a descriptor; the caller wipes it."""
    if fd is None:
        return prompt(f"{what}: ")
    try:
        return read_passphrase(fd, most=most)
    except Misconfigured:
        raise Misconfigured(f"the {what} that came through descriptor {fd} is empty or too long") from None
    except OSError as error:
        raise Misconfigured(f"the {what} cannot be read from descriptor {fd}: {error.strerror}") from None


def create_vault(settings: Settings, fd: int | None) -> Vault:
    """Make the vault under a new passphrase, which a person types twice."""
    chosen = secret("new vault passphrase", fd)
    if fd is None:
        again = secret("the same again", None)
        same = hmac.compare_digest(chosen, again)
        wipe(again)
        if not same:
            wipe(chosen)
            raise Misconfigured("the two passphrases are not the same")
    return Vault.create(settings.vault, chosen)


def open_vault(settings: Settings, fd: int | None) -> Vault:
    """Open the vault with the passphrase that is asked for or comes through a descriptor."""
    _insist_on_vault(settings)
    return Vault.open(settings.vault, lambda: secret("vault passphrase", fd))


def keep_passphrase(settings: Settings, fd: int | None) -> Secret:
    """Take the passphrase into secret memory, for handing on, once it has been seen to open the vault."""
    _insist_on_vault(settings)
    kept = Secret.take(secret("vault passphrase", fd))
    try:
        Vault.open(settings.vault, lambda: bytearray(kept.view())).close()
    except BaseException:
        kept.wipe()
        raise
    return kept


def credential(settings: Settings) -> bool:
    """Say whether systemd hands the passphrase to this service; raises `Misconfigured` where it does not fit."""
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory is None:
        return False
    Vault.open(settings.vault, lambda: from_credential(Path(directory))).close()
    return True


def pipe(kept: Secret) -> int:
    """Write a secret into a new pipe and return the end that reads it; the caller closes it."""
    reading, writing = os.pipe()
    try:
        os.write(writing, kept.view())  # a secret is at most 16 KiB, a pipe holds 64 (pipe(7))
    finally:
        os.close(writing)
    return reading


def prove(settings: Settings, fd: int | None, command: str, content: bytes) -> Proof:
    """Make the proof that a loosening command needs."""
    with open_vault(settings, fd) as vault:
        return proof_by(vault, settings, command, content)


def proof_by(vault: Vault, settings: Settings, command: str, content: bytes) -> Proof:
    """Make a proof with a vault that is open; the nonce is fetched last, since it lives sixty seconds."""
    with vault.reveal(_owner(vault)) as key:
        nonce = control.nonce(settings)
        return Proof(nonce, hmac.digest(key.view(), proof_text(nonce, command, content), "sha256"))


def account_of(vault: Vault, account: str, role: Role = Role.TRADE) -> Record:
    """Find the real key of an account, or the one that can only read; raises `Misconfigured`."""
    for record in keys_of(vault, account):
        if record.serves is role:
            return record
    kind, option = ("key", "") if role is Role.TRADE else ("read-only key", " --read-only")
    raise Misconfigured(f"account {account} has no {kind}", hint=f"ringfence key add {account}{option}")


def keys_of(vault: Vault, account: str) -> tuple[Record, ...]:
    """List the real keys of an account, the one that trades and the one that can only read."""
    return tuple(one for one in vault.records if one.kind is RecordKind.EXCHANGE and one.account == account)


def bots_of(vault: Vault, account: str | None = None) -> tuple[Record, ...]:
    """List the virtual keys, all or those of one account."""
    kind = RecordKind.VIRTUAL
    return tuple(one for one in vault.records if one.kind is kind and account in (None, one.account))


def bot_of(vault: Vault, name: str) -> Record:
    """Find a bot's virtual key; raises `Misconfigured`."""
    for record in bots_of(vault):
        if record.bot == name:
            return record
    known = ", ".join(record.bot for record in bots_of(vault)) or "none"
    raise Misconfigured(f"there is no bot {name}", hint=f"there is {known}")


def keep_passes(settings: Settings, vault: Vault, *, mend: bool = False) -> bool:
    """Let each bot have its pass for the proxy, and nobody else; `mend`: also where they cannot be read."""
    return passes.keep(settings.passes, ((one.bot, one.exchange) for one in bots_of(vault)), mend=mend)


def copies_key(vault: Vault) -> Secret:
    """Open the key of the copies that `adopt` keeps, and make it where there is none; the caller wipes it."""
    kind = RecordKind.ADOPTED
    if not any(record.kind is kind for record in vault.records):
        with Secret.random(_KEY) as fresh:
            vault.add(Record(id=kind.value, kind=kind, created=int(time.time())), fresh)
    return vault.reveal(kind.value)


@contextmanager
def new_bot(
    vault: Vault, name: str, account: str, role: str, algorithm: Algorithm = Algorithm.HMAC
) -> Iterator[tuple[Record, Secret]]:
    """Mint a virtual key for a bot, seal it, and show its secret for as long as the block lasts.

    Of a key pair the bot's private half is shown, and only the public half is kept.
    """
    exchange = account_of(vault, account).exchange
    if any(record.bot == name for record in bots_of(vault)):
        raise Misconfigured(f"there is already a bot {name}", hint=f"ringfence bot env {name}")
    key, virtual = mint(exchange.removeprefix("paper-"))
    with virtual:
        record = Record(
            id=f"bot-{name}",
            kind=RecordKind.VIRTUAL,
            exchange=exchange,
            account=account,
            role=role,
            bot=name,
            key=key,
            created=int(time.time()),
            fingerprint=fingerprint(key),
            algorithm="" if algorithm is Algorithm.HMAC else algorithm.value,
        )
        if algorithm is Algorithm.HMAC:
            vault.add(record, virtual)
            yield record, virtual
            return
        private, public = new_pair(algorithm)
        vault.add(record, bytearray(public))
        with Secret.take(bytearray(private)) as shown:
            yield record, shown


def fingerprint(key: str) -> str:
    """Name a key without showing it."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def masked(key: str) -> str:
    """Show enough of a key's public half to recognise it."""
    return f"{key[:4]}…{key[-4:]}"


def _insist_on_vault(settings: Settings) -> None:
    if not settings.vault.exists():
        raise Misconfigured(f"there is no vault in {settings.home}", hint="run `ringfence init` first")


def _owner(vault: Vault) -> str:
    for record in vault.records:
        if record.kind is RecordKind.OWNER:
            return record.id
    raise Broken("the vault has no owner key")
