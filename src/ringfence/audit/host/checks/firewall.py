"""Does the firewall keep strangers out and bots in: by what becomes of a packet, not by how the rules look."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed
from ringfence.audit.host.egress import is_apart, ways
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.firewall import (
    PROTOCOLS,
    Ports,
    came_in,
    families,
    forwarded,
    has_ipv6,
    inbound,
    is_installed,
    load,
    open_ports,
)
from ringfence.audit.host.host import Host
from ringfence.audit.host.interfaces import interfaces
from ringfence.audit.host.kept import closing, lost
from ringfence.audit.host.listeners import Listener, reachable
from ringfence.audit.host.packet import Span, network
from ringfence.audit.host.programs import basename, processes, program, sockets, uids
from ringfence.audit.host.ruleset import Fate, Ruleset
from ringfence.audit.host.source import Unseen
from ringfence.audit.host.words import several

_MANY = 1024
"""More open ports than these are no list that somebody made: the widest in use is mosh's, of 1,001 (mosh(1))."""

_BOT_PORTS: Final = frozenset((1883, 5001, 5432, 6379, 8000, 8080, 8888, 8899, 9000, 15888, 18083))
"""Of freqtrade, hummingbot and its gateway, OctoBot, Jesse and Jupyter, of their databases and brokers, and ours."""

_DHCP: Final = frozenset(("udp/68", "udp/546"))
"""Where an address is given to the server: open and listened on now and then."""


def no_firewall(host: Host, _: Expected) -> Answer:
    """Ask whether strangers are kept out of what is not named, over IPv4."""
    return _kept_out(host, "ip")


def half_a_firewall(host: Host, _: Expected) -> Answer:
    """Ask the same of IPv6."""
    return _kept_out(host, "ip6") if has_ipv6(host) else passed("no IPv6 address leads outside")


def firewall_not_kept(host: Host, _: Expected) -> Answer:
    """Ask whether the firewall is there again after a restart."""
    chains = closing(load(host))
    if not chains:
        return not_applicable("nothing in the rules keeps strangers out")
    gone = lost(host, chains)
    return failed(f"nothing loads {several(gone)} at boot") if gone else passed()


def ssh_open(host: Host, _: Expected) -> Answer:
    """Ask whether anybody on the internet may knock at sshd."""
    doors = _sshd(host)
    if not doors:
        return not_applicable("sshd listens on nothing that leads outside")
    rules = load(host)
    fates = {(each, _fate(host, rules, each)) for each in doors}
    found = sorted({f"{each.name} on {each.address}" for each, fate in fates if fate is Fate.OPEN})
    if found:
        return failed(several(found))
    if any(fate is Fate.UNCLEAR for _, fate in fates):
        raise Unseen("a rule that may let strangers at sshd cannot be read")
    return passed()


def idle_port(host: Host, _: Expected) -> Answer:
    """Ask whether ports are open that nobody listens on, or listened on and not open."""
    rules, held = load(host), reachable(host)
    opened = [open_ports(host, rules, family, protocol) for family in families(host) for protocol in PROTOCOLS]
    unused = (
        f"{each.protocol}/{_said(span)}" for each in opened for span in each.open if not _is_used(each, span, held)
    )
    idle = sorted(set(unused) - _DHCP)
    if idle:
        return failed(f"open, and nothing listens: {several(idle)}")
    shut = sorted({each.name for each in held if _fate(host, rules, each) is Fate.CLOSED} - _DHCP)
    return failed(f"listens, and is not open: {several(shut)}", severity=Severity.LOW) if shut else passed()


def bot_port_exposed(host: Host, expected: Expected) -> Answer:
    """Ask whether a bot, its database or Ringfence listens where strangers are."""
    own = {uid for name in (*expected.bots, *expected.ours) for uid in uids(host, (name,))}
    doors = [each for each in reachable(host) if _is_bots(each, own) and each.name not in expected.ports]
    if not doors:
        return passed()
    told = several(sorted({f"{each.name} on {each.address} (uid {each.uid})" for each in doors}))
    if _are_shut(host, doors):
        return failed(f"only the firewall keeps strangers from {told}", severity=Severity.MEDIUM)
    return failed(told)


def forwarded_port(host: Host, _: Expected) -> Answer:
    """Ask whether a container or another address is reached past the rules for what comes in."""
    proxied = [said for each in processes(host) if (said := _proxied(each.name, each.args))]
    sent = [f"{each.protocol}/{_said(each.ports)} to {each.target}" for each in forwarded(host, load(host))]
    return failed(several(sorted({*proxied, *sent}))) if proxied or sent else passed()


def loopback_spoofed(host: Host, _: Expected) -> Answer:
    """Ask whether a packet may come from outside and say that it comes from the server itself."""
    rules = load(host)
    for family, address in (("ip", "127.0.0.1"), ("ip6", "::1")):
        packets = [each for one in PROTOCOLS for each in came_in(host, family, one, saddr=network(address)[0])]
        if family in families(host) and any(inbound(rules, each) is not Fate.CLOSED for each in packets):
            return failed(f"a packet from {address} may come in from outside")
    return passed()


def bot_reaches_out(host: Host, expected: Expected) -> Answer:
    """Ask where each bot can send to."""
    return _confined(host, expected, expected.bots, "no bot is known")


def gateway_reaches_out(host: Host, expected: Expected) -> Answer:
    """Ask where Ringfence's own processes can send to."""
    none = "no user of Ringfence's own is known"
    return _confined(host, expected, expected.ours, none, only_wide=True)


