"""Digests of the vault's secrets, kept beside it: an audit knows a copy of one by them, and never holds a key.

What was once in the vault stays known: an old key in an old file may still open the account.
"""

import os
from collections.abc import Iterator

import msgspec

from ringfence import whole
from ringfence.audit.secrets.known import Entry, Known, remember
from ringfence.errors import Misconfigured
from ringfence.settings import Settings
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.vault import Vault

_SALT = 32  # bytes


def read(settings: Settings) -> Known | None:
    """Read the digests; None where there are none. Raises `Misconfigured` for a file that is broken."""
    try:
        return msgspec.json.decode(settings.known.read_bytes(), type=Known)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        hint = "remove it; `ringfence audit remember` makes it anew"
        raise Misconfigured(f"{settings.known} cannot be read: {error}", hint=hint) from None


def keep(settings: Settings, vault: Vault) -> int:
    """Add what the vault has now to what is known; returns how many secrets of it are new."""
    before = read(settings) or Known(os.urandom(_SALT))
    have = {one.digest for one in before.entries}
    fresh, count = list[Entry](), 0
    for record in vault.records:
        entries = [one for one in _entries(vault, record, before.salt) if one.digest not in have]
        fresh += entries
        have |= {one.digest for one in entries}
        count += bool(entries)
    if fresh:
        whole.put(settings.known, msgspec.json.encode(Known(before.salt, (*before.entries, *fresh))), 0o600)
    return count


def _entries(vault: Vault, record: Record, salt: bytes) -> Iterator[Entry]:
    """Digest a record's secret; of a bot that has a key pair, the vault has the public half alone."""
    match record.kind:
        case RecordKind.EXCHANGE:
            role = " that can only read" if record.role == "watch" else ""
            name, kind = f"the real secret{role} of account {record.account}", "exchange"
        case RecordKind.VIRTUAL if not record.algorithm:
            name, kind = f"the virtual secret of bot {record.bot}", "virtual"
        case _:
            return
    with vault.reveal(record.id) as secret:
        yield from remember(name, kind, secret.view(), salt)
