"""Keys of wallets that carry their own proof.

A Solana key pair is 64 bytes, the second half the public key of the first.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {char: place for place, char in enumerate(_BASE58)}
_PAIR = 64
_LONGEST = 90  # 64 bytes are 88 characters at most


def from_base58(text: str) -> bytes:
    """Return the bytes of a base58 text; nothing where it is none, or too long to be a key."""
    if len(text) > _LONGEST or any(char not in _DIGITS for char in text):
        return b""
    number = 0
    for char in text:
        number = number * 58 + _DIGITS[char]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def is_pair(raw: bytes) -> bool:
    """Say whether 64 bytes are an Ed25519 key and its own public key, which chance makes once in 2**256."""
    if len(raw) != _PAIR:
        return False
    return Ed25519PrivateKey.from_private_bytes(raw[:32]).public_key().public_bytes_raw() == raw[32:]


def from_numbers(text: str) -> bytes:
    """Return the bytes that a list of numbers below 256 stands for; nothing where it is another list."""
    numbers = [int(number) for number in text.strip("[] \t\r\n,").split(",")]
    drawn = max(numbers) in range(128, 256) and len(set(numbers)) > 36 and numbers != sorted(numbers)  # noqa: PLR2004
    return bytes(numbers) if drawn else b""
