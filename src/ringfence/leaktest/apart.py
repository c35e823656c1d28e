"""Namespaces of our own: a network in which there is nobody, and, where one is not root, a user that may set it up."""

import ctypes
import errno
import fcntl
import os
import socket
import struct
from contextlib import suppress
from ipaddress import IPv4Interface, IPv6Interface
from pathlib import Path

from ringfence.errors import Misconfigured
from ringfence.leaktest.netlink import Netlink

OUT, WORLD = "out0", "world0"
"""The interface that everything leaves by, and its other end, where the world is played."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEWNS, _NEWUSER, _NEWNET = 0x00020000, 0x10000000, 0x40000000  # clone(2)
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000  # mount(2)
_SIOCGIFHWADDR = 0x8927  # netdevice(7)
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_MTU = 65_535  # as large as a packet can be: first words come whole
_OWN4, _OWN6 = IPv4Interface("198.51.100.2/24"), IPv6Interface("fd52:6f6e:6700::2/64")  # RFC 5737, RFC 4193
# Resolvers that are asked through a file, from any network, so that a look-up would leave by the host's.
_RESOLVERS = ("/run/systemd/resolve", "/run/nscd", "/var/run/nscd")


def leave() -> None:
    """Leave the machine's network; raises `Misconfigured` where the kernel does not let us."""
    uid, gid = os.getuid(), os.getgid()
    if _LIBC.unshare(_NEWNET | _NEWNS) != 0:
        if _LIBC.unshare(_NEWUSER | _NEWNET | _NEWNS) != 0:
            code = ctypes.get_errno()
            raise Misconfigured(f"the kernel gives us no network of our own: {os.strerror(code)}", hint=_HINT)
        _map(uid, gid)
    _LIBC.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    for path in _RESOLVERS:
        if Path(path).is_dir():
            _LIBC.mount(b"none", path.encode(), b"tmpfs", 0, None)
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


_HINT = (
    "run it as root; or let users have namespaces: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
    "kernel.apparmor_restrict_unprivileged_userns; a container needs --privileged, or --cap-add SYS_ADMIN"
)


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
        hint = _HINT if error.errno in {errno.EPERM, errno.EACCES} else "the kernel needs veth: modprobe veth"
        raise Misconfigured(f"a network of our own cannot be set up: {error.strerror}", hint=hint) from None
    finally:
        netlink.close()


def mac_of(name: str) -> bytes:
    """Return an interface's hardware address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        told = fcntl.ioctl(asking, _SIOCGIFHWADDR, struct.pack("256s", name.encode()))
    return told[18:24]


def _map(uid: int, gid: int) -> None:
    """Stay who we are in the new user namespace; the order is the kernel's (user_namespaces(7))."""
    Path("/proc/self/setgroups").write_text("deny", "ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", "ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", "ascii")
