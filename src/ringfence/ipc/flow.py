"""One end of a stream of raw bytes: each side is read as fast as the other takes, and each may end before the other."""

import asyncio
from collections.abc import Callable
from typing import cast


class Flow(asyncio.Protocol):
    """What a stream does with its transport; whoever joins two of them says what becomes of what comes."""

    _transport: asyncio.Transport | None = None
    raw: Callable[[bytes], None] | None = None  # what comes
    room: Callable[[bool], None] | None = None  # told False when the peer reads too slowly, True when it reads again
    over: Callable[[], None] | None = None  # told when the peer says no more; where nobody is, the stream ends then

    def write(self, data: bytes) -> None:
        """Send raw bytes; to a peer that has gone they are lost."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def read(self, on: bool) -> None:  # noqa: FBT001
        """Read from the peer, or do not for now."""
        if self._transport is not None and not self._transport.is_closing():
            (self._transport.resume_reading if on else self._transport.pause_reading)()

    def finish(self) -> None:
        """Say no more, once what was said has been sent."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write_eof()

    def close(self) -> None:
        """End both ways, once what was said has been sent."""
        if self._transport is not None:
            self._transport.close()

    def pause_writing(self) -> None:
        """Say that the peer reads too slowly."""
        if self.room is not None:
            self.room(False)

    def resume_writing(self) -> None:
        """Say that the peer reads again."""
        if self.room is not None:
            self.room(True)

    def eof_received(self) -> bool:
        """Note that the peer says no more."""
        if self.over is None:
            self.close()
            return False
        self.over()
        return True


class End(Flow):
    """A plain connection, with nothing but bytes on it. `lost` is told once it is gone."""

    lost: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are not of asyncio's classes

    def data_received(self, data: bytes) -> None:
        """Hand on what comes."""
        if self.raw is not None:
            self.raw(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Say that it is gone."""
        self._transport = None
        if self.lost is not None:
            self.lost()
