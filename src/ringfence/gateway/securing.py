"""A port whose connections shake hands before anything is read from them."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Protocol

from ringfence.deadline import Deadline
from ringfence.errors import Unreachable
from ringfence.gateway.connection import Answering, Connection
from ringfence.gateway.crowd import Crowd
from ringfence.gateway.knocks import Knocks
from ringfence.gateway.limits import Limits
from ringfence.gateway.ports import OWN, Ports, stands_for
from ringfence.gateway.tls import Secured

_log = logging.getLogger("ringfence.gateway")
_FULL_SECONDS = 0.1


class Attempt(Protocol):
    """One connection's way in: what is shown to it, and whom it meets."""

    def leaf(self, name: str | None) -> ssl.SSLContext | None:
        """Choose what is shown to a client by the name that it asks for, in lower case; None ends the handshake."""
        ...

    def succeeded(self) -> Answering:
        """Say whom a client meets whose handshake is done."""
        ...

    def failed(self, error: Unreachable) -> None:
        """Say that it came to nothing."""
        ...


class SecuredPort:
    """One port. `plain`: whom those meet who speak HTTP in plain; without it they are ended without a word."""

    def __init__(
        self, address: str, port: int, attempt: Callable[[], Attempt], limits: Limits, plain: Answering | None = None
    ) -> None:
        self._address, self._port = address, port
        self._attempt = attempt
        self._limits = limits
        self._plain = plain
        self._crowd = Crowd(limits)
        self._knocks = Knocks(limits)
        self._accepting: dict[asyncio.Task[None], socket.socket] = {}

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return stands_for(next(iter(self._accepting.values())))[1]

    async def open(self, ports: Ports = OWN) -> None:
        """Begin to listen; raises `Misconfigured` where that cannot be."""
        loop = asyncio.get_running_loop()
        self._accepting = {loop.create_task(self._accept(one)): one for one in ports.at(self._address, self._port)}

    async def close(self) -> None:
        """Listen no more, and let open requests end."""
        for task, listening in self._accepting.items():
            task.cancel()
            await asyncio.wait([task])
            listening.close()
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
                self._knocks.come(Comer(self._let_in(wire), self._limits.knock_seconds, self._knocks.gone))

    async def _let_in(self, wire: socket.socket) -> None:
        """Shake hands, and go on as any connection; with those who speak in plain, where they are to be told so."""
        plain = self._plain
        if plain is not None and (await _first(wire)).isupper():  # as every method of HTTP, and no record of TLS
            await _speak_plain(wire, lambda: self._crowd.connection(plain))
            return
        attempt, secured = self._attempt(), Secured()
        try:
            await secured.take(wire, attempt.leaf)
        except Unreachable as error:
            attempt.failed(error)
        else:
            secured.hand_over(self._crowd.connection(attempt.succeeded()))


async def _speak_plain(wire: socket.socket, make: Callable[[], Connection]) -> None:
    try:
        await asyncio.get_running_loop().connect_accepted_socket(make, wire)
    except OSError:  # it has gone meanwhile
        wire.close()


async def _first(wire: socket.socket) -> bytes:
    """Look at the first byte, and leave it there; nothing where the connection has ended. Ends it where cancelled."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(wire.fileno(), came.set)
    try:
        try:
            await came.wait()
        finally:
            loop.remove_reader(wire.fileno())
        return wire.recv(1, socket.MSG_PEEK)
    except OSError:
        return b""
    except asyncio.CancelledError:
        wire.close()
        raise


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
            _log.error("a connection that was to be secured broke: %s", type(task.exception()).__name__)
