"""Every kind of key signs as Binance documents it, and no signature of one kind passes for another."""

from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from hypothesis import given
from hypothesis import strategies as st

from ringfence.dialects.dialect import Algorithm, Wire
from ringfence.dialects.signing import Key
from tests.dialects.binance.asks import DIALECT, REAL_KEY, REAL_SECRET, SECRET, ask, back
from tests.keypairs import Pair, ed25519_pair, hmac_pair, rsa_pair

ORDER = "POST /api/v3/order"
PAIRS = {
    Algorithm.HMAC: hmac_pair(SECRET),
    Algorithm.ED25519: ed25519_pair(bytes(range(32))),
    Algorithm.RSA: rsa_pair(),
}
OTHERS = {
    Algorithm.HMAC: hmac_pair(REAL_SECRET),
    Algorithm.ED25519: ed25519_pair(bytes(32)),
    Algorithm.RSA: rsa_pair(),
}
# The sample of RFC 8032, 7.1, TEST 2: seed, message and signature.
RFC_SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
RFC_SIGNED = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


# A letter as it is, escaped where it must be, and escaped where it need not be, in small and in large hex.
WAYS: tuple[Callable[[str], str], ...] = (
    str,
    lambda letter: quote(letter, safe=""),
    lambda letter: f"%{ord(letter):02x}",
    lambda letter: f"%{ord(letter):02X}",
)


def query(pair: Pair, text: str) -> str:
    """Sign a query as a client of Binance does."""
    made = pair.ours.sign(text.encode())
    written = made.hex() if pair.ours.algorithm is Algorithm.HMAC else b64encode(made).decode()
    return f"{text}&signature={quote(written, safe='')}"


def fits(line: str, checker: Key) -> bool:
    return DIALECT.verify(ask(ORDER, line), checker)


def test_ed25519_is_the_one_of_rfc_8032() -> None:
    assert ed25519_pair(RFC_SEED).ours.sign(b"\x72").hex() == RFC_SIGNED


# ccxt 4.5.90 made it of the seed 00..1f, and another program checked it (docs/explanation/sources.md).
RECORDED = "timestamp=1700000000123&symbol=LTCBTC&recvWindow=5000"
RECORDED_SIGNATURE = "cU0T9QZguxe/JPTZVTG8UzOv6bOITfQ22F1VCIi0DohVFpq4AbhMNu7Efa6n9kFeop3YaqSz2zBBrUIWZIzrAA=="


def test_a_recorded_ed25519_request_fits_its_public_key_and_no_other() -> None:
    line = f"{RECORDED}&signature={quote(RECORDED_SIGNATURE, safe='')}"
    assert fits(line, PAIRS[Algorithm.ED25519].public)
    assert not fits(line, OTHERS[Algorithm.ED25519].public)
    assert fits(f"{RECORDED}&signature={RECORDED_SIGNATURE}", PAIRS[Algorithm.ED25519].public)  # sent as it is


@pytest.mark.parametrize("algorithm", Algorithm)
def test_what_we_sign_fits_the_public_half(algorithm: Algorithm) -> None:
    pair = PAIRS[algorithm]
    wire = DIALECT.sign(Wire("GET", "/x?a=1&b=2", (), b""), REAL_KEY, pair.ours)
    assert DIALECT.verify(back(wire), pair.public)
    assert not DIALECT.verify(back(wire), OTHERS[algorithm].public)
    signature = wire.target.partition("&signature=")[2]
    assert signature in wire.hidden
    assert REAL_KEY in wire.hidden


@pytest.mark.parametrize("signed_by", Algorithm)
@pytest.mark.parametrize("checked_as", Algorithm)
def test_the_algorithm_is_the_keys_and_never_the_requests(signed_by: Algorithm, checked_as: Algorithm) -> None:
    assert fits(query(PAIRS[signed_by], "a=1"), PAIRS[checked_as].public) is (signed_by is checked_as)


