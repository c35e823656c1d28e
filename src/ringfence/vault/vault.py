"""The vault: sealed secrets in one file, opened once with a passphrase and re-read without it.

It must never show a secret but through `reveal`, never overwrite a vault, and never go back to an older one.
"""

import os
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Self

from ringfence.errors import Broken, Misconfigured
from ringfence.vault import disk, sealed
from ringfence.vault.record import OWN, Record, RecordKind, check
from ringfence.vault.sealed import DEFAULT_MEMORY_KIB, Contents, SealedRecord
from ringfence.vault.secret import Secret, wipe
from ringfence.vault.unlock import Unlock

_KEY = 32  # bytes: a key of AES-256, of HMAC-SHA-256, and the seed of an Ed25519 key alike


class Vault:
    """An open vault; the data key stays in secret memory until `close`."""

    def __init__(self, path: Path, key: Secret, data: bytes) -> None:
        self._path = path
        self._key = key
        self._data = data
        self._contents = sealed.read(data, key)

    @classmethod
    def create(cls, path: Path, passphrase: bytearray, memory_kib: int = DEFAULT_MEMORY_KIB) -> Self:
        """Write a new vault with its own three secrets, and wipe the passphrase; raises `Misconfigured`."""
        key = Secret.random(_KEY)
        try:
            header = sealed.wrap(key, passphrase, memory_kib, os.urandom(16))
            data = sealed.write(Contents(header, 1, tuple(_draw(kind, header.lineage, key) for kind in OWN)), key)
            disk.create(path, data)
            return cls(path, key, data)
        except BaseException:
            key.wipe()
            raise
        finally:
            wipe(passphrase)

    @classmethod
    def open(cls, path: Path, unlock: Unlock, *, at_least: int = 0) -> Self:
        """Open a vault and wipe the passphrase.

        Raises `Misconfigured` ("wrong passphrase", or the file may be read by others) and `Broken` where the file
        was changed, or its counter is below `at_least`, the last one that the journal knows.
        """
        data = disk.read(path)
        header = sealed.read_header(data)  # before the passphrase is asked for and any work is done
        passphrase = unlock()
        try:
            key = sealed.unwrap(header, passphrase)
        finally:
            wipe(passphrase)
        try:
            vault = cls(path, key, data)
            _refuse_older(vault.counter, at_least)
        except BaseException:
            key.wipe()
            raise
        return vault

    @property
    def records(self) -> tuple[Record, ...]:
        """Everything about the secrets but the secrets."""
        return tuple(one.record for one in self._contents.records)

    @property
    def counter(self) -> int:
        """How often this vault has been written; it never goes down."""
        return self._contents.counter

    @property
    def lineage(self) -> str:
        """The random name this vault got when it was made; the journal it belongs to remembers it."""
        return self._contents.header.lineage.hex()

    def reveal(self, record_id: str) -> Secret:
        """Open one secret; the caller wipes it. Raises `Broken` where its record is not the one it was sealed with."""
        return sealed.reveal(self._find(record_id), self._contents.header.lineage, self._key)

    def add(self, record: Record, secret: bytearray | Secret) -> None:
        """Seal a secret to its record and write the vault; a `bytearray` is wiped, a `Secret` is left to its owner."""
        with nullcontext(secret) if isinstance(secret, Secret) else Secret.take(secret) as kept:
            self._check_new(record)
            one = sealed.seal(record, self.counter + 1, self._contents.header.lineage, kept, self._key)
            self._write(replace(self._contents, records=(*self._contents.records, one)))

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
            fresh = sealed.wrap(self._key, new, memory_kib or header.memory_kib, header.lineage)
            self._write(replace(self._contents, header=fresh))
        finally:
            wipe(old)
            wipe(new)

    def reread(self) -> bool:
        """Take up a newer file with the key that is already here; say whether there was one.

        Raises `Broken` for an older file, a different one with the same counter, or another vault; this one stays.
        """
        data = disk.read(self._path)
        if data == self._data:
            return False
        contents = sealed.read(data, self._key)
        _refuse_older(contents.counter, self.counter + 1)
        self._data, self._contents = data, contents
        return True

    def close(self) -> None:
        """Wipe the data key."""
        self._key.wipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find(self, record_id: str) -> SealedRecord:
        for one in self._contents.records:
            if one.record.id == record_id:
                return one
        raise Misconfigured(f"the vault has no record {record_id!r}")

    def _check_new(self, record: Record) -> None:
        check(record)
        if record.kind in OWN:
            raise Misconfigured(f"the vault already has its {record.kind} record")
        for known in self.records:
            if known.id == record.id:
                raise Misconfigured(f"the vault already has a record {record.id}")
            if (known.kind, known.exchange, known.key) == (record.kind, record.exchange, record.key):
                raise Misconfigured(f"the vault already has this key, as {known.id}")

    def _write(self, contents: Contents) -> None:
        contents = replace(contents, counter=self.counter + 1)
        data = sealed.write(contents, self._key)
        disk.replace(self._path, data, self._data)
        self._data, self._contents = data, contents


def _draw(kind: RecordKind, lineage: bytes, key: Secret) -> SealedRecord:
    with Secret.random(_KEY) as secret:
        return sealed.seal(Record(id=kind.value, kind=kind, created=int(time.time())), 1, lineage, secret, key)


def _refuse_older(counter: int, least: int) -> None:
    if counter < least:
        hint = "somebody put an old copy in its place; find out who before you go on"
        raise Broken(f"the vault has gone back: its counter is {counter}, and {least} or more was expected", hint=hint)
