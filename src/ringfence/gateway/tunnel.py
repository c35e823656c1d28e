"""Tunnels as the gateway sees them: the courier alone may lead them out, and bytes are passed on unread."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from ringfence.errors import Unreachable
from ringfence.gateway.connect import Unfit, Wanted
from ringfence.gateway.passage import Passage
from ringfence.ipc.flow import End
from ringfence.ipc.messages import Tunnel, Tunnelled
from ringfence.ipc.pipe import Pipe
from ringfence.model.names import BotName
from ringfence.policy.tunnels import PORT, against

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_SETTING = "only hosts that the policy names under `tunnels` of this bot are reached through the proxy, on port 443"


@dataclass(frozen=True, slots=True)
class Tunnels(Passage):
    """Where tunnels come from, and how many there were."""

    counts: Counter[str]

    async def lead(self, bot: BotName, wanted: Wanted, wire: asyncio.Transport) -> Unfit | None:
        """Lead a connection out, and answer it; or say why not."""
        if wanted.port != PORT or against(wanted.host) is not None:
            return self._refused(403, _SETTING)
        try:
            pipe, told = await self.ask(Tunnel(bot, wanted.host, wanted.port), Tunnelled)
        except Unreachable as error:
            return self._refused(502, str(error))
        if told.error is not None or pipe.gone.is_set() or wire.is_closing():
            pipe.close()
            why = told.error or "gone"
            return self._refused(502, why) if told.allowed else self._refused(403, f"{why}: {_SETTING}")
        self.counts["tunnels: opened"] += 1
        wire.write(ESTABLISHED)
        _Joint(wire, pipe)
        return None

    def _refused(self, status: int, why: str) -> Unfit:
        self.counts["tunnels: refused"] += 1
        return Unfit(status, why)


class _Joint:
    """A bot's end and the courier's: bytes go both ways, each as fast as the other side takes them."""

    def __init__(self, wire: asyncio.Transport, pipe: Pipe[Tunnelled]) -> None:
        near = End()
        self._near = near
        self._pipe = pipe
        self._over = 0  # sides that say no more
        near.raw, near.room, near.over, near.lost = pipe.write, pipe.read, self._near_finished, self._end
        pipe.raw, pipe.room, pipe.over, pipe.lost = near.write, near.read, self._far_finished, self._end
        wire.set_protocol(near)
        near.connection_made(wire)
        near.read(True)

    def _end(self) -> None:
        self._near.close()
        self._pipe.close()

    def _near_finished(self) -> None:
        self._pipe.finish()
        self._finished()

    def _far_finished(self) -> None:
        self._near.finish()
        self._finished()

    def _finished(self) -> None:
        self._over += 1
        if self._over == 2:  # noqa: PLR2004  # both
            self._end()
