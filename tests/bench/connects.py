"""How long a bot waits for a connection by proxy: TCP, CONNECT, and the handshake with the exchange's name inside."""

import base64
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass

from ringfence import passes
from ringfence.dialects.hosts import HOSTS
from ringfence.settings import Settings
from tests.bench.figures import Burst, Figures

_HOST, _PORT = "api.binance.com", 443
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where to connect, the tunnel that is asked for (none: straight), whose name is inside, and what is believed."""

    name: str
    port: int
    tunnel: str
    host: str
    trust: ssl.SSLContext
    credentials: str = ""

    def burst(self, count: int) -> Burst:
        """Connect so often, one after the other, and hang up each time."""
        begun = time.perf_counter()
        return Burst(1, tuple(self._once() for _ in range(count)), time.perf_counter() - begun)

    def _once(self) -> float:
        begun = time.perf_counter()
        with socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE) as wire:
            if self.tunnel:
                self._ask(wire)
            with self.trust.wrap_socket(wire, server_hostname=self.host):
                return time.perf_counter() - begun

    def _ask(self, wire: socket.socket) -> None:
        shown = f"Proxy-Authorization: Basic {self.credentials}\r\n" if self.credentials else ""
        wire.sendall(f"CONNECT {self.tunnel} HTTP/1.1\r\nHost: {self.tunnel}\r\n{shown}\r\n".encode())
        heard = b""
        while not heard.endswith(b"\r\n\r\n"):
            piece = wire.recv(4096)
            if not piece:
                raise AssertionError(f"{self.name} answered {heard[:200]!r}")
            heard += piece
        if b" 200 " not in heard[:16]:
            raise AssertionError(f"{self.name} answered {heard[:200]!r}")


def entrances(
    settings: Settings, upstream: int, direct: ssl.SSLContext, mitmproxy: tuple[int, ssl.SSLContext]
) -> list[Entrance]:
    """List the exchange itself, mitmproxy as a forward proxy to it, and Ringfence's proxy."""
    assert settings.proxy is not None
    shown, *_ = passes.read(settings.passes)
    assert _HOST in HOSTS[shown.exchange]
    told = base64.b64encode(f"{shown.bot}:{shown.token}".encode()).decode()
    ours, (port, theirs) = ssl.create_default_context(cafile=str(settings.authority)), mitmproxy
    return [
        Entrance("direct", upstream, "", "localhost", direct),
        Entrance("mitmproxy", port, f"localhost:{upstream}", "localhost", theirs),
        Entrance("ringfence", settings.proxy.port, f"{_HOST}:{_PORT}", _HOST, ours, told),
    ]


def table(found: Mapping[str, Figures]) -> str:
    """Lay out what a connection takes by each way."""
    rows = [f"{'connecting':<12}{'p50 ms':>9}{'p99 ms':>9}{'times direct':>14}"]
    for name, each in found.items():
        rows.append(f"{name:<12}{each.p50:>9.3f}{each.p99:>9.3f}{each.p50 / found['direct'].p50:>14.2f}")
    return "\n".join(rows)
