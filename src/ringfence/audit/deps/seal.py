"""A snapshot as bytes: packed and signed, and opened again, in that order reversed and within bounds.

It must never unpack a byte whose signature has not been checked, except in a file that this machine made itself.
"""

import base64
import binascii
import gzip
import zlib

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ringfence.audit.deps.snapshot import Fault, Missing, Snapshot, contradiction
from ringfence.errors import Misconfigured

SIGNED = b"RINGSNP\n"
"""How a published snapshot begins."""

MADE_HERE = b"RINGSNL\n"
"""How one begins that this machine made, and nobody signed."""

MAX_FILE = (
    32 << 20
)  # ours: all advisories of PyPI and npm packed are below 10 MiB, all malicious names below that again
MAX_TEXT = 192 << 20  # ours: JSON packs by five to seven; an audit may take 400 MB in all
_SIGNATURE_BYTES = 64  # RFC 8032
_PUBLIC_BYTES = 32
_GZIP = 31  # zlib: a gzip header, and the largest window


class Opening(msgspec.Struct, frozen=True):
    """What is asked of a snapshot before it is believed.

    `keys` are the public keys that may have signed it. `seen` is when the newest one of its kind (signed, or
    made here) that was ever believed was made; 0 for none.
    `made_here` lets one pass that this machine made, where only its owner can write the file.
    """

    keys: tuple[bytes, ...]
    seen: int = 0
    made_here: bool = False


def public_keys(text: str) -> tuple[bytes, ...]:
    """Read the keys of a `.pub` file: one in base64 on each line, `#` before a comment."""
    lines = [line.split("#", 1)[0].strip() for line in text.splitlines()]
    return tuple(_public_key(line) for line in lines if line)


def sign(snapshot: Snapshot, key: Ed25519PrivateKey) -> bytes:
    """Pack and sign a snapshot that is to be published; the same one gives the same bytes."""
    packed = _pack(msgspec.structs.replace(snapshot, how=""))
    return SIGNED + key.sign(SIGNED + packed) + packed


def keep(snapshot: Snapshot) -> bytes:
    """Pack a snapshot that this machine made; `how` says from what."""
    return MADE_HERE + _pack(snapshot)


def open_snapshot(data: bytes | None, asked: Opening) -> Snapshot | Missing:
    """Check and unpack a snapshot; anything that is not entirely right is said, and nothing of it is used."""
    if data is None:
        return Missing(Fault.MISSING, "there is no snapshot")
    if len(data) > MAX_FILE:
        return Missing(Fault.BROKEN, f"the file is larger than {MAX_FILE >> 20} MiB")
    packed = _packed(data, asked)
    snapshot = packed if isinstance(packed, Missing) else _unpack(packed)
    if isinstance(snapshot, Missing):
        return snapshot
    if bool(snapshot.how) != data.startswith(MADE_HERE):
        return Missing(Fault.BROKEN, "what it says of how it was made is not what its first bytes say")
    if snapshot.made < asked.seen:
        when = f"it is of {snapshot.made_on}, and a newer one has been used on this machine"
        return Missing(Fault.ROLLED_BACK, when)
    return snapshot


def _packed(data: bytes, asked: Opening) -> bytes | Missing:
    """Take off what stands before the packed text, once it has been checked."""
    if data.startswith(MADE_HERE):
        if asked.made_here:
            return data[len(MADE_HERE) :]
        return Missing(Fault.UNSIGNED, "it was made on some machine and is not signed")
    if not data.startswith(SIGNED):
        return Missing(Fault.BROKEN, "the file is not a snapshot")
    start = len(SIGNED) + _SIGNATURE_BYTES
    if len(data) <= start:
        return Missing(Fault.BROKEN, "the file is cut short")
    signature, packed = data[len(SIGNED) : start], data[start:]
    if any(_has_signed(key, signature, SIGNED + packed) for key in asked.keys):
        return packed
    return Missing(Fault.UNSIGNED, "no key that is known has signed it")


def _has_signed(key: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _pack(snapshot: Snapshot) -> bytes:
    return gzip.compress(msgspec.json.encode(snapshot, order="sorted"), mtime=0)


def _unpack(packed: bytes) -> Snapshot | Missing:
    text = bounded(packed, MAX_TEXT)
    if text is None:
        return Missing(Fault.BROKEN, "it cannot be unpacked, or not within bounds")
    try:
        snapshot = msgspec.json.decode(text, type=Snapshot)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Missing(Fault.BROKEN, "what is in it is not a snapshot")
    wrong = contradiction(snapshot)
    return Missing(Fault.BROKEN, wrong) if wrong else snapshot


def bounded(packed: bytes, most: int) -> bytes | None:
    """Unpack gzip, as far as `most` bytes; None where that is not all, or not gzip, or something stands behind it."""
    unpacking = zlib.decompressobj(_GZIP)
    try:
        text = unpacking.decompress(packed, most + 1)
    except zlib.error:
        return None
    whole = unpacking.eof and not unpacking.unused_data and len(text) <= most
    return text if whole else None


def _public_key(line: str) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _PUBLIC_BYTES:
        raise Misconfigured("this is not a public key for snapshots", hint="32 bytes in base64, one key a line")
    return key
