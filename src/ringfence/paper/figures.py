"""What a market comes to at a moment: its book by levels, and what a stretch of time saw. Pure.

Queries and streams tell the same figures, so both take them from here.
"""

from decimal import Decimal
from itertools import groupby

from ringfence.paper.call import Json, money
from ringfence.paper.candles import Candle
from ringfence.paper.exchange import Exchange
from ringfence.paper.intervals import DAY, MINUTE
from ringfence.paper.orders import ZERO, Side, Trade


def levels(exchange: Exchange, symbol: str, side: Side) -> list[tuple[Decimal, Decimal]]:
    """Price and amount of each level, best first."""
    orders = exchange.engine.resting(symbol, side)
    return [
        (price, sum((min(order.left, order.wish.visible or order.left) for order in level), ZERO))
        for price, level in groupby(orders, key=lambda order: order.wish.price)
    ]


def best(exchange: Exchange, symbol: str) -> dict[str, Json]:
    """The best price of each side, and how much there is at it."""
    top = {side: next(iter(levels(exchange, symbol, side)), (ZERO, ZERO)) for side in Side}
    return {
        "bidPrice": money(top[Side.BUY][0]),
        "bidQty": money(top[Side.BUY][1]),
        "askPrice": money(top[Side.SELL][0]),
        "askQty": money(top[Side.SELL][1]),
    }


def day(exchange: Exchange, symbol: str, now: int) -> dict[str, Json]:
    """What the last 24 hours came to."""
    market = exchange.market(symbol)
    market.fold(now)
    whole, last = market.candles.recent(DAY // MINUTE), _last(exchange, symbol)
    return {
        "symbol": symbol,
        **_came_to(whole),
        "prevClosePrice": money(whole.open),
        "lastQty": money(last.quantity if last else ZERO),
        **best(exchange, symbol),
        "openTime": now - DAY,
        "closeTime": now,
    }


def window(exchange: Exchange, symbol: str, length: int, now: int) -> dict[str, Json]:
    """What the last `length` (ms) came to, and as much before as belongs to the minute in which they began."""
    market = exchange.market(symbol)
    market.fold(now)
    whole = market.candles.recent(length // MINUTE + 1)
    return {"symbol": symbol, **_came_to(whole), "openTime": whole.start, "closeTime": now}


def mean(exchange: Exchange, symbol: str, now: int) -> tuple[str, int]:
    """The average price of five minutes, and when the last trade was: zero where none has been."""
    market, last = exchange.market(symbol), _last(exchange, symbol)
    market.fold(now)
    return money(market.candles.average()), last.time if last else 0


def _last(exchange: Exchange, symbol: str) -> Trade | None:
    trades = exchange.records.public[symbol]
    return trades[-1] if trades else None


def _came_to(whole: Candle) -> dict[str, Json]:
    change = whole.close - whole.open
    return {
        "priceChange": f"{change:.8f}",
        "priceChangePercent": f"{change * 100 / whole.open:.3f}",
        "weightedAvgPrice": money(whole.quote / whole.volume if whole.volume else whole.close),
        "lastPrice": money(whole.close),
        "openPrice": money(whole.open),
        "highPrice": money(whole.high),
        "lowPrice": money(whole.low),
        "volume": money(whole.volume),
        "quoteVolume": money(whole.quote),
        "firstId": whole.first_id,
        "lastId": whole.last_id,
        "count": whole.count,
    }
