"""Digests of the vault's secrets: kept as keys come and go, and nothing in them that opens anything."""

from pathlib import Path

import pytest

from ringfence.audit.finding import Finding
from ringfence.audit.secrets.scan import scan
from ringfence.cli import digests
from ringfence.cli.unlock import new_bot
from ringfence.dialects.dialect import Algorithm
from ringfence.errors import Misconfigured
from ringfence.settings import Settings
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.vault import Vault

KEY, SECRET = "K" + "a1B2c3D4" * 7 + "e5F6g7H", "S" + "x9Y8z7W6" * 7 + "v5U4t3R"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault with one real key."""
    made = Vault.create(tmp_path / "vault", bytearray(b"a passphrase"), 64 * 1024)
    hosts = ("api.binance.com",)
    record = Record(
        id="account-main", kind=RecordKind.EXCHANGE, exchange="binance", account="main", role="trade", key=KEY,
        hosts=hosts, created=1, fingerprint="x",
    )  # fmt: skip
    made.add(record, bytearray(SECRET.encode()))
    return made


def names(settings: Settings, text: str) -> set[str]:
    """Say whose secrets a text has, by the digests."""
    found = scan("notes.txt", text.encode(), digests.read(settings))
    return {one.text for one in found if isinstance(one, Finding) and one.rule == "secrets/known"}


def test_a_copy_of_a_real_secret_is_known_and_another_is_not(vault: Vault, tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    assert digests.read(settings) is None
    assert digests.keep(settings, vault) == 1
    assert any("account main" in text for text in names(settings, f"some words {SECRET} and more"))
    assert names(settings, f"some words {SECRET[::-1].swapcase()} and more") == set()


def test_what_has_left_the_vault_is_still_known(vault: Vault, tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    digests.keep(settings, vault)
    vault.remove("account-main")
    assert digests.keep(settings, vault) == 0
    assert names(settings, SECRET)


def test_a_bots_secret_is_known_and_of_a_pair_there_is_none_to_know(vault: Vault, tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    with new_bot(vault, "grid", "main", "trade") as (_, secret):
        shown = str(secret.view(), "ascii")
    with new_bot(vault, "pair", "main", "trade", Algorithm.ED25519):
        pass
    assert digests.keep(settings, vault) == 2
    assert any("bot grid" in text for text in names(settings, shown))


def test_the_file_holds_no_secret_and_is_its_owners_alone(vault: Vault, tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    digests.keep(settings, vault)
    data = settings.known.read_bytes()
    pieces = [SECRET[at : at + 4].encode() for at in range(len(SECRET) - 4)]
    assert not [piece for piece in pieces if piece in data]
    assert settings.known.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / ".known.json.new").exists()


def test_keeping_twice_changes_nothing(vault: Vault, tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    digests.keep(settings, vault)
    before = settings.known.read_bytes()
    assert digests.keep(settings, vault) == 0
    assert settings.known.read_bytes() == before


@pytest.mark.parametrize("broken", [b"", b"{}", b"[1", b'{"salt": 1, "entries": []}'])
def test_a_broken_file_is_refused_and_not_made_anew(vault: Vault, tmp_path: Path, broken: bytes) -> None:
    settings = Settings(tmp_path)
    settings.known.write_bytes(broken)
    with pytest.raises(Misconfigured, match="cannot be read"):
        digests.keep(settings, vault)
    assert settings.known.read_bytes() == broken
