"""A packet of which only some is known, and what a rule of a firewall asks of it. Pure: it sends nothing.

Whoever is outside is somebody: an address that no list names. What is not known of a packet may be anything, so that a
rule may match; what a rule asks and is not understood is odd, and is never read as yes or no.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as defaulted
from enum import Enum
from ipaddress import ip_network
from typing import Final

from ringfence.audit.host.source import Unseen

Span = tuple[int, int]
"""From and to, both in it: ports, user ids, or addresses as numbers."""


class Odds(Enum):
    """How likely a rule matches."""

    NO = "no"
    MAYBE = "maybe"
    ODD = "odd"
    YES = "yes"


class Whose(Enum):
    """An address that is not written anywhere."""

    SOMEBODY = "somebody"


Value = frozenset[str] | int | Whose
"""What is known of a field: names that it may have, a number, or that it is somebody's address."""

Packet = Mapping[str, Value]
"""What is known, by field: family, l4proto, iif, oif, saddr, daddr, dport, uid, state and the like."""

EVERY: Final[Span] = (0, 2**128 - 1)


def _spans(*networks: str) -> tuple[Span, ...]:
    found = (ip_network(each) for each in networks)
    return tuple((int(each.network_address), int(each.broadcast_address)) for each in found)


_NOBODY: Final = _spans(
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"
)  # the IANA registry of IPv4 addresses for special use: nobody on the internet has one
_GLOBAL6: Final = _spans("2000::/3")[0]  # RFC 4291, 2.4: what has been given out of IPv6 so far

FEW: Final[Mapping[str, int]] = {"ip": 2**24, "ip6": 2**112}
"""More addresses than these are anybody: a /8, which no provider of access has, and a /16, which no registry gives."""


@dataclass(frozen=True, slots=True)
class Test:
    """One field is one of these names, or in one of these spans; or is not. A name may end in `*`."""

    __test__ = False  # pytest looks for classes of this name

    field: str
    names: frozenset[str] = frozenset()
    spans: tuple[Span, ...] = ()
    negated: bool = False
    _anybody: frozenset[str] = defaulted(default=frozenset(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """See once whether a list of addresses names anybody: such lists are long, and are asked often."""
        families = FEW if self.field in ("saddr", "daddr") else ()
        object.__setattr__(self, "_anybody", frozenset(each for each in families if _is_anybody(self.spans, each)))

    def holds(self, packet: Packet) -> Odds:
        """Say how likely it is of a packet."""
        if not self.names and not self.spans:
            return Odds.YES if self.negated else Odds.NO
        if self.field not in packet:
            return Odds.MAYBE
        found = self._among(packet[self.field], packet)
        return _NOT[found] if self.negated else found

    def _among(self, value: Value, packet: Packet) -> Odds:
        if isinstance(value, frozenset):
            named = [_is_named(each, self.names) for each in value]
            return Odds.YES if all(named) else Odds.MAYBE if any(named) else Odds.NO
        if isinstance(value, int):
            return Odds.YES if any(low <= value <= high for low, high in self.spans) else Odds.NO
        return Odds.YES if any(is_(packet, "family", each) for each in self._anybody) else Odds.NO


@dataclass(frozen=True, slots=True)
class Sometimes:
    """Something that holds of some packets and not of others: a rate, a flag, a mark of the connection."""


@dataclass(frozen=True, slots=True)
class Odd:
    """Something that is not understood."""


Condition = Test | Sometimes | Odd

_NOT: Final = {Odds.YES: Odds.NO, Odds.NO: Odds.YES, Odds.MAYBE: Odds.MAYBE, Odds.ODD: Odds.ODD}


def is_(packet: Packet, field: str, name: str) -> bool:
    """Say whether a field has a name and may have this one."""
    value = packet.get(field)
    return isinstance(value, frozenset) and name in value


def odds(conditions: tuple[Condition, ...], packet: Packet) -> Odds:
    """Say how likely all of them hold."""
    found = {_one(each, packet) for each in conditions}
    return next((each for each in (Odds.NO, Odds.ODD, Odds.MAYBE) if each in found), Odds.YES)


def _one(condition: Condition, packet: Packet) -> Odds:
    if isinstance(condition, Test):
        return condition.holds(packet)
    return Odds.MAYBE if isinstance(condition, Sometimes) else Odds.ODD


def _is_named(value: str, names: frozenset[str]) -> bool:
    return value in names or any(each.endswith("*") and value.startswith(each[:-1]) for each in names)


def _is_anybody(spans: tuple[Span, ...], family: str) -> bool:
    return sum(_public(span, family) for span in spans) > FEW[family]


def _public(span: Span, family: str) -> int:
    if family == "ip6":
        return _common(span, _GLOBAL6)
    low, high = span[0], min(span[1], 2**32 - 1)
    return max(0, high - low + 1) - sum(_common((low, high), each) for each in _NOBODY)


def _common(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]) + 1)


def network(text: str) -> Span:
    """Read an address, or addresses with a mask, as a span; raises `Unseen` for what is none."""
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        raise Unseen(f"{text} in the firewall's rules is no address") from None
    return int(found.network_address), int(found.broadcast_address)
