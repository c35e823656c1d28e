"""A small honest bot: ccxt as it is published, given the virtual key and Ringfence's address, and nothing else."""

import time
from collections import Counter
from typing import Protocol, cast

import msgspec

from ringfence.drill.deployment import Pointed
from ringfence.errors import Misconfigured

try:
    import ccxt
except ModuleNotFoundError:
    raise Misconfigured("the demo's bot is ccxt, which is not installed", hint="`make demo` brings it") from None

_PAIR = "BTC/USDT"
_SIZE, _PART = 0.002, 0.001
_RUNGS = (0.998, 0.996, 0.994)
_PAUSE_SECONDS = 0.4  # so that the market moves between its orders

_Order = dict[str, object]


class _Exchange(Protocol):
    """The few methods of ccxt that the bot uses; it counts money in floats, as bots do."""

    def load_markets(self) -> object: ...
    def fetch_ticker(self, symbol: str) -> dict[str, float]: ...
    def create_order(self, symbol: str, kind: str, side: str, amount: float, price: float | None = None) -> _Order: ...
    def cancel_order(self, order_id: object, symbol: str) -> _Order: ...
    def fetch_balance(self) -> dict[str, dict[str, float]]: ...


def trade(pointed: Pointed) -> tuple[str, ...]:
    """Place a small grid, buy and sell a little, take the grid away, look at the balance; say what came of it."""
    exchange = cast("_Exchange", ccxt.binance(msgspec.to_builtins(pointed)))
    exchange.load_markets()
    bid = exchange.fetch_ticker(_PAIR)["bid"]
    grid = [_order(exchange, "limit", "buy", _SIZE, round(bid * rung, 2)) for rung in _RUNGS]
    bought = _order(exchange, "market", "buy", _SIZE)
    sold = _order(exchange, "market", "sell", _PART)
    gone = [exchange.cancel_order(order["id"], _PAIR) for order in grid]
    held = exchange.fetch_balance()["total"]
    return (
        f"{len(grid)} limit buys below {bid:,.2f}: {_fates(grid)}, later {_fates(gone)}",
        f"market buy of {_SIZE} BTC: {_filled(bought)}; market sell of {_PART} BTC: {_filled(sold)}",
        f"it holds {held['USDT']:,.2f} USDT and {held['BTC']:.6f} BTC",
    )


def _order(exchange: _Exchange, kind: str, side: str, amount: float, price: float | None = None) -> _Order:
    placed = exchange.create_order(_PAIR, kind, side, amount, price)
    time.sleep(_PAUSE_SECONDS)
    return placed


def _fates(orders: list[_Order]) -> str:
    return ", ".join(f"{count} {fate}" for fate, count in Counter(str(order["status"]) for order in orders).items())


def _filled(order: _Order) -> str:
    return f"{order['filled']} at {order['average']:,.2f}"
