"""Carry the signer's requests: each once, to the host it names, and tell the outcome. Never twice, never elsewhere."""

import asyncio
import logging
from collections import deque
from functools import partial

from ringfence.courier.answer import Heard
from ringfence.courier.follow import Followed
from ringfence.courier.pools import Pools
from ringfence.courier.tunnels import Tunnelling
from ringfence.dialects.dialect import Wire
from ringfence.errors import Unreachable
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Carry, Follow, Outcome, ToCourier, Tunnels, Unfollow

_log = logging.getLogger("ringfence.courier")
MOST_AT_ONCE = 256  # more than an exchange's order limits let through in any ten seconds
_REMEMBERED = 65_536  # sequence numbers of one connection; older ones are refused by being lower
_MAX_PATIENCE_MS = 60_000  # an exchange that needs longer has not answered


class Seen:
    """The sequence numbers that one connection has used."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._order: deque[int] = deque()
        self._known: set[int] = set()
        self._below = 0
        self._remembered = remembered

    def is_new(self, seq: int) -> bool:
        """Say whether a number is used for the first time, and note it; a number too old to tell is not new."""
        if seq <= self._below or seq in self._known:
            return False
        self._order.append(seq)
        self._known.add(seq)
        if len(self._order) > self._remembered:
            oldest = self._order.popleft()
            self._known.discard(oldest)
            self._below = max(self._below, oldest)
        return True


class Carrying:
    """The signer's side of the courier. `received` and `changed` are what `listen` takes."""

    def __init__(self, pools: Pools, followed: Followed, tunnelling: Tunnelling, most: int = MOST_AT_ONCE) -> None:
        self._pools = pools
        self._followed = followed
        self._tunnelling = tunnelling
        self._most = most
        self._seen: dict[Link[ToCourier], Seen] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._at_once = 0  # how many more are on their way, over connections that were open

    def changed(self, link: Link[ToCourier], up: bool) -> None:  # noqa: FBT001  # the shape that Link calls
        """Begin or end the numbering of one connection; what is on its way stays on its way."""
        if up:
            self._seen[link] = Seen()
        else:
            self._seen.pop(link, None)
            self._followed.gone(link)
            self._tunnelling.gone(link)
        _log.info("the signer %s", "is here" if up else "has gone")

    def received(self, link: Link[ToCourier], message: ToCourier) -> None:
        """Take what the signer asks for."""
        match message:
            case Carry():
                self._begin(link, message)
            case Follow():
                self._followed.follow(link, message)
            case Unfollow(seq):
                self._followed.unfollow(link, seq)
            case Tunnels():
                self._tunnelling.told(link, message)

    def _begin(self, link: Link[ToCourier], carry: Carry) -> None:
        """Start carrying, or say at once that nothing will be sent.

        A number that was used before gets no outcome of its own: "not sent" would be taken for the first one's.
        """
        seen = self._seen.get(link)
        if seen is None or not seen.is_new(carry.seq):
            _log.warning("not sent: its number has been used before")
            return
        why = self._refusal(carry)
        if why is not None:
            _log.warning("not sent: %s", why)
            _tell(link, carry, Heard(sent=False, status=None, error=why))
            return
        wire = Wire(carry.method, carry.target, carry.headers, carry.body)
        self._at_once += 1
        if self._pools.send_at_once(
            carry.exchange, carry.host, wire, carry.patience_ms / 1000, partial(self._heard_at_once, link, carry)
        ):
            return
        self._at_once -= 1
        task = asyncio.get_running_loop().create_task(self._carry(link, carry, wire))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("no outcome: %s", type(task.exception()).__name__)  # which the signer takes as silence

    def _refusal(self, carry: Carry) -> str | None:
        if not 0 < carry.patience_ms <= _MAX_PATIENCE_MS:
            return "the patience is not from 1 ms to a minute"
        if len(self._running) + self._at_once >= self._most:
            return "too many requests are on their way"
        return None

    async def _carry(self, link: Link[ToCourier], carry: Carry, wire: Wire) -> None:
        _heard(link, carry, await self._pools.send(carry.exchange, carry.host, wire, carry.patience_ms / 1000))

    def _heard_at_once(self, link: Link[ToCourier], carry: Carry, heard: Heard) -> None:
        self._at_once -= 1
        _heard(link, carry, heard)


def _heard(link: Link[ToCourier], carry: Carry, heard: Heard) -> None:
    if heard.error is not None:
        _log.warning("%s: %s", carry.exchange, heard.error)
    _tell(link, carry, heard)


def _tell(link: Link[ToCourier], carry: Carry, heard: Heard) -> None:
    try:
        link.send(Outcome(carry.seq, heard.sent, heard.status, heard.body, heard.retry_after, heard.error))
    except Unreachable:
        _log.warning("an outcome found no signer to hear it")  # its new process asks the exchange itself
