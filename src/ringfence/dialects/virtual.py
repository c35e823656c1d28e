"""Virtual keys: what a bot holds in place of the real one. They pass for the exchange's own, and we know them.

Each half ends in characters that are a hash of the rest: to the eye as random as everything else, to `recognise` a
mark that a chance string has with a probability of 2**-59. A bot may find out that its key is virtual; that is no
secret. What is secret is 54 random characters, 321 bits, and they are drawn elsewhere (`ringfence.cli.mint`).
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from ringfence.errors import Misconfigured

Half = Literal["key", "secret"]

_BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a dialect's keys look: `length` characters of `alphabet`, the last `mark` of which are ours."""

    dialect: str
    alphabet: bytes
    length: int
    mark: int

    @property
    def body(self) -> int:
        """How many characters come before the mark."""
        return self.length - self.mark


SHAPES = (
    Shape("binance", _BASE62, 64, 10),  # HMAC keys; 62**10 > 2**59
)
"""One row a dialect. Both halves of a pair have the same shape."""


def shape_of(dialect: str) -> Shape:
    """Return how a dialect's keys look; raises `Misconfigured` where nobody has written it down."""
    for shape in SHAPES:
        if shape.dialect == dialect:
            return shape
    known = ", ".join(shape.dialect for shape in SHAPES)
    raise Misconfigured(f"no virtual keys can be made for {dialect!r}", hint=f"there are: {known}")


def mark(shape: Shape, half: Half, body: bytes | memoryview) -> bytes:
    """Return the characters that make a body ours."""
    digest = hashlib.sha256(f"ringfence-virtual-v1 {shape.dialect} {half} ".encode())
    digest.update(body)
    number = int.from_bytes(digest.digest(), "big")
    letters = bytearray()
    for _ in range(shape.mark):
        number, index = divmod(number, len(shape.alphabet))
        letters.append(shape.alphabet[index])
    return bytes(letters)


def recognise(text: str) -> str | None:
    """Say which half of whose virtual key is somewhere in a text ("binance secret"), or None."""
    for shape in SHAPES:
        pattern = re.compile(f"[{shape.alphabet.decode()}]{{{shape.length},}}")
        for run in pattern.finditer(text):
            found = _recognise_run(shape, run.group().encode())
            if found is not None:
                return f"{shape.dialect} {found}"
    return None


def _recognise_run(shape: Shape, run: bytes) -> Half | None:
    halves: tuple[Half, ...] = ("key", "secret")
    for start in range(len(run) - shape.length + 1):  # a key may be glued to other letters, as in "\\nKEY"
        body, end = run[start : start + shape.body], run[start + shape.body : start + shape.length]
        for half in halves:
            if mark(shape, half, body) == end:
                return half
    return None
