"""What a connection's first bytes are: told by themselves, or else guessed from the port. Pure; keeps no byte."""

import re
import struct
from dataclasses import dataclass

MOST = 16 * 1024 + 5  # a record of TLS has as much at most (RFC 8446, 5.1)

_HTTP = re.compile(rb"([A-Z]{3,10}) (\S*) HTTP/1\.[01]\r\n")
_HOST = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*)", re.IGNORECASE)
_UPGRADE = re.compile(rb"\r\nupgrade:[ \t]*websocket", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,253}")

# what talks first from the other side, or says nothing that tells (IANA's registry)
_TCP_PORTS = {
    21: "FTP", 22: "SSH", 25: "mail", 53: "a name look-up by TCP", 110: "mail", 143: "mail", 465: "mail", 587: "mail",
    853: "a name look-up by TLS", 993: "mail", 995: "mail", 1433: "SQL Server", 3306: "MySQL", 5432: "PostgreSQL",
    6379: "Redis", 6667: "IRC", 9050: "Tor", 27017: "MongoDB",
}  # fmt: skip
_UDP_PORTS = {
    53: "a name look-up", 123: "the time", 443: "QUIC", 1900: "device discovery", 3478: "STUN",
    5353: "device discovery", 51820: "WireGuard",
}  # fmt: skip
_STARTS = ((b"SSH-", "SSH"), (b"\x05", "SOCKS 5"), (b"\x04\x01", "SOCKS 4"), (b"PRI * HTTP/2", "HTTP/2"))
_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME = 0x16, 0x01, 0


@dataclass(frozen=True, slots=True)
class Told:
    """What a connection is, and the host that it names itself, if it does."""

    what: str
    host: str = ""


def tcp(data: bytes, port: int) -> Told | None:
    """Say what the first bytes are; None where more of them are needed."""
    if not data:
        return None
    if data[0] == _HANDSHAKE:
        return _tls(data)
    if (asked := _HTTP.match(data)) is not None:
        return _http(data, asked)
    if re.match(rb"[A-Z]{1,10}( |$)", data) and b"\r\n" not in data and len(data) < MOST:
        return None  # the first line of HTTP, or something of its kind, is not whole
    return next((Told(name) for start, name in _STARTS if data.startswith(start)), Told(silent(port)))


def silent(port: int) -> str:
    """Guess what a connection is whose client waits for the other side."""
    return _TCP_PORTS.get(port, "unknown")


def udp(port: int) -> str:
    """Guess what a datagram is."""
    return _UDP_PORTS.get(port, "unknown")


def _http(data: bytes, asked: re.Match[bytes]) -> Told | None:
    if b"\r\n\r\n" not in data and len(data) < MOST:
        return None
    head = data.split(b"\r\n\r\n", 1)[0]
    method = asked[1].decode()
    found = _HOST.search(head)
    host = _plain(asked[2] if method == "CONNECT" else found[1] if found else b"")
    return Told("WebSocket" if _UPGRADE.search(head) else f"HTTP {method}", host.partition(":")[0])


def _tls(data: bytes) -> Told | None:
    """Read the server's name out of a ClientHello (RFC 8446, 4.1.2; RFC 6066, 3)."""
    whole = 5 + int.from_bytes(data[3:5], "big")
    if len(data) < min(whole, MOST):
        return None
    try:
        return Told("TLS", _server_name(data[5:whole]))
    except (struct.error, IndexError):
        return Told("TLS")


def _server_name(hello: bytes) -> str:
    if hello[0] != _CLIENT_HELLO:
        return ""
    at = 38  # type, length, version, random
    at += 1 + hello[at]  # session
    at += 2 + int.from_bytes(hello[at : at + 2], "big")  # ciphers
    at += 1 + hello[at]  # compressions
    end = at + 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 2
    while at + 4 <= min(end, len(hello)):
        kind, size = struct.unpack_from("!HH", hello, at)
        if kind == _SERVER_NAME:
            length = int.from_bytes(hello[at + 7 : at + 9], "big")
            return _plain(hello[at + 9 : at + 9 + length])
        at += 4 + size
    return ""


def _plain(host: bytes) -> str:
    """Take a host's name as text, or nothing where it is none: it is shown on a terminal."""
    text = host.decode("ascii", errors="replace")
    return text.lower() if _PLAIN.fullmatch(text) else ""
