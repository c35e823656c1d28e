"""Market data as it happens (Binance, web-socket-streams.md): what each stream tells, and when. Pure.

Trades are told as soon as they are looked for, everything else in the steps of time that the documents name.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from ringfence.paper.call import Json, money
from ringfence.paper.candles import INTERVALS, MINUTE
from ringfence.paper.exchange import Exchange
from ringfence.paper.orders import ZERO, Side, Trade
from ringfence.paper.public import best, day, levels

Levels = dict[Side, dict[Decimal, Decimal]]
Message = dict[str, Json]
_NAME = re.compile(
    r"(?P<symbol>[a-z0-9]{2,20})@(?P<kind>[a-zA-Z]+)(?P<number>[0-9]*)(_(?P<interval>[0-9a-zA-Z]+))?(@(?P<speed>100ms|1000ms))?"
)
_ALL = {"!ticker@arr": "ticker", "!miniTicker@arr": "miniTicker"}
_STEPS = {"depth": 1000, "kline": 1000, "ticker": 1000, "miniTicker": 1000, "avgPrice": 1000, "bookTicker": 0}  # ms
_DAY_LETTERS = {
    "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "x": "prevClosePrice", "c": "lastPrice",
    "Q": "lastQty", "b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty", "o": "openPrice", "h": "highPrice",
    "l": "lowPrice", "v": "volume", "q": "quoteVolume", "O": "openTime", "C": "closeTime", "F": "firstId",
    "L": "lastId", "n": "count",
}  # fmt: skip
_MINI_LETTERS = ("c", "o", "h", "l", "v", "q")


class Stream:
    """One stream, and how far it has been told."""

    def __init__(self, exchange: Exchange, symbol: str, now: int) -> None:
        self.exchange = exchange
        self.symbol = symbol
        self.seen = max((trade.trade_id for trade in exchange.records.public[symbol]), default=0) if symbol else 0
        self.due = now
        self.version = exchange.records.version
        self.levels: Levels = _book(exchange, symbol) if symbol else {}
        self.last: Message = {}

    def fresh(self) -> list[Trade]:
        """The trades that have not been told."""
        trades = self.exchange.market(self.symbol).trades_after(self.seen)
        self.seen = trades[-1].trade_id if trades else self.seen
        return list(trades)


class Streams:
    """All streams that somebody listens to."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._open: dict[str, Stream] = {}

    def known(self, name: str) -> bool:
        """Whether there is such a stream; those of other symbols stay silent, as on the real exchange."""
        return name in _ALL or _parse(name) is not None

    def keep(self, names: Iterable[str], now: int) -> None:
        """Tell of these from now on, and of no others."""
        wanted = set(names)
        for name in self._open.keys() - wanted:
            del self._open[name]
        for name in wanted - self._open.keys():
            symbol = "" if name in _ALL else name.partition("@")[0].upper()
            if symbol in self._exchange.markets or name in _ALL:
                self._open[name] = Stream(self._exchange, symbol, now)

    def take(self, now: int) -> list[tuple[str, Json]]:
        """What the streams have to tell now."""
        return [(name, message) for name, stream in self._open.items() for message in self._of(name, stream, now)]

    def _of(self, name: str, stream: Stream, now: int) -> list[Json]:
        if name in _ALL:
            return self._rows(_ALL[name], stream, now)
        found = _parse(name)
        if found is None:
            return []
        kind, number, interval, speed = found
        if kind in _TRADES:
            return [_TRADES[kind](trade, now) for trade in stream.fresh()]
        if now < stream.due:
            return []
        stream.due = now + (100 if speed == "100ms" else _STEPS[kind])
        message = _changed(stream, _SNAPSHOTS[kind](stream, number, interval, now))
        return [] if message is None else [message]

    def _rows(self, kind: str, stream: Stream, now: int) -> list[Json]:
        if now < stream.due:
            return []
        stream.due = now + _STEPS[kind]
        return [
            [_SNAPSHOTS[kind](Stream(self._exchange, symbol, now), "", "", now) for symbol in self._exchange.markets]
        ]


def _parse(name: str) -> tuple[str, str, str, str] | None:
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    kind, number, interval = found["kind"], found["number"] or "", found["interval"] or ""
    fits = {
        "depth": number in {"", "5", "10", "20"} and not interval,
        "kline": interval in INTERVALS and not number,
    }.get(kind, not number and not interval)
    known = kind in _SNAPSHOTS or kind in _TRADES
    return (kind, number, interval, found["speed"] or "") if known and fits else None


