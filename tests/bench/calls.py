"""Orders by WebSocket, one after the other on one socket, as `load` sends them by HTTP."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import cast

from websockets.frames import Frame, Opcode

from tests.bench.figures import Burst
from tests.bench.load import Path
from tests.bench.orders import PRICE, QUANTITY, Credentials

_PATIENCE = 30.0
_SHORT, _MEDIUM = 126, 127


class _Socket(asyncio.Protocol):
    """One socket; one call at a time, and every answer in one frame."""

    def __init__(self) -> None:
        self._buffer = b""
        self._opened = False
        self._answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._opened:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if found:
                self._opened, self._buffer = True, rest
                self._answer.set_result(head)
            return
        text = self._frame()
        if text is not None and not self._answer.done():
            self._answer.set_result(text)

    def _frame(self) -> bytes | None:
        if len(self._buffer) < 4:
            return None
        length, start = self._buffer[1], 2
        if length == _SHORT:
            length, start = int.from_bytes(self._buffer[2:4], "big"), 4
        if length == _MEDIUM or len(self._buffer) < start + length:
            return None
        text, self._buffer = self._buffer[start : start + length], self._buffer[start + length :]
        return text

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answer.done():
            self._answer.set_exception(ConnectionError(f"the socket closed: {exc}"))

    def say(self, data: bytes) -> "asyncio.Future[bytes]":
        """Send something; the future is what comes back."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return self._answer

    def close(self) -> None:
        self._transport.abort()


async def burst(way: Path, requests: int, next_id: Callable[[], str]) -> Burst:
    """Send `requests` orders over one socket; every one must be accepted."""
    _, socket = await asyncio.get_running_loop().create_connection(_Socket, "127.0.0.1", way.port)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    await socket.say(
        f"GET /ws-api/v3 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    latencies: list[float] = []
    begun = time.perf_counter()
    for _ in range(requests):
        client_id = next_id()
        frame = Frame(Opcode.TEXT, call(way.credentials, client_id)).serialize(mask=True)
        sent = time.perf_counter()
        answer = await asyncio.wait_for(socket.say(frame), _PATIENCE)
        latencies.append(time.perf_counter() - sent)
        if b'"status":200' not in answer or client_id.encode() not in answer:
            raise AssertionError(f"{way.name} answered {answer[:500]!r}")
    elapsed = time.perf_counter() - begun
    socket.close()
    return Burst(1, tuple(latencies), elapsed)


def call(credentials: Credentials, client_id: str) -> bytes:
    """Write one order as a signed call: the same that `orders.order` writes for HTTP."""
    params: dict[str, object] = {
        "apiKey": credentials.key, "symbol": "BTCUSDT", "side": "BUY", "newClientOrderId": client_id,
        "newOrderRespType": "FULL", "type": "LIMIT", "quantity": QUANTITY, "price": PRICE, "timeInForce": "GTC",
        "recvWindow": 5000, "timestamp": time.time_ns() // 1_000_000,
    }  # fmt: skip
    text = "&".join(f"{name}={params[name]}" for name in sorted(params))
    params["signature"] = hmac.new(credentials.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return json.dumps({"id": 1, "method": "order.place", "params": params}).encode()
