"""Is there a VPN to reach the server by, and does it let in only whom it should."""

import posixpath
from typing import Final

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.firewall import is_installed
from ringfence.audit.host.host import Host
from ringfence.audit.host.interfaces import interfaces
from ringfence.audit.host.source import Status, Unseen
from ringfence.audit.host.tunnels import funnels, peers, tailnet
from ringfence.audit.host.words import several

_WIREGUARD: Final = "/etc/wireguard"
_NETWORKD: Final = ("/etc/systemd/network", "/run/systemd/network")
_DEEPEST = 8


def no_vpn(host: Host, _: Expected) -> Answer:
    """Ask for a tunnel that is up."""
    tunnels = [each for each in interfaces(host) if each.is_vpn]
    up = [each.name for each in tunnels if each.is_up]
    if up:
        return passed(several(up))
    down = [each.name for each in tunnels]
    return failed(f"{several(down)} is down" if down else "there is no tunnel")


def wireguard_files(host: Host, _: Expected) -> Answer:
    """Ask who may read WireGuard's keys."""
    paths = host.under(_WIREGUARD)
    units = [
        path for folder in _NETWORKD for path in host.under(folder, ".netdev") if "PrivateKey" in _text(host, path)
    ]
    if not paths and not units:
        return not_applicable("WireGuard has no files here")
    wrong = [path for path in (_WIREGUARD, *paths) if paths and _is_loose(host, path, 0o077)]
    wrong += [path for path in units if _is_loose(host, path, 0o027)]  # systemd.netdev(5): 0640, root:systemd-network
    return failed(several(wrong), wrong[0], fix=f"chmod go= {wrong[0]}") if wrong else passed(_WIREGUARD)


def wireguard_peers(host: Host, _: Expected) -> Answer:
    """Ask as whom each peer may send."""
    if not any(each.kind == "wireguard" for each in interfaces(host)):
        return not_applicable("WireGuard does not run")
    found = peers(host)
    wide = [f"{each.name}: {several(each.addresses)}" for each in found if not each.is_one]
    if wide:
        return failed(several(wide))
    idle = [each.name for each in found if not each.seen]
    if idle:
        return failed(f"never connected since the tunnel is up: {several(idle)}", severity=Severity.LOW)
    return passed(f"{len(found)} peers")


def tailscale_open(host: Host, _: Expected) -> Answer:
    """Ask whether Tailscale shows the server to strangers, or lets a device in for ever."""
    if not is_installed(host, "tailscale") and not any(each.name.startswith("tailscale") for each in interfaces(host)):
        return not_applicable("Tailscale is not installed")
    net = tailnet(host)
    if net.backend_state != "Running":
        return not_applicable(f"Tailscale does not run ({net.backend_state or 'no state'})")
    public = funnels(host)
    if public:
        return failed(f"shown to the whole internet: {several(public)}", fix="tailscale funnel reset")
    shared = sorted(each.host_name for each in (net.peer or {}).values() if each.sharee_node)
    if shared:
        return failed(f"shared with somebody else's devices: {several(shared)}")
    never = "this server's key never expires"
    return passed() if net.self.key_expiry else failed(never, severity=Severity.MEDIUM)


def _text(host: Host, path: str) -> str:
    return host.text(path) or ""


def _is_loose(host: Host, path: str, bits: int) -> bool:
    status = _settled(host, path)
    return bool(status.bits & bits) or status.uid != 0


def _settled(host: Host, path: str) -> Status:
    """Look at a file, or at what a link leads to."""
    for _ in range(_DEEPEST):
        status = host.status(path)
        if status is None:
            break
        if not status.is_link:
            return status
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), status.target))
    raise Unseen(f"{path} is not there")


CHECKS: Final = (
    Check("host/no-vpn", no_vpn),
    Check("host/wireguard-files", wireguard_files),
    Check("host/wireguard-peers", wireguard_peers),
    Check("host/tailscale-open", tailscale_open),
)
