"""What a sealed secret is for: the part of a record that is not secret, and its one canonical text."""

import re
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from ringfence.errors import Broken, Misconfigured
from ringfence.model.facts import Role


class RecordKind(StrEnum):
    """What the secret of a record does."""

    EXCHANGE = "exchange-key"
    VIRTUAL = "virtual-key"
    OWNER = "owner"  # HMAC key with which the owner's commands prove themselves
    JOURNAL = "journal"  # Ed25519 seed that signs checkpoints
    CLIENT_ID = "client-id"  # HMAC key of the client order ids that we make
    TOTP = "second-factor"  # HMAC key of the codes that an authenticator app shows
    ADOPTED = "adopted"  # AES key of what a bot's files were before they were adopted
    RECOVERY = "recovery"  # SHA-256 of the code that stands in for the app, once
    DECOY = "decoy"  # the secret half of a pair that opens nothing; whoever uses the pair is a thief
    AUTHORITY = "authority"  # key, in PEM, of the certificates that stand for exchanges' hosts on this machine


OWN = (RecordKind.OWNER, RecordKind.JOURNAL, RecordKind.CLIENT_ID)
"""The kinds that every vault has exactly one of: random bytes that it draws itself."""

FORMAT = 1
"""The version of the file and of the records in it."""


@dataclass(frozen=True, slots=True)
class Record:
    """All that is said about one secret; what a kind does not use is empty.

    `hosts` is the host set that a real key is sealed to, `created` is in unix seconds, `fingerprint` names the key
    without being it. `algorithm` is how the key signs; empty is HMAC, as every key was when records had no such field.
    A decoy has neither bot nor account: `bot` is its own name there, and `account` the file in which it is planted.
    """

    id: str
    kind: RecordKind
    exchange: str = ""
    hosts: tuple[str, ...] = ()
    account: str = ""
    role: str = ""
    bot: str = ""
    key: str = ""
    created: int = 0
    fingerprint: str = ""
    algorithm: str = ""

    @property
    def serves(self) -> Role:
        """What a key is for: to trade, but for one of which it says that it is to watch."""
        return Role.WATCH if self.role == Role.WATCH else Role.TRADE


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record as it stands in the file; every field is always there, but for an algorithm that need not be told."""

    id: str
    kind: RecordKind
    exchange: str
    hosts: tuple[str, ...]
    account: str
    role: str
    bot: str
    key: str
    created: int
    fingerprint: str
    algorithm: str | msgspec.UnsetType = msgspec.UNSET
    counter: int
    format: int
    lineage: str


_DECODER = msgspec.json.Decoder(_Written)
_ENCODER = msgspec.json.Encoder(order="sorted")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_TEXT = re.compile(r"[\x20-\x7e]{0,256}")  # Coinbase key names, the longest known, have 95 characters
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?")  # 253: RFC 1035, 2.3.4, less the root
_HOSTS = 16
_NEEDED = {
    RecordKind.EXCHANGE: ("exchange", "hosts", "account", "key"),
    RecordKind.VIRTUAL: ("exchange", "role", "bot", "key"),
    RecordKind.DECOY: ("exchange", "bot", "key"),
    RecordKind.TOTP: ("key",),
    RecordKind.RECOVERY: ("key",),
}


def encode(record: Record, counter: int, lineage: bytes) -> bytes:
    """Write the canonical text: sorted keys, no spaces, ASCII; the associated data that seals the secret."""
    fields = {name: getattr(record, name) for name in Record.__slots__}
    fields["algorithm"] = record.algorithm or msgspec.UNSET
    return _ENCODER.encode(_Written(**fields, counter=counter, format=FORMAT, lineage=lineage.hex()))


def decode(text: bytes, lineage: bytes) -> tuple[Record, int]:
    """Read a record and the counter it was sealed at; raises `Broken` for anything but the canonical text."""
    try:
        written = _DECODER.decode(text)
    except msgspec.MsgspecError:
        hint = "a newer ringfence has written it: update this one"  # the seal fits, so one that has the key wrote it
        raise Broken("a record of the vault cannot be read", hint=hint) from None
    fields = {name: getattr(written, name) for name in Record.__slots__}
    record = Record(**{**fields, "algorithm": written.algorithm or ""})
    if encode(record, written.counter, lineage) != text:
        raise Broken("a record of the vault is not in its canonical form")
    return record, written.counter


def check(record: Record) -> None:
    """Refuse a record that says too little or cannot be written down; raises `Misconfigured`."""
    if _ID.fullmatch(record.id) is None:
        raise Misconfigured("a record id is 1 to 64 characters of a-z, 0-9, dot, dash and underscore")
    for name in ("exchange", "account", "role", "bot", "key", "fingerprint"):
        if _TEXT.fullmatch(getattr(record, name)) is None:
            raise Misconfigured(f"record {record.id}: {name} is not plain text of at most 256 characters")
    if len(record.hosts) > _HOSTS or any(_HOST.fullmatch(host) is None for host in record.hosts):
        raise Misconfigured(f"record {record.id}: hosts are not at most {_HOSTS} lower-case host names")
    if record.created < 0:
        raise Misconfigured(f"record {record.id}: created is before 1970")
    missing = [name for name in _NEEDED.get(record.kind, ()) if not getattr(record, name)]
    if missing:
        raise Misconfigured(f"record {record.id}: an {record.kind} needs {', '.join(missing)}")
    if record.kind is RecordKind.VIRTUAL and record.role not in tuple(Role):
        raise Misconfigured(f"record {record.id}: the role is watch or trade, not {record.role!r}")
