"""What the words of `nft -j` say of a packet: which field is meant, and which values.

A field that is known and says nothing about who may come in has no name here. One that is not known is strange.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ringfence.audit.host.packet import EVERY, Condition, Span, Test, network


class Strange(Exception):
    """Something in a rule that is not understood."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a packet; `implied` is what else must hold for the packet to have it."""

    name: str = ""
    implied: tuple[Condition, ...] = ()

    @property
    def is_named(self) -> bool:
        """Say whether its values are names."""
        return self.name in NAMED


NAMED: Final = frozenset(("family", "l4proto", "iif", "oif", "state", "pkttype", "saddrtype", "daddrtype", "iiftype"))

_META: Final = {
    "iif": "iif",
    "iifname": "iif",
    "oif": "oif",
    "oifname": "oif",
    "l4proto": "l4proto",
    "nfproto": "family",
    "protocol": "family",
    "skuid": "uid",
    "pkttype": "pkttype",
    "iiftype": "iiftype",
}
_META_IDLE: Final = {"length", "priority", "random", "cpu", "time", "day", "hour", "skgid", "oiftype", "rtclassid"}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "family": {"ipv4": "ip", "2": "ip", "2048": "ip", "ipv6": "ip6", "10": "ip6", "34525": "ip6"},
    "l4proto": {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "ipv6-icmp": "icmpv6"},
    "pkttype": {"unicast": "host", "0": "host"},
}  # the numbers of linux/socket.h, linux/if_ether.h and the IANA registry of protocols
_PORTED: Final = {"tcp", "udp", "sctp", "dccp", "udplite", "th"}
_BITS: Final = {"&", "|", "^", "<<", ">>"}


def field_of(left: object) -> Field:
    """Say which field is meant; raises `Strange`."""
    if not isinstance(left, dict) or len(left) != 1:
        raise Strange
    ((kind, body),) = left.items()
    if kind in _BITS:
        return Field(implied=field_of(body[0]).implied) if isinstance(body, list) and body else Field()
    if kind not in _KINDS or not isinstance(body, dict):
        raise Strange
    return _KINDS[kind](body)


def _meta(body: Mapping[str, object]) -> Field:
    key = str(body.get("key"))
    if key not in _META and key not in _META_IDLE:
        raise Strange
    return Field(_META.get(key, ""))


def _payload(body: Mapping[str, object]) -> Field:
    protocol, name = str(body.get("protocol")), str(body.get("field"))
    if protocol in ("ip", "ip6"):
        return _address(protocol, name)
    if protocol in _PORTED:
        implied = () if protocol == "th" else (Test("l4proto", frozenset((protocol,))),)
        return Field("dport" if name == "dport" else "", implied)
    if protocol in ("icmp", "icmpv6"):
        return Field("", (Test("l4proto", frozenset((protocol,))),))
    if protocol in ("ether", "vlan", "ah", "esp", "comp"):
        return Field()
    raise Strange


def _address(family: str, name: str) -> Field:
    names = {"saddr": "saddr", "daddr": "daddr", "protocol": "l4proto", "nexthdr": "l4proto"}
    return Field(names.get(name, ""), (Test("family", frozenset((family,))),))


def _connection(body: Mapping[str, object]) -> Field:
    return Field("state" if body.get("key") == "state" else "")


def _route(body: Mapping[str, object]) -> Field:
    flags = body.get("flags")
    if body.get("result") != "type" or not isinstance(flags, list):
        return Field()
    return Field(f"{flags[0]}type" if flags in (["saddr"], ["daddr"]) else "")


_KINDS: Final = {"meta": _meta, "payload": _payload, "ct": _connection, "fib": _route}


def word_of(field: str, value: object) -> str:
    """Write a name as packets have it; raises `Strange`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Strange
    if isinstance(value, int) and field not in _WORDS:
        raise Strange
    return _WORDS.get(field, {}).get(str(value), str(value))


def span_of(field: str, value: object, users: Mapping[str, int]) -> Span:
    """Read a number, an address or a range of them; raises `Strange`."""
    if value == "*":
        return EVERY
    if isinstance(value, dict):
        return _wide(field, value, users)
    if isinstance(value, int) and not isinstance(value, bool):
        return value, value
    if not isinstance(value, str):
        raise Strange
    if field == "uid" and value in users:
        return users[value], users[value]
    if field not in ("saddr", "daddr"):
        raise Strange
    return network(value)


def _wide(field: str, value: Mapping[str, object], users: Mapping[str, int]) -> Span:
    prefix, ends = value.get("prefix"), value.get("range")
    if isinstance(prefix, dict):
        return network(f"{prefix.get('addr')}/{prefix.get('len')}")
    if not isinstance(ends, list) or len(ends) != 2:  # noqa: PLR2004
        raise Strange
    return span_of(field, ends[0], users)[0], span_of(field, ends[1], users)[1]
