"""By a proxy: a CONNECT with a bot's pass, and TLS with whoever answers inside it. It knows of no guard."""

import base64
import re
import socket
import ssl
from dataclasses import dataclass, field, replace
from typing import NamedTuple

LOOPBACK = "127.0.0.1"
TRADING = "api.binance.com"
_NO_ANSWER = 0
_OK = 200
_END = b"\r\n\r\n"
_PIECE = 65_536
_STATUS = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) ")


class Heard(NamedTuple):
    """What came back: a status, 0 where there was none, and a body; or how the connection was ended before that."""

    status: int
    body: bytes
    ended: str = ""


class Turned(Exception):  # not an error: most who are turned away should be
    """The proxy or its TLS let nobody in."""

    def __init__(self, heard: Heard) -> None:
        self.heard = heard
        super().__init__(heard.ended or str(heard.status))


@dataclass(frozen=True, slots=True)
class Tunnel:
    """How a bot comes in by a proxy: its name and token, the `host` that it wants, and what it believes.

    `said` is the host that it names in the handshake, None for none.
    """

    port: int
    name: str
    token: str = field(repr=False)
    trusted: ssl.SSLContext = field(repr=False)
    host: str = TRADING
    said: str | None = TRADING

    def to(self, host: str) -> "Tunnel":
        """Want another host."""
        return replace(self, host=host, said=host)

    @property
    def credentials(self) -> str:
        """The header that shows whose it is."""
        shown = base64.b64encode(f"{self.name}:{self.token}".encode()).decode()
        return f"Proxy-Authorization: Basic {shown}"

    def opened(self, seconds: float) -> ssl.SSLSocket:
        """Open a connection to the host; raises `Turned` where the other side would not, and `OSError`."""
        wire = self._led(seconds)
        context = self.trusted if self.said == self.host else _credulous()
        try:
            return context.wrap_socket(wire, server_hostname=self.said)
        except ssl.SSLCertVerificationError:  # that was us
            raise
        except (ssl.SSLError, ConnectionError) as error:
            raise Turned(Heard(_NO_ANSWER, b"", f"the handshake was ended: {_reason(error)}")) from None

    def unsecured(self, data: bytes, seconds: float) -> Heard:
        """Send bytes where a handshake should begin; an answer to them has a status."""
        with self._led(seconds) as wire:
            found = heard(wire, data)
        ended = "what is no handshake was ended" if found.ended and not found.status else ""
        return Heard(found.status, found.body, ended)

    def _led(self, seconds: float) -> socket.socket:
        """Ask for the host, and return the connection once the proxy has agreed."""
        wire = socket.create_connection((LOOPBACK, self.port), timeout=seconds)
        try:
            wire.sendall(f"CONNECT {self.host}:443 HTTP/1.1\r\n{self.credentials}\r\n\r\n".encode())
            came = b""
            while _END not in came and (piece := wire.recv(_PIECE)):
                came += piece
            turned = None if _status(came) == _OK else Turned(_unended(heard(wire, b"", came)))
        except BaseException:
            wire.close()
            raise
        if turned is not None:
            wire.close()
            raise turned
        return wire


def heard(wire: socket.socket, data: bytes, came: bytes = b"") -> Heard:
    """Send bytes as they are, and hear what comes until the other side ends it.

    An answer has the status of its first line. What was said before a reset or a silence is an answer all the same.
    """
    ended = ""
    try:
        wire.sendall(data)
        while piece := wire.recv(_PIECE):
            came += piece
        ended = "the connection was ended"
    except TimeoutError:
        pass
    except OSError:
        ended = "the connection was reset"
    return Heard(_status(came), came.partition(_END)[2], ended)


def _unended(found: Heard) -> Heard:
    """What the proxy said, if anything: that it hung up then says nothing."""
    return Heard(found.status, found.body)


def _status(came: bytes) -> int:
    found = _STATUS.match(came)
    return _NO_ANSWER if found is None else int(found[1])


def _credulous() -> ssl.SSLContext:
    """Believe anybody, so that whoever is kept out is not kept out by us."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _reason(error: OSError) -> str:
    return error.reason if isinstance(error, ssl.SSLError) and error.reason else type(error).__name__
