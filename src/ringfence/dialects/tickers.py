"""Best bid and ask of several venues, as their public tickers give them: data, and readers of their answers.

These are market data alone. A venue here needs no dialect, and its being here permits nothing else at it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from ringfence.errors import Misread
from ringfence.model.names import Symbol

WHAT = "book-ticker"  # the one read that this table describes
MOST_SYMBOLS = 100  # in one batch; keeps the target under 2,500 bytes

_SYMBOL = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}", re.ASCII)
_NATIVE = re.compile(r"[A-Z0-9]{1,20}[-_]?[A-Z0-9]{1,20}", re.ASCII)
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


@dataclass(frozen=True, slots=True)
class Venue:
    """How one venue gives its best prices.

    `host` None: a rehearsal venue, whose port is in the deployment's settings. `before` and `after` stand around
    the symbol in the target, `between` joins several; `joint` stands between base and quote in the venue's names.
    `batch` is how many symbols one request may name, `weight` what it counts, `per_minute` how much we may use.
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

    @property
    def seconds(self) -> float:
        """How far apart requests must be to stay within `per_minute`."""
        return 60 * self.weight / self.per_minute


def _like_binance(host: str | None) -> Venue:
    before, after, between = "/api/v3/ticker/bookTicker?symbols=%5B%22", "%22%5D", "%22%2C%22"
    return Venue(host, before, _binance, after, between, batch=MOST_SYMBOLS, weight=4)


# Hosts and routes: the exchanges' API documentation. `per_minute` is half or less of what each documents for one
# address: binance 6,000 (a tenth, since orders and other reads share it), okx 20 requests in 2 s,
# bybit 600 in 5 s, kucoin 2,000 in 30 s, gate 200 in 10 s.
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
    "paper-binance": _like_binance(None),
    "paper-east": _like_binance(None),
    "paper-west": _like_binance(None),
}
REHEARSAL = tuple(name for name, venue in VENUES.items() if venue.host is None)
# Where pairs of a quote currency trade deep enough to be a reference; a currency that is not here has none.
BY_QUOTE: Mapping[str, tuple[str, ...]] = {
    "USDT": ("binance", "okx", "bybit", "kucoin", "gate"),
    "USDC": ("binance", "okx", "bybit", "kucoin", "gate"),
}


def native(venue: Venue, symbol: Symbol) -> str | None:
    """Say a venue's name of a symbol, or None where the symbol is not plain."""
    return symbol.replace("/", venue.joint) if _SYMBOL.fullmatch(symbol) else None


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
