"""The vault as its owner and the signer use it, and as a thief with an old copy does."""

import os
import subprocess
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.errors import Broken, Misconfigured, RingfenceError
from ringfence.vault.record import Record, RecordKind, decode, encode
from ringfence.vault.secret import MAX_SIZE, Secret
from ringfence.vault.vault import Vault
from tests.vault.conftest import DECOY, EXCHANGE, FLOOR, REAL, VIRTUAL, WORDS, Made, put, words
from tests.vault.scan import copies


def test_a_new_vault_has_its_own_three_secrets_and_wipes_the_passphrase(tmp_path: Path) -> None:
    passphrase = bytearray(WORDS)
    with Vault.create(tmp_path / "vault", passphrase, FLOOR) as vault:
        assert [record.kind for record in vault.records] == [
            RecordKind.OWNER,
            RecordKind.JOURNAL,
            RecordKind.CLIENT_ID,
        ]
        assert vault.counter == 1
        secrets = [bytes(vault.reveal(record.id).view()) for record in vault.records]
    assert [len(secret) for secret in secrets] == [32, 32, 32]
    assert len(set(secrets)) == 3
    assert not any(passphrase)


def test_what_was_sealed_comes_back_and_nothing_else_changed(path: Path) -> None:
    with Vault.open(path, words(), at_least=3) as vault:
        assert vault.records[3:] == (EXCHANGE, VIRTUAL)
        assert vault.counter == 3
        with vault.reveal("main") as secret:
            assert secret.view() == REAL
        assert len(vault.lineage) == 32


@pytest.mark.parametrize("wrong", [WORDS[:-1], WORDS + b" ", WORDS.upper(), bytes(len(WORDS)), b"x"])
def test_a_wrong_passphrase_is_told_apart_from_a_changed_vault(path: Path, wrong: bytes) -> None:
    with pytest.raises(Misconfigured, match="wrong passphrase"):
        Vault.open(path, words(wrong))


@pytest.mark.parametrize("passphrase", [b"", b"1234567", bytes(20)])
def test_a_passphrase_that_is_short_or_already_wiped_makes_no_vault(tmp_path: Path, passphrase: bytes) -> None:
    with pytest.raises(Misconfigured, match="at least 8 bytes"):
        Vault.create(tmp_path / "vault", bytearray(passphrase), FLOOR)
    assert list(tmp_path.iterdir()) == []


def test_every_write_raises_the_counter(vault: Vault) -> None:
    vault.remove("grid.1")
    assert vault.counter == 4
    secret = bytearray(b"w" * 64)
    vault.add(VIRTUAL, secret)
    assert vault.counter == 5
    assert not any(secret)


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (replace(VIRTUAL, key="D" * 64), "already has a record"),
        (replace(VIRTUAL, id="grid.2"), "already has this key"),
        (replace(VIRTUAL, id="grid.2", key="D", role="owner"), "watch or trade"),
        (replace(VIRTUAL, id="grid.2", key="D", role=""), "needs role"),
        (replace(VIRTUAL, id="grid.2", key=""), "needs key"),
        (replace(DECOY, key=""), "needs key"),
        (replace(DECOY, bot=""), "needs bot"),
        (replace(DECOY, exchange=""), "needs exchange"),
        (replace(DECOY, account="/home/o/\u00e9.env"), "account is not plain text"),
        (replace(DECOY, account="/" * 257), "account is not plain text"),
        (replace(EXCHANGE, id="two", key="D", hosts=()), "needs hosts"),
        (replace(EXCHANGE, id="two", key="D", account=""), "needs account"),
        (replace(EXCHANGE, id="two", key="D", hosts=("EVIL.com",)), "host names"),
        (replace(EXCHANGE, id="two", key="D", hosts=("a/b",)), "host names"),
        (replace(EXCHANGE, id="two", key="D", hosts=("a.com:123456",)), "host names"),
        (replace(EXCHANGE, id="two", key="D", hosts=("a.com\n",)), "host names"),
        (replace(EXCHANGE, id="two", key="D", hosts=("a.com",) * 17), "host names"),
        (replace(EXCHANGE, id="two", key="D\n"), "plain text"),
        (replace(EXCHANGE, id="two", key="D" * 257), "plain text"),
        (replace(EXCHANGE, id="two", key="D\u00e9"), "plain text"),
        (replace(EXCHANGE, id="two", key="D", created=-1), "1970"),
        (replace(EXCHANGE, id="Two", key="D"), "record id"),
        (replace(EXCHANGE, id="", key="D"), "record id"),
        (replace(EXCHANGE, id="x" * 65, key="D"), "record id"),
        (Record(id="o", kind=RecordKind.OWNER), "already has its owner"),
        (Record(id="j", kind=RecordKind.JOURNAL), "already has its journal"),
        (Record(id="c", kind=RecordKind.CLIENT_ID), "already has its client-id"),
    ],
)
def test_a_record_that_cannot_be_meant_is_not_written_and_its_secret_is_wiped(
    vault: Vault, path: Path, made: Made, record: Record, text: str
) -> None:
    secret = bytearray(b"s" * 64)
    with pytest.raises(Misconfigured, match=text):
        vault.add(record, secret)
    assert not any(secret)
    assert path.read_bytes() == made.data


