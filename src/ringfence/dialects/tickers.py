"""Best bid and ask of several venues, as their public tickers give them: data, and readers of their answers.

These are market data alone. A venue here needs no dialect, and its being here permits nothing else at it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from ringfence.errors import Misread
from ringfence.model.names import Symbol

WHAT = "book-ticker"  # the one read that this table describes
MOST_SYMBOLS = 100  # in one batch; keeps the target under 2,500 bytes
_STEADY = 0.75  # of a budget flows in, and the rest is for bursts (courier/budget.py)
_KRAKEN_OLD = frozenset({"XBT", "ETH", "LTC", "XRP", "XLM", "XMR", "ZEC", "ETC", "REP", "MLN"})

_SYMBOL = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}", re.ASCII)
_NATIVE = re.compile(r"[A-Z0-9]{1,20}[-_]?[A-Z0-9]{1,20}|[a-z0-9]{2,40}", re.ASCII)
_PRICE = re.compile(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", re.ASCII)  # docs/explanation/attacks.md, S44

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Best:
    """The best prices of one book; `symbol` is the venue's own name."""

    symbol: str
    bid: Decimal
    ask: Decimal


class _Row(msgspec.Struct, frozen=True):
    """One book, under whichever names the venue gives it."""

    symbol: str
    bid: str
    ask: str


class _Binance(msgspec.Struct, frozen=True):
    symbol: str
    bid: str = msgspec.field(name="bidPrice")
    ask: str = msgspec.field(name="askPrice")


class _OkxRow(msgspec.Struct, frozen=True):
    symbol: str = msgspec.field(name="instId")
    bid: str = msgspec.field(name="bidPx")
    ask: str = msgspec.field(name="askPx")


class _Okx(msgspec.Struct, frozen=True):
    data: tuple[_OkxRow, ...]


class _BybitRow(msgspec.Struct, frozen=True):
    symbol: str
    bid: str = msgspec.field(name="bid1Price")
    ask: str = msgspec.field(name="ask1Price")


class _BybitResult(msgspec.Struct, frozen=True):
    rows: tuple[_BybitRow, ...] = msgspec.field(name="list", default=())  # absent where the symbol is not listed


class _Bybit(msgspec.Struct, frozen=True):
    result: _BybitResult


class _KucoinData(msgspec.Struct, frozen=True):
    bid: str | None = msgspec.field(name="bestBid")
    ask: str | None = msgspec.field(name="bestAsk")


class _Kucoin(msgspec.Struct, frozen=True):
    data: _KucoinData | None = None  # null where the symbol is not listed


class _GateRow(msgspec.Struct, frozen=True):
    symbol: str = msgspec.field(name="currency_pair")
    bid: str = msgspec.field(name="highest_bid")
    ask: str = msgspec.field(name="lowest_ask")


class _Alone(msgspec.Struct, frozen=True):
    """One book that does not say whose it is."""

    bid: str
    ask: str


class _KrakenRow(msgspec.Struct, frozen=True):
    bid: tuple[str, ...] = msgspec.field(name="b")  # price, whole lots, lots
    ask: tuple[str, ...] = msgspec.field(name="a")


class _Kraken(msgspec.Struct, frozen=True):
    error: tuple[str, ...]
    result: dict[str, _KrakenRow] = {}


_Rows = tuple[_Row | _Binance | _OkxRow | _BybitRow | _GateRow, ...]


def _binance(body: bytes, _asked: tuple[str, ...]) -> _Rows:
    return msgspec.json.decode(body, type=tuple[_Binance, ...])


def _okx(body: bytes, _asked: tuple[str, ...]) -> _Rows:
    return msgspec.json.decode(body, type=_Okx).data


def _bybit(body: bytes, _asked: tuple[str, ...]) -> _Rows:
    return msgspec.json.decode(body, type=_Bybit).result.rows


def _kucoin(body: bytes, asked: tuple[str, ...]) -> _Rows:
    book = msgspec.json.decode(body, type=_Kucoin).data  # does not say whose book it is
    return () if book is None else (_Row(asked[0], book.bid or "", book.ask or ""),)


