"""A client that waits for each answer before it sends the next request, on as many kept connections as asked."""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from tests.bench.figures import Burst
from tests.bench.orders import BEYOND, PRICE, Credentials, order

_PATIENCE = 30.0  # an answer that takes longer is a fault, not a figure


@dataclass(frozen=True, slots=True)
class Path:
    """One way to the exchange: where it listens, what its TLS is checked against (None: plain), whose key it takes."""

    name: str
    port: int
    trust: ssl.SSLContext | None
    credentials: Credentials


class Connection(asyncio.Protocol):
    """One kept HTTP/1.1 connection; one request at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's TLS transport does not inherit from it

    def ask(self, request: bytes) -> "asyncio.Future[tuple[int, bytes]]":
        """Send a request; the future is its status and body."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head = bytes(self._buffer[:end]).lower()
        start = head.index(b"content-length:") + 15  # every path here answers with a length
        size = int(head[start:].split(b"\r\n", 1)[0])
        if len(self._buffer) >= end + 4 + size:
            answer, self._answer = self._answer, None
            body = bytes(self._buffer[end + 4 : end + 4 + size])
            del self._buffer[: end + 4 + size]
            answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"the connection closed: {exc}"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def burst(
    path: Path, connections: int, requests: int, next_id: Callable[[], str], *, refused: bool = False
) -> Burst:
    """Send `requests` orders over `connections` kept connections; every one must be accepted, or all `refused`."""
    loop = asyncio.get_running_loop()
    opened = [
        (
            await loop.create_connection(
                Connection, "127.0.0.1", path.port, ssl=path.trust, server_hostname=_named(path)
            )
        )[1]
        for _ in range(connections)
    ]
    latencies: list[float] = []
    begun = time.perf_counter()
    share = requests // connections
    await asyncio.gather(*(_drive(connection, path, share, next_id, latencies, refused) for connection in opened))
    elapsed = time.perf_counter() - begun
    for connection in opened:
        connection.close()
    return Burst(connections, tuple(latencies), elapsed)


async def _drive(
    connection: Connection,
    path: Path,
    requests: int,
    next_id: Callable[[], str],
    latencies: list[float],
    refused: bool,
) -> None:
    price, wanted = (BEYOND, 400) if refused else (PRICE, 200)
    host = f"localhost:{path.port}"
    for _ in range(requests):
        client_id = next_id()
        request = order(path.credentials, host, client_id, price)
        begun = time.perf_counter()
        status, body = await asyncio.wait_for(connection.ask(request), _PATIENCE)
        latencies.append(time.perf_counter() - begun)
        known = b"collar" if refused else client_id.encode()
        if status != wanted or known not in body:
            raise AssertionError(f"{path.name} answered {status}: {body[:500]!r}")


def _named(path: Path) -> str | None:
    return "localhost" if path.trust else None
