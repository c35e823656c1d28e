"""The vault's file, byte for byte (docs/format/vault.md), and the keys that open it. Touches no file.

Three layers, each with its own word when it fails. A plain checksum over everything tells damage before any work
is done. The wrapped data key tells a wrong passphrase. The seal, made with the data key over every byte, tells that
somebody changed, removed, reordered or swapped something. Only bytes that the seal covers are parsed into records.
"""

import hashlib
import hmac
import os
import struct
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ringfence.errors import Broken, Misconfigured
from ringfence.vault import record as records
from ringfence.vault.disk import MAX_FILE
from ringfence.vault.record import Record
from ringfence.vault.secret import MAX_SIZE, Secret

VERSION = 1

DEFAULT_MEMORY_KIB = 256 * 1024  # between the two recommendations of RFC 9106, section 4
MEMORY_KIB = range(
    64 * 1024, 2 * 1024 * 1024 + 1
)  # RFC 9106: the second recommendation is the floor, the first the top
ITERATIONS = range(3, 17)  # floor: RFC 9106, second recommendation; ceiling: a minute of work, not a denial of service
LANES = range(1, 5)  # RFC 9106 recommends four; one keeps a small server usable

_MAGIC = b"RINGVLT\n"
_KDF = struct.Struct(">8sHIII16s16s")  # magic, version, memory (KiB), iterations, lanes, salt, lineage
_WRAP = struct.Struct(">12s48s")  # nonce, data key and tag
_COUNT = struct.Struct(">QI")  # counter, number of records
_SIZE = struct.Struct(">I")
_NONCE = 12  # RFC 8452
_TAG = 16
_KEY = 32
_SEAL = _NONCE + 8 + _TAG  # the counter, sealed over everything before it
_CHECK = hashlib.sha256().digest_size
_HEAD = _KDF.size + _WRAP.size
_SMALLEST = _HEAD + _COUNT.size + _SEAL + _CHECK
_CHANGED = "restore the last good copy, and replace the exchange keys if you cannot say who changed it"


@dataclass(frozen=True, slots=True)
class Header:
    """How the passphrase becomes a key, and the data key that it wraps. `lineage` names this vault for life."""

    memory_kib: int
    iterations: int
    lanes: int
    salt: bytes
    lineage: bytes
    nonce: bytes = b""
    wrapped: bytes = b""

    @property
    def prefix(self) -> bytes:
        """The bytes that the wrapping of the data key binds."""
        return _KDF.pack(_MAGIC, VERSION, self.memory_kib, self.iterations, self.lanes, self.salt, self.lineage)


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record, the counter of the write that sealed it, and its secret under the data key."""

    record: Record
    counter: int
    nonce: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that is in the file."""

    header: Header
    counter: int
    records: tuple[SealedRecord, ...]


def read_header(data: bytes) -> Header:
    """Check the checksum and the costs, before any work is spent on them; raises `Broken` or `Misconfigured`."""
    if len(data) < _SMALLEST or not data.startswith(_MAGIC):
        raise Broken("this is not a vault, or most of it is missing", hint=_CHANGED)
    if not hmac.compare_digest(hashlib.sha256(data[:-_CHECK]).digest(), data[-_CHECK:]):
        raise Broken("the vault is damaged: its checksum does not fit", hint=_CHANGED)
    _, version, memory_kib, iterations, lanes, salt, lineage = _KDF.unpack_from(data)
    if version != VERSION:
        raise Misconfigured(
            f"the vault has format {version}, and this program reads {VERSION}", hint="update ringfence"
        )
    if memory_kib not in MEMORY_KIB or iterations not in ITERATIONS or lanes not in LANES:
        raise Broken("the vault asks for key-derivation costs that ringfence never writes", hint=_CHANGED)
    nonce, wrapped = _WRAP.unpack_from(data, _KDF.size)
    return Header(memory_kib, iterations, lanes, salt, lineage, nonce, wrapped)


def read(data: bytes, key: Secret) -> Contents:
    """Check the seal over every byte, then read the records; raises `Broken`."""
    header = read_header(data)
    end = len(data) - _CHECK - _SEAL
    with Secret.allocate(8) as sealed:
        _open(key, data[end:-_CHECK], b"seal" + data[:end], sealed)
        counter = int.from_bytes(sealed.view(), "big")
    written, count = _COUNT.unpack_from(data, _HEAD)
    rest = memoryview(data)[_HEAD + _COUNT.size : end]
    found = []
    for _ in range(count):
        one, rest = _cut_record(rest, header.lineage.hex())
        found.append(one)
    if rest or written != counter:
        raise Broken("the vault contradicts itself", hint=_CHANGED)
    return Contents(header, counter, tuple(found))


def write(contents: Contents, key: Secret) -> bytes:
    """Write the file's bytes and seal them."""
    header = contents.header
    parts = [header.prefix, header.nonce, header.wrapped, _COUNT.pack(contents.counter, len(contents.records))]
    for one in contents.records:
        text = records.encode(one.record, one.counter, header.lineage.hex(), VERSION)
        parts += [_SIZE.pack(len(text)), text, _SIZE.pack(len(one.sealed)), one.nonce, one.sealed]
    body = b"".join(parts)
    nonce = os.urandom(_NONCE)
    body += nonce + AESGCMSIV(key.view()).encrypt(nonce, contents.counter.to_bytes(8, "big"), b"seal" + body)
    if len(body) + _CHECK > MAX_FILE:
        raise Misconfigured("the vault is full", hint="remove records that are no longer used")
    return body + hashlib.sha256(body).digest()


