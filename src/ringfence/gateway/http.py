"""Turn a connection's bytes into `Request`s, byte for byte, or say why not. Nothing is tidied, nothing guessed. Pure.

httptools reads the grammar; what it lets through and two readers could take in two ways is refused here.
"""

import re
from enum import Enum
from typing import NoReturn

import httptools
import msgspec

from ringfence.gateway.limits import Limits
from ringfence.model.request import Request

_TARGET = re.compile(rb"/[\x21\x22\x24-\x7e]*")  # visible ASCII without "#"; no authority, no space
_HOST = re.compile(rb"[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:[0-9]{1,5})?")
_NEWEST = "1.1"
_WEBSOCKET = b"websocket"
_VERSIONS = frozenset({_NEWEST, "1.0"})

# No recorded client sends these (docs/explanation/sources.md, What clients send), and each is a way to mean two things
# at once (docs/explanation/attacks.md, S47 to S49).
_REFUSED = {
    b"transfer-encoding": "chunked bodies are not taken",
    b"content-encoding": "compressed bodies are not taken",
    b"expect": "expectations are not taken",
    b"x-http-method-override": "the method is the one in the request line",
    b"x-method-override": "the method is the one in the request line",
    b"x-http-method": "the method is the one in the request line",
}


class Asked(msgspec.Struct, frozen=True):
    """One whole request; `keep`: another may follow on the connection."""

    request: Request
    keep: bool


class Opening(msgspec.Struct, frozen=True):
    """A request to go on as a WebSocket, and what has come after it. Nothing more is read here."""

    request: Request
    rest: bytes


class Refused(msgspec.Struct, frozen=True):
    """What is not passed on: the HTTP status, and why. Nothing more is read from the connection.

    `counted` is what the log calls it.
    """

    status: int
    why: str
    counted: str = "malformed"


_TLS = b"\x16"  # the first byte of every TLS record that begins a connection (RFC 8446, 5.1)
_ITS_TLS = Refused(
    400,
    "TLS was sent where plain HTTP is spoken: the address begins with http:// or ws://",
    "TLS sent to a plain listener (http://, or `tls = true` in ringfence.toml)",
)

Found = Asked | Opening | Refused


class Phase(Enum):
    """What a connection's next bytes belong to."""

    IDLE = "idle"
    HEAD = "head"
    BODY = "body"


class _Stop(Exception):  # not an error: it makes the parser let go
    """The request is refused."""


class Reader:
    """Reads one connection; httptools calls what begins with `on_`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._found: list[Found] = []
        self._refused: Refused | None = None
        self.phase = Phase.IDLE
        self._fed = 0  # bytes of an unfinished head, but for those that came with the end of the last request
        self._ended = False
        self._over = False
        self._target = b""
        self._begin()

    def feed(self, data: bytes) -> list[Found]:
        """Take what has arrived; return what is now complete, and nothing more once something was refused."""
        if self._over:
            return []
        found, self._ended = self._found, False
        try:
            self._parser.feed_data(data)
            self._fed = self._fed + len(data) if self.phase is Phase.HEAD and not self._ended else 0
            if self._fed > self._limits.head:
                self._refuse(431, "the head is too long")
        except httptools.HttpParserUpgrade as upgrade:
            self._over = True
            found.append(self._opening(data[upgrade.args[0] :]))
        except (httptools.HttpParserError, _Stop):
            self._over = True
            found.append(self._refused or (_ITS_TLS if data[:1] == _TLS else Refused(400, "not well-formed HTTP/1.1")))
        self._found = []
        return found

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._begin()
        self.phase = Phase.HEAD

    def on_url(self, piece: bytes) -> None:
        """Take a piece of the target."""
        self._target += piece
        if len(self._target) > self._limits.line:
            self._refuse(414, "the target is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header; white space around a value is not part of it (RFC 9110, 5.5)."""
        value, lower = value.rstrip(b" \t"), name.lower()
        if lower in _REFUSED:
            self._refuse(400, _REFUSED[lower])
        if len(self._headers) >= self._limits.fields or len(name) + len(value) > self._limits.field:
            self._refuse(431, "the headers are too many or too long")
        if lower == b"upgrade" and value.lower() != _WEBSOCKET:
            self._refuse(400, "only WebSockets are upgraded to")
        if lower in self._single:
            if self._single[lower] is not None:
                self._refuse(400, f"{lower.decode()} is sent twice")
            self._single[lower] = value
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Judge the head, before any of the body is taken."""
        if not _TARGET.fullmatch(self._target):
            self._refuse(400, "the target is not a plain path")
        if self._parser.get_http_version() not in _VERSIONS:
            self._refuse(505, "only HTTP/1.1 is spoken")
        self._host = self._single[b"host"] or b""
        if not _HOST.fullmatch(self._host):
            self._refuse(400, "there is not exactly one well-formed Host header")
        if int(self._single[b"content-length"] or 0) > self._limits.body:
            self._refuse(413, f"the body is longer than {self._limits.body} bytes")
        if self._single[b"upgrade"] is not None and not self._may_open():
            self._refuse(400, "not a well-formed request for a WebSocket")
        self.phase = Phase.BODY

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body, which is no longer than its head said."""
        self._body.append(piece)

    def on_message_complete(self) -> None:
        """Hand the request on, unless it is one that goes on as a WebSocket."""
        if self._single[b"upgrade"] is None:
            keep = self._parser.get_http_version() == _NEWEST and self._parser.should_keep_alive()
            self._found.append(Asked(self._request(), keep))
        self.phase, self._ended = Phase.IDLE, True

    def _may_open(self) -> bool:
        plain = self._parser.get_method() == b"GET" and not int(self._single[b"content-length"] or 0)
        return plain and self._parser.get_http_version() == _NEWEST and self._parser.should_upgrade()

    def _opening(self, rest: bytes) -> Opening | Refused:
        """Say what a connection goes on as; a CONNECT is none of ours."""
        if self._single[b"upgrade"] is None:
            return Refused(400, "not a well-formed request for a WebSocket")
        try:
            return Opening(self._request(), rest)
        except _Stop:
            return self._refused or Refused(400, "not well-formed HTTP/1.1")

    def _request(self) -> Request:
        path, _, query = self._target.partition(b"?")
        try:
            headers = tuple([(name.decode("ascii"), value.decode("ascii")) for name, value in self._headers])
        except UnicodeDecodeError:
            self._refuse(400, "a header is not plain ASCII")
        method, host = self._parser.get_method().decode("ascii"), self._host.decode("ascii")
        return Request(method, host, path.decode("ascii"), query, headers, b"".join(self._body))

    def _begin(self) -> None:
        self._target = b""
        self._single: dict[bytes, bytes | None] = {b"host": None, b"content-length": None, b"upgrade": None}
        self._host = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []

    def _refuse(self, status: int, why: str) -> NoReturn:
        self._refused = Refused(status, why)
        raise _Stop
