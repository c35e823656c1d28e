"""Market data: what needs no key. Bodies as in Binance's rest-api.md, "Market Data endpoints"."""

import re
from collections.abc import Callable
from decimal import Decimal
from itertools import islice

from ringfence.paper.call import Call, Json, money
from ringfence.paper.candles import Candle
from ringfence.paper.exchange import Exchange
from ringfence.paper.figures import best, day, levels, mean
from ringfence.paper.instruments import PLACES, Instrument
from ringfence.paper.intervals import INTERVALS
from ringfence.paper.orders import ZERO, Kind, Side, Stp
from ringfence.paper.refused import Refused, illegal

_SYMBOLS = re.compile(r'\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}")*\]', re.ASCII)


def ping(_call: Call) -> Json:
    """GET /api/v3/ping."""
    return {}


def time(call: Call) -> Json:
    """GET /api/v3/time."""
    return {"serverTime": call.now}


def exchange_info(call: Call) -> Json:
    """GET /api/v3/exchangeInfo."""
    for name in ("permissions", "showPermissionSets", "symbolStatus"):
        call.params.text(name)
    allowance = call.exchange.limits.allowance
    symbols = _symbols(call) or list(call.exchange.instruments)
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "rateLimits": [
            rate("REQUEST_WEIGHT", "MINUTE", 1, allowance.weight),
            rate("ORDERS", "SECOND", 10, allowance.orders_10s),
            rate("ORDERS", "DAY", 1, allowance.orders_day),
        ],
        "exchangeFilters": [],
        "symbols": [_symbol_info(call.exchange.instruments[symbol]) for symbol in symbols],
    }


def no_contracts(call: Call) -> Json:
    """GET /fapi/v1/exchangeInfo and its like: futures exist, and list nothing."""
    return {"timezone": "UTC", "serverTime": call.now, "rateLimits": [], "exchangeFilters": [], "symbols": []}


def depth(call: Call) -> Json:
    """GET /api/v3/depth."""
    symbol, limit = call.symbol(), call.limit(100, 5000)
    return {
        "lastUpdateId": call.exchange.records.version,
        "bids": _side(call.exchange, symbol, Side.BUY, limit),
        "asks": _side(call.exchange, symbol, Side.SELL, limit),
    }


def trades(call: Call) -> Json:
    """GET /api/v3/trades."""
    symbol, limit = call.symbol(), call.limit(500, 1000)
    newest_first = islice(reversed(call.exchange.records.public[symbol]), limit)
    return [
        {
            "id": trade.trade_id,
            "price": money(trade.price),
            "qty": money(trade.quantity),
            "quoteQty": money(trade.cost),
            "time": trade.time,
            "isBuyerMaker": trade.taker_side is Side.SELL,
            "isBestMatch": True,
        }
        for trade in list(newest_first)[::-1]
    ]


def grouped_trades(call: Call) -> Json:
    """GET /api/v3/aggTrades: here every trade is a group of its own."""
    symbol, limit = call.symbol(), call.limit(500, 1000)
    first, start, end = (call.params.whole(name) for name in ("fromId", "startTime", "endTime"))
    chosen = [
        trade
        for trade in call.exchange.records.public[symbol]
        if trade.trade_id >= (first or 0) and (start or 0) <= trade.time <= (end or call.now)
    ]
    page = chosen[:limit] if first is not None or start is not None else chosen[-limit:]
    return [
        {
            "a": trade.trade_id,
            "p": money(trade.price),
            "q": money(trade.quantity),
            "f": trade.trade_id,
            "l": trade.trade_id,
            "T": trade.time,
            "m": trade.taker_side is Side.SELL,
            "M": True,
        }
        for trade in page
    ]


def klines(call: Call) -> Json:
    """GET /api/v3/klines."""
    symbol, limit = call.symbol(), call.limit(500, 1000)
    interval = INTERVALS.get(call.params.need("interval"))
    if interval is None:
        raise Refused(-1120, "Invalid interval.")
    start, end = call.params.whole("startTime"), call.params.whole("endTime")
    market = call.exchange.market(symbol)
    market.fold(call.now)
    bars = [bar for bar in market.candles.bars(interval) if (start or 0) <= bar.start <= (end or call.now)]
    chosen = bars[:limit] if start is not None else bars[-limit:]
    return [_kline(bar, interval.end(bar.start) - 1) for bar in chosen]


