"""Loopback ports for what a test starts."""

import contextlib
import secrets
import socket

_OURS = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on.

    They are below those that the kernel gives to connections (ip(7), ip_local_port_range): one of these could be taken
    by anybody's connection before it is listened on.
    """
    found: set[int] = set()
    while len(found) < count:
        port = secrets.choice(_OURS)
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            found.add(port)
    return sorted(found)
