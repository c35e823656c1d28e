"""Keep asking the venues, keep what they say, and hand the references that are fresh to the signer."""

import asyncio
import logging
from collections.abc import Mapping

from ringfence.errors import Unreachable
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Quote, Quotes, Watch
from ringfence.model.facts import Reference
from ringfence.model.names import Symbol
from ringfence.prices.history import History
from ringfence.prices.reference import ENOUGH, Book, accepted, consensus, reference
from ringfence.prices.venues import NoBooks, Source, boot_clock

_log = logging.getLogger("ringfence.prices")
ROUND_SECONDS = 1.0  # five rounds within a quote's five seconds of life
TELL_SECONDS = 0.25  # changes within this are told together
MAX_SYMBOLS = 200  # 40 seconds of okx's pace; a policy that names more is priced in part, and the rest is refused
_LONGEST_PAUSE = 30.0  # seconds; an exchange that was away is asked again within this


class Feed:
    """The state of the prices process. `watch` and `signer` are what `stay_connected` takes."""

    def __init__(self, sources: Mapping[str, Source], by_quote: Mapping[str, tuple[str, ...]]) -> None:
        self._sources = sources
        self._by_quote = by_quote
        self._symbols: tuple[Symbol, ...] = ()
        self._books: dict[Symbol, dict[str, Book]] = {}
        self._history = History()
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
        self._symbols = tuple(Symbol(symbol) for symbol in watch.symbols[:MAX_SYMBOLS])
        kept = frozenset(self._symbols)
        self._books = {symbol: self._books.get(symbol, {}) for symbol in self._symbols}
        self._history.keep_only(kept)

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
            if self._signer is not None:
                self._send(self._signer, self.references(boot_clock()))
            await asyncio.sleep(TELL_SECONDS)

    def references(self, now: float) -> tuple[Reference, ...]:
        """Say every reference there is now; a symbol without one is left out."""
        found = (self._reference(symbol, tuple(books.values()), now) for symbol, books in self._books.items())
        return tuple(one for one in found if one is not None)

    def _reference(self, symbol: Symbol, books: tuple[Book, ...], now: float) -> Reference | None:
        few = len(accepted(books, now)) < ENOUGH  # the hour is not needed, and dear, where there are enough venues
        return reference(symbol, books, self._history.average(symbol, now) if few else None, now)

    async def _round(self, source: Source) -> int:
        """Ask for every batch, paced but not waiting for each other; returns how many requests that took."""
        mine = [symbol for symbol in self._symbols if source.name in self._venues(symbol)]
        batches = source.batches(mine, boot_clock())
        asked = []
        for batch in batches:
            asked.append(asyncio.ensure_future(self._take(source, batch)))
            if len(batches) > 1:
                await asyncio.sleep(source.venue.seconds)
        failed = [error for error in await asyncio.gather(*asked, return_exceptions=True) if error is not None]
        if failed:
            raise failed[0]
        return len(batches)

    def _venues(self, symbol: Symbol) -> tuple[str, ...]:
        return self._by_quote.get(symbol.partition("/")[2], ())

    async def _take(self, source: Source, batch: tuple[Symbol, ...]) -> None:
        books = await source.books(batch)
        now = boot_clock()
        for symbol, book in books.items():
            known = self._books.get(symbol)
            if known is None:  # the policy has changed meanwhile
                continue
            known[book.venue] = book
            mid = consensus(known.values(), now)
            if mid is not None:
                self._history.note(symbol, mid, now)
        if books:
            self._news.set()

    def _send(self, signer: Link[Watch], references: tuple[Reference, ...]) -> None:
        quotes = tuple(Quote(one.symbol, one.buy, one.sell, one.venues, one.at) for one in references)
        try:
            signer.send(Quotes(quotes))
        except Unreachable:
            _log.info("quotes found no signer to hear them")
