"""A relay on each socket between processes, and a door in front of the exchange: where what is said goes astray.

One thread carries everything. Frames are the program's own (docs/format/socket.md): what is lost, doubled, swapped or
late is always a whole one. While a listener to frames runs, nothing moves: that is how a moment is hit exactly.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_HEAD = 4
_SWAP_SECONDS = 0.3  # how long a frame waits for another to go before it


@dataclass(frozen=True, slots=True)
class Frame:
    """One message on its way; `outward` from whoever connected to whoever listens."""

    link: str
    outward: bool
    message: dict[str, Any]


@dataclass(slots=True)
class Astray:
    """What goes wrong with the next frames of some voices: (link, outward)."""

    how: str = ""
    voices: frozenset[tuple[str, bool]] = frozenset()
    left: int = 0

    def takes(self, frame: Frame) -> bool:
        """Whether it befalls this frame; counts it."""
        if self.left <= 0 or (frame.link, frame.outward) not in self.voices:
            return False
        self.left -= 1
        return True


Listener = Callable[[Frame, bool], None]
"""Called with each frame, once before it is passed on and once after (the second argument)."""


@dataclass(slots=True)
class Relay:
    """All links. `listener` hears of frames, `rewrite` says what is passed on instead, `astray` what becomes of it,
    `delays` how late a link is.
    """

    listener: Listener = lambda _frame, _passed: None
    rewrite: Callable[[Frame], dict[str, Any]] = lambda frame: frame.message
    heard_at_door: Callable[[], None] = lambda: None
    astray: Astray = field(default_factory=Astray)
    delays: dict[str, float] = field(default_factory=dict)
    door_open: bool = True
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _pairs: dict[str, list[asyncio.Transport]] = field(default_factory=dict)
    _servers: list[asyncio.AbstractServer] = field(default_factory=list)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to carry."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End everything."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        self._cut(tuple(self._pairs))
        await asyncio.sleep(0.1)  # until each transport has closed its socket
        self._cut(tuple(self._pairs))  # and those that were being made meanwhile
        await asyncio.sleep(0)

    def link(self, name: str, at: Path, to: Path) -> None:
        """Listen on a unix socket for one process, and connect to another's."""
        loop = self._loop

        async def dial(end: "_End") -> object:
            return await loop.create_unix_connection(lambda: end, str(to))

        async def serve() -> asyncio.AbstractServer:
            return await loop.create_unix_server(lambda: _End(self, name, True, dial), str(at))

        self._servers.append(self._do(serve()))

    def door(self, name: str, at: int, to: int) -> None:
        """Listen on a port of loopback and pass bytes on to another, while the door is open."""
        loop = self._loop

        async def dial(end: "_End") -> object:
            if not self.door_open:
                raise ConnectionRefusedError
            return await loop.create_connection(lambda: end, "127.0.0.1", to)

        async def serve() -> asyncio.AbstractServer:
            return await loop.create_server(lambda: _Door(self, name, True, dial), "127.0.0.1", at)

        self._servers.append(self._do(serve()))

    def cut(self, *names: str) -> None:
        """End every connection of some links now; new ones may be made. Safe from any thread."""
        if threading.current_thread() is self._thread:
            self._cut(names)
        else:
            done = threading.Event()
            self._loop.call_soon_threadsafe(self._cut, names)
            self._loop.call_soon_threadsafe(done.set)
            done.wait(5)

    def _cut(self, names: tuple[str, ...]) -> None:
        for name in names:
            for transport in self._pairs.pop(name, []):
                transport.abort()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class _End(asyncio.Protocol):
    """One end of a connection that is carried: the one that was accepted dials the other."""

    def __init__(
        self, relay: Relay, name: str, outward: bool, dial: Callable[["_End"], Coroutine[Any, Any, object]] | None
    ) -> None:
        self.relay = relay
        self.name = name
        self.outward = outward
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self._dial = dial
        self._buffer = bytearray()
        self._swapped: list[bytes] = []
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.relay._pairs.setdefault(self.name, []).append(transport)
        if self._dial is not None:
            self._task = self.relay._loop.create_task(self._connect(self._dial))

    async def _connect(self, dial: Callable[["_End"], Coroutine[Any, Any, object]]) -> None:
        other = type(self)(self.relay, self.name, False, None)
        other.other = self
        assert self.transport is not None
        try:
            await dial(other)
        except OSError:
            self.transport.abort()
            return
        self.other = other
        self.data_received(b"")
        if self.transport.is_closing() and other.transport is not None:
            other.transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self.other is None:
            return  # what came before the other end was there waits for it
        while len(self._buffer) >= _HEAD:
            end = _HEAD + int.from_bytes(self._buffer[:_HEAD], "big")
            if len(self._buffer) < end:
                return
            whole = bytes(self._buffer[:end])
            del self._buffer[:end]
            self._carry(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.relay._pairs[self.name].remove(self.transport)  # type: ignore[arg-type]
        if self.other is not None and self.other.transport is not None:
            self.relay._loop.call_later(self.relay.delays.get(self.name, 0.0), self.other.transport.close)

    def send(self, data: bytes) -> None:
        """Write, as late as the link is."""
        if self.transport is None or self.transport.is_closing():
            return
        delay = self.relay.delays.get(self.name, 0.0)
        if delay:
            self.relay._loop.call_later(delay, self.transport.write, data)
        else:
            self.transport.write(data)

    def _carry(self, whole: bytes) -> None:
        assert self.other is not None
        frame = Frame(self.name, self.outward, msgspec.msgpack.decode(whole[_HEAD:]))
        self.relay.listener(frame, False)
        said = self.relay.rewrite(frame)
        if said is not frame.message:
            whole = _framed(said)
        held, self._swapped = self._swapped, []
        if not self.relay.astray.takes(frame):
            out = [whole, *held]
        elif self.relay.astray.how == "lost":
            out = held
        elif self.relay.astray.how == "doubled":
            out = [whole, whole, *held]
        else:
            out = held
            self._swapped = [whole]
            self.relay._loop.call_later(_SWAP_SECONDS, self._unswap)
        for data in out:
            self.other.send(data)
        self.relay.listener(frame, True)

    def _unswap(self) -> None:
        held, self._swapped = self._swapped, []
        for data in held:
            if self.other is not None:
                self.other.send(data)


def _framed(message: dict[str, Any]) -> bytes:
    payload = msgspec.msgpack.encode(message)
    return len(payload).to_bytes(_HEAD, "big") + payload


class _Door(_End):
    """One end of a connection whose bytes mean nothing here."""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self.other is None or not self._buffer:
            return
        whole, self._buffer = bytes(self._buffer), bytearray()
        if self.outward:
            self.relay.heard_at_door()
        self.other.send(whole)
