"""How fast unsigned reads may reach one exchange, so that orders and cancels always have room. Pure."""

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Budget:
    """A bucket of request weight: `per_minute` flows in, and no more than `burst` is ever in it.

    Over any minute no more than `per_minute + burst` is given out. Times are seconds of any one steady clock.
    """

    per_minute: float
    burst: float
    left: float = 0.0
    at: float = 0.0
    closed_until: float = 0.0

    def __post_init__(self) -> None:
        self.left = self.burst

    def take(self, weight: int, now: float) -> int:
        """Take weight for one request; returns 0, or how many seconds to wait where there is not enough."""
        self.left = min(self.burst, self.left + max(0.0, now - self.at) * self.per_minute / 60)
        self.at = max(self.at, now)
        if now < self.closed_until:
            return math.ceil(self.closed_until - now)
        if weight > self.left:
            return max(1, math.ceil((weight - self.left) * 60 / self.per_minute))
        self.left -= weight
        return 0

    def close(self, seconds: int, now: float) -> None:
        """Give nothing out for a while: the exchange has said that it wants fewer requests."""
        self.closed_until = max(self.closed_until, now + seconds)


def share(per_minute: int) -> Budget:
    """Make a bucket that gives out at most `per_minute` in any minute, a quarter of it at once."""
    return Budget(per_minute=per_minute * 3 / 4, burst=per_minute / 4)
