"""Candles and day figures of one symbol, folded from its trades. Pure."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from ringfence.paper.orders import ZERO, Side, Trade

MINUTE = 60_000
_KEPT = 6000  # minutes: enough for 1000 five-minute candles, the longest look-back that clients ask for at their start
DAY = 1440
# rest-api.md, "Kline/Candlestick chart intervals", in minutes; weeks and months are longer than the memory here
INTERVALS = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "8h": 480,
    "12h": 720, "1d": 1440,
}  # fmt: skip


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


class Candles:
    """One-minute candles without a gap, from `history` on."""

    def __init__(self, history: Iterable[Candle]) -> None:
        self._minutes: deque[Candle] = deque(history, maxlen=_KEPT)

    @property
    def last(self) -> Decimal:
        """The price of the last trade."""
        return self._minutes[-1].close

    def add(self, trade: Trade) -> None:
        """Fold one trade in; it is not older than the last one."""
        self.reach(trade.time)
        bought = trade.taker_side is Side.BUY
        single = Candle(
            start=self._minutes[-1].start, open=trade.price, high=trade.price, low=trade.price, close=trade.price,
            volume=trade.quantity, quote=trade.cost, count=1, bought=trade.quantity if bought else ZERO,
            bought_quote=trade.cost if bought else ZERO, first_id=trade.trade_id, last_id=trade.trade_id,
        )  # fmt: skip
        self._minutes[-1] = _merge((self._minutes[-1], single))

    def reach(self, now: int) -> None:
        """Go on to the minute of `now`, flat where nothing traded."""
        while self._minutes[-1].start + MINUTE <= now:
            close = self._minutes[-1].close
            self._minutes.append(Candle(self._minutes[-1].start + MINUTE, close, close, close, close))

    def bars(self, minutes: int) -> list[Candle]:
        """All candles of an interval, oldest first; they start at multiples of it."""
        groups: dict[int, list[Candle]] = {}
        for candle in self._minutes:
            groups.setdefault(candle.start - candle.start % (minutes * MINUTE), []).append(candle)
        return [_merge(group, start) for start, group in groups.items()]

    def current(self, minutes: int) -> Candle:
        """The candle of an interval that is open now."""
        start = self._minutes[-1].start - self._minutes[-1].start % (minutes * MINUTE)
        newest_first = islice(reversed(self._minutes), minutes)
        return _merge([one for one in newest_first if one.start >= start][::-1], start)

    def days(self, listed: int) -> list[Candle]:
        """Daily candles from the day of `listed` (ms since 1970), flat before the memory here begins."""
        day, known = DAY * MINUTE, self.bars(DAY)
        born, price = listed - listed % day, known[0].open
        flat = (Candle(start, price, price, price, price) for start in range(born, known[0].start, day))
        return [*flat, *(bar for bar in known if bar.start >= born)]

    def recent(self, minutes: int) -> Candle:
        """The last `minutes` as one candle."""
        newest_first = list(islice(reversed(self._minutes), minutes))
        return _merge(newest_first[::-1])

    def average(self) -> Decimal:
        """The mean price of the last five minutes, weighted by amount; the last price where nothing traded."""
        recent = self.recent(5)
        return recent.quote / recent.volume if recent.volume else self.last


def _merge(parts: Iterable[Candle], start: int | None = None) -> Candle:
    """One candle out of several; minutes in which nothing traded count only where all of them are so."""
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
        first_id=shape[0].first_id,
        last_id=shape[-1].last_id,
    )
