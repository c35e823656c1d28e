"""Say no in Binance's own shape, so that every client raises an ordinary error and none believes its key is broken.

The code is chosen by the class that ccxt raises for it, with its own URLs and with overridden ones alike (ccxt maps
some codes by URL prefix: facts/clients.md, 3.1); tests drive ccxt through every row. A 5xx would mean "it may have
been done" (Binance's own rule), so only an outcome that is unknown has one.
"""

from typing import Final

import msgspec

from ringfence.dialects.answers import shown
from ringfence.dialects.dialect import Answer
from ringfence.model.decision import Code, Reason

# ccxt has no code that is PermissionDenied on both kinds of URL, but it looks for this phrase in the text.
_FORBIDDEN: Final = "this key has no operation privilege for it"

_DENIED = (400, -3999, _FORBIDDEN)  # PermissionDenied
_ORDER = (400, -2010, "")  # InvalidOrder; Binance: new order rejected, its code for a lack of funds too
_LATER = (400, -1001, "")  # OperationFailed; nothing was done, and trying again is right

_ROWS: Final = {
    Code.UNKNOWN: (400, -1104, ""),  # BadRequest; Binance: not all parameters were read
    Code.UNDESCRIBED: _DENIED,
    Code.WITHDRAW: _DENIED,
    Code.TRANSFER: _DENIED,
    Code.ACCOUNT: _DENIED,
    Code.ROLE: _DENIED,
    Code.NO_POLICY: _DENIED,
    Code.NO_RULE: _DENIED,
    Code.BROKEN_RULE: _LATER,
    Code.SYMBOL: (400, -1121, ""),  # BadSymbol
    Code.ORDER_TYPE: (400, -1014, ""),  # InvalidOrder; Binance: unsupported order combination
    Code.INSTRUMENT: _ORDER,
    Code.PRICE: _LATER,
    Code.COLLAR: _ORDER,
    Code.ORDER_NOTIONAL: _ORDER,
    Code.WINDOW_NOTIONAL: _ORDER,
    Code.EXPOSURE: _ORDER,
    Code.LOSS_BUDGET: _ORDER,
    Code.OPEN_ORDERS: _ORDER,
    Code.ORDER_RATE: (429, -1015, ""),  # DDoSProtection; Binance: too many new orders
    Code.HALTED: _DENIED,
    Code.EXITS_ONLY: _DENIED,
    Code.WARM_UP: _LATER,
    Code.CLIENT_ID: _ORDER,
    Code.REPLAY: (400, -1021, ""),  # InvalidNonce
    Code.STALE: (400, -1021, ""),  # InvalidNonce
    Code.SIGNATURE: (400, -1022, ""),  # AuthenticationError
    Code.KEY: (401, -2014, ""),  # AuthenticationError
    Code.NOT_YOURS: (400, -2011, ""),  # OrderNotFound
    Code.JOURNAL: _LATER,
    Code.BUSY: (429, -1003, ""),  # DDoSProtection; Binance: too many requests
    Code.UPSTREAM: (504, -1007, ""),  # RequestTimeout; Binance: execution status unknown
}


def refuse(reason: Reason) -> Answer:
    """Say no, with our reason's code in the text."""
    status, code, phrase = _ROWS[reason.code]
    text = f"ringfence refused: {reason.code.value}: {shown(reason.text)}"
    message = f"{text} ({phrase})" if phrase else text
    return Answer(status, msgspec.json.encode({"code": code, "msg": message}))
