"""Reach a host of the wide internet: its name is looked up once, and nothing of our own network answers to it."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

from ringfence.courier.address import in_turn, look_up
from ringfence.errors import Unreachable
from ringfence.ipc.flow import End

_OPEN_SECONDS = 10.0
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


async def reach(host: str, port: int, resolve: Resolve = look_up) -> End:
    """Connect to a host, and return our end, paused; raises `Unreachable` with the reason.

    Where one address of several is not public, none is tried: whoever answers for the name means to mislead.
    """
    try:
        async with asyncio.timeout(_OPEN_SECONDS):
            addresses = await resolve(host, port)
            if not addresses or not all(map(is_public, addresses)):
                raise Unreachable(f"{host} is at an address that is not public")
            return await in_turn(addresses, lambda address: _at(address, port))
    except TimeoutError:
        raise Unreachable(f"{host} does not answer") from None
    except socket.gaierror:
        raise Unreachable(f"{host} could not be looked up") from None
    except OSError:
        raise Unreachable(f"{host} could not be connected to") from None


async def _at(address: str, port: int) -> End:
    _, end = await asyncio.get_running_loop().create_connection(End, address, port)
    end.read(False)
    return end
