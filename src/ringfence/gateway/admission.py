"""Whose a connection to the proxy is, by its pass; wrong ones, however many, never keep a right one waiting."""

import logging
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ringfence import passes
from ringfence.errors import Misconfigured
from ringfence.passes import Pass

_log = logging.getLogger("ringfence.gateway")
_WINDOW_SECONDS = 60.0


class Admission:
    """The passes as their file has them now. A file that is broken or open to others lets nobody in."""

    def __init__(self, path: Path, tries: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._tries = tries
        self._clock = clock
        self._stamp: tuple[int, ...] | None = None
        self._passes: tuple[Pass, ...] = ()
        self._wrong: deque[float] = deque()

    def find(self, bot: str, token: str) -> Pass | None:
        """Find the pass that somebody shows, in a time that says nothing."""
        self._look()
        return passes.find(self._passes, bot, token)

    def worth_an_answer(self) -> bool:
        """Note a wrong pass; False where there have been too many in the last minute."""
        now = self._clock()
        while self._wrong and self._wrong[0] <= now - _WINDOW_SECONDS:
            self._wrong.popleft()
        if len(self._wrong) >= self._tries:
            return False
        self._wrong.append(now)
        return True

    def knows(self, bot: str) -> bool:
        """Say whether there is a bot of that name: only such a name may be logged."""
        return any(one.bot == bot for one in self._passes)

    def _look(self) -> None:
        """Read the file again where it has changed."""
        try:
            status = self._path.stat()
            stamp: tuple[int, ...] = (status.st_mtime_ns, status.st_ino, status.st_size, status.st_mode)
        except OSError:
            stamp = ()
        if stamp == self._stamp:
            return
        self._stamp, self._passes = stamp, ()
        try:
            self._passes = passes.read(self._path)
        except Misconfigured as error:
            _log.error("nobody comes in by the proxy: %s%s", error, f" ({error.hint})" if error.hint else "")
