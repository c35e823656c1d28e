"""The connections to one place: opened with every certificate checked, kept a while where they may be used again."""

import asyncio

from ringfence.courier.address import in_turn, look_up, named
from ringfence.courier.connection import Connection
from ringfence.courier.hosts import Place

_IDLE_SECONDS = 15.0  # well below what servers keep them for (nginx 75 s, Amazon's balancers 60 s by default)


class Connections:
    """Those to one place; raises `OSError` where its certificate file cannot be read."""

    def __init__(self, place: Place) -> None:
        self._context = place.trust()
        self._idle: dict[str, list[Connection]] = {}  # the one that was used last is last
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def take(self, host: str) -> Connection | None:
        """Take the idle connection that was used last, if there is one."""
        idle = self._idle.get(host)
        while idle:
            connection = idle.pop()
            if connection.usable:
                return connection
        return None

    def keep(self, host: str, connection: Connection) -> None:
        """Put a connection back if it may be used again, for as long as an idle one is kept."""
        if not connection.usable:
            return
        if self._closed:
            connection.close()
            return
        loop = asyncio.get_running_loop()
        connection.since = loop.time()
        self._idle.setdefault(host, []).append(connection)
        if self._timer is None:
            self._timer = loop.call_later(_IDLE_SECONDS, self._sweep)

    async def open(self, host: str) -> Connection:
        """Make a new one to `name` or `name:port`; raises `OSError` or `ValueError`. No byte of a request leaves."""
        name, port = named(host)
        return await in_turn(await look_up(name, port), lambda address: self._at(address, port, name))

    async def close(self) -> None:
        """End all that are idle, and each of the others when its answer has been heard."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()

    async def _at(self, address: str, port: int, name: str) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, address, port, ssl=self._context, server_hostname=name
        )
        return connection

    def _sweep(self) -> None:
        """Close what has been idle for long enough, and come back when the next one has."""
        loop = asyncio.get_running_loop()
        self._timer, now = None, loop.time()
        for host, idle in list(self._idle.items()):
            for connection in idle:
                if connection.since + _IDLE_SECONDS <= now:
                    connection.close()
            self._idle[host] = [connection for connection in idle if connection.usable]
        oldest = min((idle[0].since for idle in self._idle.values() if idle), default=None)
        if oldest is not None:
            self._timer = loop.call_later(oldest + _IDLE_SECONDS - now, self._sweep)
