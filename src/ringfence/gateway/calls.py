"""Calls by WebSocket: each frame is a request like any other, and the account's events come over the same socket."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from msgspec.structs import replace
from websockets.frames import CloseCode

from ringfence.dialects.dialect import Answer
from ringfence.dialects.frames import Call, Frames, Session, Step, id_of
from ringfence.errors import Misread
from ringfence.gateway.feeds import Feeds
from ringfence.gateway.limits import Limits
from ringfence.gateway.reply import Reply
from ringfence.gateway.websocket import Socket
from ringfence.model.decision import Code, Reason
from ringfence.model.request import Request

_OK = 200
_LOG_ON_FIRST = Reason(Code.UNKNOWN, "log on first, or sign this call")
_SIGN_IT = Reason(Code.UNKNOWN, "sign each call with apiKey, timestamp and signature; a session carries events alone")
_AGAIN = Reason(Code.UPSTREAM, "the account's events are not followed just now; connect again in a moment")


class Answering(Protocol):
    """Whoever knows the answers."""

    async def answer(self, request: Request) -> Reply:
        """Answer one request; never raises."""
        ...

    async def grant(self, request: Request) -> tuple[Reply, str | None]:
        """Answer one request that would hear an account's events, and name the feed where it may; never raises."""
        ...

    def no(self, reason: Reason) -> Answer:
        """Say no in the exchange's own shape."""
        ...


@dataclass(slots=True, eq=False)
class Calls:
    """What is said over one socket that carries calls. `host` is the one that the client meant."""

    front: Answering
    frames: Frames
    feeds: Feeds
    limits: Limits
    host: str
    _socket: Socket | None = None
    _waiting: deque[bytes] = field(default_factory=deque)  # calls that have not been asked yet
    _asking: "set[asyncio.Task[None]]" = field(default_factory=set)
    _feed: str | None = None
    _session: Session = field(default_factory=lambda: Session(0))
    _next: int = 0

    def opened(self, socket: Socket) -> None:
        """Begin."""
        self._socket = socket
        self._session = Session(_now())

    def heard(self, text: bytes) -> None:
        """Answer a call as soon as fewer wait for their answers than may; until then no more is read."""
        self._waiting.append(text)
        self._go_on()

    def ponged(self, data: bytes) -> None:
        """It lives; the socket knows that already."""

    def room(self, there_is: bool) -> None:  # noqa: FBT001
        """Nothing: calls are not read while the bot does not read their answers."""

    def closed(self) -> None:
        """Hear nothing more; what was asked goes on, and its answer is told to nobody."""
        self._socket = None
        self.feeds.leave(self)

    def event(self, event: bytes) -> None:
        """Tell an event under each subscription that there is."""
        for number in self._session.subscriptions:
            self._say(self.frames.write_event(number, event))

    def cut(self) -> None:
        """End, as an exchange ends a socket when it restarts: every client connects again, and looks."""
        if self._socket is not None:
            self._socket.close(CloseCode.SERVICE_RESTART, "events may have been missed: connect again")

    def _go_on(self) -> None:
        while self._waiting and len(self._asking) < self.limits.ahead and self._socket is not None:
            task = asyncio.get_running_loop().create_task(self._answer(self._waiting.popleft()))
            self._asking.add(task)
            task.add_done_callback(self._answered)
        if self._socket is not None:
            self._socket.hear(not self._waiting)

    async def _answer(self, text: bytes) -> None:
        self._say(await self._told(text))

    def _answered(self, task: "asyncio.Task[None]") -> None:
        self._asking.discard(task)
        self._go_on()

    async def _told(self, text: bytes) -> bytes:
        try:
            call = self.frames.read_call(text, self.host)
        except Misread as misread:
            return self._no(id_of(text), Reason(Code.UNKNOWN, str(misread)))
        match call.step:
            case Step.ASK if not call.signed and self._session.key is not None:
                return await self._unsigned(call)
            case Step.ASK:
                reply = await self.front.answer(call.request)
                return self.frames.write_answer(call.id, reply.status, reply.body)
            case Step.LOG_ON | Step.FOLLOW:
                return await self._begin(call)
            case Step.UNFOLLOW:
                kept = () if call.which is None else tuple(n for n in self._session.subscriptions if n != call.which)
                self._session = replace(self._session, subscriptions=kept)
            case Step.LOG_OUT:
                self._session = replace(self._session, key=None, since=0)
            case Step.LOOK:
                pass
        return self.frames.write_session(call, self._session, _now())

    async def _unsigned(self, call: Call) -> bytes:
        """Answer what needs no signature; what does would rest on our word alone, and that opens nothing."""
        reply = await self.front.answer(call.request)
        if reply.status != _OK:
            return self._no(call.id, _SIGN_IT)
        return self.frames.write_answer(call.id, reply.status, reply.body)

    async def _begin(self, call: Call) -> bytes:
        """Log on or subscribe, where the signer says whose events these are."""
        if call.signed:
            reply, feed = await self.front.grant(call.request)
            if reply.status != _OK:
                return self.frames.write_answer(call.id, reply.status, reply.body)
            if feed is None or (self._feed not in {None, feed}):
                return self._no(call.id, _AGAIN)
            self._feed = feed
        elif self._session.key is None or call.step is Step.LOG_ON:
            return self._no(call.id, _LOG_ON_FIRST)
        if self._feed is None or self._socket is None or not self.feeds.listen(self._feed, self):
            return self._no(call.id, _AGAIN)
        if call.step is Step.LOG_ON:
            self._session = replace(self._session, key=call.request.headers[0][1], since=_now())
        else:
            self._session = replace(self._session, subscriptions=(*self._session.subscriptions, self._next))
            self._next += 1
        return self.frames.write_session(call, self._session, _now())

    def _no(self, id_: "int | str | None", reason: Reason) -> bytes:
        answer = self.front.no(reason)
        return self.frames.write_answer(id_, answer.status, answer.body)

    def _say(self, text: bytes) -> None:
        if self._socket is not None:
            self._socket.say(text)


def _now() -> int:
    return time.time_ns() // 1_000_000
