"""The process in the namespace: plays the world, relays to Ringfence's doors, runs the command, and tells what it saw.

Reads an `Asked` from the descriptor that its first argument names, and writes a `Heard` to that of the second.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ringfence.errors import Misconfigured
from ringfence.leaktest import apart
from ringfence.leaktest.asked import Asked, Door, Heard
from ringfence.leaktest.internet import Internet
from ringfence.leaktest.names import Names
from ringfence.leaktest.packets import Packet, frame

TAKEN = b"+"
"""What the other side of a relay says once the door has opened."""

_ALL = 0x0003  # every protocol (packet(7))
_OUTGOING = 4  # what we sent ourselves
_FRAME = 1 << 17  # bytes; a packet has 64 KiB
_PIECE = 1 << 16
_GRACE = 0.3  # seconds; what the command sent last is on its way
_LAST = 5.0  # seconds between asking a command to end and ending it


@dataclass(slots=True)
class World:
    """The sockets of the namespace, and what is heard through them."""

    asked: Asked
    out: socket.socket
    loopback: socket.socket
    mac: bytes
    internet: Internet = field(default_factory=lambda: Internet(Names(frozenset({socket.gethostname().lower()}))))
    began: float = field(default_factory=time.monotonic)
    taken: Counter[Door] = field(default_factory=Counter)

    @property
    def now(self) -> float:
        """Seconds from the start."""
        return time.monotonic() - self.began

    def hear(self) -> None:
        """Take in what leaves, and answer it."""
        with suppress(BlockingIOError):
            while True:
                heard, sender = self.out.recvfrom(_FRAME)
                if sender[2] != _OUTGOING:
                    self.send(self.internet.hear(heard, self.now))

    def overhear(self) -> None:
        """Take in what goes through loopback."""
        with suppress(BlockingIOError):
            while True:
                heard, sender = self.loopback.recvfrom(_FRAME)
                if sender[2] != _OUTGOING:
                    self.internet.overhear(heard, self.now)

    def look_up(self, resolver: socket.socket) -> None:
        """Answer a look-up at a resolver of this machine, such as 127.0.0.53."""
        with suppress(OSError):
            query, sender = resolver.recvfrom(_PIECE)
            answer = self.internet.look_up(query, "this machine's resolver", self.now)
            if answer is not None:
                resolver.sendto(answer, sender)

    def send(self, packet: Packet | None) -> None:
        """Put a packet on the wire to the command."""
        if packet is not None:
            with suppress(OSError):
                self.out.send(frame(self.mac, packet))

    async def relay(self, door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Bring one connection to the machine's own network; it counts once somebody there has taken it."""
        try:
            far, back = await asyncio.open_unix_connection(self.asked.relay)
            back.write(bytes([self.asked.doors.index(door)]))
            await far.readexactly(len(TAKEN))
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
            return
        self.taken[door] += 1
        await join((reader, writer), (far, back))


Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def join(near: Pair, far: Pair) -> None:
    """Copy both ways until both have ended."""
    await asyncio.gather(_copy(near[0], far[1]), _copy(far[0], near[1]), return_exceptions=True)
    for _, writer in (near, far):
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def play(asked: Asked) -> Heard:
    """Play the world while the command runs."""
    world = World(asked, _raw(apart.WORLD), _raw("lo"), apart.mac_of(apart.OUT))
    loop = asyncio.get_running_loop()
    loop.add_reader(world.out, world.hear)
    loop.add_reader(world.loopback, world.overhear)
    resolver = _resolver()
    loop.add_reader(resolver, world.look_up, resolver)
    for door in asked.doors:
        await _open(world, door)
    ticking = asyncio.create_task(_tick(world))
    code = await _run(asked)
    await asyncio.sleep(_GRACE)
    ticking.cancel()
    for packet in world.internet.tick(world.now, 0.0):
        world.send(packet)
    rows = tuple(sorted(world.internet.rows.values(), key=lambda row: row.first))
    return Heard(rows, world.internet.lost, tuple(world.taken[door] for door in asked.doors), code)


async def _open(world: World, door: Door) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await world.relay(door, reader, writer)

    await asyncio.start_server(accept, door.address, door.port)


async def _tick(world: World) -> None:
    while True:
        await asyncio.sleep(_GRACE)
        for packet in world.internet.tick(world.now):
            world.send(packet)


async def _run(asked: Asked) -> int | None:
    """Run the command; returns its exit code, None where it had to be ended."""
    out = sys.stderr if asked.quiet else None
    try:
        child = await asyncio.create_subprocess_exec(*asked.command, stdout=out, preexec_fn=_as_before)
    except OSError as error:
        raise Misconfigured(f"{asked.command[0]} cannot be run: {error.strerror}") from None
    try:
        return await asyncio.wait_for(child.wait(), asked.seconds)
    except TimeoutError:
        child.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), _LAST)
        return None
    finally:
        _end_all()


def _as_before() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end_all() -> None:
    """End what the command has left behind: whoever lost a parent is our child (prctl(2), subreaper)."""
    children = Path("/proc/self/task").glob("*/children")
    for pid in [int(word) for one in children for word in one.read_text("ascii").split()]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _raw(name: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
    made.bind((name, _ALL))
    made.setblocking(False)
    return made


def _resolver() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("", 53))
    made.setblocking(False)
    return made


def main() -> None:
    """Do what is asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command gets it too, and ends
    asked_fd, heard_fd = map(int, sys.argv[1:])
    with os.fdopen(asked_fd, "rb") as source:
        asked = msgspec.json.decode(source.read(), type=Asked)
    try:
        apart.leave()
        apart.lay_wires()
        heard = asyncio.run(play(asked))
    except Misconfigured as error:
        heard = Heard(failed=str(error), hint=error.hint or "")
    except OSError as error:
        heard = Heard(failed=f"the network of the test cannot be set up: {error.strerror}")
    with os.fdopen(heard_fd, "wb") as sink:
        sink.write(msgspec.json.encode(heard))


if __name__ == "__main__":
    main()
