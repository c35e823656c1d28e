"""A time that is often put off and seldom comes: one timer serves, since to set and cancel one each time costs more."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `passed` once the time that was set last has come. Times are the event loop's seconds."""

    def __init__(self, passed: Callable[[], None]) -> None:
        self._passed = passed
        self._loop = asyncio.get_running_loop()
        self._at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> None:
        """Set the time to so many seconds from now."""
        self.at(self._loop.time() + seconds)

    def at(self, when: float) -> None:
        """Set the time; a timer that rings before it is left to ring and is then set anew."""
        self._at = when
        if self._timer is not None and self._timer.when() > when:
            self.cancel()
        if self._timer is None:
            self._timer = self._loop.call_at(when, self._ring)

    def cancel(self) -> None:
        """Let no time come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        if self._loop.time() < self._at:
            self.at(self._at)
        else:
            self._passed()