def wrap(key: Secret, passphrase: bytearray, memory_kib: int, lineage: bytes) -> Header:
    """Wrap the data key under a passphrase, with a fresh salt; raises `Misconfigured` for a cost out of range."""
    if memory_kib not in MEMORY_KIB:
        low, high = MEMORY_KIB[0], MEMORY_KIB[-1]
        raise Misconfigured(f"the vault's key derivation takes {low} to {high} KiB of memory, not {memory_kib}")
    bare = Header(memory_kib, ITERATIONS[0], LANES[0], os.urandom(16), lineage)
    nonce = os.urandom(_NONCE)
    with _derive(bare, passphrase) as outer:
        wrapped = AESGCMSIV(outer.view()).encrypt(nonce, key.view(), b"wrap" + bare.prefix)
    return Header(bare.memory_kib, bare.iterations, bare.lanes, bare.salt, bare.lineage, nonce, wrapped)


def unwrap(header: Header, passphrase: bytearray) -> Secret:
    """Return the data key; raises `Misconfigured` where the passphrase is wrong."""
    key = Secret.allocate(_KEY)
    try:
        with _derive(header, passphrase) as outer:
            _open(outer, header.nonce + header.wrapped, b"wrap" + header.prefix, key)
    except Broken:
        raise Misconfigured("wrong passphrase", hint=f"or somebody changed the vault's first {_HEAD} bytes") from None
    return key


def seal(record: Record, counter: int, lineage: bytes, secret: Secret, key: Secret) -> SealedRecord:
    """Seal one secret to all that its record says."""
    nonce = os.urandom(_NONCE)
    text = b"record" + records.encode(record, counter, lineage.hex(), VERSION)
    return SealedRecord(record, counter, nonce, AESGCMSIV(key.view()).encrypt(nonce, secret.view(), text))


def reveal(one: SealedRecord, lineage: bytes, key: Secret) -> Secret:
    """Open one secret; raises `Broken` where any word of its record is not the one it was sealed with."""
    secret = Secret.allocate(len(one.sealed) - _TAG)
    text = b"record" + records.encode(one.record, one.counter, lineage.hex(), VERSION)
    _open(key, one.nonce + one.sealed, text, secret)
    return secret


def _derive(header: Header, passphrase: bytearray) -> Secret:
    outer = Secret.allocate(_KEY)
    try:
        _argon2id(header, passphrase, outer)
        # OpenSSL frees its copy of the passphrase unwiped (OSSL_PARAM_free). The same call over zeros, at the least
        # cost there is, gets the same block from malloc and overwrites it; a test reads the process to see that.
        with Secret.allocate(_KEY) as unused:
            _argon2id(replace(header, memory_kib=8, iterations=1, lanes=1), bytearray(len(passphrase)), unused)
    except MemoryError:
        need = header.memory_kib // 1024
        raise Misconfigured(f"opening the vault takes {need} MiB of memory, and there is not so much") from None
    return outer


def _argon2id(header: Header, passphrase: bytearray, into: Secret) -> None:
    cost = Argon2id(
        salt=header.salt,
        length=_KEY,
        iterations=header.iterations,
        lanes=header.lanes,
        memory_cost=header.memory_kib,
    )
    cost.derive_into(passphrase, into.view())  # type: ignore[arg-type]  # the stub says bytes; any buffer does


def _open(key: Secret, data: bytes, bound: bytes, into: Secret) -> None:
    try:
        AESGCMSIV(key.view()).decrypt_into(data[:_NONCE], data[_NONCE:], bound, into.view())
    except InvalidTag:
        into.wipe()  # the bytes are written before the tag is checked
        raise Broken("the vault has been changed by something other than ringfence", hint=_CHANGED) from None


def _cut_record(rest: memoryview, lineage: str) -> tuple[SealedRecord, memoryview]:
    text, rest = _cut(rest, 0)
    sealed, rest = _cut(rest, _NONCE)
    if not _NONCE + _TAG < len(sealed) <= _NONCE + MAX_SIZE + _TAG:
        raise Broken("a record of the vault has no secret of a possible length", hint=_CHANGED)
    record, counter = records.decode(text, lineage, VERSION)
    return SealedRecord(record, counter, sealed[:_NONCE], sealed[_NONCE:]), rest


def _cut(rest: memoryview, extra: int) -> tuple[bytes, memoryview]:
    if len(rest) < _SIZE.size:
        raise Broken("the vault contradicts itself", hint=_CHANGED)
    end = _SIZE.size + _SIZE.unpack_from(rest)[0] + extra
    if len(rest) < end:
        raise Broken("the vault contradicts itself", hint=_CHANGED)
    return bytes(rest[_SIZE.size : end]), rest[end:]
