"""An exchange's WebSockets: the library's own server over TLS, which says what a test tells it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection, serve

from ringfence.courier.hosts import Place
from tests.courier.exchange import Identity


@dataclass
class Streams:
    """What has been opened there, and what was said."""

    place: Place
    host: str
    opened: list[str] = field(default_factory=list)  # the target of each socket
    heard: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    sockets: list[ServerConnection] = field(default_factory=list)
    greet: Callable[[ServerConnection], Awaitable[None]] | None = None

    async def serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.opened.append(socket.request.path)
        self.sockets.append(socket)
        if self.greet is not None:
            await self.greet(socket)
        async for text in socket:
            assert isinstance(text, str)
            self.heard.put_nowait(text)

    async def next(self) -> str:
        return await asyncio.wait_for(self.heard.get(), 5)


@asynccontextmanager
async def streams(identity: Identity) -> AsyncIterator[Streams]:
    there = Streams(Place(None), "")
    async with serve(there.serve, "127.0.0.1", 0, ssl=identity.server(), compression=None, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        there.host = f"127.0.0.1:{port}"
        there.place = Place(frozenset({there.host}), identity.certificate)
        yield there
