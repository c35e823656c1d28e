"""What the VPN says of itself. It asks WireGuard for no key but the public ones, and shows none of those in full."""

import ipaddress
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_Shape = TypeVar("_Shape")


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody at the other end of a WireGuard tunnel, by the start of its public key; `seen` is 0 for never."""

    interface: str
    key: str
    addresses: tuple[str, ...]
    seen: int

    @property
    def name(self) -> str:
        """Write it shortly."""
        return f"{self.key[:8]}... on {self.interface}"

    @property
    def is_one(self) -> bool:
        """Say whether it may send as single addresses only."""
        return all(ipaddress.ip_network(each, strict=False).num_addresses == 1 for each in self.addresses)


class Node(msgspec.Struct, frozen=True, rename="pascal"):
    """A device in a tailnet: `ipnstate.PeerStatus`. No date of expiry means that its key never expires."""

    host_name: str = ""
    key_expiry: str = ""
    sharee_node: bool = False


class Tailnet(msgspec.Struct, frozen=True, rename="pascal"):
    """What `tailscale status --json` prints, as far as it is asked: `ipnstate.Status`."""

    backend_state: str = ""
    self: Node = Node()
    peer: dict[str, Node] | None = None


class _Serving(msgspec.Struct, frozen=True, rename="pascal"):
    allow_funnel: dict[str, bool] | None = None
    foreground: "dict[str, _Serving] | None" = None


def peers(host: Host) -> tuple[Peer, ...]:
    """List the peers of every WireGuard tunnel; raises `Unseen`."""
    seen = {(row[0], row[1]): int(row[2]) for row in _rows(host, "latest-handshakes") if row[2].isdecimal()}
    return tuple(
        Peer(row[0], row[1], _addresses(row[2]), seen.get((row[0], row[1]), 0)) for row in _rows(host, "allowed-ips")
    )


def tailnet(host: Host) -> Tailnet:
    """Read what Tailscale says of its devices; raises `Unseen`."""
    return _decoded(host, Tailnet, "tailscale", "status", "--json")


def funnels(host: Host) -> tuple[str, ...]:
    """List what Tailscale shows to the whole internet; raises `Unseen`."""
    return tuple(sorted(_public(_decoded(host, _Serving, "tailscale", "serve", "status", "--json"))))


def _public(serving: _Serving) -> set[str]:
    own = {name for name, is_on in (serving.allow_funnel or {}).items() if is_on}
    return own.union(*(_public(each) for each in (serving.foreground or {}).values()))


def _rows(host: Host, what: str) -> list[list[str]]:
    ran = host.run("wg", "show", "all", what)
    rows = [line.split("\t") for line in ran.out.splitlines() if line.strip()]
    if ran.code or any(len(row) != 3 for row in rows):  # noqa: PLR2004  # wg(8): interface, key, value
        raise Unseen(f"`wg show all {what}` fails; it needs the right to see the network (CAP_NET_ADMIN)")
    return rows


def _addresses(text: str) -> tuple[str, ...]:
    words = () if text.strip() == "(none)" else tuple(text.split())
    try:
        return tuple(str(ipaddress.ip_network(each, strict=False)) for each in words)
    except ValueError:
        raise Unseen("an address of a WireGuard peer cannot be read") from None


def _decoded(host: Host, shape: type[_Shape], *command: str) -> _Shape:
    ran = host.run(*command)
    try:
        return msgspec.json.decode(ran.out if not ran.code else "", type=shape)
    except msgspec.MsgspecError:
        raise Unseen(f"what `{' '.join(command)}` prints cannot be read") from None