@pytest.mark.parametrize("place", ["", DECOY.account, "/" * 256])
def test_a_decoy_is_sealed_with_its_name_and_place_beside_what_was_there(
    vault: Vault, path: Path, made: Made, place: str
) -> None:
    decoy = replace(DECOY, account=place)
    vault.add(decoy, bytearray(b"d" * 64))
    again = Vault(path, made.key, path.read_bytes())
    assert again.records[3:] == (EXCHANGE, VIRTUAL, decoy)
    with again.reveal("main") as real, again.reveal(decoy.id) as secret:
        assert real.view() == REAL
        assert secret.view() == b"d" * 64
    again.remove(decoy.id)
    assert Vault(path, made.key, path.read_bytes()).records[3:] == (EXCHANGE, VIRTUAL)


def test_a_kind_that_a_newer_ringfence_wrote_is_refused_and_said_so() -> None:
    """As one from before there were decoys refuses a vault with one: unread, never guessed."""
    lineage = bytes(16)
    text = encode(DECOY, 4, lineage)
    assert decode(text, lineage) == (DECOY, 4)
    with pytest.raises(Broken, match="a record of the vault cannot be read") as refused:
        decode(text.replace(b'"kind":"decoy"', b'"kind":"decoy2"'), lineage)
    assert refused.value.hint == "a newer ringfence has written it: update this one"


@pytest.mark.parametrize("size", [1, 64, MAX_SIZE])
def test_a_secret_of_any_allowed_size_survives_the_file(vault: Vault, path: Path, made: Made, size: int) -> None:
    secret = bytes(range(1, 256)) * 70
    vault.add(replace(EXCHANGE, id="x" * 64, key="D" * 256, hosts=("127.0.0.1:8443",)), bytearray(secret[:size]))
    with Vault(path, made.key, path.read_bytes()).reveal("x" * 64) as back:
        assert back.view() == secret[:size]


@pytest.mark.parametrize("size", [0, MAX_SIZE + 1])
def test_a_secret_of_no_possible_size_is_refused(vault: Vault, path: Path, made: Made, size: int) -> None:
    with pytest.raises(Misconfigured, match="1 to"):
        vault.add(replace(EXCHANGE, id="two", key="D"), bytearray(size))
    assert path.read_bytes() == made.data


def test_a_secret_in_secret_memory_is_left_to_its_owner(vault: Vault) -> None:
    with Secret.random(64) as secret:
        vault.add(replace(VIRTUAL, id="two", key="D"), secret)
        assert vault.reveal("two").view() == secret.view()


@pytest.mark.parametrize("kind", [RecordKind.OWNER, RecordKind.JOURNAL, RecordKind.CLIENT_ID])
def test_the_vaults_own_secrets_cannot_be_removed(vault: Vault, kind: RecordKind) -> None:
    with pytest.raises(Misconfigured, match="part of the vault"):
        vault.remove(kind.value)


@pytest.mark.parametrize("name", ["", "none", "Main"])
def test_a_record_that_is_not_there_is_said_to_be_missing(vault: Vault, name: str) -> None:
    with pytest.raises(Misconfigured, match="no record"):
        vault.reveal(name)
    with pytest.raises(Misconfigured, match="no record"):
        vault.remove(name)


def test_a_new_passphrase_opens_the_same_secrets_and_the_old_one_no_longer_does(
    vault: Vault, path: Path, made: Made
) -> None:
    signer = Vault(path, made.key, made.data)
    old, new = bytearray(WORDS), bytearray(b"another long passphrase")
    vault.change_passphrase(old, new)
    assert not any(old)
    assert not any(new)
    with pytest.raises(Misconfigured, match="wrong passphrase"):
        Vault.open(path, words())
    with Vault.open(path, words(b"another long passphrase"), at_least=4) as again:
        assert again.records == vault.records
        with again.reveal("main") as secret:
            assert secret.view() == REAL
    assert signer.reread()  # the signer goes on without the new passphrase
    assert signer.counter == 4


@pytest.mark.parametrize(("old", "new"), [(b"not the passphrase", b"long enough"), (WORDS, b"short")])
def test_a_passphrase_is_not_changed_by_someone_who_does_not_know_it_or_to_a_short_one(
    vault: Vault, path: Path, made: Made, old: bytes, new: bytes
) -> None:
    buffers = bytearray(old), bytearray(new)
    with pytest.raises(Misconfigured):
        vault.change_passphrase(*buffers)
    assert not any(buffers[0] + buffers[1])
    assert path.read_bytes() == made.data


