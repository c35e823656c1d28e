"""The open connections that share one cap: those of a listener, or of one bot. Each crowd fills up alone."""

import asyncio

from websockets.frames import CloseCode

from ringfence.gateway.connection import Answering, Connection
from ringfence.gateway.limits import Limits
from ringfence.gateway.websocket import Socket

_CLOSE_SECONDS = 2.0  # how long open requests may finish at the end


class Crowd:
    """Connections, the WebSockets that some of them became, and those that are not secured yet."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: set[Connection] = set()
        self._sockets: set[Socket] = set()
        self.coming = 0  # in the middle of their handshakes

    @property
    def full(self) -> bool:
        """Whether there is no place for one more."""
        return len(self._open) + self.coming >= self._limits.connections

    def connection(self, front: Answering) -> Connection:
        """Make one more, which is ended at once where there are too many."""
        return Connection(front, self._limits, self._open, self._sockets)

    async def close(self) -> None:
        """End them all, and let open requests be answered."""
        answering = [connection.task for connection in self._open if connection.task is not None]
        for connection in [*self._open]:
            connection.close()
        for socket in [*self._sockets]:
            socket.close(CloseCode.GOING_AWAY, "ringfence stops")
        if answering:
            await asyncio.wait(answering, timeout=_CLOSE_SECONDS)
