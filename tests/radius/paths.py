"""Price paths that the assumptions allow: within a band of a tenth, and within what seconds may move (A6, A7)."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from random import Random  # noqa: TID251  # seeded, so that a window comes again

from ringfence.policy.size import STRESS_MOVE, move_in

DAY = 86_400
LENGTH = 2 * DAY + 3_600  # two windows and a little, so that one can be looked for that sits across midnight
LOW = 100.0
HIGH = LOW * (1 + float(STRESS_MOVE))
_SLOWEST = 640.0  # seconds for the whole band, at what 35 seconds may move
_FAST = 0.0001
_BEND = (1, 2, 3, 5, 8, 12, 18, 25, 31, 36, 40)  # where a fast move is cut into straight pieces


@dataclass(frozen=True, slots=True)
class Path:
    """Knots of (second, price), and straight lines between them."""

    name: str
    knots: tuple[tuple[float, float], ...]
    _seconds: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_seconds", tuple(second for second, _ in self.knots))

    def at(self, second: float) -> Decimal:
        """Say the price of a moment."""
        return Decimal(f"{self._at(second):.6f}")

    def span(self, start: float, end: float) -> tuple[float, float]:
        """Say the lowest and the highest price of a time."""
        first, last = bisect_right(self._seconds, start), bisect_right(self._seconds, end)
        prices = [self._at(start), self._at(end), *(price for _, price in self.knots[first:last])]
        return min(prices), max(prices)

    def next_knot(self, second: float) -> float:
        """Say when the path bends next."""
        index = bisect_right(self._seconds, second)
        return self._seconds[index] if index < len(self._seconds) else LENGTH

    def next_rush(self, second: float, sign: int) -> float:
        """Say when the price moves fast next: one part in ten thousand a second; up or down where a `sign` says."""
        for start in range(max(1, bisect_right(self._seconds, second)), len(self.knots)):
            (one, before), (other, after) = self.knots[start - 1], self.knots[start]
            if other > one and abs(after - before) > _FAST * before * (other - one) and (after - before) * sign >= 0:
                return max(second, one)
        return float("inf")

    def _at(self, second: float) -> float:
        index = bisect_right(self._seconds, second)
        if index == 0 or index == len(self.knots):
            return self.knots[max(0, index - 1)][1]
        (start, one), (end, other) = self.knots[index - 1], self.knots[index]
        return one + (other - one) * (second - start) / (end - start)


def _saw(base: float, pause: float) -> Iterator[tuple[float, float]]:
    """Jump as far as 40 seconds allow, and back, again and again."""
    start = 0.0
    while start < LENGTH:
        yield start, base
        yield from ((start + pause + after, base + LOW * _moved(after)) for after in (0, *_BEND))
        top = base + LOW * _moved(_BEND[-1])
        back = start + pause + _BEND[-1] + pause
        yield from ((back + after, top - LOW * _moved(after)) for after in (0, *_BEND))
        start = back + _BEND[-1] + 1


@lru_cache
def _moved(seconds: float) -> float:
    return float(move_in(seconds, STRESS_MOVE)) if seconds else 0.0


def _swing(period: float) -> Iterator[tuple[float, float]]:
    for turn in range(int(LENGTH / period) + 2):
        yield turn * period, HIGH if turn % 2 else LOW


def _walk(dice: Random) -> Iterator[tuple[float, float]]:
    price = dice.uniform(LOW, HIGH)
    for minute in range(LENGTH // 60 + 1):
        yield minute * 60.0, price
        step = max(-0.6, min(0.6, dice.gauss(0, 0.12)))
        price += step if LOW <= price + step <= HIGH else -step


def _random(dice: Random) -> Iterator[tuple[float, float]]:
    start = 0.0
    while start < LENGTH:
        yield start, dice.uniform(LOW, HIGH)
        start += dice.uniform(_SLOWEST, 4 * _SLOWEST)


def _line(*knots: tuple[float, float]) -> Callable[[Random], Iterator[tuple[float, float]]]:
    return lambda _: iter(knots)


_MAKERS: dict[str, Callable[[Random], Iterator[tuple[float, float]]]] = {
    "flat": _line((0, LOW), (LENGTH, LOW)),
    "fall": _line((0, HIGH), (DAY, LOW), (LENGTH, LOW)),
    "rise": _line((0, LOW), (DAY, HIGH), (LENGTH, HIGH)),
    "jump": _line((0, HIGH), (DAY / 2, HIGH), (DAY / 2 + _SLOWEST, LOW), (LENGTH, LOW)),
    "soar": _line((0, LOW), (DAY / 2, LOW), (DAY / 2 + _SLOWEST, HIGH), (LENGTH, HIGH)),
    "swing": lambda _: _swing(_SLOWEST),
    "slow swing": lambda _: _swing(DAY / 8),
    "saw": lambda _: _saw(LOW, 5),
    "high saw": lambda _: _saw(HIGH - LOW * _moved(_BEND[-1]), 5),
    "walk": _walk,
    "random": _random,
}
KINDS = tuple(_MAKERS)


def path(kind: str, seed: str = "") -> Path:
    """Make a path of a kind; the same seed makes the same."""
    return Path(kind, tuple(_MAKERS[kind](Random(f"{kind}/{seed}"))))
