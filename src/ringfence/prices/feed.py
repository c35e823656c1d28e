"""Keep asking the venues, keep what they say, and hand the references that are fresh to the signer."""

import asyncio
import logging
from collections.abc import Mapping

from ringfence.errors import Unreachable
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Quote, Quotes, Watch
from ringfence.model.names import Symbol
from ringfence.prices.board import Board, Plan
from ringfence.prices.venues import NoBooks, Source, boot_clock

_log = logging.getLogger("ringfence.prices")
ROUND_SECONDS = 1.0  # five rounds within a quote's five seconds of life
TELL_SECONDS = 0.25  # changes within this are told together
MAX_SYMBOLS = 200  # 53 seconds of okx's pace; a policy that names more is priced in part, and the rest is refused
_LONGEST_PAUSE = 30.0  # seconds; an exchange that was away is asked again within this


class Feed:
    """The state of the prices process. `watch` and `signer` are what `stay_connected` takes."""

    def __init__(self, sources: Mapping[str, Source], plan: Plan) -> None:
        self._sources = sources
        self._board = Board(plan)
        self._doubts: tuple[str, ...] = ()
        self._signer: Link[Watch] | None = None
        self._news = asyncio.Event()

    def signer(self, link: Link[Watch], up: bool) -> None:  # noqa: FBT001  # the shape that Link calls
        """Note that the signer has come or gone."""
        self._signer = link if up else None
        _log.info("the signer %s", "is here" if up else "has gone")

    def watch(self, _link: Link[Watch], watch: Watch) -> None:
        """Take the symbols that the policy in force names."""
        if len(watch.symbols) > MAX_SYMBOLS:
            _log.warning("%s symbols are asked for; only %s are priced", len(watch.symbols), MAX_SYMBOLS)
        self._board.watch([Symbol(symbol) for symbol in watch.symbols[:MAX_SYMBOLS]], boot_clock())

    async def ask(self, name: str) -> None:
        """Ask one venue, round after round, ever more slowly while it gives nothing."""
        source = self._sources[name]
        pause = 0.0
        while True:
            began = boot_clock()
            try:
                requests = await self._round(source)
                pause = 0.0
            except NoBooks as error:
                requests = 1
                if not pause:
                    _log.warning("%s gives no prices: %s", name, error)
                pause = min(_LONGEST_PAUSE, max(2 * pause, ROUND_SECONDS, error.seconds or 0))
            paced = max(ROUND_SECONDS, requests * source.venue.seconds)
            await asyncio.sleep(max(0.0, began + paced - boot_clock()) + pause)

    async def tell(self) -> None:
        """Tell the signer the fresh references, when they change and each second."""
        while True:
            try:
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()
            self._say(boot_clock())
            await asyncio.sleep(TELL_SECONDS)

    async def _round(self, source: Source) -> int:
        """Ask for every batch, paced but not waiting for each other; returns how many requests that took."""
        name = source.name
        batches = source.batches(self._board.rates(name), self._board.pairs(name), boot_clock())
        asked = []
        for batch in batches:
            asked.append(asyncio.ensure_future(self._take(source, batch)))
            if len(batches) > 1:
                await asyncio.sleep(source.venue.seconds)
        failed = [error for error in await asyncio.gather(*asked, return_exceptions=True) if error is not None]
        if failed:
            raise failed[0]
        return len(batches)

    async def _take(self, source: Source, batch: tuple[Symbol, ...]) -> None:
        books = await source.books(batch)
        self._board.note(source.name, books, boot_clock())
        if books:
            self._news.set()

    def _say(self, now: float) -> None:
        """Tell the signer all that is known now; what is doubted is also logged, once."""
        references, doubts = self._board.references(now), self._board.doubts(now)
        for doubt in doubts:
            if doubt not in self._doubts:
                _log.warning("%s", doubt)
        for gone in self._doubts:
            if gone not in doubts:
                _log.info("no longer so: %s", gone)
        self._doubts = doubts
        if self._signer is not None:
            self._send(
                self._signer,
                Quotes(tuple(Quote(one.symbol, one.buy, one.sell, one.venues, one.at) for one in references), doubts),
            )

    def _send(self, signer: Link[Watch], quotes: Quotes) -> None:
        try:
            signer.send(quotes)
        except Unreachable:
            _log.info("quotes found no signer to hear them")
