"""Sealing a real key into the vault: for which account and exchange, to which hosts, for which role."""

import time
from dataclasses import replace

from ringfence.cli import control, digests
from ringfence.cli.answers import Status, read
from ringfence.cli.keypair import understood
from ringfence.cli.names import listener_of
from ringfence.cli.unlock import account_of, fingerprint
from ringfence.dialects.dialect import Algorithm
from ringfence.dialects.registry import dialect_of
from ringfence.dialects.virtual import recognise
from ringfence.errors import Misconfigured, Unreachable
from ringfence.ipc.messages import AskStatus
from ringfence.model.facts import Role
from ringfence.model.names import ExchangeId
from ringfence.paper import keyfile
from ringfence.settings import Settings
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.secret import wipe
from ringfence.vault.vault import Vault

_PAPER = ExchangeId("paper-binance")
_NO_WALL = (
    "a real key needs a wall that is proven: without one, as where everything runs as one user, whoever takes the bot "
    "over can reach the key, and the most it can cost is the whole account"
)
KINDS = {Role.TRADE: "key", Role.WATCH: "read-only key"}
"""What a person calls the key of each role."""


def seal_paper_key(
    settings: Settings, vault: Vault, account: str, paper_account: str, role: Role = Role.TRADE
) -> Record:
    """Seal one of the rehearsal exchange's own keys, which are for play money and lie in a file."""
    keys = keyfile.read(settings.home / "paper" / "accounts.json")
    if paper_account not in keys:
        raise Misconfigured(f"the rehearsal exchange has no key {paper_account}", hint=f"there are {', '.join(keys)}")
    taken = keys[paper_account]
    return seal(settings, vault, account, _PAPER, (taken.key, bytearray(taken.secret.encode())), role)[0]


def chosen_exchange(settings: Settings, exchange: str, paper_account: str, *, unconfined: bool) -> ExchangeId:
    """Say which exchange is meant; refuse a real one where no wall is proven and nobody insists on it."""
    chosen = ExchangeId(exchange or (_PAPER if paper_account else ""))
    if not chosen:
        raise Misconfigured("which exchange is the key for?", hint="give --exchange, such as --exchange binance")
    if paper_account and chosen != _PAPER:
        raise Misconfigured(f"{chosen} is not the rehearsal exchange", hint=f"leave --exchange {chosen} out")
    if dialect_of(chosen).hosts and not unconfined and not _walled(settings):
        hint = (
            "`ringfence deploy` makes one and proves it; or rehearse with --paper-account; or accept it: --unconfined"
        )
        raise Misconfigured(_NO_WALL, hint=hint)
    return chosen


def _walled(settings: Settings) -> bool:
    """Ask whether every bot that has a place here is proven to be confined; no signer proves nothing."""
    try:
        walls = read(control.ask(settings, AskStatus()), Status).walls
    except Unreachable:
        return False
    return bool(walls) and all(wall.held for wall in walls)


def _record(settings: Settings, account: str, exchange: ExchangeId, key: str, role: Role) -> Record:
    listener_of(settings, exchange)
    if recognise(key) is not None:
        raise Misconfigured("this is a virtual key, which no exchange knows", hint="give the key that it stands for")
    return Record(
        id=_id(account, role),
        kind=RecordKind.EXCHANGE,
        exchange=exchange,
        hosts=_hosts(settings, exchange),
        account=account,
        role=role.value,
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
    settings: Settings,
    vault: Vault,
    account: str,
    exchange: ExchangeId,
    given: tuple[str, bytearray],
    role: Role = Role.TRADE,
) -> tuple[Record, str]:
    """Seal both halves of a key; returns its record and the fingerprint of its public half, where it has one."""
    key, held = given
    try:
        _insist_on_room(vault, account, exchange, key, role)
    except Misconfigured:
        wipe(held)
        raise
    algorithm, kept, shown = understood(held)
    record = _record(settings, account, exchange, key, role)
    if algorithm is not Algorithm.HMAC:
        wipe(held)
        record = replace(record, algorithm=algorithm.value)
    vault.add(record, kept)
    digests.keep(settings, vault)
    return record, shown


def _insist_on_room(vault: Vault, account: str, exchange: ExchangeId, key: str, role: Role) -> None:
    """Refuse a second key of a kind, and one to read with that is alone, of elsewhere, or the one that trades."""
    if any(one.id == _id(account, role) for one in vault.records):
        option = " --read-only" if role is Role.WATCH else ""
        hint = f"`ringfence key remove {account}{option}` first"
        raise Misconfigured(f"account {account} already has a {KINDS[role]}", hint=hint)
    if role is Role.WATCH:
        trading = account_of(vault, account)
        if trading.exchange != exchange:
            raise Misconfigured(f"account {account} is on {trading.exchange}, not on {exchange}")
        if trading.key == key:
            raise Misconfigured(f"this is the key with which account {account} trades", hint="make one that only reads")


def _id(account: str, role: Role) -> str:
    return f"{'account' if role is Role.TRADE else 'watch'}-{account}"
