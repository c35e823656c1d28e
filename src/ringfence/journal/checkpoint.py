"""A checkpoint: the journal's size and root in a signed note (C2SP tlog-checkpoint, signed-note), Ed25519.

Nothing of a note is believed before its signature has been checked, so there is no way here to read one without.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ringfence.errors import Broken

_ED25519 = b"\x01"  # signed-note: signature type identifier
_DASH = "\u2014 "
_MAX_NOTE = 100_000  # ours: room for the 16 signatures that signed-note asks for, the post-quantum ones included
_ROOT_BYTES = 32
_PUBLIC_BYTES = 32
_ID_BYTES = 4
_BODY_LINES = 3  # origin, size, root; extension lines are "not recommended", and we write none


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree that was signed: whose, how many entries, and its root."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name it signs under; `text` is its one-line form, which signed-note calls a vkey."""

    name: str
    public: bytes
    id: bytes = field(init=False)

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or self.name.split() != [self.name] or not self.name.isprintable():
            raise Broken(f"{self.name!r} cannot name a log", hint="no spaces and no plus sign")
        digest = hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()
        object.__setattr__(self, "id", digest[:_ID_BYTES])

    @property
    def text(self) -> str:
        """The key as `name+id+key`, to hand to whoever is to verify."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """Read a one-line key; raises `Broken` where its parts do not belong together."""
        name, _, rest = text.strip().partition("+")
        encoded = _decode(rest.partition("+")[2])
        if encoded[:1] != _ED25519 or len(encoded) != 1 + _PUBLIC_BYTES:
            raise Broken("this is not the public key of a journal", hint="one line: name+id+key, Ed25519")
        verifier = cls(name, encoded[1:])
        if verifier.text != text.strip():
            raise Broken("the public key does not match the name and id it is written with")
        return verifier

    def open(self, note: bytes) -> Checkpoint:
        """Return the checkpoint in a note that this key has signed; raises `Broken` for anything else."""
        text, signatures = _split(note)
        ours = [signature for name, signature in signatures if name == self.name and signature.startswith(self.id)]
        if not ours:
            raise Broken(f"the checkpoint is not signed by {self.name}")
        try:
            for signature in ours:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature[_ID_BYTES:], text.encode())
        except (InvalidSignature, ValueError):
            raise Broken("the checkpoint's signature is wrong") from None
        return _read(text)


@dataclass(frozen=True, slots=True)
class Signer:
    """The journal's own key; the key's name is the journal's origin, as tlog-checkpoint advises."""

    origin: str
    key: Ed25519PrivateKey = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.origin, self.key.public_key().public_bytes_raw())

    def sign(self, size: int, root: bytes) -> bytes:
        """Write and sign the checkpoint of a tree."""
        body = f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        signature = base64.b64encode(self.verifier.id + self.key.sign(body.encode())).decode()
        return f"{body}\n{_DASH}{self.origin} {signature}\n".encode()


def _split(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    text = note[:_MAX_NOTE].decode("utf-8", "replace")
    body, blank, signed = text.rpartition("\n\n")
    whole = text.encode() == note and blank and signed.endswith("\n")  # neither longer nor anything but UTF-8
    if not whole or any(char < " " and char != "\n" for char in text):
        raise Broken("the checkpoint is not a signed note")
    return body + "\n", [_signature(line) for line in signed[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise Broken("the checkpoint has a line that is not a signature")
    return name, _decode(encoded)


def _read(text: str) -> Checkpoint:
    lines = text.split("\n")[:-1]
    if len(lines) != _BODY_LINES or not lines[0]:
        raise Broken("the checkpoint is not made of an origin, a size and a root")
    origin, size, encoded = lines
    root = _decode(encoded)
    if not (size.isascii() and size.isdecimal()) or str(int(size)) != size or len(root) != _ROOT_BYTES:
        raise Broken("the checkpoint's size or root is malformed")
    return Checkpoint(origin, int(size), root)


def _decode(text: str) -> bytes:
    try:
        decoded = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        decoded = b""
    if base64.b64encode(decoded).decode() != text:  # two spellings of one signature would be two checkpoints
        raise Broken("the checkpoint or key has malformed base64")
    return decoded
