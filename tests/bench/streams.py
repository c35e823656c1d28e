"""Market data by WebSocket: how many messages a second a way passes on, and how much later than the direct one.

The exchange's side is `Flood` (in tests/bench/upstream.py); the client counts frames by their length, which is always
the same, so that it costs every way alike and as little as it can.
"""

import asyncio
import base64
import secrets
import time
from dataclasses import dataclass
from statistics import median
from typing import cast

from tests.bench.figures import percentile
from tests.bench.load import Path

FRAME = 160  # bytes of one message as it is sent: a trade of Binance's has about 150
HEAD = 4  # of a frame from 126 to 65,535 bytes that a server sends (RFC 6455, 5.2)
FLOOD, PACED = "/ws/btcusdt@trade", "/ws/btcusdt@bookTicker"
PACED_MESSAGES = 500
FLOOD_MESSAGES = 30_000
_STAMP = 20  # digits of the nanoseconds that a paced message begins with
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Streamed:
    """One round of one way: messages a second, and seconds from being sent to being read (p50, p99)."""

    rate: float
    p50: float
    p99: float


def message(stamp: int) -> bytes:
    """Write one frame; the time it is sent stands at its beginning."""
    text = f"{stamp:0{_STAMP}d}".encode().ljust(FRAME - HEAD, b"x")
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text


class _Reader(asyncio.Protocol):
    """Reads frames of one length after the handshake."""

    def __init__(self, wanted: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.first = 0.0
        self._wanted = wanted * FRAME
        self._got = 0
        self._head: bytes | None = b""
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        now = time.time_ns()
        if self._head is not None:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            if b" 101 " not in self._head[:20]:
                self.done.set_exception(AssertionError(f"no handshake: {self._head[:200]!r}"))
                return
            data, self._head = self._head[end + 4 :], None
        if data:
            self._frames(data, now)

    def _frames(self, data: bytes, now: int) -> None:
        self.first = self.first or time.perf_counter()
        self._got += len(data)
        if self._wanted == PACED_MESSAGES * FRAME:
            data = self._rest + data
            whole = len(data) // FRAME
            for number in range(whole):
                stamp = int(data[number * FRAME + HEAD : number * FRAME + HEAD + _STAMP])
                self.latencies.append((now - stamp) / 1e9)
            self._rest = data[whole * FRAME :]
        if self._got >= self._wanted and not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError(f"the connection closed after {self._got} bytes: {exc}"))

    def ask(self, target: str) -> None:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._transport.write(
            f"GET {target} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def close(self) -> None:
        self._transport.abort()


async def measure(way: Path) -> Streamed:
    """Measure one way once: a flood, then messages that come one by one."""
    flooded = await _read(way, FLOOD, FLOOD_MESSAGES)
    elapsed = time.perf_counter() - flooded.first
    paced = await _read(way, PACED, PACED_MESSAGES)
    return Streamed(FLOOD_MESSAGES / elapsed, percentile(paced.latencies, 0.5), percentile(paced.latencies, 0.99))


async def _read(way: Path, target: str, wanted: int) -> _Reader:
    name = "localhost" if way.trust else None
    _, reader = await asyncio.get_running_loop().create_connection(
        lambda: _Reader(wanted), "127.0.0.1", way.port, ssl=way.trust, server_hostname=name
    )
    reader.ask(target)
    await asyncio.wait_for(reader.done, _PATIENCE)
    reader.close()
    return reader


def ratio(ours: list[Streamed], theirs: list[Streamed]) -> float:
    """Take the median of the rounds' ratios of messages a second."""
    return median(mine.rate / other.rate for mine, other in zip(ours, theirs, strict=True))


def table(found: dict[str, list[Streamed]]) -> str:
    """Lay the medians out."""
    rows = [f"{'streams':<12}{'msg/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'times direct':>14}"]
    for name, rounds in found.items():
        rate, p50, p99 = (median(getattr(each, what) for each in rounds) for what in ("rate", "p50", "p99"))
        share = ratio(rounds, found["direct"])
        rows.append(f"{name:<12}{rate:>11,.0f}{p50 * 1e3:>9.3f}{p99 * 1e3:>9.3f}{share:>14.2f}")
    return "\n".join(rows)
