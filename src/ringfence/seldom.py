"""Saying the same thing once a minute at most: whoever can cause a line in a log could otherwise fill the disk."""

import time
from collections.abc import Callable

_SECONDS = 60.0
_MOST = 1024  # things at once; past it, those that were said longest ago are forgotten


class Seldom:
    """What has been said of late. Seconds are a monotonic clock's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[object, float] = {}

    def is_due(self, what: object) -> bool:
        """Say whether it is a minute since this was said, and note that it is being said now."""
        now = self._clock()
        if now - self._said.get(what, now - _SECONDS) < _SECONDS:
            return False
        self._said.pop(what, None)
        self._said[what] = now
        if len(self._said) > _MOST:
            del self._said[next(iter(self._said))]
        return True
