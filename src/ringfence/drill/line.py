"""A WebSocket in the attacker's hands: calls, raw frames, and how the other side ends it. It knows of no guard."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame
from websockets.sync.client import ClientConnection, connect

from ringfence.drill.calls import Call
from ringfence.drill.client import Answer, Client

_SECONDS = 10.0
_NO_ANSWER = 0
_NO_CLOSE = 1006  # RFC 6455, 7.1.5: the connection ended without a word
CALLS = "/ws-api/v3"


class _Told(msgspec.Struct, frozen=True):
    status: int = 0
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True)
class Line:
    """One open socket of a key. What is called is among the key's answers, like everything else that it asks."""

    client: Client
    socket: ClientConnection
    numbers: list[int] = field(default_factory=list)

    def call(self, method: str, params: dict[str, str], *, signed: bool = True) -> Answer:
        """Make one call and wait for its answer."""
        number = len(self.numbers) + 1
        self.numbers.append(number)
        given = self.client_signed(params) if signed else params
        self.socket.send(json.dumps({"id": number, "method": method, "params": given}))
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
        try:
            self.socket.socket.sendall(raw)
            deadline = time.monotonic() + _SECONDS
            while time.monotonic() < deadline:
                self.socket.recv(timeout=_SECONDS)
        except ConnectionClosed as closed:
            return _NO_CLOSE if closed.rcvd is None else closed.rcvd.code
        except OSError:
            return _NO_CLOSE
        return 0

    def _heard(self) -> tuple[int, bytes]:
        try:
            told = msgspec.json.decode(self.socket.recv(timeout=_SECONDS), type=_Told)
        except (ConnectionClosed, TimeoutError, msgspec.MsgspecError):
            return _NO_ANSWER, b""
        return told.status, bytes(told.result if told.status == 200 else told.error)  # noqa: PLR2004  # HTTP's OK


@contextmanager
def opened(client: Client, path: str = CALLS) -> Iterator[Line]:
    """Open a socket where the key works."""
    with connect(f"ws://127.0.0.1:{client.port}{path}", compression=None, open_timeout=_SECONDS) as socket:
        yield Line(client, socket)
