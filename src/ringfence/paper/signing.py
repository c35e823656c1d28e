"""How Binance reads and verifies a signed request, quirks included. Pure.

rest-api.md, "SIGNED (TRADE and USER_DATA) Endpoint security" and "Timing security":
the signed text is the query and then the body, exactly as sent, with nothing between them; a name in both
takes its value from the query; `signature` itself is not part of the text. A name twice in one place is -1101.
This is written from the documents and shares no code with what it is used to test.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ringfence.errors import Broken
from ringfence.paper.keys import ApiKey, Type
from ringfence.paper.refused import Refused, illegal, missing

MAX_WINDOW = 60_000  # "The max cannot go beyond 60,000!"
DEFAULT_WINDOW = 5_000
MAX_AHEAD = 1_000
_SIGNATURE = b"signature"
_WHOLE = re.compile(r"[0-9]{1,20}", re.ASCII)
_MICROSECONDS = 10**14  # as milliseconds this is the year 5138; Binance takes microseconds too


def read(query: bytes, body: bytes) -> dict[str, str]:
    """All parameters by name; where a name is in both places, the query's value."""
    return {**_place(body), **_place(query)}


def verify(key: ApiKey, query: bytes, body: bytes) -> None:
    """Raise `Refused` unless the request carries the signature of its own text, by the key's own type."""
    if not (query.isascii() and body.isascii()):
        raise _bad_signature()  # since 2026-01-15 non-ASCII has to be percent-encoded before it is signed
    query_text, query_signature = _split(query)
    body_text, body_signature = _split(body)
    given = query_signature if query_signature is not None else body_signature
    if not given:
        raise missing("signature")
    if query_signature is not None and body_signature is not None:
        raise Refused(-1101, "Duplicate values for a parameter detected.")
    if not _fits(key, query_text + body_text, given):
        raise _bad_signature()


def verify_text(key: ApiKey, text: bytes, given: bytes) -> None:
    """Raise `Refused` unless a signature is that of a text; one of a pair comes in base64, and is not escaped here."""
    escaped = given.replace(b"+", b"%2B") if key.type is not Type.HMAC else given
    if not text.isascii() or not _fits(key, text, escaped):
        raise _bad_signature()


def _fits(key: ApiKey, text: bytes, given: bytes) -> bool:
    """HMAC-SHA256 in hex, in either case; Ed25519 and RSA (PKCS #1 v1.5, SHA-256) in base64, percent-encoded."""
    if key.type is Type.HMAC:
        wanted = hmac.new(key.secret.encode(), text, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted.encode(), given.lower())
    public = _public(key.secret)
    try:
        signature = base64.b64decode(unquote_to_bytes(given), validate=True)
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, text)
        else:
            public.verify(signature, text, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=64)  # an RSA key takes longer to read than its signature to check
def _public(secret: str) -> Ed25519PublicKey | RSAPublicKey:
    """The half of a pair that checks; raises `Broken` for a key of another kind, which no one here makes."""
    private = load_pem_private_key(secret.encode(), None)
    if not isinstance(private, Ed25519PrivateKey | RSAPrivateKey):
        raise Broken("a key of the rehearsal exchange is neither Ed25519 nor RSA")
    return private.public_key()


def check_time(params: Mapping[str, str], now: int) -> None:
    """Raise `Refused` where the request is too old or too far ahead; times in milliseconds."""
    window = _whole(params, "recvWindow", DEFAULT_WINDOW)
    if window > MAX_WINDOW:
        raise Refused(-1131, "recvWindow must be less than 60000")
    if "timestamp" not in params:
        raise missing("timestamp")
    timestamp = _whole(params, "timestamp", 0)
    if timestamp >= _MICROSECONDS:
        timestamp //= 1000
    if timestamp >= now + MAX_AHEAD:
        raise Refused(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now - timestamp > window:
        raise Refused(-1021, "Timestamp for this request is outside of the recvWindow.")


def _place(raw: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in raw.split(b"&") if raw else ():
        name, _, value = part.partition(b"=")
        key = _decode(name, "name")
        if key in found:
            raise Refused(-1101, "Duplicate values for a parameter detected.")
        found[key] = _decode(value, key)
    return found


def _decode(raw: bytes, name: str) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise illegal(name, "UTF-8") from None


def _split(raw: bytes) -> tuple[bytes, bytes | None]:
    """The text without its `signature=...`, and that signature."""
    parts = raw.split(b"&")
    signatures = [part for part in parts if part.partition(b"=")[0] == _SIGNATURE]
    if not signatures:
        return raw, None
    rest = b"&".join(part for part in parts if part not in signatures)
    return rest, signatures[0].partition(b"=")[2]


def _whole(params: Mapping[str, str], name: str, default: int) -> int:
    if name not in params:
        return default
    if not _WHOLE.fullmatch(params[name]):
        raise illegal(name, "^[0-9]{1,20}$")
    return int(params[name])


def _bad_signature() -> Refused:
    return Refused(-1022, "Signature for this request is not valid.")
