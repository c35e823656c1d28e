"""The ways in which keys sign, by what is kept of each; loaded where keys are, and nowhere else.

    hmac-sha256   the secret as the exchange gave it, for both sides
    ed25519       the seed of 32 bytes (RFC 8032); of a bot's key, the public half of 32 bytes
    rsa-sha256    PKCS #8 in DER; of a bot's key, SubjectPublicKeyInfo in DER. PKCS #1 v1.5 (RFC 8017, 8.2)

A key is made ready for each signature and let go after it, so that between signatures its bytes are nowhere but in the
secret memory that is handed in.
"""

import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from ringfence.dialects.dialect import Algorithm
from ringfence.errors import Broken


@dataclass(frozen=True, slots=True)
class Key:
    """A key by the bytes that are kept of it, which may be a view of secret memory."""

    algorithm: Algorithm
    held: memoryview

    def sign(self, text: bytes) -> bytes:
        """Sign a text with a private key or a shared secret."""
        match self.algorithm:
            case Algorithm.HMAC:
                return hmac.digest(self.held, text, "sha256")
            case Algorithm.ED25519:
                return Ed25519PrivateKey.from_private_bytes(self.held).sign(text)
            case Algorithm.RSA:
                return self._rsa().sign(text, PKCS1v15(), SHA256())

    def fits(self, text: bytes, signature: bytes) -> bool:
        """Check a signature with a public key or a shared secret."""
        if self.algorithm is Algorithm.HMAC:
            return hmac.compare_digest(self.sign(text), signature)
        try:
            if self.algorithm is Algorithm.ED25519:
                Ed25519PublicKey.from_public_bytes(bytes(self.held)).verify(signature, text)
            else:
                self._rsa_public().verify(signature, text, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    def _rsa(self) -> RSAPrivateKey:
        # It was checked when it was taken in and has been sealed since; checking it again takes 40 ms.
        key = load_der_private_key(self.held, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, RSAPrivateKey):
            raise Broken("the key is not the RSA key that its record says it is")
        return key

    def _rsa_public(self) -> RSAPublicKey:
        key = load_der_public_key(bytes(self.held))
        if not isinstance(key, RSAPublicKey):
            raise Broken("the key is not the RSA key that its record says it is")
        return key
