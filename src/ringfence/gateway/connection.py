"""One bot's connection: it is answered in order, and ended where it does not finish a request or read an answer."""

import asyncio
from collections import deque
from typing import Protocol, cast

from ringfence.deadline import Deadline
from ringfence.gateway.http import Found, Opening, Phase, Reader, Refused
from ringfence.gateway.limits import Limits
from ringfence.gateway.reply import Reply, written
from ringfence.gateway.websocket import Socket, Talk, shake
from ringfence.model.request import Request


class Answering(Protocol):
    """Whoever knows the answers."""

    async def answer(self, request: Request) -> Reply:
        """Answer one request; never raises."""
        ...

    async def open(self, request: Request) -> Talk | Reply:
        """Say what a WebSocket that is opened here carries, or why none is; never raises."""
        ...

    def refuse(self, refused: Refused) -> Reply:
        """Say no to what is not a request."""
        ...


class Connection(asyncio.Protocol):
    """Reads requests and answers them one after the other. `everyone` are all connections of the port.

    `task` is there while something is being answered. A connection that goes on as a WebSocket is one of `sockets`.
    """

    def __init__(
        self, front: Answering, limits: Limits, everyone: "set[Connection]", sockets: "set[Socket] | None" = None
    ) -> None:
        self._front = front
        self._limits = limits
        self._everyone = everyone
        self._sockets: set[Socket] = set() if sockets is None else sockets
        self._reader = Reader(limits)
        self._patience = {
            Phase.IDLE: limits.idle_seconds,
            Phase.HEAD: limits.idle_seconds,
            Phase.BODY: limits.body_seconds,
        }
        self._phase = Phase.IDLE
        self._waiting: deque[Found] = deque()
        self._loop = asyncio.get_running_loop()
        self._wire: asyncio.Transport | None = None
        self.task: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None  # there while the bot does not read what it was told
        self._deadline = Deadline(self._overdue)
        self._paused = False
        self._ending = False  # nothing more is read

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or end a connection that is one too many before a byte of it is read."""
        wire = cast(asyncio.Transport, transport)  # uvloop's transports are not of asyncio's classes
        if len(self._everyone) >= self._limits.connections:
            wire.abort()
            return
        self._wire = wire
        self._everyone.add(self)
        self._deadline.within(self._patience[Phase.IDLE])

    def data_received(self, data: bytes) -> None:
        """Read on, and begin to answer; what comes after a refusal is thrown away."""
        if self._ending or self._wire is None:
            return
        self._waiting += self._reader.feed(data)
        if self.task is None:
            if self._waiting:
                self.task = self._loop.create_task(self._answer())
            else:
                self._await_phase()
        opening = bool(self._waiting) and isinstance(self._waiting[-1], Opening)
        if (opening or len(self._waiting) > self._limits.ahead) and self._wire is not None:
            self._paused = True
            self._wire.pause_reading()

    def eof_received(self) -> bool:
        """Let what was asked be answered still."""
        self._ending = True
        return self.task is not None

    def pause_writing(self) -> None:
        """The bot does not read: answer no more until it does, and do not wait for ever."""
        self._room = self._loop.create_future()
        self._deadline.within(self._patience[Phase.IDLE])

    def resume_writing(self) -> None:
        """The bot reads again."""
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._room = None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget the connection; what was asked over it goes on, and its answer is told to nobody."""
        self._wire = None
        self._everyone.discard(self)
        self.resume_writing()
        self._deadline.cancel()

    def close(self) -> None:
        """End the connection, once what was asked has been answered."""
        self._ending = True
        if self.task is None and self._wire is not None:
            self._wire.close()

    @property
    def _goes_on(self) -> bool:
        """Whether another request waits, or may still come."""
        return bool(self._waiting) or not self._ending

    async def _answer(self) -> None:
        """Answer what waits, in order."""
        try:
            while self._waiting and self._wire is not None:
                await self._answer_one(self._waiting.popleft())
        finally:
            self.task = None
        if self._wire is None or self._ending:
            return
        if self._paused:
            self._paused = False
            self._wire.resume_reading()
        self._phase = self._reader.phase
        self._deadline.within(self._patience[self._phase])

    async def _answer_one(self, asked: Found) -> None:
        if isinstance(asked, Refused):
            self._tell(written(self._front.refuse(asked), keep=False, head_only=False))
            self._linger()
            return
        if isinstance(asked, Opening):
            await self._go_on(asked)
            return
        reply = await self._front.answer(asked.request)
        keep = asked.keep and self._goes_on
        self._tell(written(reply, keep=keep, head_only=asked.request.method == "HEAD"))
        if keep and self._room is not None:
            await self._room
            keep = self._goes_on
        if not keep:
            self._waiting.clear()
            self._ending = True
            if self._wire is not None:
                self._wire.close()

    async def _go_on(self, opening: Opening) -> None:
        """Go on as a WebSocket, or refuse to; nothing is opened for a handshake that is none."""
        protocol, answer = shake(opening.request, self._limits)
        opened = None if protocol is None else await self._opened(opening.request)
        if isinstance(opened, Reply):
            answer = written(opened, keep=False, head_only=False)
        self._tell(answer)
        if protocol is None or opened is None or isinstance(opened, Reply):
            self._linger()
        elif self._wire is None:
            opened.closed()
        else:
            self._hand_over(self._wire, Socket(protocol, opened, self._limits, self._sockets), opening.rest)

    async def _opened(self, request: Request) -> Talk | Reply:
        if len(self._sockets) >= self._limits.sockets:
            return self._front.refuse(Refused(503, "too many WebSockets are open"))
        return await self._front.open(request)

    def _hand_over(self, wire: asyncio.Transport, socket: Socket, rest: bytes) -> None:
        self._wire, self._ending = None, True
        self._deadline.cancel()
        self._everyone.discard(self)
        if self._paused:
            wire.resume_reading()
        wire.set_protocol(socket)
        socket.connection_made(wire)
        if rest:
            socket.data_received(rest)

    def _tell(self, data: bytes) -> None:
        if self._wire is not None:
            self._wire.write(data)

    def _linger(self) -> None:
        """Read on for a moment without looking, so that the refusal is not lost in a reset (RFC 9112, 9.6)."""
        self._ending = True
        self._waiting.clear()
        if self._wire is not None:
            if self._paused:
                self._wire.resume_reading()
            if not self._wire.can_write_eof():  # TLS, which reads on by itself until the bot has taken the end
                self._wire.close()
                return
            self._wire.write_eof()
            self._deadline.within(self._limits.linger_seconds)

    def _await_phase(self) -> None:
        """Give the next part of a request its time, counted from the end of the last, however many pieces it has."""
        if self._reader.phase is not self._phase:
            self._phase = self._reader.phase
            self._deadline.within(self._patience[self._phase])

    def _overdue(self) -> None:
        if self.task is not None and self._room is None:  # it waits for us, and that has its own limit
            self._deadline.within(self._patience[Phase.IDLE])
        elif self._wire is not None:
            self._wire.abort()