def _gate(body: bytes, _asked: tuple[str, ...]) -> _Rows:
    return msgspec.json.decode(body, type=tuple[_GateRow, ...])


def _alone(body: bytes, asked: tuple[str, ...]) -> _Rows:
    book = msgspec.json.decode(body, type=_Alone)
    return (_Row(asked[0], book.bid, book.ask),)


def _kraken(body: bytes, asked: tuple[str, ...]) -> _Rows:
    answer = msgspec.json.decode(body, type=_Kraken)
    if answer.error:  # Kraken's errors come with status 200
        raise msgspec.ValidationError(answer.error[0])
    found = ((name, answer.result.get(name) or answer.result.get(_kraken_long(name))) for name in asked)
    return tuple(_Row(name, row.bid[0], row.ask[0]) for name, row in found if row is not None and row.bid and row.ask)


def _kraken_long(name: str) -> str:
    """Say under which name Kraken answers: old assets have an X before them there, and currencies a Z."""
    base, quote = name[:-3], name[-3:]
    return f"X{base}Z{quote}" if base in _KRAKEN_OLD else f"{base}Z{quote}" if name == "USDTUSD" else name


def _kraken_lacks(body: bytes) -> bool:
    try:
        return "EQuery:Unknown asset pair" in msgspec.json.decode(body, type=_Kraken).error
    except msgspec.MsgspecError:
        return False


def _never(_body: bytes) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Venue:
    """How one venue gives its best prices.

    `host` None: a rehearsal venue, whose port is in the deployment's settings. `before` and `after` stand around
    the symbol in the target, `between` joins several; `joint` stands between base and quote in the venue's names,
    which are in small letters where `small`, and `names` has the assets that it calls otherwise than others do.
    `batch` is how many symbols one request may name, `weight` what it counts, `per_minute` how much we may use.
    `lacks` finds in an answer of status 200 that a symbol is not listed; other venues say so by 400 or 404.
    """

    host: str | None
    before: str
    read: Callable[[bytes, tuple[str, ...]], _Rows]
    after: str = ""
    between: str = ""
    joint: str = ""
    batch: int = 1
    weight: int = 1
    per_minute: int = 600
    small: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    lacks: Callable[[bytes], bool] = _never

    @property
    def seconds(self) -> float:
        """How far apart requests must be to stay within the courier's budget, which keeps a quarter for bursts."""
        return 60 * self.weight / (self.per_minute * _STEADY)


def _like_binance(host: str | None) -> Venue:
    before, after, between = "/api/v3/ticker/bookTicker?symbols=%5B%22", "%22%5D", "%22%2C%22"
    return Venue(host, before, _binance, after, between, batch=MOST_SYMBOLS, weight=4)


def _direct(quote: str, *venues: str) -> dict[str, str]:
    return dict.fromkeys(venues, quote)


