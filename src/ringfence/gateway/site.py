"""Listen on a loopback port for one listener's bots, with a cap on connections; and how any port is listened on."""

import asyncio
import errno
from collections.abc import Callable

from ringfence.errors import Misconfigured
from ringfence.gateway.connection import Answering
from ringfence.gateway.crowd import Crowd
from ringfence.gateway.limits import Limits

LOOPBACK = "127.0.0.1"  # bots live on this machine; nothing else may reach the gateway


class Site:
    """One listening port. `port` 0 takes any free one (tests)."""

    def __init__(self, front: Answering, port: int, limits: Limits) -> None:
        self._front = front
        self._port = port
        self._crowd = Crowd(limits)
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return port_of(self._server)

    async def open(self) -> None:
        """Begin to listen; raises `Misconfigured` where that cannot be, as where the port is taken."""
        self._server = await listen(lambda: self._crowd.connection(self._front), LOOPBACK, self._port)

    async def close(self) -> None:
        """Listen no more, and let open requests end."""
        if self._server is not None:
            self._server.close()
        await self._crowd.close()


async def listen(make: Callable[[], asyncio.BaseProtocol], address: str, port: int) -> asyncio.Server:
    """Listen on a port of this machine; raises `Misconfigured` with what helps where that cannot be."""
    try:
        return await asyncio.get_running_loop().create_server(make, address, port)
    except OSError as error:
        raise unbound(address, port, error) from error


def unbound(address: str, port: int, error: OSError) -> Misconfigured:
    """Say why a port cannot be listened on, and what helps."""
    hint = "stop what listens there, or choose another in ringfence.toml"
    if error.errno == errno.EACCES:
        hint = (
            "a port below 1024 needs CAP_NET_BIND_SERVICE (setcap, or AmbientCapabilities= of its systemd unit), "
            f"or `sysctl net.ipv4.ip_unprivileged_port_start={port}`"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        hint = "choose an address from 127.0.0.0/8"
    where = f"port {port}" if address == LOOPBACK else f"port {port} of {address}"
    return Misconfigured(f"{where} cannot be listened on: {error.strerror or error}", hint=hint)


def port_of(server: asyncio.Server | None) -> int:
    """Say which port a server has got."""
    assert server is not None  # noqa: S101  # after open() only
    port: int = server.sockets[0].getsockname()[1]
    return port
