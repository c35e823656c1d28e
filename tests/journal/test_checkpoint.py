import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Broken
from ringfence.journal.checkpoint import Checkpoint, Signer, Verifier
from tests.journal.world import KEY, ORIGIN, VERIFIER

ROOT = bytes(range(32))
NOTE = Signer(ORIGIN, KEY).sign(70_000, ROOT)
# The public key of the Go checksum database, which every Go installation carries.
GO_SUM = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
# The example note of the signed-note specification's reference implementation (golang.org/x/mod/sumdb/note).
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def signed(body: str, signer: Signer | None = None) -> bytes:
    signer = signer or Signer(ORIGIN, KEY)
    encoded = base64.b64encode(signer.verifier.id + signer.key.sign(body.encode())).decode()
    return f"{body}\n\u2014 {signer.origin} {encoded}\n".encode()


def test_what_was_signed_is_read_back() -> None:
    assert VERIFIER.open(NOTE) == Checkpoint(ORIGIN, 70_000, ROOT)


def test_the_text_is_origin_size_and_root_then_a_blank_line_and_the_signature() -> None:
    origin, size, root, blank, signature, end = NOTE.decode().split("\n")
    assert (origin, size, root, blank, end) == (ORIGIN, "70000", base64.b64encode(ROOT).decode(), "", "")
    assert signature.startswith(f"\u2014 {ORIGIN} ")


@pytest.mark.parametrize("text", [GO_SUM, PETER])
def test_published_public_keys_have_the_id_they_are_written_with(text: str) -> None:
    assert Verifier.parse(text + "\n").text == text


def test_a_published_signature_is_checked_the_way_its_author_made_it() -> None:
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    text = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
        f"\n\u2014 PeterNeumann {signature}\n"
    )
    with pytest.raises(Broken, match="not made of an origin"):  # so its signature was right
        Verifier.parse(PETER).open(text.encode())
    with pytest.raises(Broken, match="signature is wrong"):
        Verifier.parse(PETER).open(text.replace("answer", "Answer").encode())


@given(at=st.integers(0, len(NOTE) - 1), bit=st.integers(0, 7))
def test_no_byte_of_a_checkpoint_can_be_changed(at: int, bit: int) -> None:
    changed = bytearray(NOTE)
    changed[at] ^= 1 << bit
    with pytest.raises(Broken):
        VERIFIER.open(bytes(changed))


@given(st.integers(0, len(NOTE) - 1))
def test_a_cut_checkpoint_is_refused(length: int) -> None:
    with pytest.raises(Broken):
        VERIFIER.open(NOTE[:length])


@given(st.binary(max_size=400))
def test_bytes_that_nobody_signed_are_refused(note: bytes) -> None:
    with pytest.raises(Broken):
        VERIFIER.open(note)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (f"{ORIGIN}\n07\n{base64.b64encode(ROOT).decode()}\n", "size or root"),
        (f"{ORIGIN}\n-1\n{base64.b64encode(ROOT).decode()}\n", "size or root"),
        (f"{ORIGIN}\n+1\n{base64.b64encode(ROOT).decode()}\n", "size or root"),
        (f"{ORIGIN}\n\u0661\n{base64.b64encode(ROOT).decode()}\n", "size or root"),
        (f"{ORIGIN}\n1\n{base64.b64encode(ROOT[:31]).decode()}\n", "size or root"),
        (f"{ORIGIN}\n1\n{base64.b64encode(ROOT).decode()[:-1]}\n", "base64"),
        (f"{ORIGIN}\n1\n", "not made of"),
        (f"{ORIGIN}\n1\n{base64.b64encode(ROOT).decode()}\nextension\n", "not made of"),
        (f"\n1\n{base64.b64encode(ROOT).decode()}\n", "not made of"),
    ],
)
def test_a_signed_note_that_is_not_a_checkpoint_is_refused(body: str, why: str) -> None:
    with pytest.raises(Broken, match=why):
        VERIFIER.open(signed(body))


def test_a_witness_may_add_its_signature() -> None:
    witness = Signer("witness.example/w", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    body, _, line = NOTE.decode().partition("\n\n")
    cosigned = signed(body + "\n", witness).decode() + line
    assert VERIFIER.open(cosigned.encode()).size == 70_000
    assert witness.verifier.open(cosigned.encode()).size == 70_000


def test_another_key_under_the_same_name_is_not_us() -> None:
    other = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    with pytest.raises(Broken, match="not signed by"):
        VERIFIER.open(other.sign(1, ROOT))


def test_a_wrong_signature_under_our_name_and_id_spoils_the_note_even_beside_a_right_one() -> None:
    body, _, line = NOTE.decode().partition("\n\n")
    forged = base64.b64encode(VERIFIER.id + bytes(64)).decode()
    with pytest.raises(Broken, match="signature is wrong"):
        VERIFIER.open(f"{body}\n\n{line}\u2014 {ORIGIN} {forged}\n".encode())


def test_a_note_longer_than_any_real_one_is_not_even_read() -> None:
    with pytest.raises(Broken, match="not a signed note"):
        VERIFIER.open(NOTE + f"\u2014 other {'A' * 100_000}\n".encode())


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak", "no\u00a0break", "tab\t"])
def test_a_name_that_would_make_a_note_ambiguous_is_refused(name: str) -> None:
    with pytest.raises(Broken, match="cannot name a log"):
        Verifier(name, bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        VERIFIER.text[:-4],
        VERIFIER.text.replace("ringfence", "ringfense"),
        VERIFIER.text.replace(VERIFIER.id.hex(), "00000000"),
        f"{ORIGIN}+{VERIFIER.id.hex()}+",
        f"{ORIGIN}+{VERIFIER.id.hex()}+{base64.b64encode(bytes([2]) + VERIFIER.public).decode()}",
    ],
)
def test_a_public_key_whose_parts_do_not_belong_together_is_refused(text: str) -> None:
    with pytest.raises(Broken):
        Verifier.parse(text)


def test_the_private_key_does_not_show() -> None:
    assert "Private" not in repr(Signer(ORIGIN, KEY))
