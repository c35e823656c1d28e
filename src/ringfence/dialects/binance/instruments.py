"""How symbols are traded, how much, since when, and what time it is: the unsigned questions that we ask ourselves."""

import json
import re
from decimal import Decimal

from ringfence.dialects.answers import Said, parse, rows, said
from ringfence.dialects.binance.catalogue import MARKET_DATA
from ringfence.dialects.binance.names import MOST_TIME, NATIVE, native
from ringfence.dialects.dialect import Wire
from ringfence.dialects.fields import whole
from ringfence.errors import Misread
from ringfence.model.action import Read
from ringfence.model.facts import Instrument
from ringfence.model.names import Asset, Symbol

_ASSET = re.compile(r"[A-Z0-9]{1,20}", re.ASCII)
_LEAST = ("NOTIONAL", "MIN_NOTIONAL")  # the newer filter's name first


def time() -> Wire:
    """Write the question what time it is."""
    return MARKET_DATA.write(Read("time"))


def hear_time(body: bytes) -> int:
    """Read Binance's time (ms since 1970)."""
    return said(body).whole("serverTime", MOST_TIME)


def instruments(natives: tuple[str, ...]) -> Wire:
    """Write the question how symbols are traded."""
    return MARKET_DATA.write(Read("exchange-info", (("symbols", json.dumps(natives)),)))


def hear_instruments(body: bytes) -> tuple[Instrument, ...]:
    """Read how symbols are traded, those that trade now; raises `Misread`."""
    traded = (row for row in said(body).rows("symbols") if row.text("status") == "TRADING")
    return tuple(_instrument(row) for row in traded)


def volumes() -> Wire:
    """Write the question what has been traded of every symbol in a day, of those that trade now."""
    return MARKET_DATA.write(Read("day-ticker", (("type", "MINI"), ("symbolStatus", "TRADING"))))


def hear_volumes(body: bytes, quote: Asset) -> tuple[tuple[Symbol, Decimal], ...]:
    """Read what was traded in a day against one asset, and in that asset, by each symbol's likely name."""
    told = ((row.text("symbol"), row.amount("quoteVolume")) for row in rows(parse(body)))
    bases = ((name.removesuffix(quote), volume) for name, volume in told if name.endswith(quote))
    return tuple((Symbol(f"{base}/{quote}"), volume) for base, volume in bases if _ASSET.fullmatch(base))


def first_day(symbol: Symbol) -> Wire:
    """Write the question for the first daily candle of a symbol."""
    asked = (("symbol", native(symbol)), ("interval", "1d"), ("startTime", "0"), ("limit", "1"))
    return MARKET_DATA.write(Read("klines", asked))


def hear_first_day(body: bytes) -> int:
    """Read when a first candle began (ms since 1970)."""
    match parse(body):
        case [[int() | str() as opened, *_]]:
            return whole("open time", str(opened), MOST_TIME)
        case _:
            raise Misread("answer", "not one candle")


def _instrument(row: Said) -> Instrument:
    native, base, quote = row.text("symbol"), row.text("baseAsset"), row.text("quoteAsset")
    if not NATIVE.fullmatch(native) or not _ASSET.fullmatch(base) or not _ASSET.fullmatch(quote):
        raise Misread("symbol", "not a plain name")
    filters = {each.text("filterType"): each for each in row.rows("filters")}
    price, lot = _filter(filters, "PRICE_FILTER"), _filter(filters, "LOT_SIZE")
    return Instrument(
        symbol=Symbol(f"{base}/{quote}"),
        native=native,
        base=Asset(base),
        quote=Asset(quote),
        tick=price.positive("tickSize"),
        step=lot.positive("stepSize"),
        min_quantity=lot.amount("minQty"),
        max_quantity=lot.positive("maxQty"),
        min_notional=_filter(filters, *_LEAST).amount("minNotional"),
    )


def _filter(filters: dict[str, Said], *names: str) -> Said:
    for name in names:
        if name in filters:
            return filters[name]
    raise Misread(names[0], "missing, so the symbol's rules are not known")