@pytest.mark.parametrize("algorithm", [Algorithm.ED25519, Algorithm.RSA])
def test_the_public_half_is_no_shared_secret(algorithm: Algorithm) -> None:
    """Whoever knows the public half could sign with it, if it were taken for an HMAC secret."""
    public = PAIRS[algorithm].public
    forged = hmac_pair(b"x" * 64)
    forged_key = Key(Algorithm.HMAC, public.held)
    made = forged_key.sign(b"a=1")
    for written in (made.hex(), quote(b64encode(made).decode(), safe="")):
        assert not fits(f"a=1&signature={written}", public)
    assert not fits(query(forged, "a=1"), public)


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + "A",
        lambda text: text[:-1],
        lambda text: "",
        lambda text: text + "%0A",
        lambda text: "%20" + text,
        lambda text: text.replace("%2F", "_").replace("%2B", "-") + "-",
        lambda text: text + "&signature=" + text,
    ],
)
def test_a_signature_in_another_form_does_not_fit(algorithm: Algorithm, spoil: object) -> None:
    head, _, signature = query(PAIRS[algorithm], "a=1").partition("&signature=")
    assert callable(spoil)
    assert not fits(f"{head}&signature={spoil(signature)}", PAIRS[algorithm].public)


def test_base64_has_one_form_only() -> None:
    """The last letters of base64 carry bits that mean nothing: another text, the same bytes, and so a second use."""
    pair = PAIRS[Algorithm.ED25519]
    text = b64encode(pair.ours.sign(b"a=1")).decode()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = text[:-3] + letters[letters.index(text[-3]) ^ 1] + "=="
    assert twin != text
    assert fits(f"a=1&signature={quote(text, safe='')}", pair.public)
    assert not fits(f"a=1&signature={quote(twin, safe='')}", pair.public)


@given(st.sampled_from(list(Algorithm)), st.integers(0, 10_000), st.lists(st.sampled_from(WAYS), min_size=1))
def test_however_a_signature_is_escaped_it_is_known_again(
    algorithm: Algorithm, number: int, ways: list[Callable[[str], str]]
) -> None:
    """Whoever hands a request on may escape it anew; a replay must not pass for another request by that."""
    head, _, signature = query(PAIRS[algorithm], f"a={number}").partition("&signature=")
    letters = enumerate(unquote(signature))
    written = "".join(ways[at % len(ways)](letter) for at, letter in letters)
    assert fits(f"{head}&signature={written}", PAIRS[algorithm].public)
    told = {DIALECT.envelope(ask(ORDER, f"{head}&signature={text}")).signature for text in (signature, written)}
    assert told == {unquote(signature)}


def test_a_space_does_not_pass_for_a_plus() -> None:
    """In a form a plus may be a space; both at once would be two signatures in one."""
    pair, number = PAIRS[Algorithm.ED25519], 0
    while "%2B" not in (line := query(pair, f"a={number}")):
        number += 1
    assert fits(line.replace("%2B", "+"), pair.public)
    assert not fits(line.replace("%2B", "%20"), pair.public)


def test_hex_in_capitals_is_the_same_signature() -> None:
    line = query(PAIRS[Algorithm.HMAC], "a=1")
    head, _, signature = line.partition("&signature=")
    capitals = f"{head}&signature={signature.upper()}"
    assert fits(capitals, PAIRS[Algorithm.HMAC].public)
    assert DIALECT.envelope(ask(ORDER, capitals)).signature == DIALECT.envelope(ask(ORDER, line)).signature


@given(st.sampled_from([Algorithm.ED25519, Algorithm.RSA, Algorithm.HMAC]), st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_never_fits(algorithm: Algorithm, where: int, bit: int) -> None:
    pair = PAIRS[algorithm]
    made = bytearray(pair.ours.sign(b"a=1"))
    made[where % len(made)] ^= 1 << bit
    written = made.hex() if algorithm is Algorithm.HMAC else quote(b64encode(made).decode(), safe="")
    assert not fits(f"a=1&signature={written}", pair.public)


def test_what_clients_load_is_what_we_hold() -> None:
    pair = PAIRS[Algorithm.ED25519]
    key = load_pem_private_key(pair.secret.encode(), None)
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert raw == bytes(pair.public.held)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert isinstance(load_pem_public_key(pem), Ed25519PublicKey)