def test_the_signer_takes_up_a_newer_vault_without_the_passphrase(path: Path, made: Made) -> None:
    signer = Vault(path, made.key, made.data)
    assert not signer.reread()
    Vault(path, made.key, made.data).remove("grid.1")
    assert signer.reread()
    assert signer.counter == 4
    assert VIRTUAL not in signer.records


def test_an_old_copy_put_in_place_is_refused_while_running_and_at_the_next_start(path: Path, made: Made) -> None:
    signer = Vault(path, made.key, made.data)
    put(path, made.older)
    with pytest.raises(Broken, match="gone back"):
        signer.reread()
    assert signer.records[3:] == (EXCHANGE, VIRTUAL)
    with pytest.raises(Broken, match="gone back"):
        Vault.open(path, words(), at_least=3)
    Vault.open(path, words(), at_least=2).close()


def test_another_history_with_the_same_counter_is_refused(path: Path, made: Made) -> None:
    signer = Vault(path, made.key, made.data)
    put(path, made.older)
    Vault(path, made.key, made.older).add(replace(VIRTUAL, bot="thief"), bytearray(b"t" * 64))
    with pytest.raises(Broken, match="gone back"):
        signer.reread()


def test_another_vault_put_in_place_is_refused(tmp_path: Path, path: Path, made: Made) -> None:
    other = tmp_path / "other"
    Vault.create(other, bytearray(WORDS), FLOOR).close()
    put(path, other.read_bytes())
    with pytest.raises(Broken, match="changed"):
        Vault(path, made.key, made.data).reread()


def test_a_closed_vault_reveals_nothing(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path / "vault", bytearray(WORDS), FLOOR)
    vault.close()
    with pytest.raises(Broken, match="wiped"):
        vault.reveal("owner")


def test_no_secret_is_in_a_repr_or_in_the_text_of_an_error(vault: Vault, path: Path, made: Made) -> None:
    texts = [repr(vault), str(vault), repr(vault.records), repr(vault.reveal("main"))]
    put(path, made.data[:-1])
    for failing in (vault.reread, lambda: Vault.open(path, words()), lambda: vault.reveal("none")):
        with pytest.raises(RingfenceError) as caught:
            failing()
        texts += ["".join(traceback.format_exception(caught.value)), repr(caught.value), str(caught.value.hint)]
    for secret in (WORDS.decode(), REAL.decode(), bytes(made.key.view()).hex()):
        assert secret not in "".join(texts)


_SIGNER = """
import os, sys
from pathlib import Path
from ringfence.vault.unlock import read_passphrase
from ringfence.vault.vault import Vault
vault = Vault.open(Path(sys.argv[1]), lambda: read_passphrase(0))
secret = vault.reveal("main")
print(secret.memory, flush=True)
os.read(int(sys.argv[2]), 1)
"""


def test_a_running_signer_holds_no_readable_copy_of_passphrase_data_key_or_secret(path: Path, made: Made) -> None:
    wait, go = os.pipe()
    command = [sys.executable, "-c", _SIGNER, str(path), str(wait)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[wait]) as signer:
        assert signer.stdin is not None
        assert signer.stdout is not None
        signer.stdin.write(WORDS + b"\n")
        signer.stdin.close()
        memory = signer.stdout.readline().decode().strip()
        found = [copies(signer.pid, needle) for needle in (WORDS, bytes(made.key.view()), REAL)]
        os.write(go, b"x")
    os.close(wait)
    os.close(go)
    held = 0 if memory == "memfd_secret" else 1
    assert found == [0, held, held]


def factor(kind: RecordKind, key: str) -> tuple[Record, Secret]:
    return Record(id=kind.value, kind=kind, key=key, created=1), Secret.take(bytearray(key.encode()))


def test_secrets_are_renewed_together_and_the_old_ones_are_gone(vault: Vault, path: Path) -> None:
    counter, beside = vault.counter, vault.records
    vault.renew(factor(RecordKind.TOTP, "one"), factor(RecordKind.RECOVERY, "two"))
    vault.renew(factor(RecordKind.TOTP, "three"), factor(RecordKind.RECOVERY, "four"))
    assert vault.counter == counter + 2
    assert vault.records[: len(beside)] == beside
    assert [record.key for record in vault.records[len(beside) :]] == ["three", "four"]
    with vault.reveal("second-factor") as secret:
        assert bytes(secret.view()) == b"three"
    assert b'"key":"one"' not in path.read_bytes()


def test_a_renewal_that_is_refused_changes_nothing(vault: Vault, path: Path) -> None:
    before = path.read_bytes()
    for refused in (RecordKind.OWNER, RecordKind.TOTP):  # part of the vault; without a name
        with pytest.raises(Misconfigured):
            vault.renew(factor(RecordKind.RECOVERY, "new"), (Record(id="x", kind=refused), Secret.random(20)))
    assert path.read_bytes() == before
