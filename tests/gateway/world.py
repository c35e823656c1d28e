"""A gateway in a small world: a toy dialect, real unix sockets, a signer and a courier that say what they are told."""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.asking import Asking
from ringfence.dialects.binance.frames import BinanceFrames
from ringfence.dialects.dialect import Answer
from ringfence.gateway.feeds import Feeds
from ringfence.gateway.front import Front
from ringfence.gateway.limits import Limits
from ringfence.gateway.relay import Spring
from ringfence.gateway.site import Site
from ringfence.ipc.client import stay_connected
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Answered, Ask, Fetch, Fetched, ToGateway
from ringfence.ipc.server import listen
from ringfence.model.action import Read
from ringfence.model.decision import Reason
from ringfence.model.names import ExchangeId
from ringfence.model.request import Request

ME = frozenset({os.getuid()})
QUICK = Limits(idle_seconds=0.3, body_seconds=0.3, linger_seconds=0.3, patience_seconds=0.3, connections=8, in_flight=4)
EXCHANGE = ExchangeId("toy")


class ToyDialect:
    """The two words of a dialect that the gateway uses: `GET /time` is market data, a no is a JSON object."""

    def read_public(self, request: Request) -> Read | None:
        if request.path == "/crash":
            raise ZeroDivisionError
        return Read("time", (("symbol", "X"),)) if request.path in {"/time", "/api/v3/time"} else None

    def refuse(self, reason: Reason) -> Answer:
        return Answer(418, f'{{"no":"{reason.code}","why":"{reason.text}"}}'.encode())


@dataclass
class Peers:
    """What the signer and the courier have heard, and what they say; `None` says nothing."""

    asks: list[Ask] = field(default_factory=list)
    fetches: list[Fetch] = field(default_factory=list)
    answer: Callable[[Ask], Answered | None] = lambda ask: Answered(ask.id, 200, b'{"ok":1}')
    fetched: Callable[[Fetch], Fetched | None] = lambda fetch: Fetched(fetch.id, 200, b'{"now":1}')
    links: list[Link[Ask] | Link[Fetch]] = field(default_factory=list)
    signer: Link[Ask] | None = None  # over which the last Ask came

    def came(self, link: Link[Ask] | Link[Fetch], up: bool) -> None:
        if up:
            self.links.append(link)

    def on_ask(self, link: Link[Ask], ask: Ask) -> None:
        self.asks.append(ask)
        self.signer = link
        answer = self.answer(ask)
        if answer is not None:
            link.send(answer)

    def on_fetch(self, link: Link[Fetch], fetch: Fetch) -> None:
        self.fetches.append(fetch)
        fetched = self.fetched(fetch)
        if fetched is not None:
            link.send(fetched)


@dataclass
class World:
    """The running gateway."""

    port: int
    peers: Peers
    counts: Counter[str]
    front: Front
    run: Path
    close: Callable[[], Awaitable[None]]

    async def say(self, raw: bytes) -> bytes:
        """Send raw bytes on a fresh connection, and hear all that comes until the gateway has no more to say."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(raw)
            await writer.drain()
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionError:
            return b""
        finally:
            writer.close()


@asynccontextmanager
async def world(limits: Limits = QUICK, *, peers_up: bool = True) -> AsyncIterator[World]:
    """Run a gateway on a free port between a bot and its peers."""
    peers = Peers()
    counts: Counter[str] = Counter()
    signer: Asking[Answered] = Asking(limits.in_flight, limits.patience_seconds)
    courier: Asking[Fetched] = Asking(limits.in_flight, limits.patience_seconds)
    feeds = Feeds(signer)
    with tempfile.TemporaryDirectory() as home:
        run = Path(home)
        servers = []
        if peers_up:
            servers.append(await listen(run / "asks.sock", Ask, ME, peers.on_ask, peers.came))
            servers.append(await listen(run / "public.sock", Fetch, ME, peers.on_fetch, peers.came))
        tasks = [
            asyncio.create_task(stay_connected(run / "asks.sock", ToGateway, ME, feeds.received, feeds.changed)),
            asyncio.create_task(stay_connected(run / "public.sock", Fetched, ME, courier.received, courier.changed)),
        ]
        spring = Spring(run / "streams.sock", ME, limits.patience_seconds)
        front = Front("bots", EXCHANGE, ToyDialect(), signer, courier, counts, BinanceFrames(), feeds, spring, limits)
        site = Site(front, 0, limits)
        await site.open()
        while peers_up and not (signer.connected and courier.connected):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        try:
            yield World(site.port, peers, counts, front, run, site.close)
        finally:
            await site.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for server in servers:
                server.close()
            for link in peers.links:
                link.close()
