"""Who goes first: what takes risk down before what adds it, and bots in turn. Pure: time comes as an argument."""

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# Orders of one bot that may wait at once; one that queues more is told to slow down (docs/explanation/attacks.md, S30).
WAITING_PER_BOT = 256


class Lanes(Generic[T]):
    """A queue with one urgent lane and one lane a bot; the bots' lanes are served in turn."""

    def __init__(self) -> None:
        self._urgent: deque[T] = deque()
        self._bots: dict[str, deque[T]] = {}
        self._turn: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._urgent) + sum(len(lane) for lane in self._bots.values())

    def put_urgent(self, item: T) -> None:
        """Queue what must not wait behind any bot: outcomes, cancels, the owner's commands."""
        self._urgent.append(item)

    def put(self, bot: str, item: T) -> bool:
        """Queue one bot's item; False where the bot has too many waiting."""
        lane = self._bots.setdefault(bot, deque())
        if len(lane) >= WAITING_PER_BOT:
            return False
        if not lane:
            self._turn.append(bot)
        lane.append(item)
        return True

    def take(self, limit: int) -> list[T]:
        """Take up to `limit` items: the urgent ones first, then one of each bot in turn."""
        taken: list[T] = []
        while self._urgent and len(taken) < limit:
            taken.append(self._urgent.popleft())
        while self._turn and len(taken) < limit:
            bot = self._turn.popleft()
            lane = self._bots[bot]
            taken.append(lane.popleft())
            if lane:
                self._turn.append(bot)
        return taken


@dataclass(slots=True)
class Bucket:
    """A token bucket: `rate` a second, at most `burst` at once. Seconds on any clock that only goes forward."""

    rate: float
    burst: float
    level: float | None = None
    at: float = 0.0

    def take(self, cost: float, now: float) -> bool:
        """Spend `cost`, or say that there is not enough."""
        level = self.burst if self.level is None else min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        self.level = level - cost if level >= cost else level
        return level >= cost