def _changed(stream: Stream, message: Message) -> Message | None:
    """A message that says something new; the time of telling is nothing new."""
    telling = {name: value for name, value in message.items() if name not in {"E", "u", "U", "lastUpdateId"}}
    if telling == stream.last or message.get("b") == message.get("a") == []:
        return None
    stream.last = telling
    return message


def _trade(trade: Trade, now: int) -> Message:
    return {
        "e": "trade", "E": now, "s": trade.symbol, "t": trade.trade_id, "p": money(trade.price),
        "q": money(trade.quantity), "T": trade.time, "m": trade.taker_side is Side.SELL, "M": True,
    }  # fmt: skip


def _group(trade: Trade, now: int) -> Message:
    return {**_trade(trade, now), "e": "aggTrade", "a": trade.trade_id, "f": trade.trade_id, "l": trade.trade_id}


def _depth(stream: Stream, number: str, _interval: str, now: int) -> Message:
    """All levels to a depth, or those that have changed since the last message, with the versions between them."""
    book, version = _book(stream.exchange, stream.symbol), stream.exchange.records.version
    if number:
        rows = {side: list(book[side].items())[: int(number)] for side in Side}
        return {"lastUpdateId": version, "bids": _told(rows[Side.BUY]), "asks": _told(rows[Side.SELL])}
    changed = {side: _differences(stream.levels[side], book[side]) for side in Side}
    first, stream.levels, stream.version = stream.version + 1, book, version
    return {
        "e": "depthUpdate", "E": now, "s": stream.symbol, "U": first, "u": version,
        "b": _told(changed[Side.BUY]), "a": _told(changed[Side.SELL]),
    }  # fmt: skip


def _differences(before: dict[Decimal, Decimal], after: dict[Decimal, Decimal]) -> list[tuple[Decimal, Decimal]]:
    gone = [(price, ZERO) for price in before if price not in after]
    return gone + [(price, amount) for price, amount in after.items() if before.get(price) != amount]


def _told(rows: list[tuple[Decimal, Decimal]]) -> Json:
    return [[money(price), money(amount)] for price, amount in rows]


def _book(exchange: Exchange, symbol: str) -> Levels:
    return {side: dict(levels(exchange, symbol, side)) for side in Side}


def _best(stream: Stream, _number: str, _interval: str, _now: int) -> Message:
    rows = best(stream.exchange, stream.symbol)
    letters = {"b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty"}
    told = {letter: rows[name] for letter, name in letters.items()}
    return {"u": stream.exchange.records.version, "s": stream.symbol, **told}


def _kline(stream: Stream, _number: str, interval: str, now: int) -> Message:
    market, length = stream.exchange.market(stream.symbol), INTERVALS[interval] * MINUTE
    market.fold(now)
    bar = market.candles.current(INTERVALS[interval])
    candle: Json = {
        "t": bar.start, "T": bar.start + length - 1, "s": stream.symbol, "i": interval, "f": bar.first_id,
        "L": bar.last_id, "o": money(bar.open), "c": money(bar.close), "h": money(bar.high), "l": money(bar.low),
        "v": money(bar.volume), "n": bar.count, "x": False, "q": money(bar.quote), "V": money(bar.bought),
        "Q": money(bar.bought_quote), "B": "0",
    }  # fmt: skip
    return {"e": "kline", "E": now, "s": stream.symbol, "k": candle}


def _ticker(stream: Stream, _number: str, _interval: str, now: int) -> Message:
    rows = day(stream.exchange, stream.symbol, now)
    told = {letter: rows[name] for letter, name in _DAY_LETTERS.items()}
    return {"e": "24hrTicker", "E": now, "s": stream.symbol, **told}


def _mini(stream: Stream, number: str, interval: str, now: int) -> Message:
    rows = _ticker(stream, number, interval, now)
    return {"e": "24hrMiniTicker", "E": now, "s": stream.symbol, **{letter: rows[letter] for letter in _MINI_LETTERS}}


def _average(stream: Stream, _number: str, _interval: str, now: int) -> Message:
    price = money(stream.exchange.market(stream.symbol).candles.average())
    return {"e": "avgPrice", "E": now, "s": stream.symbol, "i": "5m", "w": price, "T": now}


_TRADES: dict[str, Callable[[Trade, int], Message]] = {"trade": _trade, "aggTrade": _group}
_SNAPSHOTS: dict[str, Callable[[Stream, str, str, int], Message]] = {
    "depth": _depth,
    "bookTicker": _best,
    "kline": _kline,
    "ticker": _ticker,
    "miniTicker": _mini,
    "avgPrice": _average,
}
