"""Writing a vault's file, byte for byte (docs/format/vault.md), and sealing what is in it. Touches no file."""

import hashlib
import os
from dataclasses import replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from ringfence.errors import Misconfigured
from ringfence.vault.disk import MAX_FILE
from ringfence.vault.record import Record, encode
from ringfence.vault.sealed import (
    CHECK,
    COUNT,
    ITERATIONS,
    LANES,
    MEMORY_KIB,
    NONCE,
    SIZE,
    Contents,
    Header,
    SealedRecord,
    derive,
)
from ringfence.vault.secret import Secret

DEFAULT_MEMORY_KIB = 256 * 1024  # between the two recommendations of RFC 9106, section 4
MIN_PASSPHRASE = 8  # NIST SP 800-63B, 5.1.1.2


def write(contents: Contents, key: Secret) -> bytes:
    """Write the file's bytes and seal them."""
    header = contents.header
    parts = [header.prefix, header.wrapped, COUNT.pack(contents.counter, len(contents.records))]
    for one in contents.records:
        text = encode(one.record, one.counter, header.lineage)
        parts += [SIZE.pack(len(text)), text, SIZE.pack(len(one.sealed) - NONCE), one.sealed]
    body = b"".join(parts)
    body += _encrypt(key, contents.counter.to_bytes(8, "big"), b"seal" + body)
    if len(body) + CHECK > MAX_FILE:
        raise Misconfigured("the vault is full", hint="remove records that are no longer used")
    return body + hashlib.sha256(body).digest()


def wrap(key: Secret, passphrase: bytearray, memory_kib: int, lineage: bytes) -> Header:
    """Wrap the data key under a new passphrase, with a fresh salt; raises `Misconfigured` where either is too weak."""
    if len(passphrase) < MIN_PASSPHRASE or not any(passphrase):
        raise Misconfigured(f"a passphrase has at least {MIN_PASSPHRASE} bytes", hint="six random words are better")
    if memory_kib not in MEMORY_KIB:
        raise Misconfigured(f"the key derivation takes {MEMORY_KIB[0]} to {MEMORY_KIB[-1]} KiB, not {memory_kib}")
    bare = Header(memory_kib, ITERATIONS[0], LANES[0], os.urandom(16), lineage)
    with derive(bare, passphrase) as outer:
        return replace(bare, wrapped=_encrypt(outer, key.view(), b"wrap" + bare.prefix))


def seal(record: Record, counter: int, lineage: bytes, secret: Secret, key: Secret) -> SealedRecord:
    """Seal one secret to all that its record says."""
    text = encode(record, counter, lineage)
    return SealedRecord(record, counter, _encrypt(key, secret.view(), b"record" + text))


def _encrypt(key: Secret, plain: bytes | memoryview, bound: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCMSIV(key.view()).encrypt(nonce, plain, bound)
