"""A bot's end of a WebSocket: frames in, texts out, with an end for whoever does not read or does not answer.

The protocol itself is the library `websockets`, without its I/O. No extension is agreed on, so nothing is compressed.
"""

import asyncio
import logging
from typing import Protocol, cast

from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from ringfence.deadline import Deadline
from ringfence.gateway.boundary import Boundary
from ringfence.gateway.limits import Limits
from ringfence.model.request import Request

_quiet = logging.getLogger("ringfence.gateway.websocket")
_quiet.setLevel(logging.CRITICAL)  # the library's lines may hold a peer's bytes
_MESSAGES = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class Talk(Protocol):
    """What is said over a socket. None of these raises."""

    def opened(self, socket: "Socket") -> None:
        """Begin."""
        ...

    def heard(self, text: bytes) -> None:
        """Take a whole message of the bot."""
        ...

    def ponged(self, data: bytes) -> None:
        """Take the bot's answer to a ping."""
        ...

    def room(self, there_is: bool) -> None:  # noqa: FBT001
        """The bot reads too slowly for now, or reads again."""
        ...

    def closed(self) -> None:
        """The socket is gone."""
        ...


def shake(request: Request, limits: Limits) -> tuple[ServerProtocol | None, bytes]:
    """Answer a handshake: the protocol where it is one, and the bytes of the answer."""
    hands = ServerProtocol(logger=_quiet)
    headers = Headers()
    for name, value in request.headers:
        headers[name] = value
    hands.send_response(hands.accept(Handshake(request.path, headers)))
    answer = b"".join(hands.data_to_send())
    if hands.state is not OPEN:
        return None, answer
    return ServerProtocol(state=OPEN, max_size=limits.message, logger=_quiet), answer  # it reads frames alone


class Socket(asyncio.Protocol):
    """One open WebSocket. `everyone` are all of the listener."""

    def __init__(self, protocol: ServerProtocol, talk: Talk, limits: Limits, everyone: "set[Socket]") -> None:
        self._protocol = protocol
        self._talk = talk
        self._limits = limits
        self._everyone = everyone
        self._wire: asyncio.Transport | None = None
        self._parts: list[bytes] = []
        self._boundary = Boundary()
        self._held: list[bytes] = []  # of ours, until a message that is passed on has ended
        self._deadline = Deadline(self._overdue)
        self._silent = 0.0  # seconds of unanswered pings
        self._stuck = False  # the bot does not read
        self._full = False  # what it has asked is enough for now

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to talk."""
        self._wire = cast(asyncio.Transport, transport)
        self._everyone.add(self)
        self._deadline.within(self._limits.ping_seconds)
        self._talk.opened(self)

    def data_received(self, data: bytes) -> None:
        """Read frames; what breaks the protocol, a limit or the reader ends the socket with the code that says so."""
        if self._wire is None or self._protocol.state is not OPEN:
            return
        self._silent = 0.0
        self._protocol.receive_data(data)
        self._flush()
        for event in self._protocol.events_received():
            if self._protocol.state is not OPEN or not isinstance(event, Frame):
                break
            self._take(event)

    def eof_received(self) -> bool:
        """A bot that has no more to say has gone."""
        return False

    def pause_writing(self) -> None:
        """The bot does not read: it has as long as an answer to a ping may take."""
        self._stuck = True
        self._deadline.within(self._limits.pong_seconds)
        self._read_or_not()
        self._talk.room(False)

    def resume_writing(self) -> None:
        """The bot reads again."""
        self._stuck = False
        self._deadline.within(self._limits.ping_seconds)
        self._read_or_not()
        self._talk.room(True)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Tell the talk that it is over."""
        self._wire = None
        self._everyone.discard(self)
        self._deadline.cancel()
        self._talk.closed()

    def say(self, text: bytes) -> None:
        """Send one message; a bot that has left too much unread is ended."""
        if self._wire is None or self._protocol.state is not OPEN:
            return
        if self._wire.get_write_buffer_size() > self._limits.unread:
            self._wire.abort()
            return
        self._protocol.send_text(text)
        self._flush()

    def pass_on(self, chunk: bytes) -> None:
        """Pass on the exchange's own frames, unread; raises `Broken` for what is none."""
        if self._wire is None:
            return
        end = self._boundary.last(chunk)
        if self._held and end is not None and not self._boundary.closed:
            self._wire.writelines([chunk[:end], *self._held, chunk[end:]])
            self._held.clear()
        else:
            self._wire.write(chunk)

    def close(self, code: CloseCode, why: str = "") -> None:
        """End the socket with a code, once what was said before has been sent."""
        if self._wire is not None and self._protocol.state is OPEN:
            self._protocol.fail(code, why[:100])
            self._flush()

    def end(self) -> None:
        """End the connection, once what was passed on has been sent."""
        if self._wire is not None:
            self._wire.close()

    def hear(self, on: bool) -> None:  # noqa: FBT001
        """Read from the bot, or do not for now."""
        if self._full is on:
            self._full = not on
            self._read_or_not()

    def _read_or_not(self) -> None:
        """Nothing is read from a bot that does not read: its pings would pile up as answers."""
        if self._wire is not None and not self._wire.is_closing():
            (self._wire.pause_reading if self._stuck or self._full else self._wire.resume_reading)()

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PONG:
            self._talk.ponged(bytes(frame.data))
        if frame.opcode not in _MESSAGES:
            return
        if frame.opcode is Opcode.BINARY:
            self.close(CloseCode.UNSUPPORTED_DATA, "only text is taken")
            return
        self._parts.append(bytes(frame.data))
        if len(self._parts) > self._limits.fragments:
            self.close(CloseCode.POLICY_VIOLATION, "a message in too many pieces")
        elif frame.fin:
            text, self._parts = b"".join(self._parts), []
            self._whole(text)

    def _whole(self, text: bytes) -> None:
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            self.close(CloseCode.INVALID_DATA, "not UTF-8")
            return
        self._talk.heard(text)

    def _flush(self) -> None:
        """Send what the protocol has to say; an empty piece says that it was the last."""
        for piece in self._protocol.data_to_send():
            if self._wire is None or self._wire.is_closing():
                return
            if not piece:
                self._finish(self._wire)
            elif self._boundary.rests:
                self._wire.write(piece)
            elif not self._boundary.closed:
                self._held.append(piece)

    def _finish(self, wire: asyncio.Transport) -> None:
        """Say no more, and read on for a moment without looking, so that the end is not lost in a reset."""
        if not wire.can_write_eof():  # TLS
            wire.close()
            return
        wire.write_eof()
        self._full = self._stuck = False
        self._read_or_not()
        self._deadline.within(self._limits.linger_seconds)

    def _overdue(self) -> None:
        """Ping a bot that is quiet, and end one that answers nothing."""
        if self._wire is None:
            return
        if self._stuck or self._silent >= self._limits.pong_seconds or self._protocol.state is not OPEN:
            self._wire.abort()
            return
        self._silent += self._limits.ping_seconds
        self._protocol.send_ping(b"")
        self._flush()
        self._deadline.within(self._limits.ping_seconds)
