"""A link that carries raw bytes once both ends have agreed on that, with back-pressure both ways."""

from typing import TypeVar

from ringfence.ipc.flow import Flow
from ringfence.ipc.link import Link

In = TypeVar("In")


class Pipe(Flow, Link[In]):
    """A link whose bytes go to `raw` from the moment that is set; the peer may not send any before it knows."""

    def data_received(self, data: bytes) -> None:
        """Pass raw bytes on, or cut frames."""
        if self.raw is None:
            Link.data_received(self, data)
        else:
            self.raw(data)
