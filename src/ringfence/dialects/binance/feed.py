"""An account's events: how they are asked for with the real key, and what one of them says of an order.

References: web-socket-api.md, User Data Stream subscriptions; user-data-stream.md.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from ringfence.dialects.answers import said, shown
from ringfence.dialects.binance.envelope import OUR_WINDOW_MS
from ringfence.dialects.binance.hear import order_event
from ringfence.dialects.binance.names import CALL_HOST, CALL_PATH, MOST_TIME
from ringfence.dialects.dialect import Opening, Signer
from ringfence.dialects.fields import whole
from ringfence.dialects.signatures import written
from ringfence.errors import Misread
from ringfence.model.names import KeyId, Symbol
from ringfence.model.reply import Declined, Following, Heard, News

_OK: Final = "200"


class _Wrapped(msgspec.Struct, frozen=True):
    event: msgspec.Raw


def follow(sealed: str, hosts: frozenset[str], key: KeyId, signer: Signer, at_ms: int) -> Opening:
    """Write what opens an account's events; a rehearsal exchange, which has no hosts of ours, takes it where it is."""
    stamp = str(whole("timestamp", str(at_ms), MOST_TIME))
    params = {"apiKey": key, "recvWindow": str(OUR_WINDOW_MS), "timestamp": stamp}  # sorted, as what is signed must be
    text = "&".join([f"{name}={value}" for name, value in params.items()])
    signature = written(signer.sign(text.encode("ascii")), signer.algorithm)
    call = {"id": 0, "method": "userDataStream.subscribe.signature", "params": {**params, "signature": signature}}
    host = CALL_HOST if sealed in hosts else sealed
    return Opening(host, CALL_PATH, msgspec.json.encode(call), hidden=(key, signature))


def hear_feed(text: bytes, symbols: Mapping[str, Symbol]) -> Heard:
    """Say what one message means; raises `Misread`."""
    message = said(text)
    if message.has("status"):
        error = message.values.get("error")
        return Following() if message.text("status") == _OK else Declined(shown(str(error)))
    if not isinstance(message.values.get("event"), dict):
        raise Misread("event", "missing, or not an object")
    event = bytes(msgspec.json.decode(text, type=_Wrapped).event)  # as it stands there, since it has been read once
    try:
        return News(event, order_event(said(event), symbols))
    except Misread as misread:
        return News(event, None, str(misread))
