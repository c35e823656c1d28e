"""The exchange's WebSockets: streams of market data, and calls with an account's events.

Binance ends a socket that says more than five messages a second to a stream, that answers no ping for a minute, or that
does not read what it is told (web-socket-streams.md, web-socket-api.md).
"""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, unquote

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from ringfence.paper import calls
from ringfence.paper.call import Json
from ringfence.paper.clock import now_ms
from ringfence.paper.events import Events
from ringfence.paper.exchange import Exchange
from ringfence.paper.routes import Asked
from ringfence.paper.seen import Log
from ringfence.paper.streams import Streams
from ringfence.paper.subscribing import Carried

_TICK = 0.1  # seconds; the shortest step of any stream
_PING = 20.0  # seconds, documented
_A_SECOND = 5  # messages that a stream takes, documented
_UNREAD = 5000  # messages that wait for a reader before it is ended
_LARGEST = 1 << 16
_LONGEST = 86_400_000  # milliseconds that a connection lasts, documented
CALLS = "/ws-api/v3"


class Trouble(StrEnum):
    """What may be done to the sockets that are open."""

    DROP = "drop"  # the connection is gone
    CLOSE = "close"  # with a close frame
    SILENCE = "silence"  # nothing more is said, not even an answer to a ping, and nothing is closed
    GARBAGE = "garbage"  # a message that is no JSON
    REPEAT = "repeat"  # the last message once more


@dataclass(eq=False, slots=True)
class Socket:
    """One open socket; one for calls has a session."""

    web: web.WebSocketResponse
    path: str
    since: int
    session: calls.Session | None
    carried: Carried
    waiting: "asyncio.Queue[bytes]" = field(default_factory=lambda: asyncio.Queue(_UNREAD))
    heard: deque[float] = field(default_factory=lambda: deque(maxlen=_A_SECOND))
    last: bytes = b""
    silent: bool = False

    def say(self, text: bytes) -> None:
        """Send a message in its turn; a reader who has left too many unread is ended."""
        if self.silent:
            return
        self.last = text
        try:
            self.waiting.put_nowait(text)
        except asyncio.QueueFull:
            self.drop()

    def drop(self) -> None:
        """End the connection without a word."""
        transport = self.web._req.transport if self.web._req is not None else None  # noqa: SLF001  # aiohttp has no word for it
        if transport is not None:
            transport.abort()


