"""Market data as it happens (Binance, web-socket-streams.md): which streams there are, and who tells each. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from ringfence.paper import tellers
from ringfence.paper.call import Json
from ringfence.paper.exchange import Exchange
from ringfence.paper.intervals import DAY, HOUR, INTERVALS
from ringfence.paper.tellers import Message, Teller

_SLOW, _FAST = 1000, 100  # ms between two messages of a stream that is told in steps, documented
_WINDOWS = {"1h": HOUR, "4h": 4 * HOUR, "1d": DAY}
_FORMS = [
    re.compile(form, re.ASCII)
    for form in (
        r"(?P<symbol>[a-z0-9]{2,20})@(?P<kind>trade|aggTrade|bookTicker|ticker|miniTicker|avgPrice)",
        r"(?P<symbol>[a-z0-9]{2,20})@(?P<kind>depth)(?P<detail>5|10|20|)(@(?P<speed>100|1000)ms)?",
        rf"(?P<symbol>[a-z0-9]{{2,20}})@(?P<kind>kline)_(?P<detail>{'|'.join(INTERVALS)})",
        rf"(?P<symbol>[a-z0-9]{{2,20}})@(?P<kind>ticker)_(?P<detail>{'|'.join(_WINDOWS)})",
        r"!(?P<kind>ticker|miniTicker)@arr",
        rf"!(?P<kind>ticker)_(?P<detail>{'|'.join(_WINDOWS)})@arr",
    )
]
Figures: TypeAlias = Callable[[str, int], Message]


@dataclass(frozen=True, slots=True)
class Name:
    """What a stream's name asks for; no symbol means all of them."""

    kind: str
    symbol: str = ""
    detail: str = ""  # levels, interval or window
    step: int = _SLOW


class Streams:
    """All streams that somebody listens to."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._open: dict[str, Teller] = {}

    def keep(self, names: Iterable[str], now: int) -> None:
        """Tell of these from now on, and of no others; what names no stream or no symbol here stays silent."""
        wanted = set(names)
        for text in self._open.keys() - wanted:
            del self._open[text]
        for text in wanted - self._open.keys():
            name = read(text)
            if name is not None and (not name.symbol or name.symbol in self._exchange.markets):
                self._open[text] = _teller(self._exchange, name, now)

    def take(self, now: int) -> list[tuple[str, Json]]:
        """What the streams have to tell now."""
        return [(text, message) for text, teller in self._open.items() for message in teller.tell(now)]


def read(text: str) -> Name | None:
    """Read a stream's name; None where there is no such stream."""
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    step = _FAST if parts.get("speed") == "100" else _SLOW
    return Name(parts["kind"], (parts.get("symbol") or "").upper(), parts.get("detail") or "", step)


def _teller(exchange: Exchange, name: Name, now: int) -> Teller:
    if name.kind in {"ticker", "miniTicker"}:
        return _ticker(exchange, name)
    match name.kind:
        case "trade":
            return tellers.Trades(exchange, name.symbol, tellers.trade)
        case "aggTrade":
            return tellers.Trades(exchange, name.symbol, tellers.grouped)
        case "kline":
            return tellers.Candlesticks(exchange, name.symbol, name.detail, now)
        case "depth" if not name.detail:
            return tellers.Differences(exchange, name.symbol, name.step)
        case "depth":
            levels = int(name.detail)
            return tellers.Snapshots(lambda _now: tellers.top(exchange, name.symbol, levels), name.step)
        case "bookTicker":
            return tellers.Snapshots(lambda _now: tellers.best(exchange, name.symbol), step=0)
        case _:
            return tellers.Snapshots(lambda at: tellers.average(exchange, name.symbol, at), name.step)


def _ticker(exchange: Exchange, name: Name) -> Teller:
    """Day figures and those of other windows, of one symbol or of all."""

    def figures(symbol: str, now: int) -> Message:
        if name.detail:
            return tellers.window(exchange, symbol, name.detail, _WINDOWS[name.detail], now)
        return (tellers.ticker if name.kind == "ticker" else tellers.mini)(exchange, symbol, now)

    if not name.symbol:
        return tellers.Rows(figures, list(exchange.markets), name.step)
    return tellers.Snapshots(lambda now: figures(name.symbol, now), name.step)
