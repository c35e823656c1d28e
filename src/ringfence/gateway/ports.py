"""The listening sockets: those that systemd hands over, each in a bot's own network, or else our own on loopback.

Where any is handed over, none is bound: what the machine's other users could reach would not be the bots' alone.
A bot in a container has no network that systemd could listen in. Its sockets are doors: unix sockets, each named for
the address and port that it stands for, which are served as those are.
"""

import asyncio
import errno
import os
import re
import socket
from collections.abc import Callable, Mapping
from typing import Self

from ringfence.errors import Misconfigured

LOOPBACK = "127.0.0.1"  # bots live on this machine; nothing else may reach the gateway
_FIRST = 3  # sd_listen_fds(3), SD_LISTEN_FDS_START
_MOST = 1_024  # descriptors; a thousand bots on one server are a mistake in the unit
_HINT = "`ringfence deploy` writes units that fit ringfence.toml"
# `ringfence deploy` names them so, and a name that reads in two ways is none: no zero leads, and nothing may follow.
_DOOR = re.compile(r"/(?:[^/]+/)*(?P<address>(?:[0-9]{1,3}\.){3}[0-9]{1,3}):(?P<port>[1-9][0-9]{0,4})\.sock", re.ASCII)

Where = tuple[str, int]
"""A loopback address and a port."""


class Ports:
    """Where the gateway listens. Several sockets of one port are those of several bots' networks."""

    def __init__(self, handed: tuple[socket.socket, ...] = ()) -> None:
        self._handed = bool(handed)
        self._left: dict[Where, list[socket.socket]] = {}
        for one in handed:
            one.setblocking(False)
            self._left.setdefault(stands_for(one), []).append(one)

    @classmethod
    def given(cls, environment: Mapping[str, str]) -> Self:
        """Take what systemd hands to this very process; raises `Misconfigured` for what is no listening socket."""
        if environment.get("LISTEN_PID") != str(os.getpid()):
            return cls()
        count = environment.get("LISTEN_FDS", "")
        if not count.isascii() or not count.isdigit() or int(count) > _MOST:
            raise Misconfigured("LISTEN_FDS is no number of sockets", hint=_HINT)
        return cls(tuple(_listening(fd) for fd in range(_FIRST, _FIRST + int(count))))

    def at(self, address: str, port: int) -> tuple[socket.socket, ...]:
        """Return what listens there, each socket but once; raises `Misconfigured` where nothing can."""
        if self._handed:
            if (address, port) not in self._left:
                raise Misconfigured(f"no socket for port {port} of {address} was handed over", hint=_HINT)
            return tuple(self._left.pop((address, port)))
        try:
            bound = socket.create_server((address, port))
        except OSError as error:
            raise unbound(address, port, error) from error
        bound.setblocking(False)
        return (bound,)

    def insist_on_all(self) -> None:
        """Raise `Misconfigured` where a socket was handed over that nothing of ours serves."""
        if self._left:
            address, port = min(self._left)
            raise Misconfigured(f"a socket for port {port} of {address} was handed over, and nothing is served there")


def _listening(fd: int) -> socket.socket:
    try:
        found = socket.socket(fileno=fd)
        listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        raise Misconfigured(f"descriptor {fd} is no socket", hint=_HINT) from None
    streams = found.type is socket.SOCK_STREAM and found.family in {socket.AF_INET, socket.AF_UNIX}
    if not listens or not streams:
        raise Misconfigured(f"descriptor {fd} is no listening socket of IPv4, and no door", hint=_HINT)
    os.set_inheritable(fd, False)
    return found


def stands_for(one: socket.socket) -> Where:
    """Say which address and port a listening socket is for, a door by its name; raises `Misconfigured`."""
    name: object = one.getsockname()
    if one.family is socket.AF_INET and isinstance(name, tuple):
        return str(name[0]), int(name[1])
    said = _DOOR.fullmatch(name) if isinstance(name, str) else None
    if said is None:
        raise Misconfigured("a unix socket was handed over whose name says no address and port", hint=_HINT)
    return said["address"], int(said["port"])


OWN = Ports()
"""Ports that we bind ourselves."""


async def listen(
    make: Callable[[], asyncio.BaseProtocol], sockets: tuple[socket.socket, ...]
) -> tuple[asyncio.Server, ...]:
    """Serve every connection that comes to these sockets."""
    loop = asyncio.get_running_loop()
    return tuple([await loop.create_server(make, sock=one) for one in sockets])


def port_of(servers: tuple[asyncio.Server, ...]) -> int:
    """Say which port servers have got; after they were opened only."""
    return stands_for(servers[0].sockets[0])[1]


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
