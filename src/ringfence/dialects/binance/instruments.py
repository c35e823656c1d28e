"""How symbols are traded, and what time it is: the unsigned questions that we ask for ourselves."""

import json
import re

from ringfence.dialects.answers import Said, said
from ringfence.dialects.binance.catalogue import MARKET_DATA
from ringfence.dialects.binance.names import MOST_TIME, NATIVE
from ringfence.dialects.dialect import Wire
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
