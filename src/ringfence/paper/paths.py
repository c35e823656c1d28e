"""Seeded chance and the price paths that it draws. Pure: the same seed and the same steps give the same prices.

All of it is whole numbers and decimals. Chance here decides no secret.
"""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from random import Random  # noqa: TID251 - a rehearsal has to be repeatable, and this generator takes a seed

from ringfence.paper.candles import Candle
from ringfence.paper.intervals import MINUTE

_UNIT = 1_000_000
_SMALLEST = Decimal("1e-8")  # prices have eight places, as amounts do, and never reach zero


class Dice:
    """A seeded generator that never makes a float."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 - see the module

    def swing(self) -> Decimal:
        """About normal, mean 0 and deviation 1: the sum of three uniform draws from -1 to 1."""
        total = sum(self._random.randint(-_UNIT, _UNIT) for _ in range(3))
        return Decimal(total) / _UNIT

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)


class PricePath:
    """The price that the market agrees on: a random walk that a rehearsal can steer."""

    def __init__(self, price: Decimal, volatility: Decimal, dice: Dice) -> None:
        self.price = price
        self.drift = Decimal(0)  # share a step
        self.frozen = False
        self._volatility = volatility  # deviation of one step, as a share of the price
        self._dice = dice
        self._planned: deque[Decimal] = deque()

    def set(self, price: Decimal) -> None:
        """Jump to a price and walk on from there."""
        self._planned.clear()
        self.price = _exact(price)

    def plan(self, prices: Iterable[Decimal]) -> None:
        """Take these prices, one a step, before walking on."""
        self._planned = deque(prices)

    def step(self) -> Decimal:
        """Go one step on."""
        if self._planned:
            self.price = _exact(self._planned.popleft())
        elif not self.frozen:
            self.price = _exact(self.price * (1 + self.drift + self._volatility * self._dice.swing()))
        return self.price


def history(price: Decimal, volatility: Decimal, dice: Dice, now: int, minutes: int) -> list[Candle]:
    """Candles of a made-up past that ends at `price` now, oldest first."""
    close, candles = price, []
    this_minute = now - now % MINUTE
    for back in range(minutes):
        opened = _exact(close * (1 - volatility * dice.swing()))
        volume = Decimal(dice.between(100, 10_000)) / 1000
        wick = 1 + volatility * abs(dice.swing()) / 2
        candles.append(
            Candle(
                start=this_minute - back * MINUTE, open=opened, high=max(opened, close) * wick,
                low=min(opened, close) / wick, close=close, volume=volume, quote=volume * (opened + close) / 2,
                count=dice.between(5, 200), bought=volume / 2, bought_quote=volume * (opened + close) / 4,
            )
        )  # fmt: skip
        close = opened
    return candles[::-1]


def _exact(price: Decimal) -> Decimal:
    return max(price.quantize(_SMALLEST), _SMALLEST)
