"""Whether a value could be guessed: it is empty, everybody knows it, it is short, or it is a word to be replaced."""

import re
from typing import Final

from ringfence.audit.bot.node import Scalar
from ringfence.dialects.virtual import SHAPES, recognise

PASSWORD: Final = 16
"""Characters of a password that a machine guesses at: NIST SP 800-63B-4 asks for 15 where it is the only factor."""
PASSPHRASE: Final = 12
"""Characters of a password that a person types into hummingbot, where a guess takes a PBKDF2 of its own."""
SECRET: Final = 32
"""Characters of a secret that signs: as many as HS256 has bytes (RFC 7518, 3.2), and as freqtrade's schema asks for."""

# What the documentation, templates and compose files of the bots have in these places, in small letters.
_KNOWN: Final = frozenset(
    [
        "a", "admin", "password", "passw0rd", "password1", "public", "test", "root", "secret", "changeme", "change_me",
        "123456", "12345678", "123456789", "1234567890", "qwerty", "letmein", "hummingbot", "hummingbot-api", "hbot",
        "freqtrade", "freqtrader", "octobot", "jesse", "jesse_user", "passivbot", "postgres", "redis", "guest",
        "supersecurepassword", "supersecret1!", "sercet_ws_t0ken", "secret_ws_t0ken", "secret_ws_t0ken.",
        "somethingrandom", "super-secret", "somethingrandomsomethingrandom123", "yoursecretpassword", "your_password",
        "securepassword", "mysecretpassword", "default", "trading", "bitcoin", "emqx", "admin123", "user",
    ]
)  # fmt: skip
_STAND_IN: Final = re.compile(
    r"(?i)(?:0x)?[<\[{_ ]*(?:your|insert|enter|change|replace|example|dummy)[-_ ].*|<[^<>]*>|[x*.#-]{3,}|\W*|"
    r"(?:0x)?[a-z_ -]*(?:key|secret|passphrase|password|token|address)"
)
_PEM: Final = "-----BEGIN "
_LETTERS: Final = 5  # different ones in a password


def is_known(text: str) -> bool:
    """Say whether everybody knows it."""
    word = text.strip().lower()
    return word in _KNOWN or word.rstrip("!.1230") in _KNOWN


def wrong(text: str, least: int) -> str:
    """Say what is wrong with a password or secret, without it; empty where nothing is."""
    if not text.strip():
        return "is empty"
    if is_known(text) or is_stand_in(text):
        return "is one that everybody knows"
    if len(text) < least:
        return f"has {len(text)} characters, and {least} are the least"
    return "is one letter over and over" if len(set(text)) < _LETTERS else ""


def is_stand_in(text: str) -> bool:
    """Say whether it only stands where a value goes."""
    return _STAND_IN.fullmatch(text.strip()) is not None


def is_key(found: Scalar | None) -> bool:
    """Say whether a real key stands there: neither nothing, nor a word to be replaced, nor a virtual key of ours."""
    if found is None or found.open or not found.text.strip():
        return False
    return not is_stand_in(found.text) and not is_virtual(found.text)


def is_virtual(text: str) -> bool:
    """Say whether it is one half of a virtual key, and nothing else beside it."""
    return any(len(text) == shape.length for shape in SHAPES) and recognise(text) is not None


def is_pem(text: str) -> bool:
    """Say whether it is a private key in PEM."""
    return text.lstrip().startswith(_PEM)
