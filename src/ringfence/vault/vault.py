"""The vault as its owner's commands write it: sealed secrets in one file. The signer never loads this part.

It must never overwrite a vault, and never write an older one over a newer.
"""

import os
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Self

from ringfence.errors import Misconfigured
from ringfence.vault import replacing, sealed, sealing
from ringfence.vault.opened import Opened
from ringfence.vault.record import OWN, Record, RecordKind, check
from ringfence.vault.sealed import Contents, SealedRecord
from ringfence.vault.sealing import DEFAULT_MEMORY_KIB
from ringfence.vault.secret import Secret, wipe

_KEY = 32  # bytes: a key of AES-256, of HMAC-SHA-256, and the seed of an Ed25519 key alike


class Vault(Opened):
    """An open vault that can be changed."""

    @classmethod
    def create(cls, path: Path, passphrase: bytearray, memory_kib: int = DEFAULT_MEMORY_KIB) -> Self:
        """Write a new vault with its own three secrets, and wipe the passphrase; raises `Misconfigured`."""
        key = Secret.random(_KEY)
        try:
            header = sealing.wrap(key, passphrase, memory_kib, os.urandom(16))
            data = sealing.write(Contents(header, 1, tuple(_draw(kind, header.lineage, key) for kind in OWN)), key)
            replacing.create(path, data)
            return cls(path, key, data)
        except BaseException:
            key.wipe()
            raise
        finally:
            wipe(passphrase)

    def add(self, record: Record, secret: bytearray | Secret) -> None:
        """Seal a secret to its record and write the vault; a `bytearray` is wiped, a `Secret` is left to its owner."""
        with nullcontext(secret) if isinstance(secret, Secret) else Secret.take(secret) as kept:
            self._check_new(record, self._contents.records)
            one = sealing.seal(record, self.counter + 1, self._contents.header.lineage, kept, self._key)
            self._write(replace(self._contents, records=(*self._contents.records, one)))

    def renew(self, *fresh: tuple[Record, Secret]) -> None:
        """Seal secrets in place of those whose records have the same ids, if there are any, in one write."""
        ids = {record.id for record, _ in fresh}
        rest = tuple(one for one in self._contents.records if one.record.id not in ids)
        lineage = self._contents.header.lineage
        for record, _ in fresh:
            self._check_new(record, rest)
        new = (sealing.seal(record, self.counter + 1, lineage, secret, self._key) for record, secret in fresh)
        self._write(replace(self._contents, records=(*rest, *new)))

    def remove(self, record_id: str) -> None:
        """Take a record out and write the vault; the vault's own three stay. Old copies of the file still have it."""
        gone = self._find(record_id)
        if gone.record.kind in OWN:
            raise Misconfigured(f"record {record_id} is part of the vault")
        rest = tuple(one for one in self._contents.records if one is not gone)
        self._write(replace(self._contents, records=rest))

    def change_passphrase(self, old: bytearray, new: bytearray, memory_kib: int | None = None) -> None:
        """Wrap the same data key under another passphrase, and wipe both; an old file still opens with the old one."""
        try:
            header = self._contents.header
            sealed.unwrap(header, old).wipe()
            fresh = sealing.wrap(self._key, new, memory_kib or header.memory_kib, header.lineage)
            self._write(replace(self._contents, header=fresh))
        finally:
            wipe(old)
            wipe(new)

    def _check_new(self, record: Record, beside: tuple[SealedRecord, ...]) -> None:
        check(record)
        if record.kind in OWN:
            raise Misconfigured(f"the vault already has its {record.kind} record")
        for known in (one.record for one in beside):
            if known.id == record.id:
                raise Misconfigured(f"the vault already has a record {record.id}")
            if (known.kind, known.exchange, known.key) == (record.kind, record.exchange, record.key):
                raise Misconfigured(f"the vault already has this key, as {known.id}")

    def _write(self, contents: Contents) -> None:
        contents = replace(contents, counter=self.counter + 1)
        data = sealing.write(contents, self._key)
        replacing.replace(self._path, data, self._data)
        self._data, self._contents = data, contents


def _draw(kind: RecordKind, lineage: bytes, key: Secret) -> SealedRecord:
    with Secret.random(_KEY) as secret:
        return sealing.seal(Record(id=kind.value, kind=kind, created=int(time.time())), 1, lineage, secret, key)
