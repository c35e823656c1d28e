"""Fetch public market data: by table only, unsigned, within a budget of its own, so that orders always have room."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringfence.courier.answer import Heard
from ringfence.courier.budget import Budget
from ringfence.courier.pools import Pools
from ringfence.dialects.dialect import Wire
from ringfence.errors import Misread, Unreachable
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Fetch, Fetched

_log = logging.getLogger("ringfence.courier")
_PATIENCE_SECONDS = 10.0
_MOST_AT_ONCE = 64
_SLOW_DOWN = frozenset({418, 429})  # Binance bans the address that goes on after a 429, kill switch included (S25)
_PAUSE_SECONDS = 60  # where the exchange does not say for how long; its own windows are a minute


@dataclass(frozen=True, slots=True)
class Errand:
    """One read as it will be sent: where, what, and what it weighs in the exchange's count."""

    host: str
    wire: Wire
    weight: int


class Public:
    """One socket's reads. `describe` turns a `Fetch` into an errand by table, or raises `Misread`."""

    def __init__(
        self,
        pools: Pools,
        describe: Callable[[Fetch], Errand],
        budgets: Mapping[str, Budget],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pools = pools
        self._describe = describe
        self._budgets = budgets
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()

    def received(self, link: Link[Fetch], fetch: Fetch) -> None:
        """Start fetching, or say at once why not."""
        if len(self._running) >= _MOST_AT_ONCE:
            _tell(link, fetch, Heard(sent=False, status=429, retry_after=1, error="too many reads are on their way"))
            return
        task = asyncio.get_running_loop().create_task(self._fetch(link, fetch))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a read failed: %s", type(task.exception()).__name__)

    async def _fetch(self, link: Link[Fetch], fetch: Fetch) -> None:
        _tell(link, fetch, await self._heard(fetch))

    async def _heard(self, fetch: Fetch) -> Heard:
        budget = self._budgets.get(fetch.exchange)
        try:
            errand = self._describe(fetch)
        except Misread as misread:
            return Heard(sent=False, status=None, error=f"not described: {misread.field}")
        if budget is None:
            return Heard(sent=False, status=None, error="that exchange has no budget")
        wait = budget.take(errand.weight, self._clock())
        if wait:
            return Heard(sent=False, status=429, retry_after=wait, error="the budget for reads is used up")
        heard = await self._pools.send(fetch.exchange, errand.host, errand.wire, _PATIENCE_SECONDS)
        if heard.status in _SLOW_DOWN:
            budget.close(heard.retry_after or _PAUSE_SECONDS, self._clock())
        return heard


def _tell(link: Link[Fetch], fetch: Fetch, heard: Heard) -> None:
    try:
        link.send(Fetched(fetch.id, heard.status, heard.body, heard.retry_after, heard.error))
    except Unreachable:
        _log.info("a read found nobody to hear it")
