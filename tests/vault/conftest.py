"""One vault, made once: the key derivation at its floor takes a third of a second."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from ringfence.vault.record import Record, RecordKind
from ringfence.vault.sealed import MEMORY_KIB
from ringfence.vault.secret import Secret
from ringfence.vault.vault import Vault

WORDS = b"correct horse battery staple"
FLOOR = MEMORY_KIB[0]
REAL = hashlib.sha256(b"a real key's secret").hexdigest().encode()
EXCHANGE = Record(
    id="main",
    kind=RecordKind.EXCHANGE,
    exchange="binance",
    hosts=("api.binance.com", "fapi.binance.com"),
    account="main",
    key="A" * 64,
    created=1_700_000_000,
    fingerprint="sha256:0011",
)
VIRTUAL = Record(
    id="grid.1",
    kind=RecordKind.VIRTUAL,
    exchange="binance",
    account="main",
    role="trade",
    bot="grid",
    key="B" * 64,
    created=1_700_000_001,
)


DECOY = Record(
    id="decoy-laptop",
    kind=RecordKind.DECOY,
    exchange="binance",
    account="/home/owner/.env",
    bot="laptop",
    key="E" * 64,
    created=1_700_000_002,
)


@dataclass(frozen=True, slots=True)
class Made:
    """A vault's bytes, before and after the virtual key went in, and its data key."""

    older: bytes
    data: bytes
    key: Secret


@dataclass(frozen=True, slots=True)
class Words:
    """A passphrase in hand, to see whether it was wiped."""

    buffer: bytearray

    def __call__(self) -> bytearray:
        return self.buffer


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    path = tmp_path_factory.mktemp("made") / "vault"
    vault = Vault.create(path, bytearray(WORDS), FLOOR)
    vault.add(EXCHANGE, bytearray(REAL))
    older = path.read_bytes()
    vault.add(VIRTUAL, bytearray(b"v" * 64))
    return Made(older, path.read_bytes(), vault._key)


@pytest.fixture
def path(tmp_path: Path, made: Made) -> Path:
    """A fresh copy of the vault on disk."""
    return put(tmp_path / "vault", made.data)


@pytest.fixture
def vault(path: Path, made: Made) -> Vault:
    """The copy, open; nothing was derived."""
    return Vault(path, made.key, made.data)


def put(path: Path, data: bytes) -> Path:
    path.touch(0o600)
    path.write_bytes(data)
    return path


def words(text: bytes = WORDS) -> Words:
    return Words(bytearray(text))
