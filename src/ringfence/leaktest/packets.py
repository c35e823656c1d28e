"""IP packets in bytes and back: enough of them to answer a name's question and a connection's first words. Pure."""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address

ICMP, IGMP, TCP, UDP, ICMPV6 = 1, 2, 6, 17, 58  # protocol numbers (IANA)
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
_ETHER = {0x0800: 4, 0x86DD: 6}
_ETHER_HEADER, _V4_HEADER, _V6_HEADER, _TCP_HEADER, _UDP_HEADER = 14, 20, 40, 20, 8
_EXTENSIONS = {0, 43, 60}  # headers of IPv6 before the one that counts: hop-by-hop, routing, destination (RFC 8200)
_FRAGMENT = 44
_WINDOW = 65535


@dataclass(frozen=True, slots=True)
class Packet:
    """What of a packet counts here; ports, flags and numbers are 0 where the protocol has none."""

    source: Address
    target: Address
    protocol: int
    sport: int = 0
    dport: int = 0
    flags: int = 0
    seq: int = 0
    ack: int = 0
    data: bytes = b""


def parse(frame: bytes) -> Packet | None:
    """Read an Ethernet frame; None for one that holds no IP, or a later piece of a packet, or is cut short."""
    try:
        version = _ETHER.get(int.from_bytes(frame[12:14], "big"))
        body = frame[_ETHER_HEADER:]
        if version is None:
            return None
        return _v4(body) if version == 4 else _v6(body)  # noqa: PLR2004  # the version of IP
    except (struct.error, IndexError, ValueError):
        return None


def _v4(body: bytes) -> Packet | None:
    length, header = int.from_bytes(body[2:4], "big"), (body[0] & 15) * 4
    if int.from_bytes(body[6:8], "big") & 0x1FFF:
        return None
    source, target = IPv4Address(body[12:16]), IPv4Address(body[16:20])
    return _upper(source, target, body[9], body[header : length or None])


def _v6(body: bytes) -> Packet | None:
    protocol, rest = body[6], body[_V6_HEADER:]
    source, target = IPv6Address(body[8:24]), IPv6Address(body[24:40])
    while protocol in _EXTENSIONS:
        protocol, rest = rest[0], rest[(rest[1] + 1) * 8 :]
    if protocol == _FRAGMENT:
        if int.from_bytes(rest[2:4], "big") & 0xFFF8:
            return None
        protocol, rest = rest[0], rest[8:]
    return _upper(source, target, protocol, rest)


def _upper(source: Address, target: Address, protocol: int, body: bytes) -> Packet:
    match protocol:
        case 6:  # TCP
            sport, dport, seq, ack, offset, flags = struct.unpack_from("!HHIIBB", body)
            return Packet(source, target, TCP, sport, dport, flags, seq, ack, body[(offset >> 4) * 4 :])
        case 17:  # UDP
            sport, dport, length = struct.unpack_from("!HHH", body)
            return Packet(source, target, UDP, sport, dport, data=body[_UDP_HEADER : length or None])
        case _:
            return Packet(source, target, protocol, data=body)


def write(packet: Packet) -> bytes:
    """Write a packet of TCP or UDP, checksums included, without the frame around it."""
    upper = _tcp(packet) if packet.protocol == TCP else _udp(packet)
    if isinstance(packet.source, IPv4Address):
        head = struct.pack("!BBHHHBBH", 0x45, 0, _V4_HEADER + len(upper), 0, 0x4000, 64, packet.protocol, 0)
        head += packet.source.packed + packet.target.packed
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + upper
    head = struct.pack("!IHBB", 6 << 28, len(upper), packet.protocol, 64)
    return head + packet.source.packed + packet.target.packed + upper


def _tcp(packet: Packet) -> bytes:
    parts = (packet.sport, packet.dport, packet.seq, packet.ack, _TCP_HEADER // 4 << 4, packet.flags, _WINDOW)
    head = struct.pack("!HHIIBBH", *parts)
    whole = head + bytes(4) + packet.data
    return head + struct.pack("!HH", checksum(_pseudo(packet, len(whole)) + whole), 0) + packet.data


def _udp(packet: Packet) -> bytes:
    length = _UDP_HEADER + len(packet.data)
    head = struct.pack("!HHH", packet.sport, packet.dport, length)
    summed = checksum(_pseudo(packet, length) + head + bytes(2) + packet.data)
    return head + struct.pack("!H", summed or 0xFFFF) + packet.data


def _pseudo(packet: Packet, length: int) -> bytes:
    """Write what the checksum covers beside the packet itself (RFC 9293, 3.1; RFC 8200, 8.1)."""
    return packet.source.packed + packet.target.packed + struct.pack("!II", length, packet.protocol)


def checksum(data: bytes) -> int:
    """Add up as the Internet does (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(target_mac: bytes, packet: Packet) -> bytes:
    """Put a packet into a frame."""
    kind = 0x0800 if ip_address(packet.source).version == 4 else 0x86DD  # noqa: PLR2004  # the version of IP
    return target_mac + bytes(6) + struct.pack("!H", kind) + write(packet)
