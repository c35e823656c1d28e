"""The codes of an authenticator app (RFC 6238: SHA-1, 30 seconds, six digits), and the code that stands in for it once.

Compared in constant time. Pure: the seed and the time are arguments, and who has used which code is for others to know.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

STEP_SECONDS = 30  # RFC 6238, 5.2
DIGITS = 6  # what every app shows
SEED_BYTES = 20  # RFC 4226, 4: R6 recommends 160 bits
RECOVERY_BYTES = 15  # 120 bits, in base32 24 letters without padding: past any guessing

_DRIFT = 1  # RFC 6238, 5.2: one step either way, for the network, slow fingers and clocks
_CODE = re.compile(rf"[0-9]{{{DIGITS}}}", re.ASCII)
_FORM = re.compile(r"[A-Z2-7]{24}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Code:
    """What a person typed: `digits` of an app, or the SHA-256 of what may be a recovery code; the other is empty."""

    digits: bytes = b""
    recovery: bytes = b""


def read(text: str) -> Code | None:
    """Read "123 456" or "ABCD-EFGH-..."; None where it has neither form."""
    packed = re.sub(r"[\s-]", "", text).upper()
    if _CODE.fullmatch(packed):
        return Code(digits=packed.encode())
    return Code(recovery=recovery_hash(packed)) if _FORM.fullmatch(packed) else None


def matching_step(seed: memoryview, digits: bytes, seconds: int) -> int | None:
    """Return the newest step around a time (seconds since 1970) whose code these digits are."""
    now, found = seconds // STEP_SECONDS, None
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if hmac.compare_digest(code(seed, step), digits):  # every step is compared, whichever fits
            found = step
    return found


def code(seed: memoryview, step: int) -> bytes:
    """Make the code of one step (RFC 4226, 5.3)."""
    mac = hmac.digest(seed, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS).encode()


def recovery_hash(packed: str) -> bytes:
    """Say what the vault keeps of a recovery code: no more than tells it again."""
    return hashlib.sha256(b"ringfence-recovery-v1|" + packed.encode()).digest()
