"""The HTTPS proxy for bots: a CONNECT to an exchange's host ends here, at the front of the bot's own exchange.

Nothing is passed on in plain HTTP, and no byte of a CONNECT ever leads to a connection that this process makes.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from ringfence.deadline import Deadline
from ringfence.errors import Unreachable
from ringfence.gateway.admission import Admission
from ringfence.gateway.connect import Unfit, Wanted, read
from ringfence.gateway.crowd import Crowd
from ringfence.gateway.doors import Doors
from ringfence.gateway.knocks import Knocks
from ringfence.gateway.limits import Limits
from ringfence.gateway.ports import LOOPBACK, OWN, Ports, listen, port_of
from ringfence.gateway.tls import Distrusted, Leaves, Secured
from ringfence.gateway.tunnel import ESTABLISHED, Tunnels
from ringfence.model.names import BotName, ExchangeId
from ringfence.passes import Pass
from ringfence.seldom import Seldom

_log = logging.getLogger("ringfence.gateway")


class Proxy:
    """One proxy port. `doors` are the hosts of each exchange; `port` 0 takes any free one (tests)."""

    def __init__(  # noqa: PLR0913, PLR0917  # one each
        self,
        port: int,
        doors: Mapping[ExchangeId, Doors],
        leaves: Leaves,
        admission: Admission,
        tunnels: Tunnels,
        limits: Limits,
        counts: Counter[str],
    ) -> None:
        self._port = port
        self._doors = doors
        self._leaves = leaves
        self._admission = admission
        self._tunnels = tunnels
        self._counts = counts
        self.limits = limits
        self.knocks = Knocks(limits)
        self._crowds: dict[BotName, Crowd] = {}
        self._servers: tuple[asyncio.Server, ...] = ()
        self._seldom = Seldom()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return port_of(self._servers)

    async def open(self, ports: Ports = OWN) -> None:
        """Begin to listen; raises `Misconfigured` where that cannot be."""
        self._servers = await listen(lambda: Caller(self), ports.at(LOOPBACK, self._port))

    async def close(self) -> None:
        """Listen no more, and let open requests end."""
        for server in self._servers:
            server.close()
        self.knocks.close()
        await asyncio.gather(*(crowd.close() for crowd in self._crowds.values()))

    async def serve(self, wanted: Wanted, wire: asyncio.Transport, caller: "Caller") -> Unfit | None:
        """Let a client in, or say why not."""
        shown = self._identify(wanted)
        if not isinstance(shown, Pass):
            return shown
        self.knocks.gone(caller)  # from here on it counts among its bot's own
        doors = self._doors.get(shown.exchange, {})
        door = doors.get(wanted.host)
        if door is None:
            return await self._tunnels.lead(shown.bot, wanted, wire)
        if wanted.port not in door.host.ports:
            self._counts["proxy: refused"] += 1
            return Unfit(
                403, f"{wanted.host} has no port {wanted.port}: {', '.join(map(str, sorted(door.host.ports)))}"
            )
        return await self._secure(shown, wanted, wire)

    def broken(self, by: str) -> None:
        """Note that something broke which should not; named by its kind alone."""
        self._counts["proxy: broken"] += 1
        if self._seldom.is_due(by):
            _log.error("a connection to the proxy broke: %s", by)

    def _identify(self, wanted: Wanted) -> Pass | Unfit:
        """Say whose the connection is; a claim that is wrong gets no answer once there are too many."""
        if wanted.bot is None or wanted.token is None:
            self._counts["proxy: no pass"] += 1
            return Unfit(407, "the proxy's address needs the bot's name and token: http://NAME:TOKEN@127.0.0.1:PORT")
        found = self._admission.find(wanted.bot, wanted.token)
        if found is not None:
            return found
        self._counts["proxy: wrong pass"] += 1
        if not self._admission.worth_an_answer():
            return Unfit(0, "")
        whose = f"of bot {wanted.bot}" if self._admission.knows(wanted.bot) else "of no bot that there is"
        _log.warning("a wrong pass was shown, in the name %s", whose)
        return Unfit(407, "these are no bot's name and token; `ringfence point` shows the right ones")

    async def _secure(self, shown: Pass, wanted: Wanted, wire: asyncio.Transport) -> Unfit | None:
        """Answer, shake hands, and go on as any connection of that bot's."""
        leaf = self._leaves.of(wanted.host)
        if leaf is None:
            if self._seldom.is_due(wanted.host):
                _log.error("there is no certificate for %s; run `ringfence certificates`", wanted.host)
            return Unfit(503, f"there is no certificate for {wanted.host}: run `ringfence certificates`")
        crowd = self._crowds.setdefault(shown.bot, Crowd(self.limits))
        if crowd.full:
            self._counts["proxy: full"] += 1
            return Unfit(503, "too many connections of this bot are open")
        secured = Secured()
        crowd.coming += 1
        try:
            wire.write(ESTABLISHED)
            await secured.shake(wire, lambda name: leaf if name == wanted.host else None)
        except Unreachable as error:
            self._failed(shown.bot, wanted.host, error)
            return None
        finally:
            crowd.coming -= 1
        self._counts["proxy: connections"] += 1
        secured.hand_over(crowd.connection(self._doors[shown.exchange][wanted.host].of(shown.bot)))
        return None

    def _failed(self, bot: BotName, host: str, error: Unreachable) -> None:
        """Say which client cannot come in, and what it needs; once a minute for each bot and host."""
        self._counts["proxy: no handshake"] += 1
        if not self._seldom.is_due((bot, host)):
            return
        if isinstance(error, Distrusted):
            _log.warning("bot %s, %s: %s; see `ringfence point`", bot, host, error)
        else:
            _log.info("bot %s, %s: %s", bot, host, error)


