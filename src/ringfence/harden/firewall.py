"""What comes in: a table of ours that drops all but SSH, a tunnel and what was asked for; alone, or not at all.

Rules that somebody else has made are never touched, and where they drop already nothing is put beside them.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_network

import msgspec

from ringfence.audit.host import sshd
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen
from ringfence.deploy.names import NFTABLES, UNITS
from ringfence.deploy.units import with_nftables
from ringfence.deploy.wants import File, Folder, Running
from ringfence.errors import Misconfigured
from ringfence.harden import ports
from ringfence.harden.area import Area, Asked, Proposal
from ringfence.harden.names import INBOUND, RULES, TABLE

_NFT = "/usr/sbin/nft"
_SAID = re.compile(r"^# SSH from: (?P<places>.+)$", re.MULTILINE)
_INTERFACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}", re.ASCII)  # 15 letters: IFNAMSIZ of the kernel
ANYWHERE = "any"
_DHCP = {("udp", 68), ("udp", 546)}  # replies to a DHCP client, RFC 2131 and RFC 8415
_ENDS = frozenset({"drop", "reject"})
_SAYS_NOTHING = frozenset({"counter", "log", "limit", "comment"})


def look(host: Host, asked: Asked) -> Proposal:
    """Say what is offered; raises `Unseen` where the rules, the ports or sshd cannot be looked at."""
    if host.status(_NFT) is None:
        return Proposal(Area.FIREWALL, refused="there is no nft; apt install nftables")
    other = another(host)
    if other:
        return Proposal(Area.FIREWALL, notes=(f"{other}: nothing is put beside it; open and shut ports there",))
    doors = ports.of_ssh(host) if sshd.installed(host) else ()
    places = _places(host, asked.ssh_from)
    wanted = {port for port in map(_port, asked.ports) if port not in {("tcp", door) for door in doors}}
    wanted |= {("udp", port) for port in ports.of_tunnels(host)}
    wants = (
        File(RULES, rules(doors, places, wanted), mode=0o600),
        File(f"{UNITS}/{INBOUND}", _service()),
        Folder(NFTABLES),
        File(f"{NFTABLES}/ringfence-inbound.conf", with_nftables(RULES)),
        Running(INBOUND, (RULES, f"{UNITS}/{INBOUND}")),
    )
    return Proposal(Area.FIREWALL, wants, notes=tuple(_notes(host, doors, wanted)))


def verify(host: Host) -> str:
    """Ask the kernel whether the table is there and drops; says what is wrong, empty where nothing is."""
    found = [one for one in _chains(host) if one.table == TABLE and one.hook == "input"]
    return "" if found and all(one.policy == "drop" for one in found) else f"the kernel has no table {TABLE} that drops"


def rules(doors: Iterable[int], places: Iterable[str], wanted: Iterable[tuple[str, int]]) -> str:
    """Write the table. It is loaded whole or not at all (nft(8)); protocols are numbers, as /etc/protocols may lack."""
    said = tuple(places)
    ssh = [f"{_from(place)}tcp dport {{ {', '.join(map(str, doors))} }} accept" for place in said or ("",)]
    opened = [f"{kind} dport {port} accept" for kind, port in sorted(wanted)]
    lines = "\n".join(f"    {line}" for line in (*(ssh if tuple(doors) else ()), *opened))
    return f"""\
