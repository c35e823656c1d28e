"""What a firewall lets in and out: the rules that are in force, from whatever made them, and what they come to.

It reads the rules that the kernel has, not the files that they came from, and tells what becomes of a packet by
following it through them; it sends none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ringfence.audit.host import iptables, nft
from ringfence.audit.host.host import Host
from ringfence.audit.host.interfaces import Interface, outside
from ringfence.audit.host.packet import Packet, Span, Test, Value, Whose, network
from ringfence.audit.host.ruleset import Act, Fate, Rule, Ruleset, at, endings, fate
from ringfence.audit.host.source import Unseen

PROTOCOLS: Final = ("tcp", "udp")
INBOUND: Final = ("prerouting", "input")
OUTBOUND: Final = ("output", "postrouting")

_LAST = 65535
_PLACES = ("/usr/sbin", "/sbin", "/usr/bin", "/usr/local/sbin")
_SAVERS = {"iptables-save": "ip", "ip6tables-save": "ip6"}


@dataclass(frozen=True, slots=True)
class Ports:
    """Which ports somebody outside reaches in one family: surely, and perhaps."""

    family: str
    protocol: str
    open: tuple[Span, ...]
    unclear: tuple[Span, ...] = ()

    @property
    def count(self) -> int:
        """Count the open ones."""
        return sum(high - low + 1 for low, high in self.open)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """Ports that are sent on to another address, past the rules for what comes in."""

    protocol: str
    ports: Span
    target: str


def is_installed(host: Host, program: str) -> bool:
    """Say whether there is such a program where programs of the system are."""
    return any(host.status(f"{place}/{program}") for place in _PLACES)


def load(host: Host) -> Ruleset:
    """Read the rules in force; no rules where nothing is installed that could make any. Raises `Unseen`."""
    read = nft.read(_out(host, "nft", "-j", "list", "ruleset"), _uids(host)) if is_installed(host, "nft") else None
    saved = [iptables.read(_out(host, name), family) for name, family in _SAVERS.items() if is_installed(host, name)]
    if read is None:
        return _joined(saved)
    known = {(chain.family, chain.table) for each in saved for chain in each.chains}
    if read.foreign - known:
        raise Unseen("iptables made some of the rules, and iptables-save does not show them")
    native = tuple(each for each in read.rules.chains if (each.family, each.table) not in known)
    return _joined([Ruleset(native, read.rules.untracked), *saved])


def has_ipv6(host: Host) -> bool:
    """Say whether an interface that leads outside has an IPv6 address."""
    return any(":" in address for each in outside(host) for address in each.addresses)


def families(host: Host) -> tuple[str, ...]:
    """List the families that are in use."""
    return ("ip", "ip6") if has_ipv6(host) else ("ip",)


def came_in(host: Host, family: str, protocol: str, **more: Value) -> tuple[Packet, ...]:
    """Make the first packet that somebody outside sends, to each address on each interface that leads there."""
    return tuple(
        {
            **to,
            "family": frozenset((family,)),
            "l4proto": frozenset((protocol,)),
            "iif": frozenset((each.name,)),
            "iiftype": frozenset(("ether", "none", "ppp")),
            "saddr": Whose.SOMEBODY,
            "daddrtype": frozenset(("local",)),
            "saddrtype": frozenset(("unicast",)),
            "pkttype": frozenset(("host",)),
            "state": frozenset(("new",)),
            **more,
        }
        for each in outside(host)
        for to in _addressed(each, family)
    )


def _addressed(interface: Interface, family: str) -> list[Packet]:
    own = [each for each in interface.addresses if (":" in each) == (family == "ip6")]
    return [{"daddr": network(each)[0]} for each in own] or [{}]


def open_ports(host: Host, rules: Ruleset, family: str, protocol: str) -> Ports:
    """Find the ports that somebody outside reaches, by asking for one port between any two that a rule names."""
    found: dict[Fate, list[Span]] = {one: [] for one in Fate}
    for span in _classes(rules):
        fates = {inbound(rules, each) for each in came_in(host, family, protocol, dport=span[0])}
        worst = next(one for one in Fate if one in fates)
        found[worst].append(span)
    return Ports(family, protocol, _merged(found[Fate.OPEN]), _merged(found[Fate.UNCLEAR]))


def inbound(rules: Ruleset, packet: Packet) -> Fate:
    """Say what becomes of a packet that comes in."""
    untracked = frozenset(("new", "untracked")) if rules.untracked else frozenset(("new",))
    return fate(rules, INBOUND, {**packet, "state": untracked})


def outbound(host: Host, rules: Ruleset, uid: int, family: str, **more: Value) -> Fate:
    """Say what becomes of what a user sends to somebody outside, whatever the port and protocol; the worst of it."""
    fates = {
        fate(
            rules,
            OUTBOUND,
            {
                "family": frozenset((family,)),
                "oif": frozenset((each.name,)),
                "uid": uid,
                "daddr": Whose.SOMEBODY,
                "state": frozenset(("new",)),
                "daddrtype": frozenset(("unicast",)),
                **more,
            },
        )
        for each in outside(host)
    }
    return next(one for one in Fate if one in fates)


def forwarded(host: Host, rules: Ruleset) -> tuple[Forwarded, ...]:
    """List what somebody outside reaches past the rules for what comes in; raises `Unseen` where rules are hidden."""
    if rules.partial:
        raise Unseen(f"there are {rules.partial}, which iptables-save does not show")
    found = dict[tuple[str, str], list[Span]]()
    for family in families(host):
        for protocol, span in ((each, span) for each in PROTOCOLS for span in _classes(rules)):
            for target in {to for each in came_in(host, family, protocol, dport=span[0]) for to in _sent(rules, each)}:
                found.setdefault((protocol, target), []).append(span)
    return tuple(
        Forwarded(protocol, span, target) for (protocol, target), spans in found.items() for span in _merged(spans)
    )


def _sent(rules: Ruleset, packet: Packet) -> frozenset[str]:
    ends = {end for chain in at(rules, ("prerouting",), packet, ("nat",)) for end in endings(rules, chain, packet)}
    on = {name: value for name, value in packet.items() if name not in ("daddr", "daddrtype", "dport")}
    if fate(rules, ("forward",), on) is Fate.CLOSED:
        return frozenset()
    if any(end.act is Act.UNCLEAR for end in ends):
        raise Unseen("a rule that sends packets to other addresses cannot be read")
    return frozenset(end.target for end in ends if end.act is Act.FORWARD)


def _out(host: Host, *command: str) -> str:
    ran = host.run(*command)
    if ran.code:
        raise Unseen(f"`{' '.join(command)}` fails; it needs the right to see the firewall (CAP_NET_ADMIN)")
    return ran.out


def _uids(host: Host) -> dict[str, int]:
    return {name: user.uid for name, user in host.users.items()}


def _joined(parts: Iterable[Ruleset]) -> Ruleset:
    held = tuple(parts)
    chains = tuple(chain for each in held for chain in each.chains)
    partial = next((each.partial for each in held if each.partial), "")
    return Ruleset(chains, any(each.untracked for each in held), partial)


def _classes(rules: Ruleset) -> tuple[Span, ...]:
    """Cut the ports where a rule starts or stops to mean them."""
    cuts = {0, _LAST + 1}
    for rule in (rule for chain in rules.chains for rule in chain.rules):
        cuts |= {edge for edge in _edges(rule) if 0 < edge <= _LAST}
    return tuple((low, high - 1) for low, high in pairwise(sorted(cuts)))


def _edges(rule: Rule) -> set[int]:
    spans = [span for one in rule.conditions if isinstance(one, Test) and one.field == "dport" for span in one.spans]
    return {low for low, _ in spans} | {high + 1 for _, high in spans}


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    found = list[Span]()
    for low, high in spans:
        if found and found[-1][1] + 1 == low:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return tuple(found)
