"""`paper/accounts.json`: the keys of the rehearsal's people, made at the first start and kept.

They are keys to play money; the file is private all the same, as the file of any key should be.
"""

import json
import os
import secrets
import string
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from ringfence.errors import Misconfigured
from ringfence.paper.keys import ApiKey, Right, Type

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 64
_TRADING = (Right.READ, Right.TRADE)
_ALL = (*_TRADING, Right.WITHDRAW, Right.INTERNAL, Right.UNIVERSAL)
_HERE = ("127.0.0.1",)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A key to make: Binance gives the right to withdraw only to a key that is bound to addresses."""

    name: str
    account: str
    rights: tuple[Right, ...]
    addresses: tuple[str, ...] = ()
    type: Type = Type.HMAC


PLANS = (
    _Plan("main", "main", _TRADING, _HERE),
    _Plan("main-ed25519", "main", _TRADING, _HERE, Type.ED25519),
    _Plan("main-rsa", "main", _TRADING, _HERE, Type.RSA),
    _Plan("main-watch", "main", (Right.READ,), _HERE),
    _Plan("main-withdraw", "main", _ALL, _HERE),
    _Plan("bare", "bare", _TRADING),
    _Plan("bare-withdraw", "bare", _ALL, _HERE),
    _Plan("accomplice", "accomplice", _TRADING),
)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key as the file has it; the members are those of `ApiKey`."""

    account: str
    key: str
    secret: str
    rights: tuple[Right, ...]
    addresses: tuple[str, ...] = ()
    created: int = 0
    type: Type = Type.HMAC
    expires: int = 0
    unsaid: tuple[str, ...] = ()
    silent: bool = False


def load_or_make(path: Path, now: int) -> list[ApiKey]:
    """The keys in the file; makes the file where there is none. `now` in milliseconds."""
    if not path.exists():
        _write(path, {plan.name: _make(plan, now) for plan in PLANS})
    return list(read(path).values())


def read(path: Path) -> dict[str, ApiKey]:
    """The keys in the file by name; raises `Misconfigured` where it does not read."""
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=dict[str, Entry])
    except (OSError, msgspec.MsgspecError) as error:
        raise Misconfigured(f"{path}: {error}", hint="delete it, and the next start makes new keys") from error
    for name, entry in entries.items():
        if entry.type is not Type.HMAC and not _is_private_key(entry):
            raise Misconfigured(f"{path}: the secret of {name} is no {entry.type} key in PEM")
    return {name: _key(name, entry) for name, entry in entries.items()}


def _is_private_key(entry: Entry) -> bool:
    try:
        private = load_pem_private_key(entry.secret.encode(), None)
    except (ValueError, TypeError):  # the second is a key under a passphrase
        return False
    return isinstance(private, Ed25519PrivateKey if entry.type is Type.ED25519 else RSAPrivateKey)


def _key(name: str, entry: Entry) -> ApiKey:
    rights, addresses = frozenset(entry.rights), frozenset(entry.addresses)
    return ApiKey(
        name, entry.account, entry.key, entry.secret, rights, addresses, entry.created, entry.type, entry.expires,
        frozenset(entry.unsaid), entry.silent,
    )  # fmt: skip


def _make(plan: _Plan, now: int) -> Entry:
    return Entry(plan.account, *fresh(plan.type), plan.rights, plan.addresses, now, plan.type)


def fresh(kind: Type) -> tuple[str, str]:
    """A new key and what it signs with."""
    return _random(), _random() if kind is Type.HMAC else _private_key(kind)


def _private_key(kind: Type) -> str:
    key = Ed25519PrivateKey.generate() if kind is Type.ED25519 else generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _random() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def _write(path: Path, entries: dict[str, Entry]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(msgspec.to_builtins(entries), indent=2)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
