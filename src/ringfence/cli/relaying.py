"""`ringfence confine` on the machine's side: brings the bot to its doors, and others to the bot."""

import asyncio
import os
import socket
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial

import msgspec

from ringfence.confine import launch
from ringfence.confine.bot import Asked
from ringfence.confine.launcher import BY_TERMINAL, PASSED_ON, REACHED, READY
from ringfence.errors import Broken, Misconfigured
from ringfence.leaktest.inside import join

_WORD = 65_536
_DOORS = 64  # descriptors in one message; the kernel lets 253 through (unix(7))
_LOOPBACK = "127.0.0.1"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def run(asked: Asked, environment: Mapping[str, str]) -> int:
    """Run what is asked and relay until it ends; returns its exit code, raises `Misconfigured` where it cannot be."""
    reached = {port: _listening(port) for port in asked.listen} if asked.apart else {}
    told, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with told:
        process = await _start(asked, environment, theirs)
        _pass_on_signals(process)
        said, handles, _, _ = await asyncio.to_thread(socket.recv_fds, told, _WORD, _DOORS)
        if said != READY:
            await process.wait()
            raise _failed(said)
        asking = asyncio.Lock()
        async with AsyncExitStack() as stack:
            for door, handle in zip(asked.doors, handles, strict=False):
                await _serve(stack, partial(asyncio.open_connection, door.address, door.port), handle)
            for port, sock in reached.items():
                await _serve(stack, partial(_reach, told, asking, port), sock.detach())
            return await process.wait()


async def _start(asked: Asked, environment: Mapping[str, str], theirs: socket.socket) -> Process:
    source, sink = os.pipe()
    command = launch.command("ringfence.confine.launcher", str(source), str(theirs.fileno()))
    with theirs:
        process = await asyncio.create_subprocess_exec(
            *command, env=dict(environment), pass_fds=(source, theirs.fileno())
        )
    os.close(source)
    await asyncio.to_thread(_write, sink, msgspec.json.encode(asked))
    return process


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((_LOOPBACK, port))
    except OSError as error:
        raise Misconfigured(f"port {port} cannot be listened on: {error.strerror}", hint="choose another") from None


def _write(handle: int, data: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _pass_on_signals(process: Process) -> None:
    """Hand signals on; those of a terminal have reached the bot from there."""
    for number in PASSED_ON:
        ours = number in BY_TERMINAL and os.isatty(0)
        handed = (lambda: None) if ours else partial(process.send_signal, number)
        asyncio.get_running_loop().add_signal_handler(number, handed)


def _failed(said: bytes) -> Misconfigured | Broken:
    if not said:
        return Broken("what was to confine the bot ended without a word", hint="run it again")
    why, hint = msgspec.json.decode(said, type=tuple[str, str])
    return Misconfigured(why, hint=hint or None)


async def _serve(stack: AsyncExitStack, far: Callable[[], Awaitable[Streams]], handle: int) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            reached = await far()
        except OSError:
            writer.close()  # nobody listens there: whoever came sees a connection that ends
            return
        await join((reader, writer), reached)

    server = await asyncio.start_server(accept, sock=socket.socket(fileno=handle))
    stack.callback(server.close)


async def _reach(told: socket.socket, asking: asyncio.Lock, port: int) -> Streams:
    """Ask the launcher for a connection to a port of the bot's, one at a time."""
    async with asking:
        said, handles = await asyncio.to_thread(_ask, told, port)
    if said != REACHED or not handles:
        raise ConnectionRefusedError
    return await asyncio.open_connection(sock=socket.socket(fileno=handles[0]))


def _ask(told: socket.socket, port: int) -> tuple[bytes, list[int]]:
    told.send(str(port).encode())
    said, handles, _, _ = socket.recv_fds(told, _WORD, 1)
    return said, handles
