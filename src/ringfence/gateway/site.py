"""Listen on a loopback port for one listener's bots, with a cap on connections."""

import asyncio

from ringfence.gateway.connection import Answering
from ringfence.gateway.crowd import Crowd
from ringfence.gateway.limits import Limits
from ringfence.gateway.ports import LOOPBACK, OWN, Ports, listen, port_of


class Site:
    """One listening port. `port` 0 takes any free one (tests)."""

    def __init__(self, front: Answering, port: int, limits: Limits) -> None:
        self._front = front
        self._port = port
        self._crowd = Crowd(limits)
        self._servers: tuple[asyncio.Server, ...] = ()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return port_of(self._servers)

    async def open(self, ports: Ports = OWN) -> None:
        """Begin to listen; raises `Misconfigured` where that cannot be, as where the port is taken."""
        self._servers = await listen(lambda: self._crowd.connection(self._front), ports.at(LOOPBACK, self._port))

    async def close(self) -> None:
        """Listen no more, and let open requests end."""
        for server in self._servers:
            server.close()
        await self._crowd.close()
