"""The file under attack: whoever may write it gets an error, never a secret and never a key of his choice."""

import hashlib
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Broken, Misconfigured, RingfenceError
from ringfence.vault import sealed, sealing
from ringfence.vault.disk import MAX_FILE
from ringfence.vault.record import encode
from ringfence.vault.sealed import ITERATIONS, LANES, MEMORY_KIB, Contents, SealedRecord
from ringfence.vault.secret import MAX_SIZE, Secret
from ringfence.vault.vault import Vault
from tests.vault.conftest import EXCHANGE, REAL, WORDS, Made, put, words

_HEAD = sealed._HEAD


def _repaired(data: bytes) -> bytes:
    """What an attacker does who knows the format: the checksum has no key."""
    return data[:-32] + hashlib.sha256(data[:-32]).digest()


def _flipped(data: bytes, at: int, mask: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def _by_id(contents: Contents, name: str) -> SealedRecord:
    return next(one for one in contents.records if one.record.id == name)


def test_no_byte_can_be_damaged_unnoticed(made: Made) -> None:
    for at in range(len(made.data)):
        with pytest.raises(Broken):
            sealed.read_header(_flipped(made.data, at))


def test_no_byte_can_be_changed_unnoticed_by_someone_who_repairs_the_checksum(made: Made) -> None:
    for at in range(len(made.data) - 32):
        with pytest.raises((Broken, Misconfigured)):
            sealed.read(_repaired(_flipped(made.data, at)), made.key)


@given(st.data())
def test_no_edit_of_any_kind_is_read(made: Made, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(made.data)))
    end = data.draw(st.integers(start, len(made.data)))
    edited = made.data[:start] + data.draw(st.binary(max_size=40)) + made.data[end:]
    if edited != made.data:
        with pytest.raises(RingfenceError):
            sealed.read(edited, made.key)
        if _repaired(edited) != made.data:
            with pytest.raises(RingfenceError):
                sealed.read(_repaired(edited), made.key)


def test_a_file_cut_anywhere_is_refused(made: Made) -> None:
    for size in range(len(made.data)):
        with pytest.raises(Broken):
            sealed.read(made.data[:size], made.key)
        if size != len(made.data) - 32:  # there the repair makes it whole
            with pytest.raises(Broken):
                sealed.read(_repaired(made.data[:size] + bytes(32)), made.key)


# salt, lineage, nonce, wrapped key: the passphrase no longer opens them. Seal and records: the seal tells.
@pytest.mark.parametrize(
    ("at", "error", "text"),
    [
        (22, Misconfigured, "wrong passphrase"),
        (38, Misconfigured, "wrong passphrase"),
        (54, Misconfigured, "wrong passphrase"),
        (66, Misconfigured, "wrong passphrase"),
        (_HEAD - 1, Misconfigured, "wrong passphrase"),
        (_HEAD, Broken, "has been changed"),
        (_HEAD + 200, Broken, "has been changed"),
        (-33, Broken, "has been changed"),
    ],
)
def test_a_changed_vault_does_not_open_even_with_the_right_passphrase(
    path: Path, made: Made, at: int, error: type[RingfenceError], text: str
) -> None:
    put(path, _repaired(_flipped(made.data, at % len(made.data))))
    unlock = words()
    with pytest.raises(error, match=text) as caught:
        Vault.open(path, unlock)
    assert not any(unlock.buffer)
    assert WORDS.decode() not in f"{caught.value!r}{caught.value.hint}"


@pytest.mark.parametrize(
    ("memory_kib", "iterations", "lanes"),
    [
        (MEMORY_KIB[0] - 1, 3, 1),
        (8, 3, 1),
        (MEMORY_KIB[-1] + 1, 3, 1),
        (100 * 1024 * 1024, 3, 1),
        (2**32 - 1, 3, 1),
        (MEMORY_KIB[0], 1, 1),
        (MEMORY_KIB[0], ITERATIONS[0] - 1, 1),
        (MEMORY_KIB[0], ITERATIONS[-1] + 1, 1),
        (MEMORY_KIB[0], 2**32 - 1, 1),
        (MEMORY_KIB[0], 3, 0),
        (MEMORY_KIB[0], 3, LANES[-1] + 1),
    ],
)
def test_costs_that_are_too_low_or_too_high_are_refused_before_the_passphrase_is_touched(
    path: Path, made: Made, memory_kib: int, iterations: int, lanes: int
) -> None:
    header = replace(sealed.read_header(made.data), memory_kib=memory_kib, iterations=iterations, lanes=lanes)
    put(path, _repaired(header.prefix + made.data[len(header.prefix) :]))
    unlock = words()
    with pytest.raises(Broken, match="costs"):
        Vault.open(path, unlock)
    assert unlock.buffer == WORDS


