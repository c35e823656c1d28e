"""Tunnels as the gateway sees them: the courier alone may lead them out, and bytes are passed on unread."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ringfence.errors import Unreachable
from ringfence.gateway.connect import Unfit, Wanted
from ringfence.ipc.client import connect
from ringfence.ipc.flow import End
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Tunnel, Tunnelled
from ringfence.ipc.pipe import Pipe
from ringfence.model.names import BotName
from ringfence.policy.tunnels import PORT, against

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_SETTING = "only hosts that the policy names under `tunnels` of this bot are reached through the proxy, on port 443"


@dataclass(frozen=True, slots=True)
class Tunnels:
    """Where tunnels come from: the courier's socket, whose it may be, and how long it may take to open one."""

    path: Path
    uids: frozenset[int]
    seconds: float
    counts: Counter[str]

    async def lead(self, bot: BotName, wanted: Wanted, wire: asyncio.Transport) -> Unfit | None:
        """Lead a connection out, and answer it; or say why not."""
        if wanted.port != PORT or against(wanted.host) is not None:
            self.counts["tunnels: refused"] += 1
            return Unfit(403, _SETTING)
        tunnelling = _Tunnelling()
        told = await tunnelling.begin(self, Tunnel(bot, wanted.host, wanted.port))
        if told.error is None and not wire.is_closing():
            self.counts["tunnels: opened"] += 1
            tunnelling.join(wire)
            return None
        tunnelling.end()
        self.counts["tunnels: refused"] += 1
        return Unfit(502, told.error or "gone") if told.allowed else Unfit(403, f"{told.error}: {_SETTING}")


class _Tunnelling:
    """One of them: the courier's end and the bot's."""

    def __init__(self) -> None:
        self._told: asyncio.Future[Tunnelled] = asyncio.get_running_loop().create_future()
        self._pipe: Pipe[Tunnelled] | None = None
        self._near: End | None = None
        self._over = 0  # sides that say no more

    async def begin(self, tunnels: Tunnels, asked: Tunnel) -> Tunnelled:
        """Have the courier open its end."""
        try:
            async with asyncio.timeout(tunnels.seconds):
                link = await connect(tunnels.path, Tunnelled, tunnels.uids, self._received, self._changed, Pipe)
                self._pipe = cast("Pipe[Tunnelled]", link)
                link.send(asked)
                return await self._told
        except (Unreachable, TimeoutError):
            return Tunnelled("the courier does not answer")

    def join(self, wire: asyncio.Transport) -> None:
        """Answer the bot, and let bytes go both ways, each as fast as the other side takes them."""
        pipe, near = self._pipe, End()
        if pipe is None:
            wire.abort()
            return
        self._near = near
        near.raw, near.room, near.over, near.lost = pipe.write, pipe.read, self._near_finished, self.end
        pipe.raw, pipe.room, pipe.over = near.write, near.read, self._far_finished
        wire.write(ESTABLISHED)
        wire.set_protocol(near)
        near.connection_made(wire)
        near.read(True)

    def end(self) -> None:
        """End both sides."""
        if self._near is not None:
            self._near.lost = None
            self._near.close()
        if self._pipe is not None:
            self._pipe.close()

    def _near_finished(self) -> None:
        if self._pipe is not None:
            self._pipe.finish()
        self._finished()

    def _far_finished(self) -> None:
        if self._near is not None:
            self._near.finish()
        self._finished()

    def _finished(self) -> None:
        self._over += 1
        if self._over == 2:  # noqa: PLR2004  # both
            self.end()

    def _received(self, _link: Link[Tunnelled], told: Tunnelled) -> None:
        if not self._told.done():
            self._told.set_result(told)

    def _changed(self, link: Link[Tunnelled], up: bool) -> None:  # noqa: FBT001  # the shape that Link calls
        if not up:
            self._received(link, Tunnelled("the courier went away"))
            self.end()
