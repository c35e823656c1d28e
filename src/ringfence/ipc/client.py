"""Connect to a peer's unix socket, and stay connected."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import TypeVar

import msgspec

from ringfence.errors import Unreachable
from ringfence.ipc.link import Link

In = TypeVar("In")

_RETRY_SECONDS = 0.1  # a local process that restarts is back within a second or so


async def connect(
    path: Path,
    kind: type[In] | UnionType,
    uids: frozenset[int],
    received: Callable[[Link[In], In], None],
    changed: Callable[[Link[In], bool], None] = lambda _link, _up: None,
    end: Callable[..., Link[In]] = Link,
) -> Link[In]:
    """Connect once; raises `Unreachable` where nobody listens. `end` makes our end of it."""
    loop = asyncio.get_running_loop()
    decoder: msgspec.msgpack.Decoder[In] = msgspec.msgpack.Decoder(kind)
    try:
        _, link = await loop.create_unix_connection(lambda: end(decoder, uids, received, changed), str(path))
    except OSError as error:
        raise Unreachable(f"nobody listens on {path.name}", hint="is `ringfence run` up?") from error
    return link


async def stay_connected(
    path: Path,
    kind: type[In] | UnionType,
    uids: frozenset[int],
    received: Callable[[Link[In], In], None],
    changed: Callable[[Link[In], bool], None],
) -> None:
    """Keep one connection up for ever; `changed` tells each coming and going."""
    while True:
        try:
            link = await connect(path, kind, uids, received, changed)
        except Unreachable:
            pass
        else:
            try:
                await link.gone.wait()
            finally:
                link.close()
        await asyncio.sleep(_RETRY_SECONDS)  # also where a peer of the wrong user was hung up on
