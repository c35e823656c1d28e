"""Public streams: the exchange's messages pass unread from the courier to the bot, as fast as the bot reads them.

What the bot says is read here and passed on by its meaning; anything else is answered with a no, in the stream's shape.
"""

from ringfence.dialects.frames import Frames, Streams, id_of
from ringfence.errors import Broken, Misread, Unreachable
from ringfence.gateway.passage import Passage
from ringfence.gateway.websocket import Socket
from ringfence.ipc.messages import Go, Message, Pong, Relay, Relayed, Say
from ringfence.ipc.pipe import Pipe
from ringfence.model.names import ExchangeId


class Relaying:
    """What is said over one socket of public streams, from the courier's end to the bot's."""

    def __init__(self, frames: Frames, pipe: Pipe[Relayed]) -> None:
        self._frames = frames
        self._pipe = pipe
        self._socket: Socket | None = None
        pipe.lost = self._lost

    def opened(self, socket: Socket) -> None:
        """Let the exchange's messages come."""
        self._socket = socket
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
        self._pipe.read(there_is)

    def closed(self) -> None:
        """End the exchange's side too."""
        self._socket = None
        self._pipe.close()

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
            self._pipe.send(message)
        except Unreachable:
            self._lost()


class Spring(Passage):
    """Where public streams come from."""

    async def open(self, exchange: ExchangeId, frames: Frames, streams: Streams, asker: str) -> Relaying | str:
        """Open one at the exchange for a bot, or for a way in; or say why there is none."""
        try:
            pipe, relayed = await self.ask(Relay(exchange, streams.names, streams.combined, asker), Relayed)
        except Unreachable as error:
            return str(error)
        if relayed.error is None:
            return Relaying(frames, pipe)
        pipe.close()
        return relayed.error
