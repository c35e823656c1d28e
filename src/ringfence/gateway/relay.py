"""Public streams: the exchange's messages pass unread from the courier to the bot, as fast as the bot reads them.

What the bot says is read here and passed on by its meaning; anything else is answered with a no, in the stream's shape.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ringfence.dialects.frames import Frames, Streams, id_of
from ringfence.errors import Broken, Misread, Unreachable
from ringfence.gateway.websocket import Socket
from ringfence.ipc.client import connect
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Go, Message, Pong, Relay, Relayed, Say
from ringfence.ipc.pipe import Pipe
from ringfence.model.names import ExchangeId


class Relaying:
    """What is said over one socket of public streams, from the courier's end to the bot's."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._told: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._pipe: Pipe[Relayed] | None = None
        self._socket: Socket | None = None

    async def begin(self, spring: "Spring", relay: Relay) -> str | None:
        """Have the courier open its end; returns why it could not."""
        try:
            async with asyncio.timeout(spring.seconds):
                link = await connect(spring.path, Relayed, spring.uids, self._received, self._changed, Pipe)
                self._pipe = cast("Pipe[Relayed]", link)
                link.send(relay)
                return await self._told
        except (Unreachable, TimeoutError):
            self.closed()
            return "the courier does not answer"

    def opened(self, socket: Socket) -> None:
        """Let the exchange's messages come."""
        self._socket = socket
        if self._pipe is not None:
            self._pipe.raw, self._pipe.room = self._pass_on, socket.hear
        self._tell(Go())

    def heard(self, text: bytes) -> None:
        """Pass on what the bot asks for, by its meaning."""
        try:
            control = self._frames.read_control(text)
        except Misread as misread:
            if self._socket is not None:
                self._socket.say(self._frames.refuse_control(id_of(text), str(misread)))
        else:
            self._tell(Say(control.id, control.method, control.names, control.combined))

    def ponged(self, data: bytes) -> None:
        """Pass on the bot's answer to the exchange's ping."""
        self._tell(Pong(data))

    def room(self, there_is: bool) -> None:  # noqa: FBT001
        """Let the exchange wait while the bot does not read."""
        if self._pipe is not None:
            self._pipe.read(there_is)

    def closed(self) -> None:
        """End the exchange's side too."""
        self._socket = None
        if self._pipe is not None:
            self._pipe.close()

    def _received(self, _link: Link[Relayed], relayed: Relayed) -> None:
        if not self._told.done():
            self._told.set_result(relayed.error)

    def _changed(self, link: Link[Relayed], up: bool) -> None:  # noqa: FBT001  # the shape that Link calls
        if not up:
            self._received(link, Relayed("the courier went away"))
            self._lost()

    def _pass_on(self, data: bytes) -> None:
        try:
            if self._socket is not None:
                self._socket.pass_on(data)
        except Broken:
            self._lost()

    def _lost(self) -> None:
        """End the bot's side: the exchange has ended its own, and said so itself where it had something to say."""
        if self._socket is not None:
            self._socket.end()

    def _tell(self, message: Message) -> None:
        try:
            if self._pipe is not None:
                self._pipe.send(message)
        except Unreachable:
            self._lost()


@dataclass(frozen=True, slots=True)
class Spring:
    """Where public streams come from: the courier's socket, whose it may be, and how long it may take to open one."""

    path: Path
    uids: frozenset[int]
    seconds: float

    async def open(self, exchange: ExchangeId, frames: Frames, streams: Streams) -> Relaying | str:
        """Open one at the exchange; or say why there is none."""
        relaying = Relaying(frames)
        why = await relaying.begin(self, Relay(exchange, streams.names, streams.combined))
        if why is None:
            return relaying
        relaying.closed()
        return why
