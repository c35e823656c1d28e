"""SSH keys that a test makes up: of the right shape, and with nothing behind them."""

import base64
import hashlib
from typing import Final

_ECDSA = b"nistp256"


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


def _blob(kind: str, bits: int, seed: int) -> bytes:
    body = bytes([seed]) * 32
    parts = {
        "ssh-rsa": [b"\1\0\1", (1 << max(bits - 1, 0) | seed).to_bytes(bits // 8 + 1)],
        "ssh-dss": [body, body, body, body],
        "ecdsa-sha2-nistp256": [_ECDSA, body],
        "sk-ssh-ed25519@openssh.com": [body, b"ssh:"],
    }.get(kind, [body])
    return b"".join(map(_string, (kind.encode(), *parts)))


def line_of(kind: str, bits: int = 0, seed: int = 1) -> str:
    """Write a public key's line."""
    return f"{kind} {base64.b64encode(_blob(kind, bits, seed)).decode()} made-up"


def fingerprint(line: str) -> str:
    """Say a key's fingerprint as ssh-keygen -l does."""
    digest = hashlib.sha256(base64.b64decode(line.split()[-2])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def private(kind: str = "ssh-ed25519", cipher: str = "none") -> str:
    """Write what a private key's file looks like, for PROTOCOL.key of OpenSSH."""
    kdf = "none" if cipher == "none" else "bcrypt"
    head = b"".join(_string(part) for part in (cipher.encode(), kdf.encode(), b""))
    body = b"openssh-key-v1\0" + head + (1).to_bytes(4) + _string(_blob(kind, 0, 1)) + _string(b"\0" * 64)
    return armoured("OPENSSH PRIVATE KEY", base64.b64encode(body).decode())


def armoured(what: str, body: str) -> str:
    """Put a text between the lines that say what it is."""
    lines = [body[at : at + 70] for at in range(0, len(body), 70)]
    return "\n".join((f"-----BEGIN {what}-----", *lines, f"-----END {what}-----", ""))


RSA_2048: Final = line_of("ssh-rsa", 2048)
"""A key that is too short."""