# Hosts and routes: the exchanges' API documentation (docs/explanation/sources.md, Reference prices, says what of it was
# seen where). `per_minute` is half or less of what each documents for one address: binance 6,000 (a tenth, since orders
# and other reads share it), okx 20 requests in 2 s, bybit 600 in 5 s, kucoin 2,000 in 30 s, gate 200 in 10 s,
# coinbase 10 in 1 s, kraken 1 in 1 s, bitstamp 10,000 in 10 minutes, gemini 120 in a minute.
VENUES: Mapping[str, Venue] = {
    "binance": _like_binance("api.binance.com"),
    "okx": Venue("www.okx.com", "/api/v5/market/ticker?instId=", _okx, joint="-", per_minute=300),
    "bybit": Venue("api.bybit.com", "/v5/market/tickers?category=spot&symbol=", _bybit, per_minute=3_000),
    "kucoin": Venue(
        "api.kucoin.com",
        "/api/v1/market/orderbook/level1?symbol=",
        _kucoin,
        joint="-",
        weight=2,
        per_minute=2_000,
    ),
    "gate": Venue("api.gateio.ws", "/api/v4/spot/tickers?currency_pair=", _gate, joint="_", per_minute=600),
    "coinbase": Venue("api.exchange.coinbase.com", "/products/", _alone, "/ticker", joint="-", per_minute=300),
    "kraken": Venue(
        "api.kraken.com",
        "/0/public/Ticker?pair=",
        _kraken,
        between=",",
        batch=MOST_SYMBOLS,
        per_minute=30,
        names={"BTC": "XBT", "DOGE": "XDG"},
        lacks=_kraken_lacks,
    ),
    "bitstamp": Venue("www.bitstamp.net", "/api/v2/ticker/", _alone, "/", per_minute=500, small=True),
    "gemini": Venue("api.gemini.com", "/v1/pubticker/", _alone, per_minute=60, small=True),
    "paper-binance": _like_binance(None),
    "paper-east": _like_binance(None),
    "paper-west": _like_binance(None),
}
_OK = 200
_REFUSED = frozenset({400, 404})  # what most venues answer to a symbol that they do not have
REHEARSAL = tuple(name for name, venue in VENUES.items() if venue.host is None)
# Who is asked for pairs of a quote currency, and in which currency that venue's book is. A name is a company, and each
# is here once, so that whoever holds it has one voice. Where the two currencies differ, the book is priced over by the
# venue's own rate (prices/cross.py). A currency that is not here has no reference.
BY_QUOTE: Mapping[str, Mapping[str, str]] = {
    "USDT": _direct("USDT", "binance", "okx", "bybit", "kucoin", "gate")
    | _direct("USD", "coinbase", "kraken", "bitstamp"),
    # Coinbase keeps one book for USD and USDC, and answers to both names.
    "USDC": _direct("USDC", "binance", "okx", "bybit", "kucoin", "gate", "coinbase")
    | _direct("USD", "kraken", "bitstamp"),
    "EUR": _direct("EUR", "binance", "coinbase", "kraken", "bitstamp"),
    "USD": _direct("USD", "coinbase", "kraken", "bitstamp"),
}
# Who says what a stablecoin is worth in USD. Coinbase is not asked about USDC: there it is a dollar by definition.
PEGS: Mapping[str, tuple[str, ...]] = {
    "USDT": ("coinbase", "kraken", "bitstamp", "gemini"),
    "USDC": ("kraken", "bitstamp", "gemini"),
}


def native(venue: Venue, symbol: Symbol) -> str | None:
    """Say a venue's name of a symbol, or None where the symbol is not plain."""
    if not _SYMBOL.fullmatch(symbol):
        return None
    name = venue.joint.join(venue.names.get(asset, asset) for asset in symbol.split("/"))
    return name.lower() if venue.small else name


def lacking(venue: Venue, status: int | None, body: bytes) -> bool:
    """Say whether an answer means that the venue does not list one of the symbols."""
    return status in _REFUSED or (status == _OK and venue.lacks(body))


def fields(natives: tuple[str, ...]) -> Fields:
    """Write what a `Fetch` of these books carries."""
    return tuple(("symbol", name) for name in natives)


def target(venue: Venue, asked: Fields) -> str:
    """Write the request's target from the table and checked names; raises `Misread`."""
    natives = tuple(value for _, value in asked)
    if not 1 <= len(natives) <= venue.batch or any(name != "symbol" for name, _ in asked):
        raise Misread("symbol", f"a request names from 1 to {venue.batch} symbols and nothing else")
    if not all(_NATIVE.fullmatch(name) for name in natives):
        raise Misread("symbol", "not a plain name")
    return venue.before + venue.between.join(natives) + venue.after


def read(venue: Venue, natives: tuple[str, ...], body: bytes) -> tuple[Best, ...]:
    """Read the best prices out of an answer, of what was asked and nothing else; raises `Misread`.

    A book whose prices are not plain numbers, such as an empty side, is left out.
    """
    try:
        rows = venue.read(body, natives)
    except msgspec.MsgspecError:
        raise Misread("answer", "not a book ticker") from None
    return tuple(
        Best(row.symbol, Decimal(row.bid), Decimal(row.ask))
        for row in rows
        if row.symbol in natives and _PRICE.fullmatch(row.bid) and _PRICE.fullmatch(row.ask)
    )
