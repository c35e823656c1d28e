"""Exchanges' own host names, made to mean a loopback address: TLS by the name that the client asks for.

Who asks cannot be known before a request is signed, so all share one cap.
"""

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Coroutine

from ringfence.deadline import Deadline
from ringfence.errors import Unreachable
from ringfence.gateway.crowd import Crowd
from ringfence.gateway.doors import Door, Doors
from ringfence.gateway.knocks import Knocks
from ringfence.gateway.limits import Limits
from ringfence.gateway.site import unbound
from ringfence.gateway.tls import Distrusted, Leaves, Secured
from ringfence.seldom import Seldom

_log = logging.getLogger("ringfence.gateway")
_FULL_SECONDS = 0.1


class NamedSite:
    """One port of that address. `meant`: the port that clients say, where another is listened on (tests)."""

    def __init__(  # noqa: PLR0913, PLR0917  # one each
        self,
        address: str,
        port: int,
        doors: Doors,
        leaves: Leaves,
        limits: Limits,
        counts: Counter[str],
        meant: int | None = None,
    ) -> None:
        self._address, self._port = address, port
        self._doors = {name: door for name, door in doors.items() if (meant or port) in door.host.ports}
        self._leaves = leaves
        self._limits = limits
        self._counts = counts
        self._crowd = Crowd(limits)
        self._knocks = Knocks(limits)
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._seldom = Seldom()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._socket is not None  # noqa: S101  # after open() only
        port: int = self._socket.getsockname()[1]
        return port

    async def open(self) -> None:
        """Begin to listen; raises `Misconfigured` where that cannot be."""
        try:
            self._socket = socket.create_server((self._address, self._port))
        except OSError as error:
            raise unbound(self._address, self._port, error) from error
        self._socket.setblocking(False)
        self._accepting = asyncio.get_running_loop().create_task(self._accept(self._socket))

    async def close(self) -> None:
        """Listen no more, and let open requests end."""
        if self._accepting is not None and self._socket is not None:
            self._accepting.cancel()
            await asyncio.wait([self._accepting])
            self._socket.close()
        self._knocks.close()
        await self._crowd.close()

    async def _accept(self, listening: socket.socket) -> None:
        """Take connections as they come. A handshake can only begin before the first byte has been read."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                wire, _ = await loop.sock_accept(listening)
            except OSError:  # no descriptor is free
                await asyncio.sleep(_FULL_SECONDS)
            else:
                self._knocks.come(Comer(self._secure(wire), self._limits.knock_seconds, self._knocks.gone))

    async def _secure(self, wire: socket.socket) -> None:
        """Shake hands by the name that the client asks for, and go on as any connection to that host."""
        meant: list[Door] = []
        secured = Secured()
        try:
            await secured.take(wire, lambda name: self._leaf(name, meant))
        except Unreachable as error:
            self._failed(error, meant)
        else:
            self._counts["names: connections"] += 1
            secured.hand_over(self._crowd.connection(meant[-1]))

    def _leaf(self, name: str, meant: list[Door]) -> ssl.SSLContext | None:
        """Choose the leaf of a host, and note its door."""
        door = self._doors.get(name)
        if door is None:
            return None
        meant.append(door)
        return self._leaves.of(name)

    def _failed(self, error: Unreachable, meant: list[Door]) -> None:
        """Say once a minute what came to nothing; the name that was asked for only where it is one of ours."""
        self._counts["names: no handshake"] += 1
        host = meant[-1].host.name if meant else "a name that is no exchange's, or none"
        if not self._seldom.is_due(host):
            return
        if isinstance(error, Distrusted):
            _log.warning("%s: %s; see `ringfence point`", host, error)
        elif meant and self._leaves.of(host) is None:
            _log.error("there is no certificate for %s; run `ringfence certificates`", host)
        else:
            _log.info("%s: %s", host, error)


class Comer:
    """One connection, until its handshake is done, which has its time."""

    def __init__(self, work: Coroutine[None, None, None], seconds: float, gone: Callable[["Comer"], None]) -> None:
        self._gone = gone
        self._task = asyncio.get_running_loop().create_task(work)
        self._task.add_done_callback(self._done)
        self._deadline = Deadline(self.send_away)
        self._deadline.within(seconds)

    def send_away(self) -> None:
        """End it without a word."""
        self._task.cancel()

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._deadline.cancel()
        self._gone(self)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a connection by name broke: %s", type(task.exception()).__name__)
