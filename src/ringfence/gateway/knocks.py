"""Connections of which nobody knows yet whose they are. There are few at once, and the newest is always let in."""

from typing import Protocol

from ringfence.gateway.limits import Limits


class Knocking(Protocol):
    """One of them."""

    def send_away(self) -> None:
        """End it."""
        ...


class Knocks:
    """All of one port. Whoever holds many open and says nothing loses the oldest of them to whoever comes next."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.knocks
        self._waiting: dict[Knocking, None] = {}  # in the order in which they came

    def come(self, one: Knocking) -> None:
        """Let one more in."""
        while len(self._waiting) >= self._most:
            oldest = next(iter(self._waiting))
            self.gone(oldest)
            oldest.send_away()
        self._waiting[one] = None

    def gone(self, one: Knocking) -> None:
        """Forget one: it is known whose it is, or it has ended."""
        self._waiting.pop(one, None)

    def close(self) -> None:
        """Send all away."""
        for one in [*self._waiting]:
            self.gone(one)
            one.send_away()
