"""The world that a program under test meets: packets in, packets out, and what is counted."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.leaktest import packets
from ringfence.leaktest.internet import _MOST_ROWS, OWN_PORT, Internet, Row
from ringfence.leaktest.names import Names
from ringfence.leaktest.packets import ACK, FIN, RST, SYN, TCP, UDP, Packet, checksum, frame, parse, write

ME, THERE = ip_address("198.51.100.2"), ip_address("203.0.113.9")
ME6, THERE6 = ip_address("fd52:6f6e:6700::2"), ip_address("2606:4700::1111")
MAC = bytes(6)


def sent(world: Internet, packet: Packet, now: float = 0.0) -> Packet | None:
    return world.hear(frame(MAC, packet), now)


def tcp(flags: int, seq: int = 0, ack: int = 0, data: bytes = b"", port: int = 443, six: bool = False) -> Packet:
    source, target = (ME6, THERE6) if six else (ME, THERE)
    return Packet(source, target, TCP, 40_000, port, flags, seq, ack, data)


@pytest.mark.parametrize("six", [False, True])
@pytest.mark.parametrize("protocol", [TCP, UDP])
@pytest.mark.parametrize("data", [b"", b"odd", b"even"])
def test_a_packet_reads_as_it_was_written(six: bool, protocol: int, data: bytes) -> None:
    source, target = (ME6, THERE6) if six else (ME, THERE)
    numbers = (SYN | ACK, 0xFFFFFFFF, 7) if protocol == TCP else (0, 0, 0)
    packet = Packet(source, target, protocol, 1, 65535, *numbers, data)
    assert parse(frame(MAC, packet)) == packet


def test_the_checksum_is_that_of_the_standard() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D  # RFC 1071, 3: the sum is ddf2
    head = write(tcp(SYN))[:20]
    assert checksum(head) == 0


@given(st.binary(max_size=120))
def test_no_frame_breaks_it(data: bytes) -> None:
    world = Internet()
    for start in (b"", bytes(12) + b"\x08\x00", bytes(12) + b"\x86\xdd", bytes(12) + b"\x08\x00\x45"):
        world.hear(start + data, 0.0)
        world.overhear(start + data, 0.0)


@pytest.mark.parametrize("six", [False, True])
def test_a_connection_is_taken_heard_and_hung_up_on(six: bool) -> None:
    world = Internet()
    first = sent(world, tcp(SYN, 99, six=six))
    assert first is not None
    assert (first.flags, first.ack, first.source) == (SYN | ACK, 100, THERE6 if six else THERE)
    assert sent(world, tcp(SYN, 99, six=six)) == first  # it is asked again where the answer was lost
    assert sent(world, tcp(ACK, 100, first.seq + 1, six=six)) is None
    last = sent(world, tcp(ACK, 100, first.seq + 1, b"SSH-2.0-x", six=six), 1.25)
    assert last is not None
    assert (last.flags, last.seq, last.ack) == (RST | ACK, first.seq + 1, 109)
    assert list(world.rows.values()) == [Row("", str(THERE6 if six else THERE), 443, "SSH", 1.2)]


def test_first_words_in_pieces_are_put_together_and_old_ones_are_not_counted_twice() -> None:
    world = Internet()
    sent(world, tcp(SYN, 0xFFFFFFFE))
    for _ in range(2):
        sent(world, tcp(ACK, 0xFFFFFFFF, 0, b"GET / HT"))
    answer = sent(world, tcp(ACK, 7, 0, b"TP/1.1\r\nHost: a.example\r\n\r\n"))
    assert answer is not None
    assert answer.flags == RST | ACK
    assert [row.what for row in world.rows.values()] == ["HTTP GET"]
    assert [row.name for row in world.rows.values()] == ["a.example"]


def test_a_client_that_waits_for_the_other_side_is_hung_up_on_in_the_end() -> None:
    world = Internet()
    sent(world, tcp(SYN, 5, port=587))
    assert list(world.tick(1.99)) == []
    [end] = world.tick(2.0)
    assert (end.flags, end.ack) == (RST | ACK, 6)
    assert [row.what for row in world.rows.values()] == ["mail"]
    assert list(world.tick(9.0)) == []


@pytest.mark.parametrize("flags", [FIN | ACK, RST])
def test_a_client_that_goes_without_a_word_is_counted(flags: int) -> None:
    world = Internet()
    sent(world, tcp(SYN, 5, port=12345))
    sent(world, tcp(flags, 6, port=12345))
    assert [(row.port, row.what) for row in world.rows.values()] == [(12345, "unknown")]


def query(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split("."))
    return struct.pack("!HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


def test_a_name_gets_an_address_by_which_it_is_known_afterwards() -> None:
    world = Internet()
    resolver = ip_address("10.255.255.53")
    sent(world, Packet(ME, resolver, UDP, 5000, 53, data=query("a.example")))
    answer = sent(world, Packet(ME, resolver, UDP, 5000, 53, data=query("Stream.Binance.com")))
    assert answer is not None
    assert (answer.source, answer.sport, answer.dport) == (resolver, 53, 5000)
    address = ip_address(answer.data[-4:])
    sent(world, Packet(ME, address, TCP, 40_001, 9443, SYN))
    list(world.tick(9.0))
    last = list(world.rows.values())[-1]
    assert (last.name, last.address, last.port) == ("stream.binance.com", str(address), 9443)


def test_both_kinds_of_address_lead_back_to_the_name_and_other_questions_get_none() -> None:
    names = Names()
    four, six, text = (names.answer(query("a.example", kind)) for kind in (1, 28, 16))
    assert four is not None
    assert six is not None
    assert text is not None
    assert names.name_of(ip_address(four[1][-4:])) == names.name_of(ip_address(six[1][-16:])) == "a.example"
    assert struct.unpack_from("!HHHH", text[1]) == (0x1234, 0x8180, 1, 0)
    assert names.name_of(ip_address("8.8.8.8")) == ""


BROKEN = [b"", bytes(11), query("a.example")[:-1], query("a.example")[:14], b"\x12\x34\x81" + query("a")[3:]]


@pytest.mark.parametrize("data", BROKEN)
def test_what_is_no_question_is_counted_as_a_datagram(data: bytes) -> None:
    world = Internet()
    assert sent(world, Packet(ME, THERE, UDP, 5000, 53, data=data)) is None
    assert [row.what for row in world.rows.values()] == ["a name look-up"]


def test_the_machines_own_name_tells_nothing() -> None:
    world = Internet(Names(frozenset({"box"})))
    assert sent(world, Packet(ME, THERE, UDP, 5000, 53, data=query("box"))) is not None
    assert world.rows == {}


OTHERS = [
    (Packet(ME, THERE, UDP, 1, 443), "QUIC"),
    (Packet(ME6, THERE6, UDP, 1, 5555), "unknown"),
    (Packet(ME, THERE, UDP, 1, 123), "the time"),
]


@pytest.mark.parametrize(("packet", "what"), OTHERS)
def test_datagrams_are_counted(packet: Packet, what: str) -> None:
    world = Internet()
    for _ in range(3):
        sent(world, packet)
    assert [(row.what, row.count) for row in world.rows.values()] == [(what, 3)]


def raw(protocol: int, data: bytes, target: str = "203.0.113.9") -> bytes:
    head = bytes([0x45, 0]) + struct.pack("!H", 20 + len(data)) + bytes(5) + bytes([protocol, 0, 0])
    return bytes(12) + b"\x08\x00" + head + ME.packed + ip_address(target).packed + data


def test_other_protocols_are_counted_and_the_kernels_own_are_not() -> None:
    world = Internet()
    for frame_ in (raw(packets.ICMP, b"\x08\x00"), raw(253, b"x"), raw(packets.IGMP, b"\x16")):
        world.hear(frame_, 0.0)
    solicit = bytes(12) + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, 8, 58, 255) + ME6.packed
    world.hear(solicit + ip_address("ff02::2").packed + b"\x85" + bytes(7), 0.0)
    assert [row.what for row in world.rows.values()] == ["a ping", "IP protocol 253"]


def test_a_port_of_the_machine_that_is_not_here_is_told_and_one_that_answers_is_not() -> None:
    world = Internet()
    here = ip_address("127.0.0.1")
    for port, flags in ((3128, RST | ACK), (8000, SYN | ACK)):
        world.overhear(frame(MAC, Packet(here, here, TCP, 40_000, port, SYN)), 0.0)
        world.overhear(frame(MAC, Packet(here, here, TCP, port, 40_000, flags)), 0.0)
    inner = write(Packet(here, here, UDP, 5000, 8125, data=b"x"))
    unreachable = bytes(12) + b"\x08\x00\x45\x00" + struct.pack("!H", 28 + len(inner)) + bytes(5) + b"\x01\0\0"
    world.overhear(unreachable + here.packed * 2 + b"\x03\x03" + bytes(6) + inner, 0.0)
    assert [(row.port, row.what) for row in world.rows.values()] == [(3128, OWN_PORT), (8125, f"{OWN_PORT}, by UDP")]


def test_a_command_that_tries_every_port_does_not_fill_our_memory() -> None:
    world = Internet()
    for port in range(1, 10_001):
        sent(world, tcp(SYN, 1, port=port))
    assert len(world._open) <= 4_096
    for port in range(1, 10_001):
        sent(world, Packet(ME, THERE, UDP, 1, port))
    assert len(world.rows) == _MOST_ROWS
    assert world.lost == 10_000 - _MOST_ROWS
