"""Key pairs for tests, and each as ccxt holds it and as we hold both halves. Made anew, but for the Ed25519 seed."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ringfence.dialects.dialect import Algorithm
from ringfence.dialects.signing import Key


@dataclass(frozen=True)
class Pair:
    """A key as its client holds it (`secret`), as we sign with it, and as we check it."""

    secret: str
    ours: Key
    public: Key


def hmac_pair(secret: bytes) -> Pair:
    """Use one shared secret for both."""
    held = Key(Algorithm.HMAC, memoryview(secret))
    return Pair(secret.decode(), held, held)


def ed25519_pair(seed: bytes) -> Pair:
    """Make the pair of a seed."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Pair(pem, Key(Algorithm.ED25519, memoryview(seed)), Key(Algorithm.ED25519, memoryview(public)))


def rsa_pair(bits: int = 2048) -> Pair:
    """Draw an RSA key."""
    key = generate_private_key(65537, bits)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Pair(pem, Key(Algorithm.RSA, memoryview(private)), Key(Algorithm.RSA, memoryview(public)))
