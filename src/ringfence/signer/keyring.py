"""The keys in use: which virtual key is which bot's, and which real key is which account's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ringfence.dialects.dialect import Algorithm, Checker, Signer
from ringfence.dialects.signing import Key
from ringfence.errors import Misconfigured
from ringfence.model.facts import Role
from ringfence.model.names import AccountName, BotName, ExchangeId, KeyId
from ringfence.vault.opened import Opened
from ringfence.vault.record import Record, RecordKind


@dataclass(frozen=True, slots=True)
class BotKey:
    """A virtual key: it proves which bot asks, and opens nothing at any exchange."""

    bot: BotName
    account: AccountName
    exchange: ExchangeId
    role: Role
    key: KeyId
    checker: Checker


@dataclass(frozen=True, slots=True)
class AccountKey:
    """A real key, with the hosts it is sealed to; requests go to the first."""

    account: AccountName
    exchange: ExchangeId
    hosts: tuple[str, ...]
    key: KeyId
    signer: Signer


@dataclass(frozen=True, slots=True)
class Keyring:
    """What the vault held when it was last read: each virtual key opens the exchange it was made for and no other.

    `watching` has a second key of those accounts whose owners gave one that can only read. A decoy is looked for by its
    key alone: a thief who tries it for another exchange is a thief as well. It has no secret here, since none is used.
    """

    bots: Mapping[tuple[ExchangeId, KeyId], BotKey]
    accounts: Mapping[AccountName, AccountKey]
    watching: Mapping[AccountName, AccountKey] = field(default_factory=dict)
    decoys: Mapping[KeyId, Record] = field(default_factory=dict)

    def key(self, account: AccountName, role: Role) -> AccountKey:
        """Choose a key of an account: to watch, the one that can do no more, where there is one."""
        trading = self.accounts[account]
        return self.watching.get(account, trading) if role is Role.WATCH else trading


def open_keyring(vault: Opened) -> Keyring:
    """Read every key of the vault into secret memory; raises `Misconfigured` where a bot has no account."""
    records = vault.records
    accounts, watching = _accounts(vault, Role.TRADE), _accounts(vault, Role.WATCH)
    bots: dict[tuple[ExchangeId, KeyId], BotKey] = {}
    for record in records:
        if record.kind is RecordKind.VIRTUAL:
            key = _bot(vault, record, accounts)
            bots[key.exchange, key.key] = key
    decoys = {KeyId(record.key): record for record in records if record.kind is RecordKind.DECOY}
    return Keyring(bots, accounts, watching, decoys)


def _accounts(vault: Opened, role: Role) -> dict[AccountName, AccountKey]:
    found = (one for one in vault.records if one.kind is RecordKind.EXCHANGE and one.serves is role)
    return {AccountName(record.account): _account(vault, record) for record in found}


def _account(vault: Opened, record: Record) -> AccountKey:
    return AccountKey(
        AccountName(record.account),
        ExchangeId(record.exchange),
        record.hosts,
        KeyId(record.key),
        _key(vault, record),
    )


def _bot(vault: Opened, record: Record, accounts: Mapping[AccountName, AccountKey]) -> BotKey:
    account = AccountName(record.account)
    if account not in accounts:
        raise Misconfigured(
            f"bot {record.bot} trades for account {account}, which has no key", hint=f"ringfence key add {account}"
        )
    return BotKey(
        BotName(record.bot),
        account,
        accounts[account].exchange,
        Role(record.role),
        KeyId(record.key),
        _key(vault, record),
    )


def _key(vault: Opened, record: Record) -> Key:
    """Hold a key by its pages of secret memory, which are wiped once nobody holds it any more."""
    return Key(Algorithm(record.algorithm or Algorithm.HMAC), vault.reveal(record.id).view())


def masked(key: KeyId) -> str:
    """Show enough of a key's public half to recognise it."""
    return f"{key[:4]}…{key[-4:]}"
