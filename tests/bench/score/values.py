"""Values as exchanges, chains and chats give them out: right in shape, drawn from a seed, and good for nothing."""

import base64
import hashlib
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random  # noqa: TID251  # a corpus is the same for the same seed

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from ringfence.audit.secrets import phrase

ALNUM = string.ascii_letters + string.digits
BASE64 = f"{ALNUM}+/"
URLSAFE = f"{ALNUM}-_"
HEX = "0123456789abcdef"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
WORDS = tuple(Path(phrase.__file__).with_name("bip39_english.txt").read_text("ascii").split())  # public: BIP-39
EXCHANGES = (
    *("binance", "bybit", "okx", "kraken", "coinbase", "kucoin", "gate"),
    *("bitget", "mexc", "htx", "bitfinex", "deribit", "bitmex"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One key of an exchange's, with its secret and, where there is one, its passphrase."""

    exchange: str
    key: str
    secret: str
    passphrase: str = ""


def some(draw: Random, alphabet: str, length: int) -> str:
    """Draw a text; one of letters and digits has of each."""
    while True:
        text = "".join(draw.choices(alphabet, k=length))
        if length < 16 or alphabet == HEX or _mixed(text):
            return text


def _mixed(text: str) -> bool:
    return any(map(str.isupper, text)) and any(map(str.islower, text)) and any(map(str.isdigit, text))


def hexed(draw: Random, length: int) -> str:
    """Draw lower-case hexadecimal digits."""
    return some(draw, HEX, length)


def uuid(draw: Random) -> str:
    """Draw a UUID."""
    return "-".join(hexed(draw, length) for length in (8, 4, 4, 4, 12))


def base64ed(draw: Random, size: int) -> str:
    """Draw bytes, and write them as base64."""
    return base64.b64encode(draw.randbytes(size)).decode()


def passphrase(draw: Random) -> str:
    """Make up a passphrase as people do: a word or two, digits, a mark."""
    first, second = draw.sample(WORDS, 2)
    return f"{first.capitalize()}{draw.choice(['', '_', '-'])}{second}{draw.randint(10, 9999)}{draw.choice('!#%*')}"


def pair(draw: Random, exchange: str) -> Pair:
    """Draw one key of an exchange, in the shape that it gives out."""
    key, secret = _SHAPES[exchange](draw)
    return Pair(exchange, key, secret, passphrase(draw) if exchange in {"okx", "kucoin", "bitget"} else "")


def _huobi(draw: Random) -> str:
    return f"{hexed(draw, 8)}-{hexed(draw, 8)}-{hexed(draw, 5)}"


def _coinbase(draw: Random) -> tuple[str, str]:
    name = f"organizations/{uuid(draw)}/apiKeys/{uuid(draw)}"
    return name, ec_pem(draw) if draw.random() < 0.6 else base64ed(draw, 64)


_SHAPES: dict[str, Callable[[Random], tuple[str, str]]] = {
    "binance": lambda draw: (some(draw, ALNUM, 64), some(draw, ALNUM, 64)),
    "bybit": lambda draw: (some(draw, ALNUM, 18), some(draw, ALNUM, 36)),
    "okx": lambda draw: (uuid(draw), hexed(draw, 32).upper()),
    "kraken": lambda draw: (some(draw, BASE64, 56), base64ed(draw, 64)),
    "coinbase": _coinbase,
    "kucoin": lambda draw: (f"6{hexed(draw, 23)}", uuid(draw)),
    "gate": lambda draw: (hexed(draw, 32), hexed(draw, 64)),
    "bitget": lambda draw: (f"bg_{hexed(draw, 32)}", hexed(draw, 64)),
    "mexc": lambda draw: (f"mx0{some(draw, ALNUM, 15)}", hexed(draw, 32)),
    "htx": lambda draw: (f"{some(draw, f'{string.ascii_lowercase}123456789', 10)}-{_huobi(draw)}", _huobi_secret(draw)),
    "bitfinex": lambda draw: (some(draw, ALNUM, 43), some(draw, ALNUM, 43)),
    "deribit": lambda draw: (some(draw, ALNUM, 8), some(draw, URLSAFE, 43)),
    "bitmex": lambda draw: (some(draw, URLSAFE, 24), some(draw, URLSAFE, 48)),
}


def _huobi_secret(draw: Random) -> str:
    return f"{hexed(draw, 8)}-{_huobi(draw)}"


def ec_pem(draw: Random) -> str:
    """Draw a key as Coinbase gives it out: EC, in PEM, with line ends."""
    key = ec.derive_private_key(draw.getrandbits(255) + 1, ec.SECP256R1())
    return _pem(key, serialization.PrivateFormat.TraditionalOpenSSL)


def ed25519_pem(draw: Random) -> str:
    """Draw an Ed25519 key as one makes it for Binance: PKCS#8, in PEM."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(draw.randbytes(32))
    return _pem(key, serialization.PrivateFormat.PKCS8)


def public_pem(draw: Random) -> str:
    """Draw the public half of an Ed25519 key."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(draw.randbytes(32)).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def _pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, form: serialization.PrivateFormat) -> str:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def mnemonic(draw: Random, words: int) -> str:
    """Draw a mnemonic of 12 or 24 words, with its checksum."""
    entropy = draw.randbytes(words * 4 // 3)
    extra = len(entropy) // 4
    checksum = hashlib.sha256(entropy).digest()[0] >> (8 - extra)
    bits = int.from_bytes(entropy) << extra | checksum
    return " ".join(WORDS[bits >> 11 * place & 2047] for place in reversed(range(words)))


def solana_bytes(draw: Random) -> bytes:
    """Draw a Solana key pair: the seed, and the public key that belongs to it."""
    seed = draw.randbytes(32)
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return seed + public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def base58(data: bytes) -> str:
    """Write bytes as Bitcoin and Solana do."""
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def address(draw: Random) -> str:
    """Draw an address of an EVM chain."""
    return "0x" + "".join(draw.choices(f"{HEX}ABCDEF", k=40))


def telegram(draw: Random) -> str:
    """Draw the token of a Telegram bot."""
    return f"{draw.randint(10**9, 8 * 10**9)}:AA{some(draw, URLSAFE, 33)}"


def discord(draw: Random) -> str:
    """Draw the address of a Discord webhook."""
    return f"https://discord.com/api/webhooks/{draw.randint(10**17, 10**19)}/{some(draw, URLSAFE, 68)}"
