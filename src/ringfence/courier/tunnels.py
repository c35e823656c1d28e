"""Tunnels for bots: to the hosts that the policy in force names for each, and nowhere else.

Of what they carry only the first message is read: it must be TLS that asks for that very host.

The signer says which there are. While no signer is connected there is none.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import cast

from ringfence.courier.hello import NotTls, asked_for
from ringfence.courier.reach import reach
from ringfence.deadline import Deadline
from ringfence.errors import Unreachable
from ringfence.ipc.flow import End
from ringfence.ipc.link import Link
from ringfence.ipc.messages import ToCourier, Tunnel, Tunnelled, Tunnels
from ringfence.ipc.pipe import Pipe
from ringfence.policy.tunnels import PORT, against
from ringfence.seldom import Seldom

_log = logging.getLogger("ringfence.courier")
MOST = 8  # of one bot at once; a chat's long poll and what it sends are two
MOST_OF_ALL = 64
MOST_LINKS = 128  # a gateway that was captured must not use up the descriptors that orders need
HELLO_SECONDS = 10.0
IDLE_SECONDS = 300.0  # a long poll of a chat ends within a minute or two
_TELL_SECONDS = 60.0
Reaching = Callable[[str, int], Awaitable[End]]


class Tunnelling:
    """All tunnels, and where they may lead. `received` and `changed` are what `listen` takes, with `Pipe`."""

    def __init__(self, reaching: Reaching = reach, idle_seconds: float = IDLE_SECONDS) -> None:
        self._reaching = reaching
        self._idle_seconds = idle_seconds
        self._signer: Link[ToCourier] | None = None
        self._allowed: dict[str, frozenset[str]] = {}
        self._links: set[Link[Tunnel]] = set()
        self._open: dict[Link[Tunnel], _Tunnel] = {}
        self._seldom = Seldom()
        self.counts: Counter[tuple[str, str, str]] = Counter()  # bytes, by bot, host and direction

    def told(self, signer: Link[ToCourier], tunnels: Tunnels) -> None:
        """Take what the signer says in place of what it said before, and end what it no longer has."""
        self._signer = signer
        self._allowed = {bot: frozenset(hosts) for bot, hosts in tunnels.bots}
        for link, tunnel in [*self._open.items()]:
            if self._why_not(tunnel.asked) is not None:
                _log.info(
                    "bot %s: the tunnel to %s ends, since the policy has changed", tunnel.asked.bot, tunnel.asked.host
                )
                self._end(link)

    def gone(self, signer: Link[ToCourier]) -> None:
        """Allow nothing once the signer has gone."""
        if signer is self._signer:
            self.told(signer, Tunnels(()))
            self._signer = None

    def changed(self, link: Link[Tunnel], up: bool) -> None:  # noqa: FBT001  # the shape that Link calls
        """Note that a bot has come or gone."""
        if not up:
            self._links.discard(link)
            self._end(link)
        elif len(self._links) >= MOST_LINKS:
            link.close()
        else:
            self._links.add(link)

    def received(self, link: Link[Tunnel], asked: Tunnel) -> None:
        """Begin a tunnel, or say at once why there is none."""
        if link in self._open:
            self._end(link)
            return
        why = self._why_not(asked)
        if why is not None:
            _refuse(link, Tunnelled(why, allowed=False))
        elif len(self._open) >= MOST_OF_ALL or sum(one.asked.bot == asked.bot for one in self._open.values()) >= MOST:
            _refuse(link, Tunnelled("too many tunnels are open"))
        else:
            ended = lambda: self._end(link)  # noqa: E731
            self._open[link] = _Tunnel(cast("Pipe[Tunnel]", link), asked, self, ended)

    async def tell(self) -> None:
        """Say once a minute what each bot has sent and heard, for ever."""
        while True:
            await asyncio.sleep(_TELL_SECONDS)
            self.tell_now()

    def tell_now(self) -> None:
        """Say it, and begin anew."""
        for bot, host in sorted({(bot, host) for bot, host, _ in self.counts}):
            sent, heard = (self.counts[bot, host, way] for way in ("sent", "heard"))
            _log.info("in the last minute bot %s sent %s bytes to %s and heard %s", bot, sent, host, heard)
        self.counts.clear()

    def say(self, level: int, asked: Tunnel, what: str) -> None:
        """Write a line about a tunnel, once a minute at most for each bot, host and thing."""
        if self._seldom.is_due((asked, what)):
            _log.log(level, "bot %s: the tunnel to %s %s", asked.bot, asked.host, what)

    def open(self, asked: Tunnel) -> Awaitable[End]:
        """Connect to where a tunnel leads."""
        return self._reaching(asked.host, asked.port)

    @property
    def idle_seconds(self) -> float:
        """How long a tunnel may carry nothing."""
        return self._idle_seconds

    def _why_not(self, asked: Tunnel) -> str | None:
        if asked.port != PORT:
            return f"a tunnel leads to port {PORT} alone"
        if against(asked.host) is not None or asked.host not in self._allowed.get(asked.bot, ()):
            return f"the policy in force names no such host under `tunnels` of bot {asked.bot}"
        return None

    def _end(self, link: Link[Tunnel]) -> None:
        tunnel = self._open.pop(link, None)
        if tunnel is not None:
            tunnel.end()
        link.close()


class _Tunnel:
    """One of them."""

    def __init__(self, pipe: Pipe[Tunnel], asked: Tunnel, all_: Tunnelling, ended: Callable[[], None]) -> None:
        self.asked = asked
        self._pipe = pipe
        self._all = all_
        self._ended = ended
        self._far: End | None = None
        self._first = b""
        self._greeted = False
        self._over = 0  # sides that say no more
        self._deadline = Deadline(self._overdue)
        self._task = asyncio.get_running_loop().create_task(self._begin())

    async def _begin(self) -> None:
        try:
            self._far = await self._all.open(self.asked)
        except Unreachable as error:
            self._all.say(logging.INFO, self.asked, f"does not stand: {error}")
            _tell(self._pipe, Tunnelled(str(error)))
            self._ended()
            return
        self._far.raw, self._far.lost, self._far.over = self._came_back, self._ended, self._far_finished
        self._pipe.raw, self._pipe.over = self._came, self._near_finished
        self._far.room, self._pipe.room = self._pipe.read, self._far.read
        self._deadline.within(HELLO_SECONDS)
        _tell(self._pipe, Tunnelled(None))

    def end(self) -> None:
        """End both sides."""
        self._task.cancel()
        self._deadline.cancel()
        if self._far is not None:
            self._far.lost = None
            self._far.close()

    def _came(self, data: bytes) -> None:
        """Pass on what the bot sends, once it has asked for the host that it may reach."""
        if not self._greeted:
            self._first += data
            try:
                name = asked_for(self._first)
            except NotTls:
                name = ""
            if name is None:
                return
            if name != self.asked.host:
                self._all.say(logging.WARNING, self.asked, "was used for something else")
                self._ended()
                return
            self._greeted, data, self._first = True, self._first, b""
            if self._far is not None:
                self._far.read(True)
        self._count("sent", data)
        if self._far is not None:
            self._far.write(data)

    def _came_back(self, data: bytes) -> None:
        self._count("heard", data)
        self._pipe.write(data)

    def _count(self, way: str, data: bytes) -> None:
        self._all.counts[self.asked.bot, self.asked.host, way] += len(data)
        self._deadline.within(self._all.idle_seconds)

    def _near_finished(self) -> None:
        if self._far is not None:
            self._far.finish()
        self._finished()

    def _far_finished(self) -> None:
        self._pipe.finish()
        self._finished()

    def _finished(self) -> None:
        self._over += 1
        if self._over == 2 or not self._greeted:  # noqa: PLR2004  # both sides
            self._ended()

    def _overdue(self) -> None:
        self._all.say(logging.INFO, self.asked, "has carried nothing for long, and ends")
        self._ended()


def _refuse(link: Link[Tunnel], tunnelled: Tunnelled) -> None:
    """Say no, and hang up."""
    _tell(link, tunnelled)
    link.close()


def _tell(link: Link[Tunnel], tunnelled: Tunnelled) -> None:
    try:
        link.send(tunnelled)
    except Unreachable:
        link.close()
