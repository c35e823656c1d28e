"""Whoever has taken the bot over: its key, a rich accomplice at the same exchange, and how they work together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

import msgspec

from ringfence.drill import calls
from ringfence.drill.client import Client

_TICK = Decimal("0.01")  # a price that is a multiple of it fits each of the three symbols
_STEP = Decimal("0.001")  # the same of quantities of BTC and ETH
_TRIES = 3  # the makers come back every half second, and may do so between the bait and the bite
_ALL_OF_THE_BOOK = {"ETHUSDT": Decimal(500), "VIAUSDT": Decimal(400)}  # more than all makers quote on a side
_FAR = {"BUY": Decimal("1.1"), "SELL": Decimal("0.9")}  # beyond the furthest quote


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
    """`bot` is the stolen key at the address where it works; `prices` what everybody knows the coins to be worth."""

    bot: Client
    accomplice: Client
    prices: Mapping[str, Decimal]

    def free(self, asset: str) -> Decimal:
        """Read how much of an asset the key can use."""
        answer = self.bot.quietly(calls.account())
        held = msgspec.json.decode(answer.body, type=_Account).balances if answer.ok else []
        return next((Decimal(each.free) for each in held if each.asset == asset), Decimal(0))

    def at(self, symbol: str, times: str) -> Decimal:
        """A price that is so many times what the coin is worth."""
        return (self.prices[symbol] * Decimal(times)).quantize(_TICK, ROUND_DOWN)

    def bait(self, order: calls.Call, attempt: Callable[[], object]) -> None:
        """Make the accomplice's order the best one in the book, and send the stolen key's into that moment."""
        for _ in range(_TRIES):
            self._empty(order)
            hook = self.accomplice.send(order).placed
            attempt()
            symbol, _, _ = _words(order)
            cancelled = self.accomplice.send(calls.cancel(symbol, hook.orderId))
            bitten = not cancelled.ok or Decimal(cancelled.placed.executedQty) > 0
            if bitten or not self.bot.answers[-1].ok:
                return

    def _empty(self, order: calls.Call) -> None:
        """Take every order that is as good as the accomplice's will be; where there is none, save an order."""
        symbol, side, price = _words(order)
        if self._is_best(symbol, side, price):
            return
        taking = "BUY" if side == "SELL" else "SELL"
        far = self.at(symbol, str(_FAR[taking]))
        edge = min(price, far) if taking == "BUY" else max(price, far)
        self.accomplice.send(calls.limit(symbol, taking, _ALL_OF_THE_BOOK[symbol], edge))

    def _is_best(self, symbol: str, side: str, price: Decimal) -> bool:
        book = msgspec.json.decode(self.accomplice.quietly(calls.best(symbol)).body, type=_Best)
        ask, bid = Decimal(book.askPrice), Decimal(book.bidPrice)
        return (not ask or ask > price) if side == "SELL" else bid < price


def coins(money: Decimal, price: Decimal) -> Decimal:
    """How many coins money buys at a price, fees left for."""
    return (money * Decimal("0.99") / price).quantize(_STEP, ROUND_DOWN)


def _words(order: calls.Call) -> tuple[str, str, Decimal]:
    said = dict(part.split("=", 1) for part in order.query.split("&"))
    return said["symbol"], said["side"], Decimal(said["price"])