@pytest.mark.parametrize("memory_kib", [MEMORY_KIB[0], MEMORY_KIB[-1]])
@pytest.mark.parametrize("iterations", [ITERATIONS[0], ITERATIONS[-1]])
@pytest.mark.parametrize("lanes", [LANES[0], LANES[-1]])
def test_costs_at_the_edge_are_read(made: Made, memory_kib: int, iterations: int, lanes: int) -> None:
    header = replace(sealed.read_header(made.data), memory_kib=memory_kib, iterations=iterations, lanes=lanes)
    assert sealed.read_header(_repaired(header.prefix + made.data[len(header.prefix) :])) == header


@pytest.mark.parametrize("memory_kib", [0, MEMORY_KIB[0] - 1, MEMORY_KIB[-1] + 1])
def test_a_vault_is_never_written_with_such_costs(tmp_path: Path, memory_kib: int) -> None:
    passphrase = bytearray(WORDS)
    with pytest.raises(Misconfigured, match="KiB"):
        Vault.create(tmp_path / "vault", passphrase, memory_kib)
    assert not any(passphrase)
    assert list(tmp_path.iterdir()) == []


def test_another_format_is_told_apart_from_damage(made: Made) -> None:
    with pytest.raises(Misconfigured, match="format 2"):
        sealed.read_header(_repaired(made.data[:8] + b"\x00\x02" + made.data[10:]))


@pytest.mark.parametrize(
    "edit",
    [
        lambda one: replace(one, record=replace(one.record, hosts=("evil.com",))),
        lambda one: replace(one, record=replace(one.record, hosts=(*one.record.hosts, "evil.com"))),
        lambda one: replace(one, record=replace(one.record, hosts=one.record.hosts[:1])),
        lambda one: replace(one, record=replace(one.record, exchange="paper-binance")),
        lambda one: replace(one, record=replace(one.record, account="other")),
        lambda one: replace(one, record=replace(one.record, role="trade")),
        lambda one: replace(one, record=replace(one.record, bot="grid")),
        lambda one: replace(one, record=replace(one.record, key="C" * 64)),
        lambda one: replace(one, record=replace(one.record, fingerprint="")),
        lambda one: replace(one, record=replace(one.record, created=0)),
        lambda one: replace(one, record=replace(one.record, id="mine")),
        lambda one: replace(one, counter=one.counter + 1),
        lambda one: replace(one, sealed=bytes(12) + one.sealed[12:]),
        lambda one: replace(one, sealed=_flipped(one.sealed, 0)),
        lambda one: replace(one, sealed=_flipped(one.sealed, 12)),
        lambda one: replace(one, sealed=one.sealed[:12] + one.sealed[13:]),
        lambda one: replace(one, sealed=one.sealed[1:]),
        lambda one: replace(one, sealed=one.sealed + b"x"),
    ],
)
def test_a_secret_is_not_revealed_under_any_record_but_its_own_even_where_the_seal_over_all_fits(
    made: Made, edit: Callable[[SealedRecord], SealedRecord]
) -> None:
    contents = sealed.read(made.data, made.key)
    honest = _by_id(contents, "main")
    edited = edit(honest)
    assert edited != honest
    data = sealing.write(replace(contents, records=(edited,)), made.key)
    (back,) = sealed.read(data, made.key).records
    with pytest.raises(Broken):
        sealed.reveal(back, contents.header.lineage, made.key)
    with sealed.reveal(honest, contents.header.lineage, made.key) as secret:
        assert secret.view() == REAL


def test_the_secrets_of_two_records_cannot_be_swapped(made: Made) -> None:
    contents = sealed.read(made.data, made.key)
    one, two = _by_id(contents, "main"), _by_id(contents, "grid.1")
    for swapped in (
        replace(one, sealed=two.sealed),
        replace(two, sealed=one.sealed),
        replace(one, counter=two.counter, sealed=two.sealed),
    ):
        with pytest.raises(Broken):
            sealed.reveal(swapped, contents.header.lineage, made.key)


def test_a_secret_cannot_be_carried_to_another_vault_with_the_same_data_key(made: Made) -> None:
    contents = sealed.read(made.data, made.key)
    with pytest.raises(Broken):
        sealed.reveal(_by_id(contents, "main"), bytes(16), made.key)


@pytest.mark.parametrize(
    "rearrange",
    [
        lambda records: records[:-1],
        lambda records: records[1:],
        lambda records: records[::-1],
        lambda records: (*records, records[0]),
        lambda _: (),
    ],
    ids=["last removed", "first removed", "reordered", "one twice", "all removed"],
)
def test_records_cannot_be_removed_reordered_or_repeated(
    made: Made, rearrange: Callable[[tuple[SealedRecord, ...]], tuple[SealedRecord, ...]]
) -> None:
    contents = sealed.read(made.data, made.key)
    with Secret.random(32) as other:
        forged = sealing.write(replace(contents, records=rearrange(contents.records)), other)
    with pytest.raises(Broken, match="changed"):
        sealed.read(forged, made.key)


@pytest.mark.parametrize("counter", [0, 1, 4, 2**64 - 1])
def test_the_counter_cannot_be_set_by_hand(made: Made, counter: int) -> None:
    forged = made.data[:_HEAD] + counter.to_bytes(8, "big") + made.data[_HEAD + 8 :]
    with pytest.raises(Broken, match="changed"):
        sealed.read(_repaired(forged), made.key)


