"""Public streams for bots: what a bot may say is written anew and paced; what the exchange says is passed on unread.

An exchange ends a socket that says too much, and bans an address whose sockets it had to end (Binance: five messages a
second, three hundred sockets in five minutes). That ban would take orders and cancels with it, so both are kept here.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from typing import cast

from websockets.frames import CloseCode, Frame, Opcode

from ringfence.courier.budget import Budget
from ringfence.courier.hosts import Place
from ringfence.courier.turns import PATIENCE_SECONDS, Turn, Turns
from ringfence.courier.upstream import Upstream, open_upstream
from ringfence.dialects.frames import Control, Frames, Streams
from ringfence.errors import Misread, Unreachable
from ringfence.ipc.link import Link
from ringfence.ipc.messages import FromBot, Go, Pong, Relay, Relayed, Say
from ringfence.ipc.pipe import Pipe
from ringfence.model.names import ExchangeId

_log = logging.getLogger("ringfence.courier")
_MOST = 128  # sockets at once; a bot library opens one for some hundred streams, or one for each of some
_PACE_SECONDS = 0.25  # four messages a second of the five that Binance takes, pongs among them
_WAITING = 32  # messages of one bot that wait for their turn before no more is read from it
_MOST_PONG = 125  # RFC 6455, 5.5: the longest control frame
OPENED_PER_MINUTE = 30  # half of what Binance lets one address open, so that an account's own stream always may
Opening = Callable[[], Coroutine[object, object, tuple[Upstream, bytes]]]


class Relays:
    """All relayed sockets. `received` and `changed` are what `listen` takes, with `Pipe` for its ends."""

    def __init__(
        self,
        places: Mapping[str, Place],
        frames: Mapping[ExchangeId, Frames],
        budget: Budget,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._places = places
        self._frames = frames
        self._turns = Turns(budget, _MOST, clock, patience)
        self._open: dict[Link[FromBot], _Relay] = {}

    def changed(self, link: Link[FromBot], up: bool) -> None:  # noqa: FBT001  # the shape that Link calls
        """Note that a bot's socket has gone."""
        if not up and link in self._open:
            self._open.pop(link).end()

    def received(self, link: Link[FromBot], message: FromBot) -> None:
        """Open a socket, or say something on it."""
        relay = self._open.get(link)
        match message:
            case Relay() if relay is None:
                self._begin(cast("Pipe[FromBot]", link), message)
            case Go() if relay is not None:
                relay.go()
            case Say() | Pong() if relay is not None:
                relay.say(message)
            case _:
                link.close()

    def _begin(self, pipe: Pipe[FromBot], relay: Relay) -> None:
        frames, place = self._frames.get(ExchangeId(relay.exchange)), self._places.get(relay.exchange)
        if frames is None or place is None or place.hosts is None:
            return _refuse(pipe, "that exchange has no public streams")
        try:
            target = frames.write_streams(Streams(relay.names, relay.combined))
        except Misread as misread:
            return _refuse(pipe, f"not described: {misread.field}")
        host = next(iter(place.hosts))
        turn = Turn(self._turns, relay.asker)
        self._open[pipe] = _Relay(pipe, frames, turn, lambda: open_upstream(place, host, target))
        return None


class _Relay:
    """One socket between a bot and an exchange."""

    def __init__(self, pipe: Pipe[FromBot], frames: Frames, turn: Turn, opening: Opening) -> None:
        self._pipe = pipe
        self._frames = frames
        self._turn = turn
        self._upstream: Upstream | None = None
        self._rest = b""
        self._waiting: deque[bytes] = deque()
        self._ready = 0.0  # the loop's time from which the next message may leave
        self._timer: asyncio.TimerHandle | None = None
        self._task = asyncio.get_running_loop().create_task(self._open(opening))

    async def _open(self, opening: Opening) -> None:
        try:
            await self._turn.take()
            upstream, self._rest = await opening()
        except Unreachable as error:
            _refuse(self._pipe, str(error))
            return
        self._upstream = upstream
        upstream.ended = self._ended
        _tell(self._pipe, Relayed(None))

    def go(self) -> None:
        """Let the exchange's bytes come, as fast as the bot reads them."""
        upstream = self._upstream
        if upstream is None:
            self._pipe.close()
            return
        upstream.raw = self._pipe.write
        self._pipe.room = upstream.read
        if self._rest:
            self._pipe.write(self._rest)
        upstream.read(True)

    def say(self, message: Say | Pong) -> None:
        """Write a bot's message anew, and send it in its turn."""
        try:
            frame = self._frame(message)
        except Misread:
            self._pipe.close()  # the gateway has looked already: this one is broken or captured
            return
        self._waiting.append(frame)
        if len(self._waiting) > _WAITING:
            self._pipe.read(False)
        self._pace()

    def end(self) -> None:
        """End the exchange's side."""
        self._task.cancel()
        self._turn.leave()
        if self._timer is not None:
            self._timer.cancel()
        if self._upstream is not None:
            self._upstream.write(Frame(Opcode.CLOSE, CloseCode.NORMAL_CLOSURE.to_bytes(2, "big")).serialize(mask=True))
            self._upstream.end("the bot has gone")

    def _frame(self, message: Say | Pong) -> bytes:
        if isinstance(message, Pong):
            if len(message.data) > _MOST_PONG:
                raise Misread("data", "too long for a pong")
            return Frame(Opcode.PONG, message.data).serialize(mask=True)
        control = Control(message.id, message.method, message.names, message.combined)
        return Frame(Opcode.TEXT, self._frames.write_control(control)).serialize(mask=True)

    def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None or self._upstream is None or not self._waiting:
            return
        now = loop.time()
        if now < self._ready:
            self._timer = loop.call_at(self._ready, self._due)
            return
        self._ready = now + _PACE_SECONDS
        self._upstream.write(self._waiting.popleft())
        if self._waiting:
            self._timer = loop.call_at(self._ready, self._due)
        else:
            self._pipe.read(True)

    def _due(self) -> None:
        self._timer = None
        self._pace()

    def _ended(self, _why: str) -> None:
        self._upstream = None
        self._pipe.close()


def _refuse(pipe: Pipe[FromBot], why: str) -> None:
    _log.info("no public stream: %s", why)
    _tell(pipe, Relayed(why))


def _tell(pipe: Pipe[FromBot], relayed: Relayed) -> None:
    try:
        pipe.send(relayed)
    except Unreachable:
        pipe.close()
