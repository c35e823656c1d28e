"""What each kind of stream tells, and when (Binance, web-socket-streams.md). Pure; times in milliseconds.

Trades are told as soon as they are looked for, everything else in the steps of time that the documents name.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

from ringfence.paper import figures
from ringfence.paper.call import Json, money
from ringfence.paper.candles import Candle
from ringfence.paper.exchange import Exchange
from ringfence.paper.intervals import INTERVALS, SECOND
from ringfence.paper.orders import ZERO, Side, Trade

Message = dict[str, Json]
_CANDLE_STEPS = {"1s": SECOND}
_CANDLE_STEP = 2 * SECOND  # of the other intervals
_TIMES = frozenset({"E", "O", "C"})  # of telling: a message in which only these differ says nothing new
_VERSIONS = frozenset({"u", "lastUpdateId"})  # of all books: a change of another one is nothing new either
_BEST = {"b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty"}
_MINI = {"c": "lastPrice", "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume"}
_WINDOW = {
    **_MINI, "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice",
    "O": "openTime", "C": "closeTime", "F": "firstId", "L": "lastId", "n": "count",
}  # fmt: skip
_DAY = {**_WINDOW, **_BEST, "x": "prevClosePrice", "Q": "lastQty"}


class Teller(Protocol):
    """One stream, and how far it has been told."""

    def tell(self, now: int) -> Sequence[Json]:
        """What there is to tell now."""


class Pace:
    """Once in so much time at most."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._due = 0

    def due(self, now: int) -> bool:
        """Whether it is time again; if so, the next time is a step later."""
        if now < self._due:
            return False
        self._due = now + self._step
        return True


class Trades:
    """Every trade, once and in turn."""

    def __init__(self, exchange: Exchange, symbol: str, shape: Callable[[Trade, int], Message]) -> None:
        self._market = exchange.market(symbol)
        self._shape = shape
        self._seen = max((trade.trade_id for trade in exchange.records.public[symbol]), default=0)

    def tell(self, now: int) -> Sequence[Json]:
        """The trades that have not been told."""
        fresh = self._market.trades_after(self._seen)
        self._seen = fresh[-1].trade_id if fresh else self._seen
        return [self._shape(trade, now) for trade in fresh]


class Snapshots:
    """How something stands, where it has changed."""

    def __init__(self, shape: Callable[[int], Message], step: int) -> None:
        self._shape = shape
        self._pace = Pace(step)
        self._last: Message = {}

    def tell(self, now: int) -> Sequence[Json]:
        """One message or none."""
        if not self._pace.due(now):
            return []
        message = self._shape(now)
        said = _substance(message, {"E"} | _VERSIONS)
        news = [] if said == self._last else [message]
        self._last = said
        return news


class Rows:
    """The figures of all symbols in one message, of which only those are in it that have changed."""

    def __init__(self, shape: Callable[[str, int], Message], symbols: Sequence[str], step: int) -> None:
        self._shape = shape
        self._symbols = symbols
        self._pace = Pace(step)
        self._last: dict[str, Message] = {}

    def tell(self, now: int) -> Sequence[Json]:
        """One message or none."""
        if not self._pace.due(now):
            return []
        rows = {symbol: self._shape(symbol, now) for symbol in self._symbols}
        said = {symbol: _substance(row, _TIMES) for symbol, row in rows.items()}
        changed = [row for symbol, row in rows.items() if said[symbol] != self._last.get(symbol)]
        self._last = said
        return [changed] if changed else []


class Differences:
    """Every level of a book that was touched since the last message, and every version between the two.

    A level that has come back to what was told is told again: whoever asked for the book meanwhile saw it otherwise.
    """

    def __init__(self, exchange: Exchange, symbol: str, step: int) -> None:
        self._exchange = exchange
        self._symbol = symbol
        self._pace = Pace(step)
        self._version = exchange.records.version

    def tell(self, now: int) -> Sequence[Json]:
        """One message, or none where nothing was touched; each begins where the one before it ended."""
        records = self._exchange.records
        touched = records.touched(self._symbol, self._version) if self._pace.due(now) else frozenset()
        if not touched:
            return []
        first, self._version = self._version + 1, records.version
        bids, asks = (self._levels(side, touched) for side in (Side.BUY, Side.SELL))
        names: Message = {"e": "depthUpdate", "E": now, "s": self._symbol, "U": first, "u": self._version}
        return [{**names, "b": bids, "a": asks}]

    def _levels(self, side: Side, touched: frozenset[tuple[Side, Decimal]]) -> Json:
        book = dict(figures.levels(self._exchange, self._symbol, side))
        prices = sorted((price for which, price in touched if which is side), reverse=side is Side.BUY)
        return _rows([(price, book.get(price, ZERO)) for price in prices])