def forwarding(host: Host, _: Expected) -> Answer:
    """Ask whether the server passes packets on between networks without need."""
    keys = ("/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding")
    texts = [host.text(key) for key in keys]
    if texts[0] is None:
        raise Unseen(f"there is no {keys[0]}")
    on = [key for key, text in zip(keys, texts, strict=True) if (text or "0").strip() != "0"]
    if not on:
        return passed()
    links = [each.name for each in interfaces(host) if each.is_vpn or each.kind == "bridge"]
    return passed(f"needed for {several(links)}") if links else failed(several(on), on[0])


def _kept_out(host: Host, family: str) -> Answer:
    rules = load(host)
    if not rules.chains and not any(is_installed(host, each) for each in ("nft", "iptables-save")):
        return failed("no program that makes a firewall is installed")
    found = [open_ports(host, rules, family, protocol) for protocol in PROTOCOLS]
    wide = [each for each in found if each.count > _MANY]
    if wide:
        return failed(f"open to everybody: {several(_ports(wide))}")
    if any(each.unclear for each in found):
        raise Unseen("a rule that may let strangers in cannot be read")
    return passed(f"open: {several(_ports(found)) or 'nothing'}")


def _ports(found: Iterable[Ports]) -> list[str]:
    return [f"{each.protocol}/{_said(span)}" for each in found for span in each.open]


def _said(span: Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _fate(host: Host, rules: Ruleset, listener: Listener) -> Fate:
    """Say what becomes of a stranger's packet to a listener, in the worse of its families."""
    used = [each for each in listener.families if each in families(host)]
    packets = [each for one in used for each in came_in(host, one, listener.protocol, dport=listener.port)]
    fates = {inbound(rules, each) for each in packets}
    return next((one for one in Fate if one in fates), Fate.CLOSED)


def _sshd(host: Host) -> list[Listener]:
    """Find sshd's doors: what it holds itself, and what systemd holds for it on a port that sshd names."""
    seen, asked = sockets(host), _sshd_ports(host)
    found = list[Listener]()
    for each in reachable(host):
        process = seen.held.get(each.inode)
        name = basename(program(host, process)) if process else ""
        if each.protocol == "tcp" and (name == "sshd" or (name in ("systemd", "") and each.port in asked)):
            found.append(each)
        elif each.protocol == "tcp" and process is None and seen.hidden:  # sshd perhaps, on a port of its own
            raise Unseen(seen.hidden)
    return found


def _sshd_ports(host: Host) -> frozenset[int]:
    if not is_installed(host, "sshd"):
        return frozenset()
    ran = host.run("sshd", "-T")
    if ran.code:
        raise Unseen("`sshd -T` fails")
    return frozenset(int(each) for each in re.findall(r"^(?:port |listenaddress .*:)(\d+)", ran.out, re.MULTILINE))


def _is_used(ports: Ports, span: Span, held: Iterable[Listener]) -> bool:
    return any(
        each.protocol == ports.protocol and ports.family in each.families and span[0] <= each.port <= span[1]
        for each in held
    )


def _is_bots(listener: Listener, own: set[int]) -> bool:
    return listener.uid in own or (listener.protocol == "tcp" and listener.port in _BOT_PORTS)


def _are_shut(host: Host, doors: Iterable[Listener]) -> bool:
    try:
        rules = load(host)
    except Unseen:  # the door is open for all that is known
        return False
    return all(_fate(host, rules, each) is Fate.CLOSED for each in doors)


def _proxied(name: str, args: tuple[str, ...]) -> str:
    """Read a docker-proxy's command line: which port it holds open, where that is not on loopback."""
    if name != "docker-proxy":
        return ""
    named = {key.lstrip("-"): value for key, value in pairwise(args) if key.startswith("-")}
    address = named.get("host-ip", "0.0.0.0")  # noqa: S104  # its own default
    port = f"{named.get('proto', 'tcp')}/{named.get('host-port', '?')}"
    return "" if address.startswith("127.") or address == "::1" else f"{port} on {address}, by docker"


def _confined(host: Host, expected: Expected, users: tuple[str, ...], none: str, *, only_wide: bool = False) -> Answer:
    if not users:
        return not_applicable(none)
    free = [user for user in users if not is_apart(host, expected, user)]
    rules = load(host) if free else Ruleset()
    found = [(user, way) for user in free for way in ways(host, rules, user) if way.wide or not only_wide]
    sure = [(user, way) for user, way in found if way.fate is Fate.OPEN]
    told = several(f"{user}: {way.text}" for user, way in sure)
    if any(way.wide for _, way in sure):
        return failed(told)
    if len(sure) < len(found):
        raise Unseen("a rule that may let the user out cannot be read")
    return failed(told, severity=Severity.MEDIUM) if sure else passed(several(users))


CHECKS: Final = (
    Check("host/no-firewall", no_firewall),
    Check("host/firewall-not-kept", firewall_not_kept, needs=("host/no-firewall",)),
    Check("host/half-a-firewall", half_a_firewall),
    Check("host/ssh-open", ssh_open),
    Check("host/idle-port", idle_port, needs=("host/no-firewall",)),
    Check("host/bot-port-exposed", bot_port_exposed),
    Check("host/forwarded-port", forwarded_port),
    Check("host/loopback-spoofed", loopback_spoofed, optional=True),
    Check("host/bot-reaches-out", bot_reaches_out),
    Check("host/gateway-reaches-out", gateway_reaches_out),
    Check("host/forwarding", forwarding, optional=True),
)
