"""The whole Internet, as a program under test meets it: every name is known, everyone answers, and hangs up. Pure.

Frames go in, packets come out; what was tried is counted. Of what was sent only its kind is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import msgspec

from ringfence.leaktest import packets, sniff
from ringfence.leaktest.names import Names
from ringfence.leaktest.packets import ACK, FIN, ICMP, RST, SYN, TCP, UDP, Address, Packet, parse
from ringfence.leaktest.sniff import Told

PATIENCE = 2.0  # seconds; a client that has something to say says it within one
_MOST_ROWS, _MOST_OPEN = 1_000, 4_096  # a bot has a few dozen; one that tries ports all day must not fill our memory
_FIRST = 0x52460000  # where our numbers begin; nobody attacks a connection that ends with its first bytes
_DNS = 53
_UNREACHABLE = 3  # ICMP's type (RFC 792)
_LOOK_UP = "a name look-up"
OWN_PORT = "a port of this machine"


class Row(msgspec.Struct, frozen=True):
    """One thing that was tried, how often, and when first (seconds from the start)."""

    name: str
    address: str
    port: int
    what: str
    first: float
    count: int = 1


@dataclass(slots=True)
class _Half:
    """A connection whose first bytes are awaited; `due` is the number of the next one."""

    due: int
    since: float
    data: bytes = b""


@dataclass(slots=True)
class Internet:
    """What has been tried so far."""

    names: Names = field(default_factory=Names)
    rows: dict[tuple[str, str, int, str], Row] = field(default_factory=dict)
    lost: int = 0
    _open: dict[tuple[Address, int, Address, int], _Half] = field(default_factory=dict)
    _asked: set[tuple[Address, int, Address, int]] = field(default_factory=set)

    def hear(self, frame: bytes, now: float) -> Packet | None:
        """Take in a frame that went out; returns what the world says to it."""
        packet = parse(frame)
        if packet is None:
            return None
        match packet.protocol:
            case packets.TCP:
                return self._tcp(packet, now)
            case packets.UDP:
                return self._udp(packet, now)
            case packets.ICMP:
                self._note(packet, "a ping" if packet.data[:1] == b"\x08" else "ICMP", now)
            case packets.IGMP:
                pass  # the kernel itself tells which groups it is in
            case packets.ICMPV6 if packet.target.is_multicast:
                pass  # so it does here, and asks for routers
            case packets.ICMPV6:
                self._note(packet, "a ping" if packet.data[:1] == b"\x80" else "ICMP", now)
            case other:
                self._note(packet, f"IP protocol {other}", now)
        return None

    def look_up(self, query: bytes, server: str, now: float) -> bytes | None:
        """Answer a name's question that came to a resolver of this machine."""
        answered = self.names.answer(query)
        if answered is None:
            return None
        name, answer = answered
        if name not in self.names.own:
            self._count(name, server, _DNS, _LOOK_UP, now)
        return answer

    def overhear(self, frame: bytes, now: float) -> None:
        """Take in a frame of loopback: what nobody answered there is a port of this machine that is not here."""
        packet = parse(frame)
        if packet is None:
            return
        if packet.protocol == TCP and packet.flags & (SYN | ACK) == SYN:
            self._asked.add((packet.source, packet.sport, packet.target, packet.dport))
        elif packet.protocol == TCP and packet.flags & RST:
            if (packet.target, packet.dport, packet.source, packet.sport) in self._asked:
                self._count("", str(packet.source), packet.sport, OWN_PORT, now)
        elif packet.protocol == ICMP and packet.data[:1] == bytes([_UNREACHABLE]):
            inner = parse(bytes(12) + b"\x08\x00" + packet.data[8:])
            if inner is not None and inner.protocol == UDP:
                self._count("", str(inner.target), inner.dport, f"{OWN_PORT}, by UDP", now)
        if len(self._asked) > _MOST_OPEN:
            self._asked.clear()

    def tick(self, now: float, patience: float = PATIENCE) -> Iterator[Packet]:
        """Hang up on those that have said nothing for long, which is what clients do that wait for the other side."""
        for key, half in list(self._open.items()):
            if now - half.since >= patience:
                source, sport, target, dport = key
                packet = Packet(source, target, TCP, sport, dport)
                yield self._end(packet, half, Told(sniff.silent(dport)), now)

    def _tcp(self, packet: Packet, now: float) -> Packet | None:
        key = (packet.source, packet.sport, packet.target, packet.dport)
        half = self._open.get(key)
        if packet.flags & SYN:
            if half is None and len(self._open) < _MOST_OPEN:
                half = self._open[key] = _Half(_after(packet.seq, 1), now)
            return None if half is None else _back(packet, SYN | ACK, _FIRST, half.due)
        if half is None:
            return None if packet.flags & RST else _back(packet, RST, packet.ack, 0)
        if packet.data and packet.seq == half.due:
            half.data += packet.data
            half.due = _after(half.due, len(packet.data))
            told = sniff.tcp(half.data, packet.dport)
            return _back(packet, ACK, _FIRST + 1, half.due) if told is None else self._end(packet, half, told, now)
        if packet.flags & (FIN | RST):
            return self._end(packet, half, Told(sniff.silent(packet.dport)), now)
        return None

    def _end(self, packet: Packet, half: _Half, told: Told, now: float) -> Packet:
        self._open.pop((packet.source, packet.sport, packet.target, packet.dport), None)
        self._note(packet, told.what, now, told.host)
        return _back(packet, RST | ACK, _FIRST + 1, half.due)

    def _udp(self, packet: Packet, now: float) -> Packet | None:
        answered = self.look_up(packet.data, str(packet.target), now) if packet.dport == _DNS else None
        if answered is None:
            self._note(packet, sniff.udp(packet.dport), now)
            return None
        return replace(_back(packet, 0, 0, 0), data=answered)

    def _note(self, packet: Packet, what: str, now: float, host: str = "") -> None:
        name = self.names.name_of(packet.target) or host
        self._count(name, str(packet.target), packet.dport, what, now)

    def _count(self, name: str, address: str, port: int, what: str, now: float) -> None:
        key = (name, address, port, what)
        known = self.rows.get(key)
        if known is not None:
            self.rows[key] = msgspec.structs.replace(known, count=known.count + 1)
        elif len(self.rows) < _MOST_ROWS:
            self.rows[key] = Row(name, address, port, what, round(now, 1))
        else:
            self.lost += 1


def _back(packet: Packet, flags: int, seq: int, ack: int) -> Packet:
    return Packet(packet.target, packet.source, packet.protocol, packet.dport, packet.sport, flags, seq, ack)


def _after(number: int, length: int) -> int:
    return (number + length) & 0xFFFFFFFF
