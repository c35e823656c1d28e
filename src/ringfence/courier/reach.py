"""Reach a host of the wide internet: its name is looked up once, and nothing of our own network answers to it."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

from ringfence.errors import Unreachable
from ringfence.ipc.flow import End

_OPEN_SECONDS = 10.0
_ADDRESS_SECONDS = 2.0  # for each but the last, as for an exchange's (courier/idle.py)
# What Python (3.11) takes for public and is not: the protocols' own block (IANA's special-purpose registry), and the
# one address by which Azure answers the machine that asks, with keys too (its WireServer).
_ALSO_NOT = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("168.63.129.16/32"))
Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]


def is_public(text: str) -> bool:
    """Say whether an address is one of the wide internet's: not ours, not our network's, not a cloud's own."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if address.sixtofour is not None or address.teredo is not None or address.is_site_local:
            return False  # the first two lead to an address of the older kind, whichever
    if address.is_multicast or address.is_reserved or any(address in network for network in _ALSO_NOT):
        return False
    return address.is_global


async def resolve(host: str, port: int) -> tuple[str, ...]:
    """Look a name up."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))


async def reach(host: str, port: int, look_up: Resolve = resolve) -> End:
    """Connect to a host, and return our end, paused; raises `Unreachable` with the reason.

    Where one address of several is not public, none is tried: whoever answers for the name means to mislead.
    """
    try:
        async with asyncio.timeout(_OPEN_SECONDS):
            addresses = await look_up(host, port)
            if not addresses or not all(map(is_public, addresses)):
                raise Unreachable(f"{host} is at an address that is not public")
            return await _first(addresses, port)
    except TimeoutError:
        raise Unreachable(f"{host} does not answer") from None
    except socket.gaierror:
        raise Unreachable(f"{host} could not be looked up") from None
    except OSError:
        raise Unreachable(f"{host} could not be connected to") from None


async def _first(addresses: tuple[str, ...], port: int) -> End:
    *others, last = addresses
    for address in others:
        try:
            async with asyncio.timeout(_ADDRESS_SECONDS):
                return await _at(address, port)
        except OSError:  # of which TimeoutError is one
            continue
    return await _at(last, port)


async def _at(address: str, port: int) -> End:
    _, end = await asyncio.get_running_loop().create_connection(End, address, port)
    end.read(False)
    return end
