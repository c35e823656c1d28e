"""Sockets that the signer follows: an account's events, handed on whole, message by message. It reads none of them."""

import asyncio
import logging
from collections.abc import Mapping

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from ringfence.courier.hosts import Place
from ringfence.courier.upstream import Upstream, open_upstream
from ringfence.errors import Unreachable
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Ended, Event, Follow, ToCourier

_log = logging.getLogger("ringfence.courier")
_quiet = logging.getLogger("ringfence.courier.websocket")
_quiet.setLevel(logging.CRITICAL)  # the library's lines may hold a peer's bytes
_MOST = 32  # one for each account; a deployment has a few
_MOST_MESSAGE = 1 << 20  # bytes; Binance's longest event, a balance of every asset, has some hundred thousand
_PIECES = frozenset({Opcode.TEXT, Opcode.CONT})


class Followed:
    """The sockets of one signer, by its numbers."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = places
        self._open: dict[tuple[Link[ToCourier], int], _Socket] = {}

    def gone(self, link: Link[ToCourier]) -> None:
        """End what a signer that has gone was following."""
        for known, seq in [*self._open]:
            if known is link:
                self._open.pop((known, seq)).end()

    def follow(self, link: Link[ToCourier], follow: Follow) -> None:
        """Open a socket, or say at once why not."""
        place = self._places.get(follow.exchange)
        if (link, follow.seq) in self._open:
            return
        if place is None or place.hosts is None or follow.host not in place.hosts or not follow.target.startswith("/"):
            _tell(link, Ended(follow.seq, "that exchange may not be reached at that host"))
        elif len(self._open) >= _MOST:
            _tell(link, Ended(follow.seq, "too many sockets are followed"))
        else:
            self._open[link, follow.seq] = _Socket(self, link, place, follow)

    def unfollow(self, link: Link[ToCourier], seq: int) -> None:
        """End one socket; nothing more is told of it."""
        socket = self._open.pop((link, seq), None)
        if socket is not None:
            socket.end()

    def ended(self, link: Link[ToCourier], seq: int, why: str) -> None:
        """Tell that a socket has ended by itself."""
        if self._open.pop((link, seq), None) is not None:
            _log.warning("a followed socket has ended: %s", why)
            _tell(link, Ended(seq, why))


class _Socket:
    """One of them: the protocol is the library's, without its I/O."""

    def __init__(self, all_: Followed, link: Link[ToCourier], place: Place, follow: Follow) -> None:
        self._all, self._link, self._seq, self._text = all_, link, follow.seq, follow.text
        self._protocol = ClientProtocol(
            parse_uri("wss://exchange/"), state=OPEN, max_size=_MOST_MESSAGE, logger=_quiet
        )  # it is open when it is first used, and the address is of no use to it then
        self._parts: list[bytes] = []
        self._upstream: Upstream | None = None
        self._task = asyncio.get_running_loop().create_task(self._open(place, follow.host, follow.target))

    async def _open(self, place: Place, host: str, target: str) -> None:
        try:
            self._upstream, rest = await open_upstream(place, host, target)
        except Unreachable as error:
            self._all.ended(self._link, self._seq, str(error))
            return
        self._upstream.raw, self._upstream.ended = self._heard, self._lost
        self._protocol.send_text(self._text)
        self._flush()
        self._upstream.read(True)
        if rest:
            self._heard(rest)

    def end(self) -> None:
        """End it at once."""
        self._task.cancel()
        if self._upstream is not None:
            self._upstream.ended = lambda _why: None
            self._upstream.end("no longer followed")

    def _heard(self, data: bytes) -> None:
        if self._protocol.state is not OPEN:
            return
        self._protocol.receive_data(data)
        self._flush()
        for frame in self._protocol.events_received():
            if isinstance(frame, Frame) and frame.opcode in _PIECES:
                self._parts.append(bytes(frame.data))
                if frame.fin:
                    text, self._parts = b"".join(self._parts), []
                    _tell(self._link, Event(self._seq, text))
        if self._protocol.state is not OPEN and self._upstream is not None:
            self._upstream.end("the exchange closed the socket")

    def _lost(self, why: str) -> None:
        self._all.ended(self._link, self._seq, why)

    def _flush(self) -> None:
        for piece in self._protocol.data_to_send():
            if piece and self._upstream is not None:
                self._upstream.write(piece)


def _tell(link: Link[ToCourier], message: Event | Ended) -> None:
    try:
        link.send(message)
    except Unreachable:
        _log.info("an event found no signer to hear it")  # its new process follows anew, and looks
