"""How signatures are written: hex for a shared secret, base64 for a key pair; each in one form that is taken."""

import re
from base64 import b64decode, b64encode

from ringfence.dialects.dialect import Algorithm

_HEX = re.compile(r"[0-9A-Fa-f]{64}")


def written(made: bytes, algorithm: Algorithm) -> str:
    """Write a signature."""
    return made.hex() if algorithm is Algorithm.HMAC else b64encode(made).decode("ascii")


def taken(text: bytes, algorithm: Algorithm) -> bytes | None:
    """Read a signature; None for any form but hex, or base64 as it would be written anew."""
    try:
        if algorithm is Algorithm.HMAC:
            return bytes.fromhex(text.decode("ascii")) if _HEX.fullmatch(text.decode("ascii")) else None
        made = b64decode(text, validate=True)
    except ValueError:
        return None
    return made if b64encode(made) == text else None


def one_way(text: str) -> str:
    """Give a signature that was read from a form its one form, by which it is known again: hex in small letters.

    Base64 has a plus where reading the form made a space of it: sent as it is and sent escaped, it is one signature.
    """
    return text.lower() if _HEX.fullmatch(text) else text.replace(" ", "+")
