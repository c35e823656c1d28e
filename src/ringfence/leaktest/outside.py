"""The side of the machine's own network: starts the process in the namespace, and brings its relays to the doors."""

import asyncio
import os
import signal
import socket
import tempfile
from pathlib import Path

import msgspec

from ringfence.confine import launch
from ringfence.errors import Broken, Misconfigured
from ringfence.leaktest.asked import Asked, Door, Heard
from ringfence.leaktest.inside import TAKEN, join

_PATIENCE = 2.0  # seconds; it is this machine


async def run(command: tuple[str, ...], seconds: float, doors: tuple[Door, ...], *, quiet: bool) -> Heard:
    """Run a command where only these doors are open, and say what it tried besides; raises `Misconfigured`."""
    with tempfile.TemporaryDirectory(prefix="ringfence-") as folder:
        relay = str(Path(folder, "relay"))

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _bring(doors, reader, writer)

        server = await asyncio.start_unix_server(accept, relay)
        try:
            heard = await _inside(Asked(command, seconds, doors, relay, quiet))
        finally:
            server.close()
    if heard.failed:
        raise Misconfigured(heard.failed, hint=heard.hint or None)
    return heard


def open_doors(doors: tuple[Door, ...]) -> tuple[Door, ...]:
    """List those doors where somebody listens."""
    return tuple(door for door in doors if _listens(door))


def _listens(door: Door) -> bool:
    with socket.socket() as trial:
        trial.settimeout(_PATIENCE)
        return trial.connect_ex((door.address, door.port)) == 0


async def _bring(doors: tuple[Door, ...], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        door = doors[(await reader.readexactly(1))[0]]
        far = await asyncio.open_connection(door.address, door.port)
    except (OSError, asyncio.IncompleteReadError, IndexError):
        writer.close()  # nobody listens there: the command sees a connection that ends
        return
    writer.write(TAKEN)
    await join((reader, writer), far)


async def _inside(asked: Asked) -> Heard:
    """Start the process in the namespace, tell it what to do, and wait for what it has to say."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the command; we tell what came of it
    ask, tell = os.pipe(), os.pipe()
    try:
        child = await asyncio.create_subprocess_exec(
            *launch.command("ringfence.leaktest.inside", str(ask[0]), str(tell[1])), pass_fds=(ask[0], tell[1])
        )
        os.close(ask[0])
        os.close(tell[1])
        await asyncio.to_thread(_write, ask[1], msgspec.json.encode(asked))
        told = await asyncio.to_thread(_read, tell[0])
        await child.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        return msgspec.json.decode(told, type=Heard)
    except msgspec.MsgspecError:
        raise Broken("the process in the namespace ended without a word", hint="run it again") from None


def _write(handle: int, data: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _read(handle: int) -> bytes:
    with os.fdopen(handle, "rb") as file:
        return file.read()
