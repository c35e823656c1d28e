"""One WebSocket to an exchange: opened over verified TLS, its bytes handed on, ended where it falls silent."""

import asyncio
from collections.abc import Callable
from typing import cast

from ringfence.courier.address import in_turn, look_up, named, unopened
from ringfence.courier.head import Unfit
from ringfence.courier.hosts import Place
from ringfence.courier.upgrade import Upgrade
from ringfence.deadline import Deadline
from ringfence.errors import Unreachable
from ringfence.ipc.flow import Flow

OPEN_SECONDS = 10.0  # a connection, its TLS and its handshake; as long as a request may take
# Binance pings each socket every 20 s and ends it after a minute without an answer: one that says nothing for longer
# than that has been lost by the network, though nobody was told (web-socket-streams.md).
SILENT_SECONDS = 75.0


class Upstream(Flow):
    """The exchange's end, once its handshake is done. `ended` is told once why no more comes."""

    def __init__(self, host: str, target: str) -> None:
        self.ended: Callable[[str], None] = lambda _why: None
        self._upgrade = Upgrade(host, target)
        self.opened: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.opened.add_done_callback(lambda opened: opened.cancelled() or opened.exception())  # it may come too late
        self._deadline = Deadline(lambda: self.end("the exchange has fallen silent"))
        self._why = "the exchange ended the connection"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the WebSocket; the peer's certificate has been checked."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._upgrade.request)
        self._deadline.within(SILENT_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Read the handshake's answer, and then hand on."""
        self._deadline.within(SILENT_SECONDS)
        if self.opened.done():
            if self.raw is not None:
                self.raw(data)
            return
        try:
            rest = self._upgrade.feed(data)
        except Unfit as unfit:
            self.end(str(unfit))
            return
        if rest is not None:
            self.read(False)  # until whoever asked is ready for it
            self.opened.set_result(rest)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Tell whoever waits or listens."""
        self._transport = None
        self._deadline.cancel()
        if not self.opened.done():
            self.opened.set_exception(Unreachable(self._why))
        else:
            self.ended(self._why)

    def read(self, on: bool) -> None:  # noqa: FBT001
        """Read from the exchange, or do not for now; while we do not, it is not silent but waits for us."""
        super().read(on)
        if on and self._transport is not None:
            self._deadline.within(SILENT_SECONDS)
        else:
            self._deadline.cancel()

    def end(self, why: str) -> None:
        """End it at once."""
        self._why = why
        if self._transport is not None:
            self._transport.abort()


async def open_upstream(place: Place, host: str, target: str) -> tuple[Upstream, bytes]:
    """Open a socket, paused, and return it with what has come already; raises `Unreachable` with the reason."""
    upstream: Upstream | None = None
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            name, port = named(host)
            upstream = await in_turn(await look_up(name, port), lambda address: _at(address, port, place, host, target))
            return upstream, await asyncio.shield(upstream.opened)
    except (OSError, ValueError) as error:
        if upstream is not None:
            upstream.end(unopened(error))
        raise Unreachable(unopened(error)) from None


async def _at(address: str, port: int, place: Place, host: str, target: str) -> Upstream:
    _, upstream = await asyncio.get_running_loop().create_connection(
        lambda: Upstream(host, target), address, port, ssl=place.trust(), server_hostname=named(host)[0]
    )
    return upstream
