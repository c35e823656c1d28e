"""Stands beside a bot in a container: copies bytes between a port in the bot's network and a unix socket outside it.

One file of the standard library's Python, since it runs in images that have nothing else. It never reads a byte of
what it copies, holds no secret, and reaches nothing but what its own command line names.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress

_CHUNK = 64 * 1024  # bytes; what StreamReader holds back by default (asyncio, streams.py)
_MOST = 400  # connections at once, two descriptors each of the usual 1,024 (getrlimit(2)); the rest wait
_GROUP_MAY = 0o117  # a page's socket is its own user's and group's (umask(2))


async def main(pairs: list[str]) -> None:
    """Serve each pair, LISTEN=TARGET, until told to stop: ADDRESS:PORT, or the path of a unix socket."""
    os.umask(_GROUP_MAY)
    room = asyncio.Semaphore(_MOST)
    # The first process of a container is ended by no signal that it does not take; there is nothing to be put away.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
    servers = [await _serve(*pair.split("=", 1), room=room) for pair in pairs]
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _serve(listen: str, target: str, *, room: asyncio.Semaphore) -> asyncio.Server:
    held = set()  # asyncio itself does not keep a task that waits for a stream from being collected as garbage

    async def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        held.add(task)
        try:
            async with room:
                await _join(reader, writer, target)
        except OSError:
            writer.transport.abort()
        finally:
            held.discard(task)

    if listen.startswith("/"):
        with suppress(FileNotFoundError):
            os.unlink(listen)  # noqa: PTH108  # one that an earlier relay left
        return await asyncio.start_unix_server(came, listen)
    address, _, port = listen.rpartition(":")
    return await asyncio.start_server(came, address, int(port))


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str) -> None:
    address, _, port = target.rpartition(":")
    if target.startswith("/"):
        inner, outer = await asyncio.open_unix_connection(target)
    else:
        inner, outer = await asyncio.open_connection(address, int(port))
    try:
        await asyncio.gather(_copy(reader, outer), _copy(inner, writer))
        for ended in (outer, writer):  # what is still to be sent is sent first
            ended.close()
            await ended.wait_closed()
    finally:
        outer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one way until it ends; the other goes on. Whoever does not read makes the other side wait."""
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()
    await writer.drain()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
