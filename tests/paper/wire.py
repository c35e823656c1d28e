"""The exchange behind a port of its own, in the process of the test, with real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect

from ringfence.paper.clock import now_ms
from ringfence.paper.exchange import Exchange
from ringfence.paper.seen import Log
from ringfence.paper.server import door
from ringfence.paper.sockets import Sockets
from tests.paper.venue import KEYS, MAIN, START, Venue

PATIENCE = 10  # seconds until a test gives up


@dataclass(frozen=True, slots=True)
class Wire:
    """An exchange behind a port of its own, in this process; it tells only when a test says so."""

    exchange: Exchange
    sockets: Sockets
    port: int

    @contextlib.asynccontextmanager
    async def open(self, target: str, **more: Any) -> AsyncIterator[ClientConnection]:
        """Open a socket, and wait until the exchange reads it."""
        async with connect(f"ws://127.0.0.1:{self.port}{target}", **more) as socket:
            await (await socket.ping())
            yield socket

    def buy(self, quantity: str = "20") -> None:
        """Somebody buys; what follows of it is told at once."""
        venue = Venue(self.exchange, now=now_ms())
        assert venue.order(MAIN, symbol="VIAUSDT", side="BUY", type="MARKET", quantity=quantity)[0] == 200
        self.sockets.tell(now_ms())


@contextlib.asynccontextmanager
async def wired(listener: str = "plain") -> AsyncIterator[Wire]:
    exchange, log = Exchange(START, KEYS, now_ms()), Log()
    sockets = Sockets(exchange, log)
    runner = web.ServerRunner(web.Server(door(exchange, log, sockets, listener)), shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield Wire(exchange, sockets, runner.addresses[0][1])
    finally:
        await sockets.close()
        await runner.cleanup()


def over(does: Callable[[Wire], Awaitable[None]], listener: str = "plain") -> None:
    async def go() -> None:
        async with asyncio.timeout(PATIENCE), wired(listener) as wire:
            await does(wire)

    asyncio.run(go())