class Caller(asyncio.Protocol):
    """One connection, until it is known whose it is and where it leads."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._wire: asyncio.Transport | None = None
        self._came = b""
        self._deadline = Deadline(self.send_away)
        self._task: asyncio.Task[None] | None = None
        self._over = False  # it has been refused

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait a moment for its first words."""
        self._wire = cast(asyncio.Transport, transport)
        self._proxy.knocks.come(self)
        self._deadline.within(self._proxy.limits.knock_seconds)

    def data_received(self, data: bytes) -> None:
        """Read on until its question is whole; what comes after that comes too early."""
        if self._over:
            return
        if self._wire is None or self._task is not None:
            self.send_away()
            return
        self._came += data
        found = read(self._came)
        if found is None:
            return
        if isinstance(found, Unfit):
            self._refuse(found)
        else:
            self._deadline.cancel()
            self._wire.pause_reading()
            self._task = asyncio.get_running_loop().create_task(self._serve(found, self._wire))
            self._task.add_done_callback(self._served)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget it."""
        self._wire = None
        self._proxy.knocks.gone(self)
        self._deadline.cancel()

    def send_away(self) -> None:
        """End it without a word."""
        if self._wire is not None:
            self._wire.abort()

    async def _serve(self, wanted: Wanted, wire: asyncio.Transport) -> None:
        refused = await self._proxy.serve(wanted, wire, self)
        if refused is not None:
            self._refuse(refused)

    def _served(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            self._proxy.broken(type(task.exception()).__name__)
            self.send_away()

    def _refuse(self, unfit: Unfit) -> None:
        """Answer no, and read on for a moment without looking, so that the answer is not lost in a reset."""
        if self._wire is None or self._wire.is_closing() or not unfit.status:
            self.send_away()
            return
        self._over = True
        self._proxy.knocks.come(self)
        self._wire.write(_no(unfit))
        self._wire.write_eof()
        self._wire.resume_reading()
        self._deadline.within(self._proxy.limits.linger_seconds)


def _no(unfit: Unfit) -> bytes:
    body = f"ringfence: {unfit.why}\n".encode("ascii", "replace")
    more = (
        'Proxy-Authenticate: Basic realm="ringfence"\r\n'
        if unfit.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
        else ""
    )
    more += "Allow: CONNECT\r\n" if unfit.status == HTTPStatus.METHOD_NOT_ALLOWED else ""
    head = f"HTTP/1.1 {unfit.status} {HTTPStatus(unfit.status).phrase}\r\nServer: ringfence\r\n{more}"
    head += f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode("ascii") + body
