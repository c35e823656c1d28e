"""Who signed a request, and when; whether the signature fits; and our own signature on what we wrote.

The signature covers query and body as they were sent, joined with nothing between, less the signature itself. It
covers neither method nor path nor host, so it says who speaks and never what is meant.
"""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from ringfence.dialects.binance.names import MOST_TIME
from ringfence.dialects.dialect import Checker, Envelope, Signer, Wire
from ringfence.dialects.fields import Fields
from ringfence.dialects.signatures import one_way, taken, written
from ringfence.errors import Misread
from ringfence.model.names import KeyId
from ringfence.model.request import Request

KEY: Final = "X-MBX-APIKEY"
# What any request carries besides what it means; the last two those that were calls over a WebSocket.
TIMED: Final = ("timestamp", "recvWindow", "signature", "apiKey", "returnRateLimits")
OUR_WINDOW_MS: Final = 5_000

_WINDOW_MS = 5_000  # what Binance takes where a request names none
_MICROSECONDS = 1_000_000_000_000_000  # a time from here on is in microseconds, as Binance's own rule has it
_WINDOW = re.compile(r"([0-9]{1,5})(\.[0-9]{1,3})?", re.ASCII)  # documented: up to 60000, three decimals
_KEY = re.compile(r"[A-Za-z0-9]{1,128}", re.ASCII)
_NAME = b"signature="
# What clients sign: the text as sent; python-binance the text before encoding, by either of two encoders
# (docs/explanation/sources.md, What clients send; tests/vectors/binance has one of each).
_RECIPES: tuple[Callable[[bytes], bytes], ...] = (
    bytes,
    unquote_to_bytes,
    lambda text: unquote_to_bytes(text.replace(b"+", b" ")),
)


def envelope(request: Request) -> Envelope:
    """Say who signed and when; raises `Misread` where that cannot be said."""
    fields, key = Fields(request), _key(request)
    if fields.has("apiKey") and fields.text("apiKey") != key:
        raise Misread("apiKey", "names another key than the request")
    time = fields.whole("timestamp", MOST_TIME) if fields.has("timestamp") else None
    window = int(fields.text("recvWindow", _WINDOW).partition(".")[0]) if fields.has("recvWindow") else _WINDOW_MS
    return Envelope(
        key=key,
        timestamp_ms=time // 1_000 if time is not None and time >= _MICROSECONDS else time,
        window_ms=window,
        signature=one_way(fields.text("signature")) if fields.has("signature") else None,
    )


def verify(request: Request, checker: Checker) -> bool:
    """Say whether exactly one signature is there and fits by any recipe."""
    query, first = _unsigned(request.query)
    body, second = _unsigned(request.body)
    given = [*first, *second]
    if len(given) != 1:
        return False
    claimed = taken(unquote_to_bytes(given[0]), checker.algorithm)
    if claimed is None:
        return False
    text = query + body
    escaped = b"%" in text or b"+" in text
    signed = dict.fromkeys(recipe(text) for recipe in _RECIPES) if escaped else (text,)
    fits = [checker.fits(text, claimed) for text in signed]
    return any(fits)


def sign(wire: Wire, key: KeyId, signer: Signer) -> Wire:
    """Put the real key's signature on what `write` made: query alone, body empty."""
    path, _, query = wire.target.partition("?")
    if not query or wire.body:
        raise Misread("target", "only a request with all its parameters in the query is signed")
    text = written(signer.sign(query.encode("ascii")), signer.algorithm)
    escaped = quote(text, safe="")
    headers = (*wire.headers, (KEY, key))
    return Wire(wire.method, f"{path}?{query}&signature={escaped}", headers, b"", hidden=(key, text, escaped))


def _key(request: Request) -> KeyId | None:
    given = [value for name, value in request.headers if name.lower() == KEY.lower()]
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Misread(KEY, "sent twice, or not a key")
    return KeyId(given[0])


def _unsigned(text: bytes) -> tuple[bytes, list[bytes]]:
    """Split one part into what was signed and the signatures in it; nearly always there is one, at the end."""
    rest, found, last = text.rpartition(b"&" + _NAME)
    if _NAME not in rest + last and b"&" not in last:
        return (rest, [last]) if found else (text, [])
    pairs = text.split(b"&")
    signatures = [pair.removeprefix(_NAME) for pair in pairs if pair.startswith(_NAME)]
    return b"&".join(pair for pair in pairs if not pair.startswith(_NAME)), signatures
