"""Private keys as people have them, in PEM, and as the vault keeps them; and new pairs for bots.

`cryptography` hands key bytes out as `bytes`, which nothing can wipe; this runs in a command that ends at once.
"""

import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from ringfence.dialects.dialect import Algorithm
from ringfence.errors import Misconfigured

LEAST_BITS = 2048  # NIST SP 800-131A; Binance takes 2048 and 4096
_EXPONENT = 65537
_BEGIN = b"-----BEGIN "
_HINT = "give a private key in PEM, Ed25519 or RSA, or the secret of an HMAC key"


def understood(given: bytearray) -> tuple[Algorithm, bytearray, str]:
    """Say what kind of key was given, what is kept of it, and the fingerprint of its public half (empty for HMAC).

    Raises `Misconfigured` for what is no private key of a kind that is known.
    """
    if not given.lstrip().startswith(_BEGIN):
        return Algorithm.HMAC, given, ""
    if b"PUBLIC KEY" in given:
        raise Misconfigured("this is a public key; the exchange has that one", hint=_HINT)
    if b"ENCRYPTED" in given:
        raise Misconfigured(
            "this private key is under a passphrase of its own", hint="openssl pkey -in KEY.pem gives it without"
        )
    try:
        key = load_pem_private_key(bytes(given), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Misconfigured("this PEM holds no private key that can be read", hint=_HINT) from None
    match key:
        case Ed25519PrivateKey():
            return Algorithm.ED25519, bytearray(key.private_bytes_raw()), _fingerprint(key)
        case RSAPrivateKey() if key.key_size >= LEAST_BITS:
            der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            return Algorithm.RSA, bytearray(der), _fingerprint(key)
        case RSAPrivateKey():
            raise Misconfigured(f"an RSA key of {key.key_size} bits is too short", hint=f"{LEAST_BITS} at least")
        case _:
            raise Misconfigured("this is a private key of a kind that no exchange here takes", hint=_HINT)


def new_pair(algorithm: Algorithm) -> tuple[bytes, bytes]:
    """Draw a key pair: the private half in PEM for its bot, and the public half as it is kept."""
    if algorithm is Algorithm.ED25519:
        key: Ed25519PrivateKey | RSAPrivateKey = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    else:
        key = generate_private_key(_EXPONENT, LEAST_BITS)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), public


def _fingerprint(key: Ed25519PrivateKey | RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"SHA256:{hashlib.sha256(public).hexdigest()[:32]}"
