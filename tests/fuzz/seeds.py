"""Where fuzzing begins: what real programs say, and what tests have said."""

import msgspec

from ringfence.ipc import messages
from tests.dialects.binance.asks import recorded
from tests.fuzz.targets import ROUTES, TARGETS

_LIMIT = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=30000"
_STAMP = "&recvWindow=5000&timestamp=1700000000123&signature=ab"
_OCO = (
    "symbol=BTCUSDT&side=SELL&quantity=0.001&aboveType=LIMIT_MAKER&abovePrice=30000"
    "&belowType=STOP_LOSS_LIMIT&belowStopPrice=29000&belowPrice=28900&belowTimeInForce=GTC"
)
_REPORT = (
    b'{"symbol":"BTCUSDT","orderId":7,"clientOrderId":"a","origQty":"1","executedQty":"0","cummulativeQuoteQty":"0",'
    b'"status":"NEW","side":"BUY"}'
)


def seeds(target: str) -> list[bytes]:
    """List what a target begins with."""
    assert target in TARGETS
    if target in {"reading", "envelope"}:
        real = [bytes([0]) + request.query + b"\n" + request.body for _, _, request in recorded()]
        made = [
            bytes([number]) + text.encode() + b"\n"
            for number in range(len(ROUTES))
            for text in (_LIMIT + _STAMP, _OCO, _LIMIT + "&stopPrice=1&trailingDelta=9", "symbol=BTCUSDT&orderId=7")
        ]
        return real + made
    if target == "edge":
        return [b"\x05POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: h\r\n\r\n"]
    if target == "ways":
        asked = (
            b"CONNECT api.binance.com:443 HTTP/1.1\r\nHost: api.binance.com\r\nProxy-Authorization: Basic YTpi\r\n\r\n"
        )
        return [asked, b"GET http://a.b/ HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x04\x01\x00\x00\x00"]
    if target == "upstream":
        return [b"\x05HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"]
    if target == "frames":
        said = [messages.AskNonce(), messages.Outcome(1, sent=True, status=200, body=b"{}"), messages.AskWhy(None, 3)]
        packed = [msgspec.msgpack.encode(each) for each in said]
        return [len(each).to_bytes(4, "big") + each for each in packed]
    if target == "hearing":
        return [b"\x00" + _REPORT, b"\x01" + b'{"code":-2010,"msg":"x"}', b"\x00[" + _REPORT + b"]"]
    return [b"", b"\x00" * 8, bytes(range(64))]
