"""A name server that knows every name: each gets addresses of a private pool, which are remembered. Pure."""

import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from ringfence.leaktest.packets import Address

_V4 = int(IPv4Address("198.18.0.0"))  # for benchmarks, so that no network has them (RFC 2544)
_V6 = int(IPv6Address("fd52:6f6e:6765::"))  # of our own (RFC 4193)
_MOST = 1 << 16
_A, _AAAA, _IN = 1, 28, 1
_HEADER = struct.Struct("!HHHHHH")
_ANSWER, _NAME_ERROR = 0x8180, 0x8183  # an answer, recursion available; the same, no such name (RFC 1035, 4.1.1)
_TTL = 60


@dataclass(slots=True)
class Names:
    """Which name got which address; `own` are names of this machine, which tell nothing."""

    own: frozenset[str] = frozenset()
    known: dict[str, int] = field(default_factory=dict)

    def answer(self, query: bytes) -> tuple[str, bytes] | None:
        """Answer a question; returns the name that was asked for. None for what is no question."""
        asked = _question(query)
        if asked is None:
            return None
        name, kind, end = asked
        number = self._number(name)
        number_, flags = _HEADER.unpack_from(query)[0], _ANSWER
        data = {_A: IPv4Address(_V4 + number).packed, _AAAA: IPv6Address(_V6 + number).packed}.get(kind, b"")
        head = _HEADER.pack(number_, flags, 1, 1 if data else 0, 0, 0)
        record = struct.pack("!HHHIH", 0xC00C, kind, _IN, _TTL, len(data)) + data if data else b""
        return name, head + query[_HEADER.size : end] + record

    def name_of(self, address: Address) -> str:
        """Say which name an address was given for; empty where none was."""
        number = int(address) - (_V4 if isinstance(address, IPv4Address) else _V6)
        return next((name for name, given in self.known.items() if given == number), "")

    def _number(self, name: str) -> int:
        return self.known.setdefault(name, 1 + len(self.known) % _MOST)


def _question(query: bytes) -> tuple[str, int, int] | None:
    """Read the one question of a query: its name, its type, and where it ends."""
    if len(query) < _HEADER.size or query[2] & 0x80 or _HEADER.unpack_from(query)[2] != 1:
        return None
    labels, at = [], _HEADER.size
    while at < len(query) and query[at]:
        size = query[at]
        if size > 63 or at + size >= len(query):  # noqa: PLR2004  # RFC 1035, 2.3.4
            return None
        labels.append(query[at + 1 : at + 1 + size].decode("ascii", errors="replace"))
        at += 1 + size
    if at + 5 > len(query):
        return None
    return ".".join(labels).lower() or ".", int.from_bytes(query[at + 1 : at + 3], "big"), at + 5
