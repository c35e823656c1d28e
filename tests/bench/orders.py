"""Really signed orders, as a Binance client sends them: one byte string for one request."""

import hashlib
import hmac
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

PRICE = "60000.00"
BEYOND = "90000.00"  # past any collar
QUANTITY = "0.00100"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key and its secret: the exchange's, or a virtual one."""

    key: str
    secret: str


def signature(secret: str, text: str) -> str:
    """Sign the way Binance asks: HMAC-SHA256 over the parameters, in hex."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def numbered(prefix: str) -> Callable[[], str]:
    """Make client order ids that do not repeat."""
    counter = itertools.count()
    return lambda: f"{prefix}-{next(counter)}"


def order(credentials: Credentials, host: str, client_id: str, price: str = PRICE) -> bytes:
    """Write one limit order, stamped now. It buys: a sell would be an exit, and a minute has room for few."""
    text = (
        f"timestamp={time.time_ns() // 1_000_000}&symbol=BTCUSDT&side=BUY&newClientOrderId={client_id}"
        f"&newOrderRespType=FULL&type=LIMIT&quantity={QUANTITY}&price={price}&timeInForce=GTC&recvWindow=5000"
    )
    body = f"{text}&signature={signature(credentials.secret, text)}"
    head = (
        f"POST /api/v3/order HTTP/1.1\r\nHost: {host}\r\nUser-Agent: bench\r\nAccept: */*\r\n"
        f"X-MBX-APIKEY: {credentials.key}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return f"{head}{body}".encode()
