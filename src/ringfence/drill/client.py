"""Send what was written with a key, to a base URL or by a proxy, and keep what came back. It knows of no guard."""

import http.client
import re
import socket
import time
from dataclasses import dataclass, field, replace

import msgspec

from ringfence.drill.calls import Call, Wire, signed
from ringfence.drill.tunnel import LOOPBACK, Heard, Tunnel, Turned, heard

PROXY, TLS = "proxy", "tls"  # what turned away what had not become a request yet
_SECONDS = 20.0  # longer than Ringfence takes to look an unknown order up (signer: 10 s)
_NO_ANSWER = 0
_TOO_MANY = 429
_PATIENCE, _PAUSE_SECONDS = 25, 0.5  # together longer than the ten seconds that Binance counts orders by
_GOOD = range(200, 300)
_TURNED = re.compile(rb"ringfence: ([\x20-\x7e]+)\n")  # as the proxy says no
_REFUSED = re.compile(r".*ringfence refused: (?P<code>[a-z-]+): (?P<text>.*)", re.DOTALL)  # the last of several


class Placed(msgspec.Struct, frozen=True):
    """What answers to an order have in common; everything else is let be."""

    type: str = ""
    price: str = "0"
    status: str = ""
    orderId: int = 0  # noqa: N815  # Binance's word
    executedQty: str = "0"  # noqa: N815
    cummulativeQuoteQty: str = "0"  # noqa: N815
    msg: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and what came back. `ended`: how the connection was ended before it could be sent."""

    call: Call
    status: int
    body: bytes
    ended: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.status in _GOOD

    @property
    def placed(self) -> Placed:
        """The answer read as one about an order; empty where it is something else."""
        try:
            return msgspec.json.decode(self.body, type=Placed)
        except msgspec.MsgspecError:
            return Placed()

    @property
    def refusal(self) -> tuple[str, str] | None:
        """The rule of Ringfence that said no and its reason, None where Ringfence did not.

        In place of a rule it is `proxy` or `tls` where that has let nothing in.
        """
        if self.ok:
            return None
        if self.ended:
            return TLS, self.ended
        turned = _TURNED.fullmatch(self.body)
        if turned is not None:
            return PROXY, turned[1].decode()
        found = _REFUSED.match(self.placed.msg)
        return None if found is None else (found["code"], found["text"])


def order_ids(listed: Answer) -> tuple[int, ...]:
    """The numbers of the orders in a list; none where it is no list."""
    try:
        return tuple(each.orderId for each in msgspec.json.decode(listed.body, type=list[Placed]))
    except msgspec.MsgspecError:
        return ()


class _Stamps:
    """Milliseconds that never repeat: equal requests with equal times would have equal signatures."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last = max(self._last + 1, time.time_ns() // 1_000_000)
        return self._last


@dataclass(frozen=True, slots=True)
class Client:
    """One key at one port, or where there is a tunnel, by that. `answers` has everything that came back, in order."""

    port: int
    key: str
    secret: str = field(repr=False)
    answers: list[Answer] = field(default_factory=list)
    stamps: _Stamps = field(default_factory=_Stamps)
    tunnel: Tunnel | None = None

    @property
    def host(self) -> str:
        """What its requests name as their host."""
        return f"{LOOPBACK}:{self.port}" if self.tunnel is None else self.tunnel.host

    def by(self, tunnel: Tunnel) -> "Client":
        """The same key by another way in; its answers are among these."""
        return replace(self, tunnel=tunnel)

    def towards(self, host: str) -> "Client":
        """The same at another host, where hosts are told apart."""
        return self if self.tunnel is None else self.by(self.tunnel.to(host))

    def opened(self, seconds: float = _SECONDS) -> socket.socket:
        """Open a connection that takes requests; raises `Turned` where nobody is let in, and `OSError`."""
        if self.tunnel is None:
            return socket.create_connection((LOOPBACK, self.port), timeout=seconds)
        return self.tunnel.opened(seconds)

    def quietly(self, call: Call) -> Answer:
        """Sign and send one request, and keep nothing of it: it is no part of the attack."""
        return Answer(call, *_carry(self, self.sign(call)))

    def send(self, call: Call) -> Answer:
        """Sign and send one request; where the exchange itself has had too many, wait until it takes more."""
        answer, patience = self.quietly(call), _PATIENCE
        while answer.status == _TOO_MANY and answer.refusal is None and patience:
            time.sleep(_PAUSE_SECONDS)
            answer, patience = self.quietly(call), patience - 1
        self.answers.append(answer)
        return answer

    def sign(self, call: Call) -> Wire:
        """Sign a request without sending it."""
        return signed(call, self.secret, self.stamps.next())

    def raw(self, call: Call, data: bytes, seconds: float = 5.0) -> Answer:
        """Send bytes that need not be HTTP, and read what comes back until the other side hangs up."""
        answer = Answer(call, *_shout(self, data, seconds))
        self.answers.append(answer)
        return answer

    def unsecured(self, call: Call, data: bytes, seconds: float = 5.0) -> Answer:
        """Send bytes inside the tunnel in place of a handshake."""
        try:
            found = None if self.tunnel is None else self.tunnel.unsecured(data, seconds)
        except Turned as turned:
            found = turned.heard
        answer = Answer(call, *(found or Heard(_NO_ANSWER, b"")))
        self.answers.append(answer)
        return answer

    def again(self, call: Call, wire: Wire) -> Answer:
        """Send what was signed before."""
        answer = Answer(call, *_carry(self, wire))
        self.answers.append(answer)
        return answer


def _carry(client: Client, wire: Wire) -> Heard:
    """Send bytes as they are: http.client changes nothing of a target in plain ASCII."""
    connection = http.client.HTTPConnection(client.host, timeout=_SECONDS)
    try:
        connection.sock = client.opened()
        headers = {"X-MBX-APIKEY": client.key, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(wire.method, wire.target, wire.body.encode() or None, headers)
        response = connection.getresponse()
        return Heard(response.status, response.read())
    except Turned as turned:
        return turned.heard
    except (OSError, http.client.HTTPException):
        return Heard(_NO_ANSWER, b"")
    finally:
        connection.close()


def _shout(client: Client, data: bytes, seconds: float) -> Heard:
    """Send bytes as they are, and hear an answer that ends with the connection."""
    try:
        with client.opened(seconds) as connection:
            found = heard(connection, data)
    except Turned as turned:
        return turned.heard
    except OSError:
        return Heard(_NO_ANSWER, b"")
    return Heard(found.status, found.body)  # where a request was sent, silence is no refusal
