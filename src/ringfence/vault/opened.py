"""A vault that is open: what its secrets are for, and each secret to whoever asks. This part cannot write one.

It must never show a secret but through `reveal`, and never go back to an older file.
"""

from pathlib import Path
from typing import Self

from ringfence.errors import Broken, Misconfigured
from ringfence.vault import disk, sealed
from ringfence.vault.record import Record
from ringfence.vault.sealed import SealedRecord
from ringfence.vault.secret import Secret, wipe
from ringfence.vault.unlock import Unlock


class Opened:
    """An open vault; the data key stays in secret memory until `close`."""

    def __init__(self, path: Path, key: Secret, data: bytes) -> None:
        self._path = path
        self._key = key
        self._data = data
        self._contents = sealed.read(data, key)

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


def _refuse_older(counter: int, least: int) -> None:
    if counter < least:
        hint = "somebody put an old copy in its place; find out who before you go on"
        raise Broken(f"the vault has gone back: its counter is {counter}, and {least} or more was expected", hint=hint)
