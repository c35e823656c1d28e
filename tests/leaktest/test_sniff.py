"""What first bytes are: real clients' own, cut anywhere, and what was made up to confuse."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.leaktest.sniff import MOST, Told, silent, tcp, udp


def hello(name: str | None) -> bytes:
    """The first bytes of a real TLS client."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context.wrap_bio(into, out, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    return out.read()


CASES = [
    (hello("stream.binance.com"), 9443, Told("TLS", "stream.binance.com")),
    (b"GET /api/v3/time HTTP/1.1\r\nHost: API.binance.com\r\nX: y\r\n\r\n", 80, Told("HTTP GET", "api.binance.com")),
    (b"POST /x HTTP/1.1\r\nhost:evil.example:8080\r\n\r\nbody", 8080, Told("HTTP POST", "evil.example")),
    (b"CONNECT api.binance.com:443 HTTP/1.1\r\nHost: p:3128\r\n\r\n", 3128, Told("HTTP CONNECT", "api.binance.com")),
    (b"GET /ws HTTP/1.1\r\nHost: a.example\r\nUpgrade: WebSocket\r\n\r\n", 80, Told("WebSocket", "a.example")),
    (b"GET / HTTP/1.1\r\nX: y\r\n\r\n", 80, Told("HTTP GET")),
    (b"GET / HTTP/1.1\r\nHost: \x1b[31mred\r\n\r\n", 80, Told("HTTP GET")),
    (b"SSH-2.0-OpenSSH_9\r\n", 2222, Told("SSH")),
    (b"\x05\x01\x00", 1080, Told("SOCKS 5")),
    (b"\x04\x01\x00\x50", 1080, Told("SOCKS 4")),
    (b"PRI * HTTP/2.0\r\n\r\n", 80, Told("HTTP/2")),
    (b"\x16\x03\x01\x00\x02\x01\x00", 443, Told("TLS")),
    (b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", 443, Told("TLS")),
    (b"*1\r\n$4\r\nPING\r\n", 6379, Told("Redis")),
    (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", 5432, Told("PostgreSQL")),
    (b"\xff\xfe\xfd", 9999, Told("unknown")),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_first_bytes_are_told_for_what_they_are(case: int) -> None:
    data, port, told = CASES[case]
    assert tcp(data, port) == told


def test_a_client_that_names_nobody_is_told_as_tls_all_the_same() -> None:
    assert tcp(hello(None), 443) == Told("TLS")


WHOLE = [hello("api.binance.com"), b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"]


@pytest.mark.parametrize("which", range(len(WHOLE)))
def test_bytes_that_come_piece_by_piece_are_waited_for(which: int) -> None:
    data = WHOLE[which]
    whole = tcp(data, 443)
    assert whole is not None
    assert whole.host
    assert all(tcp(data[:end], 443) is None for end in range(len(data)))


def test_what_never_ends_is_told_once_it_is_too_much() -> None:
    assert tcp(b"GET / HTTP/1.1\r\nHost: a.example\r\nX: " + b"y" * MOST, 80) == Told("HTTP GET", "a.example")
    assert tcp(b"GET " + b"y" * MOST, 80) == Told("unknown")
    assert tcp(b"\x16\x03\x01\xff\xff" + bytes(MOST), 443) is not None


@given(st.binary(max_size=300), st.integers(1, 65535))
def test_any_bytes_are_something_and_a_name_is_always_plain(data: bytes, port: int) -> None:
    for start in (b"", b"\x16\x03\x01\x00\x40\x01", b"GET / HTTP/1.1\r\nHost: "):
        told = tcp(start + data + b"\r\n\r\n", port)
        assert told is None or all(letter.isalnum() or letter in "_.:[]-" for letter in told.host)


def test_a_port_tells_what_a_silent_client_waits_for() -> None:
    assert (silent(22), silent(587), silent(12345)) == ("SSH", "mail", "unknown")
    assert (udp(443), udp(123), udp(12345)) == ("QUIC", "the time", "unknown")
