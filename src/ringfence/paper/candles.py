"""Candles and day figures of one symbol, folded from its trades. Pure.

Each trade goes into a candle of its second, of its minute and of its day; every longer candle is made of those. What a
stream tells last of a candle and what a query answers for it later are therefore the same.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, takewhile

from ringfence.paper.intervals import DAY, INTERVALS, MINUTE, SECOND, Interval
from ringfence.paper.orders import ZERO, Side, Trade

_SECONDS_KEPT = 1001  # as many candles as one query answers, and the one that is open
_MINUTES_KEPT = 6000  # enough for 1000 five-minute candles, the longest look-back that clients ask for at their start


@dataclass(frozen=True, slots=True)
class Candle:
    """What happened in one stretch of time; `start` in milliseconds, `bought` is what takers bought."""

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    quote: Decimal = ZERO
    count: int = 0
    bought: Decimal = ZERO
    bought_quote: Decimal = ZERO
    first_id: int = -1
    last_id: int = -1


class Row:
    """Candles of one length without a gap; all that are given, and the last `kept` from then on."""

    def __init__(self, length: int, candles: Iterable[Candle], kept: int | None) -> None:
        self._length = length
        self._candles: deque[Candle] = deque(candles, maxlen=kept)
        self._forgotten_to = 0

    @property
    def newest(self) -> Candle:
        """The one that is open."""
        return self._candles[-1]

    def add(self, trade: Trade) -> None:
        """Fold one trade in; it is not older than the last one."""
        self.reach(trade.time)
        bought = trade.taker_side is Side.BUY
        single = Candle(
            start=self.newest.start, open=trade.price, high=trade.price, low=trade.price, close=trade.price,
            volume=trade.quantity, quote=trade.cost, count=1, bought=trade.quantity if bought else ZERO,
            bought_quote=trade.cost if bought else ZERO, first_id=trade.trade_id, last_id=trade.trade_id,
        )  # fmt: skip
        self._candles[-1] = _merge((self.newest, single))

    def reach(self, now: int) -> None:
        """Go on to the candle of `now`, flat where nothing traded."""
        steps = max((now - self.newest.start) // self._length, 0)
        kept = self._candles.maxlen or len(self._candles) + steps
        forgotten, skipped = len(self._candles) + steps > kept, max(steps - kept, 0)
        start, price = self.newest.start, self.newest.close
        self._candles.extend(_flat(start + each * self._length, price) for each in range(skipped + 1, steps + 1))
        if forgotten:
            self._forgotten_to = self._candles[0].start

    def last(self, count: int) -> list[Candle]:
        """The newest `count`, oldest first."""
        return list(islice(reversed(self._candles), count))[::-1]

    def merged(self, interval: Interval, since: int) -> list[Candle]:
        """Candles of a longer interval, oldest first; one of which a part is forgotten is forgotten."""
        groups: dict[int, list[Candle]] = {}
        for candle in self._since(since):
            groups.setdefault(interval.start(candle.start), []).append(candle)
        return [_merge(group, start) for start, group in groups.items() if start >= self._forgotten_to]

    def _since(self, start: int) -> list[Candle]:
        newest_first = takewhile(lambda candle: candle.start >= start, reversed(self._candles))
        return list(newest_first)[::-1]


class Candles:
    """All candles of a symbol: one-minute candles of a `history`, and days since it was `listed`."""

    def __init__(self, history: Iterable[Candle], listed: int) -> None:
        minutes = list(history)
        self._minutes = Row(MINUTE, minutes, _MINUTES_KEPT)
        newest = minutes[-1]
        seconds = Row(SECOND, [_flat(newest.start, newest.close)], _SECONDS_KEPT)
        days = Row(DAY, _days(self._minutes, listed), None)
        self._rows = {SECOND: seconds, MINUTE: self._minutes, DAY: days}

    @property
    def last(self) -> Decimal:
        """The price of the last trade."""
        return self._minutes.newest.close

    def add(self, trade: Trade) -> None:
        """Fold one trade in; it is not older than the last one."""
        for row in self._rows.values():
            row.add(trade)

    def reach(self, now: int) -> None:
        """Go on to `now`, flat where nothing traded."""
        for row in self._rows.values():
            row.reach(now)

    def bars(self, interval: Interval, since: int = 0) -> list[Candle]:
        """The candles of an interval, oldest first; those that start at `since`, which one of them does, or later."""
        return self._rows[interval.unit].merged(interval, since)

    def current(self, interval: Interval) -> Candle:
        """The candle of an interval that is open now."""
        return self.bars(interval, interval.start(self._rows[interval.unit].newest.start))[-1]

    def recent(self, minutes: int) -> Candle:
        """The last `minutes` as one candle."""
        return _merge(self._minutes.last(minutes))

    def average(self) -> Decimal:
        """The mean price of the last five minutes, weighted by amount; the last price where nothing traded."""
        recent = self.recent(5)
        return recent.quote / recent.volume if recent.volume else self.last


def _days(minutes: Row, listed: int) -> list[Candle]:
    """The days since it was listed, flat before the memory of minutes begins."""
    known = minutes.merged(INTERVALS["1d"], 0)
    born = INTERVALS["1d"].start(listed)
    flat = (_flat(start, known[0].open) for start in range(born, known[0].start, DAY))
    return [*flat, *(bar for bar in known if bar.start >= born)]


def _flat(start: int, price: Decimal) -> Candle:
    return Candle(start, price, price, price, price)


def _merge(parts: Iterable[Candle], start: int | None = None) -> Candle:
    """One candle out of several; stretches in which nothing traded count only where all of them are so."""
    parts = list(parts)
    traded = [part for part in parts if part.count]
    shape = traded or parts
    return Candle(
        start=parts[0].start if start is None else start,
        open=shape[0].open,
        high=max(part.high for part in shape),
        low=min(part.low for part in shape),
        close=shape[-1].close,
        volume=sum((part.volume for part in traded), ZERO),
        quote=sum((part.quote for part in traded), ZERO),
        count=sum(part.count for part in traded),
        bought=sum((part.bought for part in traded), ZERO),
        bought_quote=sum((part.bought_quote for part in traded), ZERO),
        first_id=next((part.first_id for part in traded if part.first_id >= 0), -1),
        last_id=shape[-1].last_id,
    )
