"""Virtual keys: what a bot holds in place of the real one. They pass for the exchange's own, and we know them.

Each half ends in characters that are a hash of the rest: to the eye as random as everything else, to `recognise` a
mark that a chance string has with a probability of 2**-59. A bot may find out that its key is virtual; that is no
secret. What is secret is 54 random characters, 321 bits.
"""

import hashlib
import re
from dataclasses import dataclass

from ringfence.errors import Misconfigured
from ringfence.model.names import KeyId
from ringfence.vault.secret import Secret

_BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a dialect's keys look: `length` characters of `alphabet`, the last `mark` of which are ours."""

    alphabet: bytes
    length: int
    mark: int


SHAPES = {
    "binance": Shape(_BASE62, 64, 10),  # HMAC keys; 62**10 > 2**59
}
"""One row a dialect. Both halves of a pair have the same shape."""


def mint(exchange_shape: str) -> tuple[KeyId, Secret]:
    """Make a new pair in the shape of a dialect's keys; raises `Misconfigured` for a dialect without one."""
    shape = SHAPES.get(exchange_shape)
    if shape is None:
        raise Misconfigured(
            f"no virtual keys can be made for {exchange_shape!r}", hint=f"there are: {', '.join(SHAPES)}"
        )
    with _draw(exchange_shape, "key", shape) as key:
        name = KeyId(str(key.view(), "ascii"))
    return name, _draw(exchange_shape, "secret", shape)


def recognise(text: str) -> str | None:
    """Say which half of whose virtual key is somewhere in a text ("binance secret"), or None."""
    for name, shape in SHAPES.items():
        pattern = re.compile(f"[{shape.alphabet.decode()}]{{{shape.length},}}")
        for run in pattern.finditer(text):
            found = _recognise_run(name, shape, run.group().encode())
            if found is not None:
                return found
    return None


def _recognise_run(name: str, shape: Shape, run: bytes) -> str | None:
    for start in range(len(run) - shape.length + 1):  # a key may be glued to other letters, as in "\\nKEY"
        body = run[start : start + shape.length - shape.mark]
        mark = run[start + shape.length - shape.mark : start + shape.length]
        for half in ("key", "secret"):
            if _mark(name, half, shape, body) == mark:
                return f"{name} {half}"
    return None


def _draw(name: str, half: str, shape: Shape) -> Secret:
    made = Secret.allocate(shape.length)
    view = made.view()
    size = shape.length - shape.mark
    filled = 0
    fair = 256 - 256 % len(shape.alphabet)  # above it some characters would come more often
    while filled < size:
        with Secret.random(256) as pool:
            for byte in pool.view():
                if byte < fair and filled < size:
                    view[filled] = shape.alphabet[byte % len(shape.alphabet)]
                    filled += 1
    view[size:] = _mark(name, half, shape, view[:size])
    return made


def _mark(name: str, half: str, shape: Shape, body: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(f"ringfence-virtual-v1 {name} {half} ".encode())
    digest.update(body)
    number = int.from_bytes(digest.digest(), "big")
    letters = bytearray()
    for _ in range(shape.mark):
        number, index = divmod(number, len(shape.alphabet))
        letters.append(shape.alphabet[index])
    return bytes(letters)
