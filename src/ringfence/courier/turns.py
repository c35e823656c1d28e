"""Whose turn it is to open a socket: as fast as a budget allows, one of each asker after the other."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable

from ringfence.courier.budget import Budget
from ringfence.errors import Unreachable

_MOST_WAITING = 64  # of one asker: as many as a gateway lets one bot have open
PATIENCE_SECONDS = 8.0  # clients give up on a handshake after ten (websockets' open_timeout)


class Turns:
    """The askers that wait, each in a line of its own, and how many sockets each has open.

    Nobody can take what the others need: of the places at once, an asker gets no more than are left free.
    """

    def __init__(self, budget: Budget, places: int, clock: Callable[[], float], patience: float) -> None:
        self._budget = budget
        self._places = places
        self._clock = clock
        self._patience = patience
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}
        self._open: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, asker: str) -> bool:
        """Wait for a turn; False where there is no place, or none in time. What is taken is left with `leave`."""
        line = self._lines.get(asker, ())
        if len(line) >= _MOST_WAITING or not self._has_place(asker) or not await self._wait(asker):
            return False
        if not self._has_place(asker):  # taken by those before it in the line
            return False
        self._open[asker] += 1
        return True

    def leave(self, asker: str) -> None:
        """Give a place back."""
        self._open[asker] -= 1

    def _has_place(self, asker: str) -> bool:
        return self._open[asker] < self._places - self._open.total()

    async def _wait(self, asker: str) -> bool:
        line = self._lines.setdefault(asker, deque())
        turn = asyncio.get_running_loop().create_future()
        line.append(turn)
        self._serve()
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except TimeoutError:
            return False
        finally:
            if turn in line:
                line.remove(turn)
        return True

    def _serve(self) -> None:
        """Let in whoever is next, for as long as the budget allows it."""
        while self._timer is None and (asker := self._next()) is not None:
            wait = self._budget.take(1, self._clock())
            if wait:
                self._timer = asyncio.get_running_loop().call_later(wait, self._again)
                return
            line = self._lines.pop(asker)
            line.popleft().set_result(None)
            if line:
                self._lines[asker] = line  # behind the others

    def _again(self) -> None:
        self._timer = None
        self._serve()

    def _next(self) -> str | None:
        """The asker whose turn it is; whoever has gone meanwhile has none."""
        for asker, line in [*self._lines.items()]:
            while line and line[0].done():
                line.popleft()
            if line:
                return asker
            del self._lines[asker]
        return None


class Turn:
    """One asker's turn, to be taken once and given back once."""

    def __init__(self, turns: Turns, asker: str) -> None:
        self._turns = turns
        self._asker = asker
        self._taken = False

    async def take(self) -> None:
        """Wait for it; raises `Unreachable` where there is none."""
        self._taken = await self._turns.take(self._asker)
        if not self._taken:
            raise Unreachable("too many sockets are open, or were opened of late")

    def leave(self) -> None:
        """Give it back, if it was taken."""
        if self._taken:
            self._taken = False
            self._turns.leave(self._asker)
