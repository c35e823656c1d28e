"""A WebSocket in the attacker's hands: calls, raw frames, and how the other side ends it. It knows of no guard."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame
from websockets.sync.client import ClientConnection, connect

from ringfence.drill.calls import Call
from ringfence.drill.client import Answer, Client
from ringfence.drill.pump import pumped

_SECONDS = 10.0
_NO_ANSWER = 0
_NO_CLOSE = 1006  # RFC 6455, 7.1.5: the connection ended without a word
CALLS, STREAM = "/ws-api/v3", "/ws"
_HOSTS = {CALLS: "ws-api.binance.com", STREAM: "stream.binance.com"}


class _Told(msgspec.Struct, frozen=True):
    event: msgspec.Raw = msgspec.Raw()  # of the account, where it is no answer
    status: int = 0
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True)
class Line:
    """One open socket of a key. What is called is among the key's answers, like everything else that it asks.

    `events` has what it was told of the account meanwhile.
    """

    client: Client
    socket: ClientConnection
    numbers: list[int] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)

    def call(self, method: str, params: dict[str, str], *, signed: bool = True) -> Answer:
        """Make one call and wait for its answer."""
        return self.say(self.written(method, params, signed=signed), method)

    def written(self, method: str, params: dict[str, str], *, signed: bool = True) -> str:
        """Write one call without making it."""
        self.numbers.append(len(self.numbers) + 1)
        given = self.client_signed(params) if signed else params
        return json.dumps({"id": self.numbers[-1], "method": method, "params": given})

    def say(self, text: str, method: str = "order.place") -> Answer:
        """Send a text as it is, and wait for an answer."""
        self.socket.send(text)
        answer = Answer(Call("WS", method), *self._heard())
        self.client.answers.append(answer)
        return answer

    def place(self, call: Call, method: str = "order.place") -> Answer:
        """Call what would be a request over HTTP."""
        return self.call(method, dict(parse_qsl(call.query or call.body)))

    def client_signed(self, params: dict[str, str]) -> dict[str, str]:
        """Sign parameters as they are signed here: with key and time, all sorted by name."""
        given = {"apiKey": self.client.key, "timestamp": str(self.client.stamps.next()), **params}
        text = "&".join(f"{name}={given[name]}" for name in sorted(given))
        mac = hmac.new(self.client.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return {**given, "signature": mac}

    def ended_by(self, *frames: Frame | bytes) -> int:
        """Send frames as they are, all at once, and say the code that the socket is closed with."""
        raw = b"".join(frame if isinstance(frame, bytes) else frame.serialize(mask=True) for frame in frames)
        with suppress(OSError):  # hung up on in the middle; what it said before that is still to be heard
            self.socket.socket.sendall(raw)
        try:
            deadline = time.monotonic() + _SECONDS
            while time.monotonic() < deadline:
                self.socket.recv(timeout=_SECONDS)
        except ConnectionClosed as closed:
            return _NO_CLOSE if closed.rcvd is None else closed.rcvd.code
        except OSError:
            return _NO_CLOSE
        return 0

    def follow(self) -> bool:
        """Wait for one more event; False where none comes."""
        count = len(self.events)
        try:
            while len(self.events) == count:
                self._next()
        except (ConnectionClosed, TimeoutError, msgspec.MsgspecError):
            return False
        return True

    def told(self) -> Answer:
        """All events, as one answer."""
        return Answer(Call("WS", "events"), 200, b"".join(self.events))

    def _heard(self) -> tuple[int, bytes]:
        try:
            told = self._next()
            while bytes(told.event):
                told = self._next()
        except (ConnectionClosed, TimeoutError, msgspec.MsgspecError):
            return _NO_ANSWER, b""
        return told.status, bytes(told.result if told.status == 200 else told.error)  # noqa: PLR2004  # HTTP's OK

    def _next(self) -> _Told:
        text = self.socket.recv(timeout=_SECONDS, decode=False)
        told = msgspec.json.decode(text, type=_Told)
        if bytes(told.event):
            self.events.append(text)
        return told


@contextmanager
def opened(client: Client, path: str = CALLS) -> Iterator[Line]:
    """Open a socket where the key works."""
    at = client.towards(_HOSTS[path])
    wire = pumped(at.opened(_SECONDS))
    with connect(f"ws://{at.host}{path}", sock=wire, compression=None, open_timeout=_SECONDS) as socket:
        yield Line(client, socket)
