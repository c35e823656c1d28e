"""Seed phrases, keys of wallets, private keys, and what else is known by its own form."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ringfence.audit.finding import Finding
from ringfence.audit.secrets.phrase import checked, phrases
from ringfence.audit.secrets.scan import scan
from ringfence.audit.secrets.wallet import from_base58, is_pair
from tests.audit.secrets.drawn import Drawn


def _rules(path: str, text: str) -> set[str]:
    return {one.rule for one in scan(path, text.encode()) if isinstance(one, Finding)}


@pytest.mark.parametrize("size", [12, 15, 18, 21, 24])
@pytest.mark.parametrize(
    "shape",
    ["{}", 'mnemonic = "{}"', "# my seed phrase {}", "seed: {}", "A wallet: {}\n", '{{"m": "{}\\n"}}'],
)
def test_a_seed_phrase_is_found_in_every_size(size: int, shape: str) -> None:
    phrase = Drawn(size).phrase(size)
    assert [words for words, _ in phrases(shape.format(phrase))] == [phrase]


@pytest.mark.parametrize("joint", [", ", '", "', "\n", "  ", "' '"])
def test_a_seed_phrase_is_found_with_its_words_apart(joint: str) -> None:
    phrase = Drawn().phrase()
    assert [words for words, _ in phrases(joint.join(phrase.split()))] == [phrase]


def test_a_numbered_seed_phrase_is_found() -> None:
    phrase = Drawn().phrase()
    listed = "\n".join(f"{number}. {word}" for number, word in enumerate(phrase.split(), 1))
    assert [words for words, _ in phrases(listed)] == [phrase]


def test_words_without_the_checksum_are_none() -> None:
    words = Drawn().phrase().split()
    wrong = next(other for last in ("zoo", "zone", "able", "about") if not checked(other := [*words[:-1], last]))
    assert list(phrases(" ".join(wrong))) == []


def test_the_list_of_words_itself_is_no_phrase() -> None:
    words = Drawn().phrase(24).split()
    assert list(phrases(" ".join(words + words + words))) == []


def test_the_line_of_a_phrase_is_its_first_words() -> None:
    found = list(scan("w.py", f'x = 1\n\nMNEMONIC = "{Drawn().phrase()}"\n'.encode()))
    assert [one.place.line for one in found] == [3]


def test_a_key_pair_of_solana_proves_itself() -> None:
    seed = bytes(range(7, 39))
    pair = seed + Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert is_pair(pair)
    assert not is_pair(pair[:-1] + bytes([pair[-1] ^ 1]))
    assert not is_pair(pair[:-1])


def test_base58_is_read_and_what_is_none_gives_nothing() -> None:
    assert from_base58("2NEpo7TZRRrLZSi2U") == b"Hello World!"
    assert from_base58("0OIl") == b""
    assert from_base58("1" * 91) == b""


def test_the_numbers_of_a_solana_key_file_are_found() -> None:
    numbers = [(place * 89 + 7) % 256 for place in range(64)]
    assert _rules("id.json", json.dumps(numbers)) == {"secrets/wallet-key"}


@pytest.mark.parametrize("numbers", [list(range(64)), [1] * 64, [9, 300] * 32, list(range(100, 164))])
def test_other_lists_of_sixty_four_numbers_are_none(numbers: list[int]) -> None:
    assert _rules("table.json", json.dumps(numbers)) == set()


@pytest.mark.parametrize(
    "text",
    [
        'PRIVATE_KEY = "0x{}"',
        'PK = "{}"',
        'account = Account.from_key("0x{}")',
        'wallet = Wallet("0x{}", provider)',
        'accounts: ["0x{}"]',
        "const signer = privateKeyToAccount('0x{}')",
    ],
)
def test_the_key_of_an_evm_wallet_is_found_by_what_it_is_given_to(text: str) -> None:
    assert _rules("bot.js", text.format(Drawn().hex(64))) == {"secrets/wallet-key"}


@pytest.mark.parametrize(
    "text",
    [
        'tx_hash = "0x{}"',
        'conditionId: "0x{}"',
        'order = get_order("0x{}")',
        "see https://etherscan.io/tx/0x{}",
        'topics = ["0x{}"]',
    ],
)
def test_a_hash_of_the_same_form_is_none(text: str) -> None:
    assert _rules("bot.py", text.format(Drawn().hex(64))) == set()


@pytest.mark.parametrize(
    ("head", "rule"),
    [("", "secrets/private-key"), ("EC ", "secrets/private-key"), ("ENCRYPTED ", "secrets/locked-private-key")],
)
@pytest.mark.parametrize("end", ["\n", "\\n", "\\\\n"])
def test_private_keys_are_found_with_their_ends_of_line_escaped(head: str, rule: str, end: str) -> None:
    text = f"-----BEGIN {head}PRIVATE KEY-----{end}{Drawn().base64(48)}{end}-----END {head}PRIVATE KEY-----"
    assert _rules("x.json", json.dumps({"k": text}) if end == "\n" else f'{{"k": "{text}"}}') == {rule}


@pytest.mark.parametrize("kind", ["CERTIFICATE", "PUBLIC KEY", "CERTIFICATE REQUEST"])
def test_public_keys_and_certificates_are_none(kind: str) -> None:
    lines = "\n".join(Drawn(number).base64(48) for number in range(20))
    assert _rules("c.pem", f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n") == set()
