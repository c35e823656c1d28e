"""Listen on a unix socket for one kind of peer."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import TypeVar

import msgspec

from ringfence.ipc.link import Link

In = TypeVar("In")


async def listen(
    path: Path,
    kind: type[In] | UnionType,
    uids: frozenset[int],
    received: Callable[[Link[In], In], None],
    changed: Callable[[Link[In], bool], None] = lambda _link, _up: None,
    end: Callable[..., Link[In]] = Link,
) -> asyncio.AbstractServer:
    """Serve `path`, mode 0660, to peers of the given users; replaces a socket that a dead process left.

    `end` makes our end of each connection.
    """
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    loop = asyncio.get_running_loop()
    decoder: msgspec.msgpack.Decoder[In] = msgspec.msgpack.Decoder(kind)
    before = os.umask(0o117)
    try:
        return await loop.create_unix_server(lambda: end(decoder, uids, received, changed), str(path))
    finally:
        os.umask(before)
