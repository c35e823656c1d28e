"""Whoever has taken the bot over: its key, a rich accomplice at the same exchange, and how they work together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal

import msgspec

from ringfence.drill import calls
from ringfence.drill.client import Client

_TICK = Decimal("0.01")  # a price that is a multiple of it fits each of the three symbols
_STEP = Decimal("0.001")  # the same of quantities of BTC and ETH
_NEARLY = Decimal("0.99")
_TRIES = 3  # the makers come back every half second, and may do so between the bait and the bite
_LOT = Decimal("0.1")  # the same of all three
_ALL_OF_THE_BOOK = {  # more than all makers quote on a side
    "BTCUSDT": Decimal(60),
    "ETHUSDT": Decimal(500),
    "VIAUSDT": Decimal(400),
}
_PLENTY = Decimal(50_000)  # the same of any other symbol that a drill lists
_PURSE = Decimal(30_000)  # more than the stolen key can pay for


class _Balance(msgspec.Struct, frozen=True):
    asset: str
    free: str


class _Account(msgspec.Struct, frozen=True):
    balances: list[_Balance] = []


class _Best(msgspec.Struct, frozen=True):
    bidPrice: str  # noqa: N815  # Binance's words
    askPrice: str  # noqa: N815


@dataclass(frozen=True, slots=True)
class Thief:
    """`bot` is the stolen key at the address where it works; `prices` what everybody knows the coins to be worth.

    `purse` is how much the accomplice offers at once.
    """

    bot: Client
    accomplice: Client
    prices: Mapping[str, Decimal]
    purse: Decimal = _PURSE

    def free(self, asset: str) -> Decimal:
        """Read how much of an asset the key can use."""
        answer = self.bot.quietly(calls.account())
        held = msgspec.json.decode(answer.body, type=_Account).balances if answer.ok else []
        return next((Decimal(each.free) for each in held if each.asset == asset), Decimal(0))

    def at(self, symbol: str, times: str) -> Decimal:
        """A price that is so many times what the coin is worth."""
        return (self.prices[symbol] * Decimal(times)).quantize(_TICK, ROUND_DOWN)

    def bait(self, symbol: str, side: str, price: Decimal, bite: Callable[[], object], **more: str) -> None:
        """Make an order of the accomplice the best one in the book, and send the stolen key's into that moment."""
        offered = (self.purse / price).quantize(_LOT, ROUND_UP)
        order = calls.limit(symbol, side, offered, price, **{"timeInForce": "GTC", **more})
        for _ in range(_TRIES):
            if not self._is_best(symbol, side, price):
                self._empty(symbol, side, price)
            hook = self.accomplice.send(order).placed
            bite()
            cancelled = self.accomplice.send(calls.cancel(symbol, hook.orderId))
            bitten = not cancelled.ok or Decimal(cancelled.placed.executedQty) > 0
            if bitten or not self.bot.answers[-1].ok:
                return

    def _empty(self, symbol: str, side: str, price: Decimal) -> None:
        """Take every order that is as good as the accomplice's will be."""
        if side == "SELL":
            edge, taking = min(price, self.at(symbol, "1.1")), "BUY"
        else:
            edge, taking = max(price, self.at(symbol, "0.9")), "SELL"
        self.accomplice.send(calls.limit(symbol, taking, _ALL_OF_THE_BOOK.get(symbol, _PLENTY), edge))

    def _is_best(self, symbol: str, side: str, price: Decimal) -> bool:
        book = msgspec.json.decode(self.accomplice.quietly(calls.best(symbol)).body, type=_Best)
        ask, bid = Decimal(book.askPrice), Decimal(book.bidPrice)
        return (not ask or ask > price) if side == "SELL" else bid < price


def all_of(money: Decimal) -> str:
    """Nearly all of some money, as a market order says how much to spend."""
    return f"{(money * _NEARLY).quantize(_TICK, ROUND_DOWN):f}"


def coins(money: Decimal, price: Decimal) -> Decimal:
    """How many coins money buys at a price, fees left for."""
    return (money * _NEARLY / price).quantize(_STEP, ROUND_DOWN)