def test_the_seal_of_an_older_file_does_not_fit_a_newer_one(made: Made) -> None:
    forged = made.data[: -32 - 36] + made.older[-32 - 36 : -32]
    with pytest.raises(Broken, match="changed"):
        sealed.read(_repaired(forged + bytes(32)), made.key)


def test_nothing_secret_stands_in_the_file(made: Made) -> None:
    for text in (REAL, WORDS, bytes(made.key.view()), REAL.hex().encode()):
        assert text not in made.data


@given(st.binary(max_size=400))
def test_noise_is_not_a_vault(data: bytes) -> None:
    with pytest.raises(Broken):
        sealed.read_header(data)


def _with_seal(body: bytes, counter: int, key: Secret) -> bytes:
    """A file with a seal that fits, whatever the body: only a program of ours that is wrong could write it."""
    nonce = bytes(12)
    body += nonce + AESGCMSIV(key.view()).encrypt(nonce, counter.to_bytes(8, "big"), b"seal" + body)
    return _repaired(body + bytes(32))


def _body(made: Made, counter: int, count: int, rest: bytes) -> bytes:
    return made.data[:_HEAD] + struct.pack(">QI", counter, count) + rest


def _one(text: bytes, secret: bytes = bytes(17), size: int | None = None) -> bytes:
    return struct.pack(">I", len(text)) + text + struct.pack(">I", size or len(secret)) + bytes(12) + secret


@pytest.mark.parametrize(
    ("count", "edit"),
    [
        (1, lambda text: b""),
        (1, lambda text: b"\0\0"),
        (1, lambda text: b"\xff\xff\xff\xff"),
        (2, _one),
        (0, _one),
        (1, lambda text: _one(text) + b"x"),
        (1, lambda text: _one(text, bytes(16))),
        (1, lambda text: _one(text, bytes(MAX_SIZE + 17))),
        (1, lambda text: _one(text, size=2**32 - 1)),
        (1, lambda text: _one(text.replace(b'"account"', b' "account"'))),
        (1, lambda text: _one(text.replace(b'"bot":"",', b""))),
        (1, lambda text: _one(text.replace(b'"bot":"",', b'"bot":"","bot":"",'))),
        (1, lambda text: _one(text.replace(b'"bot":""', b'"bot":0'))),
        (1, lambda text: _one(text.replace(b'"format":1', b'"format":2'))),
        (1, lambda text: _one(text.replace(b'"exchange-key"', b'"master-key"'))),
        (1, lambda text: _one(text.replace(b'"lineage":"', b'"lineage":"0'))),
        (1, lambda text: _one(text[:-1] + b',"host":"evil.com"}')),
        (1, lambda text: _one(b"[]")),
        (1, lambda text: _one(b"\xff")),
    ],
)
def test_what_contradicts_itself_is_refused_even_under_a_seal_that_fits(
    made: Made, count: int, edit: Callable[[bytes], bytes]
) -> None:
    text = encode(EXCHANGE, 2, made.data[38:54])
    whole = sealed.read(_with_seal(_body(made, 3, 1, _one(text)), 3, made.key), made.key)
    assert [one.record for one in whole.records] == [EXCHANGE]
    with pytest.raises(Broken):
        sealed.read(_with_seal(_body(made, 3, count, edit(text)), 3, made.key), made.key)


def test_the_counter_in_the_open_is_the_one_under_the_seal(made: Made) -> None:
    with pytest.raises(Broken, match="contradicts"):
        sealed.read(_with_seal(_body(made, 4, 0, b""), 3, made.key), made.key)


def test_a_vault_that_would_grow_past_its_limit_is_not_written(made: Made) -> None:
    contents = sealed.read(made.data, made.key)
    big = replace(contents.records[0], sealed=bytes(12 + MAX_SIZE + 16))
    fits = (MAX_FILE - 2000) // (MAX_SIZE + 300)
    sealed.read(sealing.write(replace(contents, records=(big,) * (fits - 2)), made.key), made.key)
    with pytest.raises(Misconfigured, match="full"):
        sealing.write(replace(contents, records=(big,) * (fits + 8)), made.key)


_SMALL = """
import resource, sys
from pathlib import Path
from ringfence.errors import Misconfigured
from ringfence.vault.unlock import read_passphrase
from ringfence.vault.vault import Vault
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (32 << 20),) * 2)
try:
    Vault.open(Path(sys.argv[1]), lambda: read_passphrase(0))
except Misconfigured as error:
    print(error)
"""


def test_a_machine_with_too_little_memory_is_told_how_much_it_takes(path: Path) -> None:
    command = [sys.executable, "-c", _SMALL, str(path)]
    child = subprocess.run(command, input=WORDS, capture_output=True, check=True)
    assert child.stdout == b"opening the vault takes 64 MiB of memory, and there is not so much\n"
