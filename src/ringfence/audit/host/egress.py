"""Where a user's programs can send to: by the rules of the firewall, or by a network of their own. It sends nothing."""

from dataclasses import dataclass
from typing import Final

from ringfence.audit.host.expected import Expected
from ringfence.audit.host.firewall import families, outbound
from ringfence.audit.host.host import Host
from ringfence.audit.host.packet import Value, network
from ringfence.audit.host.programs import processes, uids
from ringfence.audit.host.ruleset import Fate, Ruleset
from ringfence.audit.host.source import Unseen

_METADATA: Final = "169.254.169.254"
"""Where clouds serve what a server was set up with, secrets too, to whoever asks from it."""

_ALREADY: Final = frozenset(("established",))
_LOOPBACK: Final = frozenset(("lo",))
_DNS = 53
_SAID: Final = {"ip": "IPv4", "ip6": "IPv6"}


@dataclass(frozen=True, slots=True)
class Way:
    """A way out: in words, and what becomes of what takes it. `wide` where it leads anywhere at once."""

    text: str
    fate: Fate
    wide: bool


def is_apart(host: Host, expected: Expected, user: str) -> bool:
    """Say whether a user's programs have a network of their own, by its units and by each of its processes."""
    own = [unit for unit in expected.units if unit.endswith(".service") and _shown(host, "User", unit) == user]
    if not own or any(_shown(host, "PrivateNetwork", unit) != "yes" for unit in own):
        return False
    mine = [each for each in processes(host) if each.uids & uids(host, (user,)).keys()]
    common = _network(host, 1)
    return all(_network(host, each.pid) != common for each in mine)


def ways(host: Host, rules: Ruleset, user: str) -> tuple[Way, ...]:
    """List the ways out that are not surely closed to a user."""
    (uid,) = uids(host, (user,))
    tcp = frozenset(("tcp",))
    metadata = network(_METADATA)[0]
    found = [
        Way(f"to any {_SAID[each]} address", outbound(host, rules, uid, each), wide=True) for each in families(host)
    ]
    found += [
        Way(f"to {_METADATA}", _out(host, rules, uid, daddr=metadata, dport=80, l4proto=tcp), wide=True),
        Way("on a connection that was open before the rules came", _out(host, rules, uid, state=_ALREADY), wide=False),
        Way("to the server's own resolver, which carries names out", _resolver(host, rules, uid), wide=False),
    ]
    return tuple(each for each in found if each.fate is not Fate.CLOSED)


def _resolver(host: Host, rules: Ruleset, uid: int) -> Fate:
    return _out(
        host, rules, uid, oif=_LOOPBACK, daddr=network("127.0.0.53")[0], dport=_DNS, l4proto=frozenset(("udp",))
    )


def _out(host: Host, rules: Ruleset, uid: int, **more: Value) -> Fate:
    return outbound(host, rules, uid, "ip", **more)


def _shown(host: Host, name: str, unit: str) -> str:
    ran = host.run("systemctl", "show", "-p", name, "--value", unit)
    if ran.code:
        raise Unseen(f"systemctl does not show {unit}")
    return ran.out.strip()


def _network(host: Host, pid: int) -> str:
    status = host.status(f"/proc/{pid}/ns/net")
    if status is None or not status.target:
        raise Unseen(f"the network of process {pid} is not shown")
    return status.target