class Sockets:
    """All of them."""

    def __init__(self, exchange: Exchange, log: Log) -> None:
        self._exchange = exchange
        self._log = log
        self._events = Events(exchange)
        self._streams = Streams(exchange)
        self._open: set[Socket] = set()

    def serves(self, path: str) -> bool:
        """Whether a WebSocket may be opened at a path."""
        return path in {CALLS, "/ws", "/stream"} or path.startswith("/ws/")

    async def open(self, request: web.BaseRequest, asked: Asked, now: int) -> web.WebSocketResponse:
        """Carry one socket until it ends."""
        made = web.WebSocketResponse(heartbeat=_PING, max_msg_size=_LARGEST, compress=False)
        await made.prepare(request)
        session = _session(asked, now) if asked.path == CALLS else None
        carried = Carried(dict.fromkeys(_named(asked)), combined=asked.path == "/stream")
        socket = Socket(made, asked.target, now, session, carried)
        self._open.add(socket)
        self._keep(now)
        writing = asyncio.create_task(_write(socket))
        try:
            await self._read(socket, asked)
        finally:
            writing.cancel()
            self._open.discard(socket)
        return made

    async def run(self) -> None:
        """Tell what there is to tell, for ever."""
        while True:
            self.tell(now_ms())
            await asyncio.sleep(_TICK)

    def tell(self, now: int) -> None:
        """Tell accounts and listeners what has happened since the last time; end what has lasted its day."""
        for socket in [socket for socket in self._open if now - socket.since >= _LONGEST]:
            self._open.discard(socket)
            _close_later(socket, WSCloseCode.GOING_AWAY)
        for account, event in self._events.take(now):
            self._tell_account(account, event)
        told = self._streams.take(now)
        for name, message in told:
            listening = [socket for socket in self._open if name in socket.carried.names]
            alone, together = _encode(message), _encode({"stream": name, "data": message})
            for socket in listening:
                socket.say(together if socket.carried.combined else alone)

    def trouble(self, what: Trouble, code: int, only: str) -> int:
        """Do something to the open sockets whose path begins with `only`; returns to how many."""
        chosen = [socket for socket in self._open if socket.path.startswith(only)]
        for socket in chosen:
            match what:
                case Trouble.DROP:
                    socket.drop()
                case Trouble.CLOSE:
                    _close_later(socket, code)
                case Trouble.SILENCE:
                    socket.silent = True
                case Trouble.GARBAGE:
                    socket.say(b'{"half":')
                case Trouble.REPEAT:
                    socket.say(socket.last)
        return len(chosen)

    async def burst(self, name: str, count: int) -> None:
        """Say the same message of a stream again and again, as fast as it is read."""
        message = _encode(
            {"e": "trade", "E": now_ms(), "s": name.partition("@")[0].upper(), "t": 0, "p": "1", "q": "1"}
        )
        for socket in [socket for socket in self._open if name in socket.carried.names]:
            for _ in range(count):
                await socket.web.send_str(message.decode())

    def as_json(self) -> Json:
        """What is open, and what it carries."""
        return [
            {
                "path": socket.path,
                "streams": list(socket.carried.names),
                "accounts": [each.account for each in socket.session.subscriptions.values()] if socket.session else [],
                "waiting": socket.waiting.qsize(),
            }
            for socket in self._open
        ]

    async def close(self) -> None:
        """Say that the exchange stops, and end everything (web-socket-api.md, serverShutdown)."""
        for socket in [*self._open]:
            with contextlib.suppress(ConnectionError):
                await socket.web.send_str(_encode(_farewell(socket, now_ms())).decode())
            await socket.web.close(code=WSCloseCode.GOING_AWAY)

    async def _read(self, socket: Socket, asked: Asked) -> None:
        async for message in socket.web:
            if message.type is not WSMsgType.TEXT:
                break
            text = message.data.encode()
            if socket.session is not None:
                self._log.add(Asked(asked.listener, "WS", asked.target, (), text, asked.address), now_ms())
                for told in calls.serve(self._exchange, socket.session, text, now_ms()):
                    socket.say(told)
                self.tell(now_ms())
            elif self._too_often(socket):
                await socket.web.close(code=WSCloseCode.POLICY_VIOLATION, message=b"Too many requests")
            else:
                socket.say(_encode(socket.carried.answer(text)))
                self._keep(now_ms())

    def _too_often(self, socket: Socket) -> bool:
        now = asyncio.get_running_loop().time()
        often = len(socket.heard) == _A_SECOND and now - socket.heard[0] < 1
        socket.heard.append(now)
        return often

    def _keep(self, now: int) -> None:
        self._streams.keep((name for socket in self._open for name in socket.carried.names), now)

    def _tell_account(self, account: str, event: Json) -> None:
        for socket in self._open:
            subscriptions = {} if socket.session is None else socket.session.subscriptions
            for number, each in subscriptions.items():
                if each.account == account:
                    socket.say(_encode({"subscriptionId": number, "event": event}))


async def _write(socket: Socket) -> None:
    with contextlib.suppress(ConnectionError, RuntimeError):
        while True:
            await socket.web.send_str((await socket.waiting.get()).decode())


def _close_later(socket: Socket, code: int) -> None:
    asyncio.get_running_loop().create_task(socket.web.close(code=code))


def _session(asked: Asked, now: int) -> calls.Session:
    shown = dict(parse_qsl(asked.query.decode())).get("returnRateLimits") != "false"
    return calls.Session(asked.address, asked.listener, now, shown)


def _farewell(socket: Socket, now: int) -> Json:
    """That the exchange stops, as each kind of socket says it (web-socket-streams.md, web-socket-api.md)."""
    event: Json = {"e": "serverShutdown", "E": now}
    if socket.session is not None:
        return {"event": event}
    return {"stream": "!serverShutdown", "data": event} if socket.carried.combined else event


def _named(asked: Asked) -> list[str]:
    """The streams that a target names; what is no stream's name is one of a stream that never says anything."""
    if asked.path == "/stream":
        return [name for key, text in parse_qsl(asked.query.decode()) if key == "streams" for name in text.split("/")]
    return [unquote(name) for name in asked.path.split("/")[2:] if name] if asked.path.startswith("/ws/") else []


def _encode(message: Json) -> bytes:
    return msgspec.json.encode(message)
