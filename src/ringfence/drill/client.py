"""Send what was written to a base URL with a key, and keep what came back. It knows of no guard."""

import http.client
import re
import socket
import time
from dataclasses import dataclass, field

import msgspec

from ringfence.drill.calls import Call, Wire, signed

_HOST = "127.0.0.1"
_SECONDS = 20.0  # longer than Ringfence takes to look an unknown order up (signer: 10 s)
_NO_ANSWER = 0
_TOO_MANY = 429
_PATIENCE, _PAUSE_SECONDS = 25, 0.5  # together longer than the ten seconds that Binance counts orders by
_GOOD = range(200, 300)
_STATUS = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) ")
_REFUSED = re.compile(r".*ringfence refused: (?P<code>[a-z-]+): (?P<text>.*)", re.DOTALL)  # the last of several


class Placed(msgspec.Struct, frozen=True):
    """What answers to an order have in common; everything else is let be."""

    type: str = ""
    price: str = "0"
    status: str = ""
    orderId: int = 0  # noqa: N815  # Binance's word
    executedQty: str = "0"  # noqa: N815
    msg: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and what came back."""

    call: Call
    status: int
    body: bytes

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
        """The rule of Ringfence that said no and its reason, None where Ringfence did not."""
        found = _REFUSED.match(self.placed.msg)
        return None if found is None or self.ok else (found["code"], found["text"])


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
    """One key at one port. `answers` has everything that came back, in order."""

    port: int
    key: str
    secret: str = field(repr=False)
    answers: list[Answer] = field(default_factory=list)
    stamps: _Stamps = field(default_factory=_Stamps)

    def quietly(self, call: Call) -> Answer:
        """Sign and send one request, and keep nothing of it: it is no part of the attack."""
        return Answer(call, *_carry(self.port, self.key, self.sign(call)))

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
        answer = Answer(call, *_shout(self.port, data, seconds))
        self.answers.append(answer)
        return answer

    def again(self, call: Call, wire: Wire) -> Answer:
        """Send what was signed before."""
        answer = Answer(call, *_carry(self.port, self.key, wire))
        self.answers.append(answer)
        return answer


def _carry(port: int, key: str, wire: Wire) -> tuple[int, bytes]:
    """Send bytes as they are: http.client changes nothing of a target in plain ASCII."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=_SECONDS)
    try:
        headers = {"X-MBX-APIKEY": key, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(wire.method, wire.target, wire.body.encode() or None, headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return _NO_ANSWER, b""
    finally:
        connection.close()


def _shout(port: int, data: bytes, seconds: float) -> tuple[int, bytes]:
    """Send bytes as they are; an answer has the status of its first line, and ends with the connection."""
    heard = b""
    try:
        with socket.create_connection((_HOST, port), timeout=seconds) as connection:
            connection.sendall(data)
            while piece := connection.recv(65_536):
                heard += piece
    except OSError:  # what it said before it hung up, or fell silent, is an answer all the same
        pass
    found = _STATUS.match(heard)
    return (_NO_ANSWER if found is None else int(found[1])), heard.partition(b"\r\n\r\n")[2]
