"""The addresses of a host, tried one after the other, and why none of them could be connected to."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

_HTTPS = 443
# How long an address is tried where the host has others: uvloop would try it as long as the kernel does, two minutes,
# and a network that drops all packets of one kind is not rare. RFC 8305 would begin the next after 250 ms, beside the
# first; one after the other, each needs time for the handshake with a far host.
ADDRESS_SECONDS = 2.0

Open = TypeVar("Open")


def named(host: str) -> tuple[str, int]:
    """Take `name` or `name:port` apart; raises `ValueError` for what is no port."""
    where = urlsplit(f"//{host}")
    return where.hostname or "", where.port or _HTTPS


async def look_up(name: str, port: int) -> tuple[str, ...]:
    """Look a name up; raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))


async def in_turn(addresses: tuple[str, ...], at: Callable[[str], Awaitable[Open]]) -> Open:
    """Connect at the first address that can be; the last has no time of its own. Raises what that one raises.

    Where a connection stands and cannot be secured no other is tried.
    """
    *others, last = addresses
    for address in others:
        try:
            async with asyncio.timeout(ADDRESS_SECONDS):
                return await at(address)
        except ssl.SSLError:
            raise
        except OSError:  # of which TimeoutError is one
            continue
    return await at(last)


def unopened(error: OSError | ValueError) -> str:
    """Say why a connection to an exchange could not be opened; quotes nothing."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case socket.gaierror():
            return "the host's name could not be looked up"
        case ssl.SSLError():
            return "the connection could not be secured"
        case _:
            return "no connection"
