"""Rate limits as Binance documents them. Pure: time is an argument, in milliseconds.

Numbers from /api/v3/exchangeInfo as the real one answers it. The documents give neither the number of requests
after a 429 that leads to a ban, nor how bans grow beyond "from 2 minutes to 3 days"; those two are choices made here.
Orders that were refused do not count, and those that trade give their count back (faqs/order_count_decrement.md).
"""

from collections import defaultdict
from dataclasses import dataclass

from ringfence.paper.refused import Refused

MINUTE = 60_000
TEN_SECONDS = 10_000
DAY = 86_400_000
_PATIENCE = 20  # requests over the limit within one minute before the ban
_FIRST_BAN = 120_000
_LONGEST_BAN = 3 * DAY


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one address may weigh in a minute, and what one account may order."""

    weight: int = 6000
    orders_10s: int = 100
    orders_day: int = 200_000


class _Window:
    """Counts in stretches of the clock, as Binance does: they start anew with each, they do not slide."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._counts: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))

    def add(self, who: str, amount: int, now: int) -> int:
        stretch = now // self._length
        start, count = self._counts[who]
        self._counts[who] = (stretch, amount + (count if start == stretch else 0))
        return self._counts[who][1]

    def count(self, who: str, now: int) -> int:
        start, count = self._counts[who]
        return count if start == now // self._length else 0

    def left(self, now: int) -> int:
        """Seconds to the next stretch, at least one."""
        return max(1, (self._length - now % self._length + 999) // 1000)


class Limits:
    """Who asked how much."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._weight = _Window(MINUTE)
        self._over = _Window(MINUTE)
        self._orders_10s = _Window(TEN_SECONDS)
        self._orders_day = _Window(DAY)
        self._banned: dict[str, int] = {}
        self._bans: defaultdict[str, int] = defaultdict(int)

    def weigh(self, address: str, weight: int, now: int) -> int:
        """Count a request; returns the weight used in this minute, raises `Refused` with 429 or, later, 418."""
        until = self._banned.get(address, 0)
        if now < until:
            raise _banned(until, now)
        used = self._weight.add(address, weight, now)
        if used <= self.allowance.weight:
            return used
        if self._over.add(address, 1, now) > _PATIENCE:
            length = min(_FIRST_BAN * 2 ** self._bans[address], _LONGEST_BAN)
            self._bans[address] += 1
            self._banned[address] = now + length
            raise _banned(now + length, now)
        text = f"Too much request weight used; current limit is {self.allowance.weight} request weight per 1 MINUTE."
        raise Refused(-1003, text, status=429, retry_after=self._weight.left(now))

    def count_orders(self, account: str, orders: int, now: int) -> None:
        """Count new orders; raises `Refused` with 429, and counts none, where they are too many."""
        short, day = self.orders(account, now)
        for count, most, span in (
            (short, self.allowance.orders_10s, "10 SECOND"),
            (day, self.allowance.orders_day, "1 DAY"),
        ):
            if count + orders > most:
                raise Refused(-1015, f"Too many new orders; current limit is {most} orders per {span}.", status=429)
        self._orders_10s.add(account, orders, now)
        self._orders_day.add(account, orders, now)

    def give_back(self, account: str, orders: int, now: int) -> None:
        """Count so many orders less, down to none: there is no credit for what trades."""
        for window in (self._orders_10s, self._orders_day):
            window.add(account, -min(orders, window.count(account, now)), now)

    def orders(self, account: str, now: int) -> tuple[int, int]:
        """The orders of these ten seconds and of this day (UTC) that have not traded."""
        return self._orders_10s.count(account, now), self._orders_day.count(account, now)


def _banned(until: int, now: int) -> Refused:
    text = f"Way too much request weight used; IP banned until {until}."
    return Refused(-1003, text, status=418, retry_after=max(1, (until - now + 999) // 1000))
