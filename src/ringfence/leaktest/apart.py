"""Namespaces of our own: a network in which there is nobody, and, where one is not root, a user that may set it up."""

import ctypes
import errno
import fcntl
import socket
import struct
from contextlib import suppress
from ipaddress import IPv4Interface, IPv6Interface
from pathlib import Path

from ringfence.confine import namespace
from ringfence.errors import Misconfigured
from ringfence.leaktest.netlink import Netlink

OUT, WORLD = "out0", "world0"
"""The interface that everything leaves by, and its other end, where the world is played."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_SIOCGIFHWADDR = 0x8927  # netdevice(7)
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_MTU = 65_535  # as large as a packet can be: first words come whole
_OWN4, _OWN6 = IPv4Interface("198.51.100.2/24"), IPv6Interface("fd52:6f6e:6700::2/64")  # RFC 5737, RFC 4193
# Resolvers that are asked through a file, from any network, so that a look-up would leave by the host's.
_RESOLVERS = ("/run/systemd/resolve", "/run/nscd", "/var/run/nscd")


def leave() -> None:
    """Leave the machine's network and its resolvers; raises `Misconfigured` where the kernel does not let us."""
    namespace.leave()
    for path in _RESOLVERS:
        if Path(path).is_dir():
            _LIBC.mount(b"none", path.encode(), b"tmpfs", 0, None)
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def lay_wires() -> None:
    """Set the network up: loopback, and one way out for everything else. IPv6 only where the kernel has it."""
    netlink = Netlink()
    try:
        netlink.up("lo")
        netlink.pair(OUT, WORLD, _MTU)
        netlink.up(WORLD, quiet=True)
        netlink.up(OUT, quiet=True)
        netlink.address(OUT, _OWN4)
        netlink.default_route(OUT, socket.AF_INET)
        with suppress(OSError):
            netlink.address(OUT, _OWN6)
            netlink.default_route(OUT, socket.AF_INET6)
    except OSError as error:
        hint = namespace.HINT if error.errno in {errno.EPERM, errno.EACCES} else "the kernel needs veth: modprobe veth"
        raise Misconfigured(f"a network of our own cannot be set up: {error.strerror}", hint=hint) from None
    finally:
        netlink.close()


def mac_of(name: str) -> bytes:
    """Return an interface's hardware address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        told = fcntl.ioctl(asking, _SIOCGIFHWADDR, struct.pack("256s", name.encode()))
    return told[18:24]
