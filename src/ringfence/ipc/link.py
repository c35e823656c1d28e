"""One end of a socket between two processes: frames in, frames out, typed both ways."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Generic, TypeVar, cast

import msgspec

from ringfence.errors import Unreachable
from ringfence.ipc.messages import MAX_FRAME, Message

In = TypeVar("In")

_HEAD = 4
_UCRED = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED


class Link(asyncio.Protocol, Generic[In]):
    """A connected peer whose user has been checked.

    What does not decode, is too long, or comes from another user ends the connection: a peer that speaks wrongly
    is a broken or captured one, and nothing it says after that can be trusted.
    """

    def __init__(
        self,
        decoder: "msgspec.msgpack.Decoder[In]",
        uids: frozenset[int],
        received: Callable[["Link[In]", In], None],
        changed: Callable[["Link[In]", bool], None],
    ) -> None:
        self._decoder = decoder
        self._uids = uids
        self._received = received
        self._changed = changed
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._encoder = msgspec.msgpack.Encoder()
        self.gone = asyncio.Event()

    def send(self, message: Message) -> None:
        """Queue one message; raises `Unreachable` where the peer has gone."""
        if self._transport is None or self._transport.is_closing():
            raise Unreachable("the peer process is not connected")
        payload = self._encoder.encode(message)
        self._transport.write(len(payload).to_bytes(_HEAD, "big") + payload)

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Check the peer's user before a byte of it is read."""
        wire = cast(asyncio.Transport, transport)  # uvloop's transports are not of asyncio's classes
        raw = wire.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        if _UCRED.unpack(raw)[1] not in self._uids:
            wire.abort()
            return
        self._transport = wire
        self._changed(self, True)

    def data_received(self, data: bytes) -> None:
        """Cut frames and hand each message on."""
        self._buffer += data
        while len(self._buffer) >= _HEAD:
            size = int.from_bytes(self._buffer[:_HEAD], "big")
            if size > MAX_FRAME:
                self._drop()
                return
            if len(self._buffer) < _HEAD + size:
                return
            frame = bytes(self._buffer[_HEAD : _HEAD + size])
            del self._buffer[: _HEAD + size]
            try:
                message = self._decoder.decode(frame)
            except (msgspec.MsgspecError, UnicodeDecodeError):  # the second for a name that is not UTF-8
                self._drop()
                return
            self._received(self, message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Tell the owner of this link that the peer has gone."""
        known, self._transport = self._transport, None
        self.gone.set()
        if known is not None:
            self._changed(self, False)

    def _drop(self) -> None:
        self._buffer.clear()
        if self._transport is not None:
            self._transport.abort()