class Candlesticks:
    """The candle that is open, and each one once when it is over, with the values that stay."""

    def __init__(self, exchange: Exchange, symbol: str, interval: str, now: int) -> None:
        self._market = exchange.market(symbol)
        self._market.fold(now)
        self._symbol, self._name = symbol, interval
        self._interval = INTERVALS[interval]
        self._pace = Pace(_CANDLE_STEPS.get(interval, _CANDLE_STEP))
        self._open = self._market.candles.current(self._interval).start
        self._last: Candle | None = None

    def tell(self, now: int) -> Sequence[Json]:
        """The candles that are over, and the open one where there is news of it."""
        start = self._interval.start(now)
        over = start > self._open
        if not (self._pace.due(now) or over):
            return []
        self._market.fold(now)
        *closed, bar = self._market.candles.bars(self._interval, self._open)
        told = [self._message(each, now, closed=True) for each in closed]
        if bar != self._last:
            told.append(self._message(bar, now, closed=False))
        self._open, self._last = bar.start, bar
        return told

    def _message(self, bar: Candle, now: int, *, closed: bool) -> Message:
        candle: Json = {
            "t": bar.start, "T": self._interval.end(bar.start) - 1, "s": self._symbol, "i": self._name,
            "f": bar.first_id, "L": bar.last_id, "o": money(bar.open), "c": money(bar.close), "h": money(bar.high),
            "l": money(bar.low), "v": money(bar.volume), "n": bar.count, "x": closed, "q": money(bar.quote),
            "V": money(bar.bought), "Q": money(bar.bought_quote), "B": "0",
        }  # fmt: skip
        return {"e": "kline", "E": now, "s": self._symbol, "k": candle}


def trade(trade: Trade, now: int) -> Message:
    """One trade."""
    return {"e": "trade", "E": now, "s": trade.symbol, "t": trade.trade_id, **_traded(trade)}


def grouped(trade: Trade, now: int) -> Message:
    """One trade as a group of its own, as the endpoint has it."""
    ids = {"a": trade.trade_id, "f": trade.trade_id, "l": trade.trade_id}
    return {"e": "aggTrade", "E": now, "s": trade.symbol, **ids, **_traded(trade)}


def top(exchange: Exchange, symbol: str, levels: int) -> Message:
    """The best levels of both sides."""
    bids, asks = (figures.levels(exchange, symbol, side)[:levels] for side in (Side.BUY, Side.SELL))
    return {"lastUpdateId": exchange.records.version, "bids": _rows(bids), "asks": _rows(asks)}


def best(exchange: Exchange, symbol: str) -> Message:
    """The best price of each side."""
    return {"u": exchange.records.version, "s": symbol, **_letters(_BEST, figures.best(exchange, symbol))}


def ticker(exchange: Exchange, symbol: str, now: int) -> Message:
    """What the last 24 hours came to."""
    return {"e": "24hrTicker", "E": now, "s": symbol, **_letters(_DAY, figures.day(exchange, symbol, now))}


def mini(exchange: Exchange, symbol: str, now: int) -> Message:
    """The same in short."""
    return {"e": "24hrMiniTicker", "E": now, "s": symbol, **_letters(_MINI, figures.day(exchange, symbol, now))}


def window(exchange: Exchange, symbol: str, name: str, length: int, now: int) -> Message:
    """What a shorter time came to, or a day of whole minutes; `length` in milliseconds."""
    rows = figures.window(exchange, symbol, length, now)
    return {"e": f"{name}Ticker", "E": now, "s": symbol, **_letters(_WINDOW, rows)}


def average(exchange: Exchange, symbol: str, now: int) -> Message:
    """The average price of five minutes."""
    price, traded = figures.mean(exchange, symbol, now)
    return {"e": "avgPrice", "E": now, "s": symbol, "i": "5m", "w": price, "T": traded}


def _traded(trade: Trade) -> Message:
    seller_took = trade.taker_side is Side.SELL
    return {"p": money(trade.price), "q": money(trade.quantity), "T": trade.time, "m": seller_took, "M": True}


def _letters(letters: dict[str, str], rows: Message) -> Message:
    return {letter: rows[name] for letter, name in letters.items()}


def _substance(message: Message, without: frozenset[str] | set[str]) -> Message:
    return {name: value for name, value in message.items() if name not in without}


def _rows(levels: Sequence[tuple[Decimal, Decimal]]) -> Json:
    return [[money(price), money(amount)] for price, amount in levels]
