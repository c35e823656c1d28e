"""Read what a client asks of the proxy: a CONNECT to a host's name and a port, in one reading, or a clear no. Pure."""

import base64
import binascii
import re

import msgspec

_END = b"\r\n\r\n"
_MOST = 8190  # bytes; as of a target, and clients send some hundred
_FIELDS = 32
_ASKED = re.compile(rb"CONNECT ([A-Za-z0-9.-]{1,253}):([0-9]{1,5}) HTTP/1\.[01]")
_METHOD = re.compile(rb"[A-Z]{1,16} ")
_FIELD = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\t\x20-\x7e]*?)[ \t]*")
_CREDENTIALS = re.compile(rb"(?i:basic) +([A-Za-z0-9+/]{1,1024}={0,2})")
_PORTS = range(1, 65536)
_TLS = b"\x16"  # the first byte of every TLS record that begins a connection (RFC 8446, 5.1)
_ONCE = frozenset({b"host", b"proxy-authorization"})
_NEVER = frozenset({b"transfer-encoding", b"content-length", b"upgrade", b"expect"})  # a CONNECT has no body


class Wanted(msgspec.Struct, frozen=True):
    """A well-formed CONNECT. `bot` and `token` are what the client claims; None where it claims nothing."""

    host: str
    port: int
    bot: str | None
    token: str | None

    def __repr__(self) -> str:
        return f"Wanted({self.host!r}, {self.port})"


class Unfit(msgspec.Struct, frozen=True):
    """What is none: the status, and why."""

    status: int
    why: str


def read(came: bytes) -> Wanted | Unfit | None:
    """Read all that has come; None where more must come first."""
    if came[:1] == _TLS:
        return Unfit(
            400, "TLS was sent to the proxy's port; the proxy is http://, and so is its address in https_proxy"
        )
    end = came.find(_END)
    if end < 0 and len(came) <= _MOST:
        return None
    if end < 0 or end > _MOST:
        return Unfit(431, "the head is too long")
    first, *lines = came[:end].split(b"\r\n")
    asked = _ASKED.fullmatch(first)
    if asked is None or int(asked[2]) not in _PORTS:
        return _unlike(first)
    if len(came) > end + len(_END):
        return Unfit(400, "nothing may be sent before the proxy has answered")
    return _judged(asked[1].decode("ascii").lower(), int(asked[2]), lines)


def _unlike(first: bytes) -> Unfit:
    if first.startswith(b"CONNECT "):
        return Unfit(400, "CONNECT names a host and a port, such as api.binance.com:443")
    if _METHOD.match(first) and b"://" in first:
        return Unfit(405, "only CONNECT is taken: nothing is passed on in plain HTTP, so use https:// and wss://")
    if _METHOD.match(first):
        return Unfit(400, "this is the proxy's port; base URLs go to the port of a listener")
    return Unfit(400, "not well-formed HTTP/1.1")


def _judged(host: str, port: int, lines: list[bytes]) -> Wanted | Unfit:
    if len(lines) > _FIELDS:
        return Unfit(431, "the headers are too many")
    single: dict[bytes, bytes] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        name = field[1].lower() if field else b""
        if field is None or name in _NEVER:
            return Unfit(400, f"not a well-formed CONNECT: {name.decode() or 'a header'}")
        if name in single:
            return Unfit(400, f"{name.decode()} is sent twice")
        if name in _ONCE:
            single[name] = field[2]
    if single.get(b"host", host.encode()).lower() not in {host.encode(), b"%b:%d" % (host.encode(), port)}:
        return Unfit(400, "the Host header names another host than the CONNECT")
    given = single.get(b"proxy-authorization")
    claimed = (None, None) if given is None else _claimed(given)
    return Wanted(host, port, *claimed)


def _claimed(given: bytes) -> tuple[str, str]:
    """Read name and token; what cannot be read is nobody's."""
    basic = _CREDENTIALS.fullmatch(given)
    try:
        name, _, token = (
            base64.b64decode(basic[1], validate=True).decode("ascii").partition(":") if basic else ("",) * 3
        )
    except (binascii.Error, ValueError):
        return "", ""
    return name, token