# Written by `ringfence harden firewall`.
# SSH from: {" ".join(said) or ANYWHERE}
table inet {TABLE}
delete table inet {TABLE}
table inet {TABLE} {{
  chain in {{
    type filter hook input priority filter; policy drop;
    iif "lo" accept
    ip saddr 127.0.0.0/8 counter drop
    ip6 saddr ::1 counter drop
    ct state vmap {{ established : accept, related : accept, invalid : drop }}
    meta l4proto {{ 1, 58 }} accept
    udp sport 67 udp dport 68 accept
    ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept
{lines}
    counter
  }}
}}
"""


def another(host: Host) -> str:
    """Say who else drops what comes in; empty where nobody does. Raises `Unseen` where that cannot be told."""
    for one in _chains(host):
        if one.hook == "input" and one.table != TABLE and one.drops:
            reach = "" if one.family == "inet" else f", over {'IPv6' if one.family == 'ip6' else 'IPv4'} alone"
            return f"table {one.family} {one.table} drops what comes in already{reach}"
    if "ENABLED=yes" in (line.replace(" ", "") for line in host.lines("/etc/ufw/ufw.conf")):
        return "ufw is on"
    for name, program in (("ip_tables_names", "iptables-legacy-save"), ("ip6_tables_names", "ip6tables-legacy-save")):
        if "filter" in (host.text(f"/proc/net/{name}") or "").split() and _legacy_drops(host, program):
            return f"{program.removesuffix('-save')} drops what comes in already"
    return ""


def _legacy_drops(host: Host, program: str) -> bool:
    ran = host.run(program)
    if ran.code != 0:
        raise Unseen(f"{program} fails")
    return re.search(r"^:INPUT DROP |^-A INPUT -j (DROP|REJECT)", ran.out, re.MULTILINE) is not None


class _Chain(msgspec.Struct, frozen=True):
    """A chain that packets come to, and whether it lets nothing through that no rule of it accepts."""

    family: str
    table: str
    name: str
    hook: str = ""
    policy: str = ""
    drops: bool = False


class _Rule(msgspec.Struct, frozen=True):
    family: str
    table: str
    chain: str
    expr: tuple[dict[str, object], ...] = ()


class _Entry(msgspec.Struct, frozen=True):
    chain: _Chain | None = None
    rule: _Rule | None = None


class _Ruleset(msgspec.Struct, frozen=True):
    nftables: tuple[_Entry, ...]


def _chains(host: Host) -> Iterator[_Chain]:
    ran = host.run("nft", "-j", "list", "ruleset")
    try:
        found = msgspec.json.decode(ran.out, type=_Ruleset).nftables if ran.code == 0 else None
    except msgspec.MsgspecError:
        found = None
    if found is None:
        raise Unseen("nft -j list ruleset does not say what is there: run it as root")
    shut = {(each.family, each.table, each.chain) for entry in found if (each := entry.rule) and _shuts(each)}
    for entry in found:
        if (one := entry.chain) is not None:
            drops = one.policy == "drop" or (one.family, one.table, one.name) in shut
            yield msgspec.structs.replace(one, drops=drops)


def _shuts(rule: _Rule) -> bool:
    """Say whether a rule drops whatever comes to it, as firewalld's last one does."""
    words = {word for each in rule.expr for word in each}
    return bool(words & _ENDS) and words <= _ENDS | _SAYS_NOTHING - {"limit"}


def _port(text: str) -> tuple[str, int]:
    found = ports.parse(text)
    if found is None:
        raise Misconfigured(f"{text} is no port", hint="write tcp/443 or udp/51820")
    return found


def _places(host: Host, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Say where SSH is let in from: as was asked now, or else as it was before. None: from anywhere."""
    before = _SAID.search(host.text(RULES) or "")
    every = asked or tuple(before["places"].split() if before else ())
    if ANYWHERE in every or not every:
        return ()
    for place in every:
        _from(place)
        if "/" not in place and host.status(f"/sys/class/net/{place}") is None:
            hint = "ip link shows them; nobody could come in by one that is not there"
            raise Misconfigured(f"there is no network interface {place}", hint=hint)
    return every


def _from(place: str) -> str:
    """Write the part of a rule that says where from; raises `Misconfigured` for what is neither."""
    if not place:
        return ""
    if "/" not in place and _INTERFACE.fullmatch(place):
        return f'iifname "{place}" '
    try:
        network = ip_network(place)
    except ValueError:
        hint = "--ssh-from wg0, --ssh-from 203.0.113.0/24, or --ssh-from any"
        raise Misconfigured(f"{place} is neither an interface nor a network", hint=hint) from None
    return f"{'ip' if network.version == 4 else 'ip6'} saddr {network} "  # noqa: PLR2004


def _notes(host: Host, doors: tuple[int, ...], wanted: set[tuple[str, int]]) -> Iterator[str]:
    """Say what is reached now and will not be any more."""
    let_in = wanted | {("tcp", port) for port in doors} | _DHCP
    for one in ports.listening(host):
        if (one.kind, one.port) not in let_in:
            what = f"{one.kind}/{one.port}"
            who = f" ({one.name})" if one.name else ""
            yield f'{what}{who} will not be reached any more; ports = ["{what}"] in host.toml keeps it'


def _service() -> str:
    """Write the unit that puts the table up before there is a network, and again where nftables was loaded anew."""
    return (
        "# Written by `ringfence harden firewall`.\n[Unit]\nDescription=What may come in, by Ringfence\n"
        "DefaultDependencies=no\nBefore=network-pre.target\nWants=network-pre.target\nAfter=nftables.service\n"
        "PartOf=nftables.service\nReloadPropagatedFrom=nftables.service\n\n[Service]\nType=oneshot\n"
        f"RemainAfterExit=yes\nExecStart={_NFT} -f {RULES}\nExecReload={_NFT} -f {RULES}\n"
        f"ExecStop={_NFT} delete table inet {TABLE}\n\n[Install]\nWantedBy=sysinit.target\n"
    )
