"""The network interfaces, and which of them lead outside. A name proves nothing: the kernel says what each is."""

import msgspec

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_INSIDE = {"bridge", "veth", "dummy", "ifb", "nlmon", "vcan"}
"""Kinds that lead to containers, to nowhere, or copy; a bridge that has the way out is outside all the same."""

_TUNNELS = {"wireguard", "tun"}
"""Kinds that a VPN makes: WireGuard's own, and tun(4), which Tailscale, OpenVPN and Nebula use."""


class _Kind(msgspec.Struct, frozen=True):
    info_kind: str = ""


class _Address(msgspec.Struct, frozen=True):
    family: str
    local: str = ""


class _Interface(msgspec.Struct, frozen=True):
    ifname: str = ""
    flags: tuple[str, ...] = ()
    linkinfo: _Kind = _Kind()
    addr_info: tuple[_Address, ...] = ()


class Interface(msgspec.Struct, frozen=True):
    """One interface: its kind as the kernel calls it (empty for a card), whether it is up, and its addresses."""

    name: str
    kind: str
    is_up: bool
    is_loopback: bool
    addresses: tuple[str, ...]

    @property
    def is_vpn(self) -> bool:
        """Say whether it is a tunnel."""
        return self.kind in _TUNNELS


def interfaces(host: Host) -> tuple[Interface, ...]:
    """List them; raises `Unseen`."""
    ran = host.run("ip", "-d", "-j", "address")
    if ran.code:
        raise Unseen("`ip -d -j address` fails")
    try:
        rows = msgspec.json.decode(ran.out, type=tuple[_Interface, ...])
    except msgspec.MsgspecError:
        raise Unseen("what `ip -d -j address` prints cannot be read") from None
    return tuple(_interface(row) for row in rows if row.ifname)


def outside(host: Host) -> tuple[Interface, ...]:
    """List the interfaces that strangers may reach; raises `Unseen` where there is none."""
    routed = _routed(host)
    found = tuple(
        each
        for each in interfaces(host)
        if not each.is_loopback and not each.is_vpn and (each.kind not in _INSIDE or each.name in routed)
    )
    if not found:
        raise Unseen("no network interface leads outside")
    return found


def sheltered(host: Host) -> frozenset[str]:
    """List the addresses that only a VPN or a container reaches."""
    open_ = {address for each in outside(host) for address in each.addresses}
    own = {address for each in interfaces(host) if not each.is_loopback for address in each.addresses}
    return frozenset(own - open_)


def _interface(row: _Interface) -> Interface:
    addresses = tuple(each.local for each in row.addr_info if each.local)
    return Interface(row.ifname, row.linkinfo.info_kind, "UP" in row.flags, "LOOPBACK" in row.flags, addresses)


def _routed(host: Host) -> frozenset[str]:
    """Name the interfaces with a default route, by proc(5)."""
    four = [line.split() for line in host.lines("/proc/net/route")]
    six = [line.split() for line in host.lines("/proc/net/ipv6_route")]
    return frozenset(
        [row[0] for row in four if len(row) > 1 and row[1] == "00000000"]
        + [row[-1] for row in six if len(row) > 1 and row[0] == "0" * 32 and row[1] == "00"]
    )
