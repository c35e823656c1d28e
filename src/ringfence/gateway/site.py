"""Listen on a loopback port for one listener's bots, with a cap on connections."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import web

from ringfence.gateway.limits import Limits

LOOPBACK = "127.0.0.1"  # bots live on this machine; nothing else may reach the gateway
_CLOSE_SECONDS = 2.0  # how long open requests may finish at the end

# aiohttp's own log quotes the bytes it could not parse, which may hold a key: it is not written anywhere.
_silent = logging.getLogger("ringfence.gateway.aiohttp")
_silent.setLevel(logging.CRITICAL + 1)


class _Full(asyncio.Protocol):
    """Ends a connection that is one too many before a byte of it is read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).abort()  # uvloop's transports are not of asyncio's classes


class Site:
    """One listening port. `port` 0 takes any free one (tests)."""

    def __init__(
        self, answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], port: int, limits: Limits
    ) -> None:
        self._port = port
        self._most = limits.connections
        self._http = web.Server(
            answer,
            logger=_silent,
            access_log=None,
            keepalive_timeout=limits.idle_seconds,
            max_line_size=limits.line,
            max_field_size=limits.field,
            max_headers=limits.fields,
            lingering_time=limits.linger_seconds,
            auto_decompress=False,
        )
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server is not None  # noqa: S101  # after open() only
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def open(self) -> None:
        """Begin to listen; raises `OSError` where the port is taken."""
        self._server = await asyncio.get_running_loop().create_server(self._protocol, LOOPBACK, self._port)

    async def close(self) -> None:
        """Listen no more, and let open requests end."""
        if self._server is not None:
            self._server.close()
        self._http.pre_shutdown()
        await self._http.shutdown(_CLOSE_SECONDS)

    def _protocol(self) -> asyncio.Protocol:
        return _Full() if len(self._http.connections) >= self._most else self._http()
