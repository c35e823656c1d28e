"""Listen on a loopback port for one listener's bots, with a cap on connections."""

import asyncio

from websockets.frames import CloseCode

from ringfence.errors import Misconfigured
from ringfence.gateway.connection import Answering, Connection
from ringfence.gateway.limits import Limits
from ringfence.gateway.websocket import Socket

LOOPBACK = "127.0.0.1"  # bots live on this machine; nothing else may reach the gateway
_CLOSE_SECONDS = 2.0  # how long open requests may finish at the end


class Site:
    """One listening port. `port` 0 takes any free one (tests)."""

    def __init__(self, front: Answering, port: int, limits: Limits) -> None:
        self._front = front
        self._port = port
        self._limits = limits
        self._open: set[Connection] = set()
        self._sockets: set[Socket] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server is not None  # noqa: S101  # after open() only
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def open(self) -> None:
        """Begin to listen; raises `Misconfigured` where that cannot be, as where the port is taken."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._connection, LOOPBACK, self._port)
        except OSError as error:
            raise Misconfigured(
                f"port {self._port} cannot be listened on: {error.strerror or error}",
                hint="stop what listens there, or choose another in ringfence.toml",
            ) from error

    async def close(self) -> None:
        """Listen no more, and let open requests end."""
        if self._server is not None:
            self._server.close()
        answering = [connection.task for connection in self._open if connection.task is not None]
        for connection in [*self._open]:
            connection.close()
        for socket in [*self._sockets]:
            socket.close(CloseCode.GOING_AWAY, "ringfence stops")
        if answering:
            await asyncio.wait(answering, timeout=_CLOSE_SECONDS)

    def _connection(self) -> Connection:
        return Connection(self._front, self._limits, self._open, self._sockets)
