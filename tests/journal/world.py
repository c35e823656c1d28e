"""What the journal's tests share: a clock that is set by hand, a key, and a store with a few entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ringfence.journal.checkpoint import Signer
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind, Value

ORIGIN = "ringfence.example/journal"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VERIFIER = Signer(ORIGIN, KEY).verifier
STATE = ("CREATE TABLE held (name TEXT PRIMARY KEY, amount TEXT NOT NULL) STRICT",)


@dataclass
class Clock:
    wall: int = 1_700_000_000_000
    boot: int = 5_000

    def __call__(self) -> tuple[int, int]:
        return self.wall, self.boot


def open_store(directory: Path, clock: Clock | None = None) -> Store:
    return Store.open(directory, ORIGIN, KEY, STATE, clock or Clock())


def write(store: Store, count: int, fields: Mapping[str, Value] | None = None) -> None:
    """Append `count` entries, each in a transaction of its own."""
    for number in range(count):
        store.begin()
        store.append(EntryKind.INTENT, "bot:grid", {"number": number, "symbol": "BTC/USDT", **(fields or {})})
        store.commit()


def written(directory: Path, count: int, *, checkpoint: bool = True) -> Path:
    """Make a journal with `count` entries, close it, and return its directory."""
    store = open_store(directory)
    write(store, count)
    if checkpoint:
        store.checkpoint()
    store.close()
    return directory
