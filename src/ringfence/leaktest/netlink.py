"""The few words of rtnetlink(7) that set up a network of our own: interfaces, addresses, routes.

Written out here so that no `ip` has to be there; it is in a namespace of its own, and touches no other.
"""

import os
import socket
import struct
from ipaddress import IPv4Interface, IPv6Interface

_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_LINK = struct.Struct("=BxHiII")  # family, type, index, flags, mask
_ADDRESS = struct.Struct("=BBBBI")  # family, prefix, flags, scope, index
_ROUTE = struct.Struct("=BBBBBBBBI")  # family, prefix, source prefix, tos, table, protocol, scope, type, flags
_ATTRIBUTE = struct.Struct("=HH")
_ERROR = struct.Struct("=i")

_NEWLINK, _NEWADDR, _NEWROUTE, _NLMSG_ERROR = 16, 20, 24, 2
_REQUEST, _ACK, _EXCL, _CREATE = 0x1, 0x4, 0x200, 0x400
_IFNAME, _MTU, _LINKINFO, _KIND, _DATA, _PEER = 3, 4, 18, 1, 2, 1
_IFA_ADDRESS, _IFA_LOCAL, _IFA_NODAD = 1, 2, 0x02
_RTA_OIF, _TABLE_MAIN, _PROTO_STATIC, _SCOPE_LINK, _UNICAST = 4, 254, 4, 253, 1
_UP, _NOARP = 0x1, 0x80


class Netlink:
    """A socket to the kernel's routing tables; every call is one request, and raises `OSError` as the kernel says."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._count = 0

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def up(self, name: str, *, quiet: bool = False) -> None:
        """Switch an interface on; a quiet one asks nobody who has which address."""
        flags = _UP | (_NOARP if quiet else 0)
        self._ask(_NEWLINK, 0, _LINK.pack(0, 0, socket.if_nametoindex(name), flags, flags))

    def pair(self, name: str, peer: str, mtu: int) -> None:
        """Make two interfaces of which each receives what the other sends (veth(4))."""
        other = _LINK.pack(0, 0, 0, 0, 0) + _text(_IFNAME, peer) + _attribute(_MTU, struct.pack("=I", mtu))
        info = _text(_KIND, "veth") + _attribute(_DATA, _attribute(_PEER, other))
        body = _LINK.pack(0, 0, 0, 0, 0) + _text(_IFNAME, name) + _attribute(_MTU, struct.pack("=I", mtu))
        self._ask(_NEWLINK, _CREATE | _EXCL, body + _attribute(_LINKINFO, info))

    def address(self, name: str, own: IPv4Interface | IPv6Interface) -> None:
        """Give an interface an address, at once and without asking whether others have it."""
        family = socket.AF_INET if own.version == 4 else socket.AF_INET6  # noqa: PLR2004  # the version of IP
        body = _ADDRESS.pack(family, own.network.prefixlen, _IFA_NODAD, 0, socket.if_nametoindex(name))
        packed = own.ip.packed
        self._ask(_NEWADDR, _CREATE | _EXCL, body + _attribute(_IFA_LOCAL, packed) + _attribute(_IFA_ADDRESS, packed))

    def default_route(self, name: str, family: int) -> None:
        """Send everything that has no other way through an interface."""
        body = _ROUTE.pack(family, 0, 0, 0, _TABLE_MAIN, _PROTO_STATIC, _SCOPE_LINK, _UNICAST, 0)
        index = struct.pack("=I", socket.if_nametoindex(name))
        self._ask(_NEWROUTE, _CREATE | _EXCL, body + _attribute(_RTA_OIF, index))

    def _ask(self, kind: int, flags: int, body: bytes) -> None:
        self._count += 1
        length = _HEADER.size + len(body)
        self._socket.send(_HEADER.pack(length, kind, flags | _REQUEST | _ACK, self._count, 0) + body)
        answer = self._socket.recv(65536)
        _, told, _, _, _ = _HEADER.unpack_from(answer)
        code = -_ERROR.unpack_from(answer, _HEADER.size)[0] if told == _NLMSG_ERROR else 0
        if code:
            raise OSError(code, os.strerror(code))


def _attribute(kind: int, value: bytes) -> bytes:
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + bytes(-length % 4)


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")
