"""What listens on the network, as /proc/net says; it never connects to anything."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.audit.host.host import Host
from ringfence.audit.host.interfaces import sheltered
from ringfence.audit.host.source import Unseen

_LISTENS = {"tcp": "0A", "udp": "07"}
"""States of a socket: listening, and, for UDP, bound and not connected (include/net/tcp_states.h)."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One socket that waits for somebody; an address of all zeros is every address."""

    protocol: str
    address: str
    port: int
    uid: int
    inode: int

    @property
    def name(self) -> str:
        """Write it as a policy does: `tcp/22`."""
        return f"{self.protocol}/{self.port}"

    @property
    def families(self) -> tuple[str, ...]:
        """Say in which families it may be reached: :: may take IPv4 as well (ipv6(7), IPV6_V6ONLY)."""
        if self.address == "::":
            return ("ip", "ip6")
        return ("ip6",) if ":" in self.address else ("ip",)


def listeners(host: Host) -> tuple[Listener, ...]:
    """List every socket that listens, on whatever address."""
    return tuple(each for protocol in _LISTENS for suffix in ("", "6") for each in _table(host, protocol, suffix))


def reachable(host: Host) -> tuple[Listener, ...]:
    """List those that somebody outside can reach: not on loopback, and not on an address of a VPN or a container."""
    hidden = sheltered(host)
    return tuple(each for each in listeners(host) if not _is_local(each.address) and each.address not in hidden)


def _table(host: Host, protocol: str, suffix: str) -> Iterator[Listener]:
    text = host.text(f"/proc/net/{protocol}{suffix}")
    if text is None:
        if suffix:  # a kernel without IPv6 has none
            return
        raise Unseen(f"there is no /proc/net/{protocol}")
    rows = (line.split() for line in text.splitlines()[1:])
    try:
        yield from (_listener(protocol, row) for row in rows if row[3] == _LISTENS[protocol])
    except (IndexError, ValueError):
        raise Unseen(f"/proc/net/{protocol}{suffix} cannot be read") from None


def _listener(protocol: str, row: list[str]) -> Listener:
    address, _, port = row[1].partition(":")
    return Listener(protocol, _address(address), int(port, 16), int(row[7]), int(row[9]))


def _address(text: str) -> str:
    """Read an address that the kernel prints in words of four bytes, the last byte first."""
    data = bytes.fromhex(text)
    found = ipaddress.ip_address(b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4)))
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def _is_local(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback
