"""The vault's file, byte for byte (docs/format/vault.md), and the keys that open it. Touches no file.

Three layers, each with its own word when it fails. A plain checksum over everything tells damage before any work
is done. The wrapped data key tells a wrong passphrase. The seal, made with the data key over every byte, tells that
somebody changed, removed, reordered or swapped something. Only bytes that the seal covers are parsed into records.
"""

import hashlib
import hmac
import io
import struct
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ringfence.errors import Broken, Misconfigured
from ringfence.vault.record import FORMAT, Record, decode, encode
from ringfence.vault.secret import MAX_SIZE, Secret

MEMORY_KIB = range(64 * 1024, 2 * 1024 * 1024 + 1)  # RFC 9106: from the second recommendation to the first
ITERATIONS = range(3, 17)  # floor: RFC 9106, second recommendation; ceiling: a minute of work, not a denial of service
LANES = range(1, 5)  # RFC 9106 recommends four; one keeps a small server usable

NONCE = 12  # RFC 8452
_TAG = 16
_KEY = 32

_MAGIC = b"RINGVLT\n"
_KDF = struct.Struct(">8sHIII16s16s")  # magic, version, memory (KiB), iterations, lanes, salt, lineage
_HEAD = _KDF.size + NONCE + _KEY + _TAG  # what makes a key of the passphrase, and the data key that it wraps
COUNT = struct.Struct(">QI")  # counter, number of records
SIZE = struct.Struct(">I")
_SEAL = NONCE + 8 + _TAG  # the counter, sealed over everything before it
CHECK = hashlib.sha256().digest_size
_CHANGED = "restore the last good copy, and replace the exchange keys if you cannot say who changed it"


@dataclass(frozen=True, slots=True)
class Header:
    """How the passphrase becomes a key, and the data key that it wraps. `lineage` names this vault for life."""

    memory_kib: int
    iterations: int
    lanes: int
    salt: bytes
    lineage: bytes
    wrapped: bytes = b""

    @property
    def prefix(self) -> bytes:
        """The bytes that the wrapping of the data key binds."""
        return _KDF.pack(_MAGIC, FORMAT, self.memory_kib, self.iterations, self.lanes, self.salt, self.lineage)


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record, the counter of the write that sealed it, and its secret under the data key."""

    record: Record
    counter: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that is in the file."""

    header: Header
    counter: int
    records: tuple[SealedRecord, ...]


def read_header(data: bytes) -> Header:
    """Check the checksum and the costs, before any work is spent on them; raises `Broken` or `Misconfigured`."""
    if len(data) < _HEAD + COUNT.size + _SEAL + CHECK or not data.startswith(_MAGIC):
        raise Broken("this is not a vault, or most of it is missing", hint=_CHANGED)
    if not hmac.compare_digest(hashlib.sha256(data[:-CHECK]).digest(), data[-CHECK:]):
        raise Broken("the vault is damaged: its checksum does not fit", hint=_CHANGED)
    _, version, memory_kib, iterations, lanes, salt, lineage = _KDF.unpack_from(data)
    if version != FORMAT:
        raise Misconfigured(f"the vault has format {version}, and not {FORMAT}", hint="update ringfence")
    if memory_kib not in MEMORY_KIB or iterations not in ITERATIONS or lanes not in LANES:
        raise Broken("the vault asks for key-derivation costs that ringfence never writes", hint=_CHANGED)
    return Header(memory_kib, iterations, lanes, salt, lineage, data[_KDF.size : _HEAD])


def read(data: bytes, key: Secret) -> Contents:
    """Check the seal over every byte, then read the records; raises `Broken`."""
    header = read_header(data)
    end = len(data) - CHECK - _SEAL
    with _decrypt(key, data[end:-CHECK], b"seal" + data[:end]) as opened:
        counter = int.from_bytes(opened.view(), "big")
    written, count = COUNT.unpack_from(data, _HEAD)
    rest = io.BytesIO(data[_HEAD + COUNT.size : end])
    found = tuple(_take_record(rest, header.lineage) for _ in range(count))
    if rest.read() or written != counter:
        raise Broken("the vault contradicts itself", hint=_CHANGED)
    return Contents(header, counter, found)


def unwrap(header: Header, passphrase: bytearray) -> Secret:
    """Return the data key; raises `Misconfigured` where the passphrase is wrong."""
    try:
        with derive(header, passphrase) as outer:
            return _decrypt(outer, header.wrapped, b"wrap" + header.prefix)
    except Broken:
        raise Misconfigured("wrong passphrase", hint=f"or somebody changed the vault's first {_HEAD} bytes") from None


def reveal(one: SealedRecord, lineage: bytes, key: Secret) -> Secret:
    """Open one secret; raises `Broken` where any word of its record is not the one it was sealed with."""
    return _decrypt(key, one.sealed, b"record" + encode(one.record, one.counter, lineage))


def derive(header: Header, passphrase: bytearray) -> Secret:
    """Make the key that wraps the data key; raises `Misconfigured` where there is too little memory."""
    try:
        outer = _argon2id(header, passphrase)
        # OpenSSL frees its copy of the passphrase unwiped (OSSL_PARAM_free). The same call over zeros, at the least
        # cost there is, gets the same block from malloc and overwrites it; a test reads the process to see that.
        _argon2id(replace(header, memory_kib=8, iterations=1, lanes=1), bytearray(len(passphrase))).wipe()
    except MemoryError:
        need = header.memory_kib // 1024
        raise Misconfigured(f"opening the vault takes {need} MiB of memory, and there is not so much") from None
    return outer


def _argon2id(header: Header, passphrase: bytearray) -> Secret:
    derived = Secret(_KEY)
    kdf = Argon2id(
        salt=header.salt, length=_KEY, iterations=header.iterations, lanes=header.lanes, memory_cost=header.memory_kib
    )
    kdf.derive_into(passphrase, derived.view())  # type: ignore[arg-type]  # the stub says bytes; any buffer does
    return derived


def _decrypt(key: Secret, sealed: bytes, bound: bytes) -> Secret:
    plain = Secret(len(sealed) - NONCE - _TAG)
    try:
        AESGCMSIV(key.view()).decrypt_into(sealed[:NONCE], sealed[NONCE:], bound, plain.view())
    except InvalidTag:
        plain.wipe()  # the bytes are written before the tag is checked
        raise Broken("the vault has been changed by something other than ringfence", hint=_CHANGED) from None
    return plain


def _take_record(rest: io.BytesIO, lineage: bytes) -> SealedRecord:
    text, sealed = _take(rest), _take(rest, NONCE)
    if not 0 < len(sealed) - NONCE - _TAG <= MAX_SIZE:
        raise Broken("a record of the vault has no secret of a possible length", hint=_CHANGED)
    return SealedRecord(*decode(text, lineage), sealed)


def _take(rest: io.BytesIO, more: int = 0) -> bytes:
    size = int.from_bytes(rest.read(SIZE.size), "big") + more
    taken = rest.read(size)
    if len(taken) != size:
        raise Broken("the vault contradicts itself", hint=_CHANGED)
    return taken
