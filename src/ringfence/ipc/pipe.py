"""A link that carries raw bytes once both ends have agreed on that, with back-pressure both ways."""

from collections.abc import Callable
from typing import TypeVar

from ringfence.ipc.flow import Flow
from ringfence.ipc.link import Link

In = TypeVar("In")


class Pipe(Flow, Link[In]):
    """A link whose bytes go to `raw` from the moment that is set; the peer may not send any before it knows.

    `lost` is told once the peer is gone, beside whoever is told of links.
    """

    lost: Callable[[], None] | None = None

    def data_received(self, data: bytes) -> None:
        """Pass raw bytes on, or cut frames."""
        if self.raw is None:
            Link.data_received(self, data)
        else:
            self.raw(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that it is gone."""
        Link.connection_lost(self, exc)
        if self.lost is not None:
            self.lost()
