"""A link that carries raw bytes once both ends have agreed on that, with back-pressure both ways."""

from collections.abc import Callable
from typing import TypeVar

from ringfence.ipc.link import Link

In = TypeVar("In")


class Pipe(Link[In]):
    """A link whose bytes go to `raw` from the moment that is set; the peer may not send any before it knows."""

    raw: Callable[[bytes], None] | None = None
    room: Callable[[bool], None] | None = None  # told False when the peer reads too slowly, True when it reads again

    def data_received(self, data: bytes) -> None:
        """Pass raw bytes on, or cut frames."""
        if self.raw is None:
            super().data_received(data)
        else:
            self.raw(data)

    def write(self, data: bytes) -> None:
        """Send raw bytes; to a peer that has gone they are lost."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def read(self, on: bool) -> None:  # noqa: FBT001
        """Read from the peer, or do not for now."""
        if self._transport is not None and not self._transport.is_closing():
            (self._transport.resume_reading if on else self._transport.pause_reading)()

    def pause_writing(self) -> None:
        """Say that the peer reads too slowly."""
        if self.room is not None:
            self.room(False)

    def resume_writing(self) -> None:
        """Say that the peer reads again."""
        if self.room is not None:
            self.room(True)

    def eof_received(self) -> None:
        """End it: half a pipe is of no use to anyone."""
        self.close()