def average(call: Call) -> Json:
    """GET /api/v3/avgPrice."""
    price, traded = mean(call.exchange, call.symbol(), call.now)
    return {"mins": 5, "price": price, "closeTime": traded}


def ticker_day(call: Call) -> Json:
    """GET /api/v3/ticker/24hr."""
    for name in ("type", "symbolStatus"):
        call.params.text(name)
    return _one_or_all(call, lambda symbol: day(call.exchange, symbol, call.now))


def ticker_price(call: Call) -> Json:
    """GET /api/v3/ticker/price."""
    markets = call.exchange.markets
    return _one_or_all(call, lambda symbol: {"symbol": symbol, "price": money(markets[symbol].candles.last)})


def ticker_book(call: Call) -> Json:
    """GET /api/v3/ticker/bookTicker."""
    return _one_or_all(call, lambda symbol: {"symbol": symbol, **best(call.exchange, symbol)})


def venue_book(venue: str) -> Callable[[Call], Json]:
    """The same at another venue, which follows the price and not this exchange's book."""
    return lambda call: _one_or_all(call, lambda symbol: _venue_best(call.exchange, venue, symbol))


def _one_or_all(call: Call, row: Callable[[str], Json]) -> Json:
    """One row for `symbol`, a list for `symbols` or for none."""
    if call.params.has("symbol"):
        return row(call.symbol())
    return [row(symbol) for symbol in _symbols(call) or call.exchange.instruments]


def _symbols(call: Call) -> list[str]:
    """The symbols that are asked for, none where none are named."""
    if call.params.has("symbol"):
        return [call.symbol()]
    text = call.params.text("symbols")
    if text is None:
        return []
    if not _SYMBOLS.fullmatch(text):
        raise illegal("symbols", _SYMBOLS.pattern)
    names = text[2:-2].split('","')
    for name in names:
        call.exchange.market(name)
    return names


def rate(kind: str, interval: str, number: int, limit: int) -> dict[str, Json]:
    """One row of the rate limits."""
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}


def account_filters(instrument: Instrument) -> list[Json]:
    """The filters that an account's orders pass together, not each by itself."""
    return [
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": instrument.max_orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": instrument.max_waiting},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": instrument.max_amends},
    ]


def _symbol_info(instrument: Instrument) -> Json:
    return {
        "symbol": instrument.symbol,
        "status": "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": PLACES,
        "quoteAsset": instrument.quote,
        "quotePrecision": PLACES,
        "quoteAssetPrecision": PLACES,
        "baseCommissionPrecision": PLACES,
        "quoteCommissionPrecision": PLACES,
        "orderTypes": [kind.value for kind in Kind],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": False,
        "pegInstructionsAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(instrument),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": Stp.EXPIRE_MAKER.value,
        "allowedSelfTradePreventionModes": [mode.value for mode in Stp],
    }


def _filters(instrument: Instrument) -> Json:
    tick, step = money(instrument.tick), money(instrument.step)
    top = money(instrument.max_quantity)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": money(instrument.max_price), "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": top, "stepSize": step},
        {"filterType": "MARKET_LOT_SIZE", "minQty": money(ZERO), "maxQty": top, "stepSize": money(ZERO)},
        {
            "filterType": "NOTIONAL",
            "minNotional": money(instrument.min_notional),
            "applyMinToMarket": True,
            "maxNotional": money(instrument.max_notional),
            "applyMaxToMarket": True,
            "avgPriceMins": 5,
        },
        *account_filters(instrument),
        {"filterType": "ICEBERG_PARTS", "limit": instrument.iceberg_parts},
    ]


def _side(exchange: Exchange, symbol: str, side: Side, limit: int) -> Json:
    return [[money(price), money(amount)] for price, amount in levels(exchange, symbol, side)[:limit]]


def _kline(bar: Candle, end: int) -> Json:
    return [
        bar.start, money(bar.open), money(bar.high), money(bar.low), money(bar.close), money(bar.volume),
        end, money(bar.quote), bar.count, money(bar.bought), money(bar.bought_quote), "0",
    ]  # fmt: skip


def _venue_best(exchange: Exchange, venue: str, symbol: str) -> Json:
    bid, ask = exchange.venue_quote(venue, symbol)
    one = money(Decimal(1))
    return {"symbol": symbol, "bidPrice": money(bid), "bidQty": one, "askPrice": money(ask), "askQty": one}
