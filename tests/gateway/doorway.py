"""A proxy and named ports before the toy gateway, with an authority, leaves and passes of their own."""

import asyncio
import base64
import datetime as dt
import functools
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ringfence import certificates, passes, whole
from ringfence.dialects.hosts import hosts_of
from ringfence.gateway.admission import Admission
from ringfence.gateway.doors import doors
from ringfence.gateway.limits import Limits
from ringfence.gateway.names import NamedSite
from ringfence.gateway.proxy import Proxy
from ringfence.gateway.tls import Leaves
from ringfence.gateway.tunnel import Tunnels
from ringfence.model.names import BotName, ExchangeId
from ringfence.passes import Pass
from ringfence.policy.domains import OWN
from tests.gateway.world import ME, World, world

BINANCE, PAPER = ExchangeId("binance"), ExchangeId("paper-binance")
GRID = Pass(BotName("grid"), PAPER, "abcdefghijklmnopqrstuvwxyz234567")
EYES = Pass(BotName("eyes"), PAPER, "765432zyxwvutsrqponmlkjihgfedcba")
HASTY = Limits(
    idle_seconds=0.3, body_seconds=0.3, linger_seconds=0.3, patience_seconds=0.3, connections=4, in_flight=4,
    knocks=4, knock_seconds=0.3, tries=3,
)  # fmt: skip


@functools.cache
def trusted() -> tuple[bytes, dict[str, bytes]]:
    """An authority, and a leaf for each host and for this machine; made once."""
    key, now = certificates.new_key(), dt.datetime.now(dt.UTC)  # noqa: TID251
    authority = certificates.authority(key, "ours", OWN, now)
    leaves = {host: b"".join(certificates.leaf(authority, key, (host,), now)) for host in hosts_of(BINANCE)}
    leaves["localhost"] = b"".join(certificates.leaf(authority, key, ("127.0.0.1", "localhost"), now))
    return certificates.pem(authority), leaves


def basic(shown: Pass) -> str:
    return "Basic " + base64.b64encode(f"{shown.bot}:{shown.token}".encode()).decode()


def asked(target: str, *lines: str, shown: Pass | None = GRID) -> bytes:
    """Write a CONNECT."""
    own = [] if shown is None else [f"Proxy-Authorization: {basic(shown)}"]
    return "\r\n".join([f"CONNECT {target} HTTP/1.1", *own, *lines, "", ""]).encode()


def client() -> ssl.SSLContext:
    """What a bot is told to trust."""
    return ssl.create_default_context(cadata=trusted()[0].decode())


@dataclass
class Doorway:
    """What runs, and how a client goes through it."""

    inner: World
    proxy: Proxy
    named: NamedSite
    home: Path

    async def say(self, raw: bytes, port: int | None = None) -> bytes:
        """Send raw bytes to the proxy, and hear all that comes until it ends the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port or self.proxy.port)
        try:
            writer.write(raw)
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def tunnel(self, target: str = "api.binance.com:443", shown: Pass | None = GRID) -> "Line":
        """Ask for a host, and return the open line."""
        line = Line(*await asyncio.open_connection("127.0.0.1", self.proxy.port))
        line.writer.write(asked(target, shown=shown))
        line.answer = await line.reader.readuntil(b"\r\n\r\n")
        return line

    async def secured(self, target: str = "api.binance.com:443", shown: Pass | None = GRID) -> "Line":
        """The same, and shake hands."""
        line = await self.tunnel(target, shown)
        assert line.answer.startswith(b"HTTP/1.1 200 "), line.answer
        await line.writer.start_tls(client(), server_hostname=target.partition(":")[0])
        return line


@dataclass
class Line:
    """One open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    answer: bytes = b""

    async def ask(self, path: str = "/api/v3/order", host: str = "api.binance.com", method: str = "GET") -> bytes:
        """Ask one thing, and hear its answer."""
        self.writer.write(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return await self.hear()

    async def hear(self) -> bytes:
        """Hear one answer."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        return head + await self.reader.readexactly(size)

    async def rest(self) -> bytes:
        """Hear all that comes until the other side ends it."""
        with suppress(ConnectionError, ssl.SSLError):
            return await asyncio.wait_for(self.reader.read(), 10)
        return b""

    def close(self) -> None:
        self.writer.close()


@asynccontextmanager
async def doorway(limits: Limits = HASTY) -> AsyncIterator[Doorway]:
    """Run it all in a home of its own."""
    async with world(limits) as inner:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            for host, content in trusted()[1].items():
                whole.put(home / f"{host}.pem", content, 0o600)
            passes.write(home / "passes.toml", (GRID, EYES))
            inside = {PAPER: doors(inner.front, hosts_of(PAPER))}
            leaves, admission = Leaves(lambda host: home / f"{host}.pem"), Admission(home / "passes.toml", limits.tries)
            tunnels = Tunnels(home / "tunnels.sock", ME, limits.patience_seconds, inner.counts)
            proxy = Proxy(0, inside, leaves, admission, tunnels, limits, inner.counts)
            named = NamedSite("127.0.0.1", 0, inside[PAPER], leaves, limits, inner.counts, meant=443)
            await proxy.open()
            await named.open()
            try:
                yield Doorway(inner, proxy, named, home)
            finally:
                await proxy.close()
                await named.close()
